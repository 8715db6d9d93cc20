"""The errors that bohwsw raises on purpose.

Everything a user can get wrong ends in one of these; the command line turns each into a message
and exit code 2. Anything else that escapes is a defect of ours.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


class BohwswError(Exception):
    """Base of every error that bohwsw raises on purpose."""


class SpecError(BohwswError):
    """Something in a specification (YAML, JSON, an argument) is not as it must be.

    Args:
        problem: what is wrong, one sentence without a full stop.
        file: the file it stands in, if it came from one.
        key_path: where in the file, like ``levels[2].entries``.
        got: the offending value.
        expected: what would have been accepted.
        nearest: the valid name closest to what was written, if the value is a name.
    """

    def __init__(
        self,
        problem: str,
        *,
        file: str | None = None,
        key_path: str | None = None,
        got: object = None,
        expected: str | None = None,
        nearest: str | None = None,
    ) -> None:
        self.problem = problem
        self.file = file
        self.key_path = key_path
        self.got = got
        self.expected = expected
        self.nearest = nearest
        super().__init__(str(self))

    def within(self, *, file: str | None = None, key_path: str | None = None) -> SpecError:
        """The same error, seen from further out: a file, a longer key path.

        ``key_path`` is put in front of the one already known.
        """
        joined = key_path
        if key_path and self.key_path:
            separator = "" if self.key_path.startswith("[") else "."
            joined = f"{key_path}{separator}{self.key_path}"
        return SpecError(
            self.problem,
            file=self.file or file,
            key_path=joined or self.key_path,
            got=self.got,
            expected=self.expected,
            nearest=self.nearest,
        )

    def __str__(self) -> str:
        place = ": ".join(part for part in (self.file, self.key_path) if part)
        lines = [f"{place}: {self.problem}" if place else self.problem]
        if self.got is not None:
            lines.append(f"  got:      {shortened(self.got)}")
        if self.expected is not None:
            lines.append(f"  expected: {self.expected}")
        if self.nearest is not None:
            lines.append(f"  nearest:  {self.nearest}")
        return "\n".join(lines)


@contextmanager
def located(*, file: str | None = None, key_path: str | None = None) -> Iterator[None]:
    """Errors of specifications inside are seen from further out; see ``SpecError.within``."""
    try:
        yield
    except SpecError as error:
        raise error.within(file=file, key_path=key_path) from error


class BohwswWarning(UserWarning):
    """Base of every warning of bohwsw; the command line makes a line of each."""


class SpecWarning(BohwswWarning):
    """Something in a specification is odd, but may be meant."""


class NoValidMappingError(BohwswError):
    """A layer has no valid mapping on a machine.

    Attributes:
        violations: what the nearest try broke: constraint, level, value, limit, ratio.
    """

    def __init__(self, message: str, layer: str = "", violations: tuple[object, ...] = ()) -> None:
        super().__init__(message)
        self.layer = layer
        self.violations = violations


class ResultFolderError(BohwswError):
    """A result folder cannot be used: it exists already, cannot be written or cannot be read."""


class MissingExtraError(BohwswError):
    """An optional dependency is not installed."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(
            f"{package} is not installed; it comes with: pip install 'bohwsw[{extra}]'"
        )


MIN_LIKENESS = 0.7
"""Of what two texts have in common, twice over, as a share of both: three letters of four are 0.75,
``sizekb`` and ``block_size`` 0.5."""
MIN_LIKENESS_SHORT = 0.66
"""The same for names of up to four letters: two of three."""


def nearest_name(name: object, valid: Iterable[str]) -> str | None:
    """The valid name that looks most like ``name``, or None if none is close.

    Close is a slip of the fingers, and a name that is the beginning of the other one.
    """
    by_lower = {candidate.lower(): candidate for candidate in valid}
    written = str(name).lower()
    cutoff = MIN_LIKENESS if len(written) > 4 else MIN_LIKENESS_SHORT
    match = difflib.get_close_matches(written, by_lower, n=1, cutoff=cutoff)
    if not match:
        pairs = [(name, *sorted((name, written), key=len)) for name in by_lower]
        match = [name for name, short, long in pairs if len(short) >= 3 and long.startswith(short)]
    return by_lower[match[0]] if match else None


def unknown_name(what: str, name: object, valid: Iterable[str]) -> SpecError:
    """A SpecError for a name that is not among the valid ones."""
    names = list(valid)
    return SpecError(
        f"unknown {what}",
        got=name,
        expected="one of " + ", ".join(names),
        nearest=nearest_name(name, names),
    )


def shortened(value: object, limit: int = 200) -> str:
    """A value as messages show it."""
    try:
        text = repr(value)
    except ValueError:  # Python writes no whole number of thousands of digits
        text = "a number of thousands of digits"
    return text if len(text) <= limit else text[: limit - 3] + "..."
