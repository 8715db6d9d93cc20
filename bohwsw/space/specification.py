"""Parameters and constraints as they stand in a YAML file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Annotated, NamedTuple

from pydantic import Field

from bohwsw.divisors import divisors
from bohwsw.errors import SpecError, located, unknown_name
from bohwsw.expressions import Value, in_expression
from bohwsw.space.binding import bind
from bohwsw.space.constraint import Predicate
from bohwsw.space.encoding import Features
from bohwsw.space.parameters import Categorical, Integer, Ordinal, Parameter
from bohwsw.space.space import Point, Space
from bohwsw.space.typecheck import checked
from bohwsw.yamlfile import SpecModel

Number = int | float


class ParameterSpec(SpecModel):
    """One free parameter: exactly one of its keys."""

    range: tuple[int, int] | None = None  #: all whole numbers from low to high
    #: these numbers
    values: Annotated[tuple[Number, ...], Field(min_length=1, max_length=10_000)] | None = None
    divisors_of: Annotated[int, Field(ge=1, le=2**31)] | None = None  #: all divisors of it
    #: true, false or texts; no order
    choices: Annotated[tuple[bool | str, ...], Field(min_length=1, max_length=1000)] | None = None

    def build(self, name: str) -> Parameter:
        """The parameter.

        Raises:
            SpecError: not exactly one key is given, or its values are not valid.
        """
        given = [key for key in type(self).model_fields if getattr(self, key) is not None]
        if len(given) != 1:
            got, expected = ", ".join(given) or "none", ", ".join(type(self).model_fields)
            expected = f"exactly one of {expected}"
            raise SpecError("a parameter has one domain", got=got, expected=expected)
        if self.range is not None:
            return Integer(name, *self.range)
        if self.values is not None:
            return Ordinal(name, self.values)
        if self.divisors_of is not None:
            return Ordinal(name, tuple(divisors(self.divisors_of)))
        return Categorical(name, self.choices or ())


def space_of(
    parameters: Mapping[str, ParameterSpec],
    constraints: Sequence[str | Predicate],
    *,
    section: str = "parameters",
    features: Features | None = None,
) -> Space | None:
    """The space of a file's parameters and constraints; None if it has no parameters.

    Texts come before predicates; ``section`` is the key under which the parameters stand.

    Raises:
        SpecError: a parameter or a constraint is not valid, or no point meets all constraints.
    """
    built = []
    for name, parameter in parameters.items():
        try:
            built.append(parameter.build(name))
        except SpecError as error:
            # The parameter's own key path starts with its name, which is in the place already.
            inner = SpecError(error.problem, got=error.got, expected=error.expected)
            raise inner.within(key_path=f"{section}.{name}") from error
    texts = [text for text in constraints if isinstance(text, str)]
    if texts and not built:
        raise SpecError(f"constraints without {section}", key_path="constraints", got=texts)
    for position, text in enumerate(texts):
        with in_expression(f"constraints[{position}]", text):
            bind(text, built)
    with located(key_path="constraints"):
        return Space(built, list(constraints), features=features) if built else None


def checked_point(space: Space | None, point: Mapping[str, Value], what: str) -> Point:
    """A point of a space, its values as the parameters have them (4 for 4.0).

    A space that is None has no parameters, and one point without values; ``what`` is what messages
    call a parameter.

    Raises:
        SpecError: an unknown name, or no point of the space; says what is broken.
    """
    names = [] if space is None else [parameter.name for parameter in space.parameters]
    for name in point:
        if name not in names:
            raise unknown_name(what, name, names or [f"none: there are no {what}s"])
    if space is None:
        return {}
    broken = space.violations(point)
    if broken:
        problem, expected = "this point is not in the space", "; ".join(map(str, broken))
        nearest = _nearest_value(space, point)
        raise SpecError(problem, got=dict(point), expected=expected, nearest=nearest)
    return space.point(space.row(point))


def _nearest_value(space: Space, point: Mapping[str, Value]) -> str | None:
    """The value nearest to the first one of a point that is misspelt."""
    for parameter in space.parameters:
        try:
            parameter.codes(point.get(parameter.name))
        except SpecError as error:
            if parameter.name in point and error.nearest is not None:
                return error.nearest
    return None


_CHECKED: set[tuple[type, str]] = set()
"""Contents of files whose neighbours were made in this process."""


def check_neighbours(
    file: object,
    space: Space,
    point: Mapping[str, Value],
    make: Callable[[Point], object],
    what: str,
    limit: int,
) -> None:
    """Make what a file describes one step from a point, to find slips when the file is read.

    A size that is no whole number at some points is a constraint left out. It should come to light
    at once, not in the middle of a search. At most ``limit`` neighbours are tried; ``what`` is what
    messages call the point. Contents that were in order once, as ``file`` shows itself, stay so.

    Raises:
        SpecError: that of ``make``; it says at which point.
    """
    contents = type(file), repr(file)
    if contents in _CHECKED:
        return
    for other in space.neighbours(point, limit=limit):
        try:
            make(other)
        except SpecError as error:
            steps = [f"{name} = {value}" for name, value in other.items() if value != point[name]]
            ruled_out = "a constraint that rules this out"
            problem = f"{error.problem} at {what} with {', '.join(steps)}"
            raise SpecError(
                f"{problem}, which the constraints allow",
                got=error.got,
                expected=f"{error.expected}; or {ruled_out}" if error.expected else ruled_out,
                nearest=error.nearest,
            ).within(file=error.file, key_path=error.key_path) from error
    _CHECKED.add(contents)


class Text(NamedTuple):
    """An expression of a file: its key path, the text, and an example of what it could be."""

    place: str
    text: str
    example: str


def names_in(texts: Iterable[Text], parameters: Sequence[Parameter]) -> set[str]:
    """The parameters that expressions mention."""
    found: set[str] = set()
    for place, text, example in texts:
        with in_expression(place, text):
            found.update(checked(text, parameters, example).names)
    return found
