"""Attributes of components: numbers, or expressions over others and over variables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bohwsw.checks import finite_number
from bohwsw.errors import SpecError
from bohwsw.expressions import parsed
from bohwsw.importers.yaml_files.place import Place

MAX_CHAIN = 50
"""Attributes that need one another, one after the other."""


class Scope:
    """The names that an expression may use: own attributes, then those of who is around.

    Args:
        own: attributes by name, hyphens as underscores.
    """

    def __init__(self, own: Mapping[str, Place], outer: Scope | None = None) -> None:
        self.own, self.outer = dict(own), outer
        self._open: set[tuple[int, str]] = set() if outer is None else outer._open
        self.read: Callable[[str], str] = str if outer is None else outer.read
        """Expressions as we write them; scopes made inside this one have it, too."""

    def place(self, name: str) -> Place | None:
        """Where a name has its value; None if nowhere."""
        found = self.own.get(name)
        if found is None and self.outer is not None:
            return self.outer.place(name)
        return found

    def first(self, *names: str) -> tuple[str, Place] | None:
        """The first of these attributes that is here and not null."""
        for name in names:
            place = self.own.get(name)
            if place is not None and place.value is not None:
                return name, place
        return None

    def number(self, place: Place) -> int | float:
        """The number that stands somewhere, or comes out of an expression there.

        Raises:
            SpecError: there is neither; or names in expressions need one another.
        """
        if isinstance(place.value, str):
            return self._evaluated(place)
        number = finite_number(place.value)
        if number is None:
            got = "nothing" if place.value is None else None
            raise place.error("not a number", "a number or an expression", got)
        return number

    def whole(self, place: Place, least: int = 1, most: int = 2**40) -> int:
        """A whole number, as ``number``."""
        number = self.number(place)
        if number != int(number) or not least <= number <= most:
            raise place.error("not a size", f"a whole number from {least} to {most}", number)
        return int(number)

    def positive(self, place: Place, least: float = 0.0) -> float:
        """A number of at least ``least``, as ``number``."""
        number = self.number(place)
        if not number >= least:
            raise place.error("too small a number", f"a number of at least {least:g}", number)
        return float(number)

    def _evaluated(self, place: Place) -> int | float:
        text = place.text()
        try:
            expression = parsed(self.read(text))
            values = {name: self._named(name, place) for name in expression.names}
            number = finite_number(expression.evaluate(values))
        except SpecError as error:
            if error.file is not None:
                raise
            raise place.error(
                error.problem, "a number, or a simple expression over attributes and variables"
            ) from error
        if number is None:
            raise place.error("not a number", "an expression that gives a number")
        return number

    def _named(self, name: str, place: Place) -> Any:
        found = self.place(name)
        if found is None:
            raise place.error(f"{name!r} is no attribute here and no variable", "a known name")
        holder = self
        while name not in holder.own and holder.outer is not None:
            holder = holder.outer
        key = (id(holder), name)
        if key in self._open or len(self._open) >= MAX_CHAIN:
            raise found.error("attributes need one another to be known", "numbers somewhere", name)
        self._open.add(key)
        try:
            return holder.number(found)
        finally:
            self._open.discard(key)
