"""Parameters, constraints and expressions as they stand in a YAML file.

Wherever a size stands in a file, an expression over its parameters may stand instead:
``entries: 65536 / banks``. Expressions are parsed, never run as Python.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Annotated, Any

from pydantic import Field

from bohwsw.checks import LARGEST_COUNT, finite_number
from bohwsw.divisors import divisors
from bohwsw.errors import SpecError, unknown_name
from bohwsw.space.binding import bind
from bohwsw.space.constraint import Predicate
from bohwsw.space.encoding import Features
from bohwsw.space.expression import Expression, parse
from bohwsw.space.parameters import Categorical, Integer, Ordinal, Parameter
from bohwsw.space.space import Point, Space
from bohwsw.space.syntax import Value
from bohwsw.yamlfile import SpecModel

Number = int | float


class ParameterSpec(SpecModel):
    """One free parameter: exactly one of its keys."""

    range: tuple[int, int] | None = None
    values: Annotated[tuple[Number, ...], Field(min_length=1, max_length=10_000)] | None = None
    divisors_of: Annotated[int, Field(ge=1, le=2**31)] | None = None
    choices: Annotated[tuple[bool | str, ...], Field(min_length=1, max_length=1000)] | None = None

    def build(self, name: str) -> Parameter:
        """The parameter.

        Raises:
            SpecError: not exactly one key is given, or its values are not valid.
        """
        given = [key for key in type(self).model_fields if getattr(self, key) is not None]
        if len(given) != 1:
            raise SpecError(
                "a parameter has one domain",
                got=", ".join(given) or "none",
                expected="exactly one of " + ", ".join(type(self).model_fields),
            )
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

    Args:
        parameters: by name.
        constraints: texts, and predicates after them.
        section: the key of the file under which the parameters stand.
        features: what a model is told besides the parameters.

    Raises:
        SpecError: a parameter or a constraint is not valid, or no point meets all constraints.
    """
    built = []
    for name, parameter in parameters.items():
        try:
            built.append(parameter.build(name))
        except SpecError as error:
            # The parameter's own key path starts with its name, which is in the place already.
            raise SpecError(
                error.problem, key_path=f"{section}.{name}", got=error.got, expected=error.expected
            ) from error
    texts = [text for text in constraints if isinstance(text, str)]
    if texts and not built:
        raise SpecError(f"constraints without {section}", key_path="constraints", got=texts)
    for position, text in enumerate(texts):
        try:
            bind(text, built)
        except SpecError as error:
            raise at_expression(error, f"constraints[{position}]", text) from error
    try:
        return Space(built, list(constraints), features=features) if built else None
    except SpecError as error:
        raise error.within(key_path="constraints") from error


def checked_point(space: Space | None, point: Mapping[str, Value], what: str) -> Point:
    """A point of a space, its values as the parameters have them (4 for 4.0).

    Args:
        space: None has no parameters, and one point without values.
        point: a value for each parameter.
        what: what a parameter is called in messages.

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


def value_of(amount: Any, values: Mapping[str, Value], place: str) -> Any:
    """A number as it is, or the value of an expression."""
    if not isinstance(amount, str):
        return amount
    try:
        return parsed(amount).evaluate(values)
    except SpecError as error:
        raise at_expression(error, place, amount) from error


def at_expression(error: SpecError, place: str, text: str) -> SpecError:
    """An error inside an expression, with the place of the expression in the file."""
    return SpecError(
        f"{error.problem} (in {text!r})",
        key_path=place,
        got=error.got,
        expected=error.expected,
        nearest=error.nearest,
    )


@lru_cache(maxsize=1024)
def parsed(text: str) -> Expression:
    """A search builds thousands of machines from the same few expressions."""
    return parse(text)


def whole_number(
    amount: Number | str,
    values: Mapping[str, Value],
    place: str,
    most: int = LARGEST_COUNT,
    least: int = 1,
) -> int:
    """A size: a whole number, mostly of at least 1 (65536 / 4 is one, 10 / 4 is not).

    Raises:
        SpecError: it is not.
    """
    value = value_of(amount, values, place)
    if type(value) is int and least <= value <= most:
        return value
    number = finite_number(value)
    if number is None or number != int(number) or not least <= number <= most:
        is_text = isinstance(amount, str)
        raise SpecError(
            f"expression {amount!r} does not give a size" if is_text else "not a size",
            key_path=place,
            got=value,
            expected=f"a whole number from {least} to {most}",
        )
    return int(number)


def truth(when: bool | str, values: Mapping[str, Value], place: str) -> bool:
    """A condition: true, false, or an expression that gives one of them.

    Raises:
        SpecError: it is not.
    """
    value = value_of(when, values, place)
    if not isinstance(value, bool):
        raise SpecError("not a condition", key_path=place, got=value, expected="true or false")
    return value
