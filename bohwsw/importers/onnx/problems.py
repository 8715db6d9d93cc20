"""What is wrong with an ONNX file, in one line: file, node, got, expected."""

from __future__ import annotations

from copy import copy

from bohwsw.errors import SpecError, shortened

MOST_CHARACTERS = 300
"""Of a part of a message; names of nodes and texts of other libraries may be any length."""


class OnnxError(SpecError):
    """An ONNX file cannot be read, is broken, or says too little; the message is one line.

    ``key_path`` is the node (or the tensor) that it is about.
    """

    may_run = False
    """Whether a run of the model may show what is not known here: shapes, and nothing else."""

    @classmethod
    def of(cls, error: SpecError) -> OnnxError:
        """The same error as one line."""
        if isinstance(error, OnnxError):
            return error
        parts = ("file", "key_path", "got", "expected", "nearest")
        return cls(error.problem, **{part: getattr(error, part) for part in parts})

    def within(self, *, file: str | None = None, key_path: str | None = None) -> OnnxError:
        """As ``SpecError.within``, but the innermost node is named, not all of them."""
        error = copy(self)
        error.file, error.key_path = self.file or file, self.key_path or key_path
        return error

    def __str__(self) -> str:
        place = ": ".join(one_line(part) for part in (self.file, self.key_path) if part)
        parts = [f"{place}: {one_line(self.problem)}" if place else one_line(self.problem)]
        if self.got is not None:
            text = self.got if isinstance(self.got, str) else shortened(self.got)
            parts.append(f"got {one_line(text)}")
        if self.expected is not None:
            parts.append(f"expected {one_line(self.expected)}")
        if self.nearest is not None:
            parts.append(f"nearest {one_line(self.nearest)}")
        return "; ".join(parts)


class UnknownShapeError(OnnxError):
    """A shape does not follow from the file, or inference finds that inputs do not fit."""

    may_run = True


def one_line(text: str) -> str:
    """A text without line breaks and control characters, its middle cut out if it is long."""
    plain = " ".join(text.split())
    if not plain.isprintable():
        plain = "".join(c if c.isprintable() else " " for c in plain)
    if len(plain) <= MOST_CHARACTERS:
        return plain
    half = MOST_CHARACTERS // 2
    return f"{plain[:half]}...{plain[-half:]}"
