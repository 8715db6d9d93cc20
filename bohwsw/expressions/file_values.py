"""Values of a file that may be expressions: ``entries: 65536 / banks``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from bohwsw.checks import LARGEST_COUNT, finite_number
from bohwsw.errors import SpecError
from bohwsw.expressions.expression import Expression, parse
from bohwsw.expressions.syntax import Value


def value_of(amount: Any, values: Mapping[str, Value], place: str) -> Any:
    """A number as it is, or the value of an expression."""
    if not isinstance(amount, str):
        return amount
    with in_expression(place, amount):
        return parsed(amount).evaluate(values)


@contextmanager
def in_expression(place: str, text: str) -> Iterator[None]:
    """Errors of the block get the place of the expression in the file."""
    try:
        yield
    except SpecError as error:
        problem, got = f"{error.problem} (in {text!r})", error.got
        expected, nearest = error.expected, error.nearest
        raise SpecError(
            problem, key_path=place, got=got, expected=expected, nearest=nearest
        ) from error


@lru_cache(maxsize=1024)
def parsed(text: str) -> Expression:
    """A search builds thousands of machines from the same few expressions."""
    return parse(text)


def whole_number(
    amount: float | str,
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


def truth_of(when: bool | str, values: Mapping[str, Value], place: str) -> bool:
    """A condition: true, false, or an expression that gives one of them.

    Raises:
        SpecError: it is not.
    """
    value = value_of(when, values, place)
    if not isinstance(value, bool):
        raise SpecError("not a condition", key_path=place, got=value, expected="true or false")
    return value
