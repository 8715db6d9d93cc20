"""A value of a file with its line and key path, and what a file says that is not modelled."""

from __future__ import annotations

import difflib
from collections.abc import Container, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

from bohwsw.checks import finite_number
from bohwsw.errors import SpecError, nearest_name
from bohwsw.schema_errors import join_key_path

LIKENESS = 0.8
"""``detph`` and ``depth`` have four letters of five in common, in this order."""


class NotModelled(NamedTuple):
    """Something that a file says and we do not take over."""

    file: str
    line: int  # its line there, from 1
    key_path: str  # where it stands, as ``architecture.nodes[2].attributes.n_banks``
    what: str  # what it is, and what we do instead

    def __str__(self) -> str:
        return f"{self.file}: line {self.line}: {self.key_path}: {self.what}"


@dataclass(frozen=True)
class Item:
    """A node of a YAML file."""

    value: object  # a dictionary or a list of items, or a plain value
    line: int  # from 1; of an entry of a dictionary, the line of its key
    tag: str | None = None  # the tag without its ``!``, if the file gives one
    size: int = 1  # how many nodes it stands for, aliases written out
    depth: int = 0


@dataclass(frozen=True)
class Place:
    """An item of a file, with all that a message about it needs."""

    file: str
    path: tuple[str | int, ...]  # keys and positions that lead to the item
    item: Item
    notes: list[NotModelled]  # the list that ``note`` adds to

    @property
    def value(self) -> object:
        """The plain value; for lists and dictionaries, their items."""
        return self.item.value

    @property
    def key_path(self) -> str:
        """As in ``architecture.nodes[2].name``."""
        return join_key_path(self.path)

    def note(self, what: str) -> None:
        """Name this as not modelled."""
        note = NotModelled(self.file, self.item.line, self.key_path, what)
        if note not in self.notes:
            self.notes.append(note)

    def error(self, problem: str, expected: str | None = None, got: object = None) -> SpecError:
        """An error here; ``got`` is the value if it is a plain one and nothing else is given."""
        plain = None if isinstance(self.value, dict | list) else self.value
        return SpecError(
            problem,
            file=f"{self.file}: line {self.item.line}",
            key_path=self.key_path or None,
            got=plain if got is None else got,
            expected=expected,
        )

    def unknown(self, what: str, name: object, valid: Iterable[str]) -> SpecError:
        """The error for a name that is none of the valid ones."""
        names = list(valid)
        error = self.error(f"unknown {what}", "one of " + ", ".join(names), name)
        error.nearest = nearest_name(name, names)
        return error.within()

    def inside(self, key: str | int, item: Item) -> Place:
        """A place inside this one."""
        return Place(self.file, (*self.path, key), item, self.notes)

    def mapping(self, *, as_written: bool = False) -> dict[str, Place]:
        """The entries of a dictionary; hyphens of keys become underscores, as in Timeloop.

        Args:
            as_written: keep the hyphens, where keys are names.

        Raises:
            SpecError: it is no dictionary, or one key is spelled both ways.
        """
        if not isinstance(self.value, dict):
            raise self.error("not a mapping", "keys and values", _kind(self.value))
        found: dict[str, Place] = {}
        for key, item in self.value.items():
            place, name = self.inside(key, item), key if as_written else key.replace("-", "_")
            if name in found:
                raise place.error("a key occurs twice, spelled in two ways", got=key)
            found[name] = place
        return found

    def known(self, valid: Iterable[str]) -> dict[str, Place]:
        """The entries of a dictionary whose keys are all among the valid ones."""
        names, found = list(valid), self.mapping()
        for key, place in found.items():
            if key not in names:
                raise place.unknown("key", key, names)
        return found

    def require(self, keys: Mapping[str, Place], what: str, *names: str) -> None:
        """Raise a SpecError unless the entries of this dictionary have all of these names."""
        for name in names:
            if name not in keys:
                raise self.error(f"{what} without {name}", " and ".join(names))

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Errors of what is made of this are errors here."""
        try:
            yield
        except SpecError as error:
            problem = f"{error.key_path}: {error.problem}" if error.key_path else error.problem
            raise self.error(problem, error.expected, error.got) from error

    def sequence(self) -> list[Place]:
        """The entries of a list; a SpecError if it is no list."""
        if not isinstance(self.value, list):
            raise self.error("not a list", "a list", _kind(self.value))
        return [self.inside(position, item) for position, item in enumerate(self.value)]

    def text(self) -> str:
        """A text that is not empty; a SpecError if it is no text."""
        if not isinstance(self.value, str) or not self.value.strip():
            raise self.error("not a text", "a text", _kind(self.value))
        return self.value.strip()

    def whole(self, least: int = 0, most: int = 2**40) -> int:
        """A whole number; a SpecError if it is none, or out of range."""
        number = finite_number(self.value)
        if number is None or number != int(number) or not least <= number <= most:
            expected = f"a whole number from {least} to {most}"
            raise self.error("not a whole number in range", expected, _kind(self.value))
        return int(number)

    def is_idle(self) -> bool:
        """Whether it says nothing: null, false, an empty list or dictionary."""
        return self.value is None or self.value is False or self.value in ([], {})


def note_unused(
    keys: Mapping[str, Place], names: Iterable[str], what: str = "{}: not modelled"
) -> None:
    """Name those of these entries that are there and say something."""
    for name in names:
        if name in keys and not keys[name].is_idle():
            keys[name].note(what.format(name))


def similar_name(name: str, valid: Iterable[str], besides: Container[str] = ()) -> str | None:
    """The valid name of which this one looks like a slip of the fingers."""
    if name in besides:
        return None
    by_lower = {candidate.lower(): candidate for candidate in valid}
    found = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=LIKENESS)
    return by_lower[found[0]] if found else None


def _kind(value: object) -> object:
    """A value as messages show it: of lists and dictionaries, that they are such."""
    return {dict: "a mapping", list: "a list", type(None): "nothing"}.get(type(value), value)
