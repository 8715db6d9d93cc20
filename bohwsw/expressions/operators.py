"""The operators and functions of expressions: one row each, in one table.

A row says how an operator is written and what it means on Python's numbers, on arrays, on intervals
and on whole numbers. Parser, evaluation, bounds and checks read the table and have no branch of
their own, so a new function is one row, here or by `register_operator` from outside the package.

Interval arithmetic is that of R. E. Moore, "Interval Analysis", Prentice-Hall 1966.
"""

from __future__ import annotations

import ast
import functools
import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from bohwsw.checks import whole_number
from bohwsw.errors import SpecError

Array: TypeAlias = npt.NDArray[Any]
Interval: TypeAlias = tuple[Array, Array]
"""Lowest and highest value, arrays that broadcast; the same array twice where there is one value.
Of a condition whether it certainly holds, and whether it possibly does."""


@dataclass(frozen=True)
class Operator:
    """One operator or function of expressions.

    Attributes:
        name: as it is written; of a function, what stands before the parentheses.
        scalar: its value for Python numbers; ArithmeticError or ValueError where it has none.
        arrays: the same for float64 arrays that broadcast; not finite where it has none.
        bounds: from an interval for each argument one that holds all values, or a larger one; it is
            asked only where some argument is not known yet. None: no bounds are known until
            everything is. See `increasing`.
        arguments: the least and the greatest number of them; None: only written on a tuple.
        syntax: the class of Python's syntax tree that it is written as; None for a function.
        whole: whether its values are whole numbers: always (a step function), never for certain,
            or ``kept``: where all arguments are.
        grows: whether sums or products of it may exceed what 64-bit floats hold exactly.
        of_tuple: whether it can be called on a parameter whose values are tuples of numbers.
    """

    name: str
    scalar: Callable[..., Any]
    arrays: Callable[..., Any]
    bounds: Callable[..., Interval] | None = None
    arguments: tuple[int, int] | None = (1, 1)
    syntax: type[ast.AST] | None = None
    whole: Literal["always", "kept", "never"] = "never"
    grows: bool = False
    of_tuple: bool = False


def increasing(arrays: Callable[..., Any]) -> Callable[..., Interval]:
    """The `Operator.bounds` of a function that does not fall in any of its arguments."""
    return lambda *parts: (arrays(*(low for low, _ in parts)), arrays(*(high for _, high in parts)))


def register_operator(row: Operator) -> None:
    """Add a function or an operator to the expressions of this process.

    Raises:
        SpecError: its name is taken or no name, or its numbers of arguments are none.
    """
    if row.syntax is None and not (isinstance(row.name, str) and row.name.isidentifier()):
        raise SpecError("not a name for a function", got=row.name, expected="an identifier")
    if row.name in OPERATORS or (row.syntax is not None and row.syntax in BY_SYNTAX):
        raise SpecError("an operator of this name is there already", got=row.name)
    if row.arguments is not None:
        least = whole_number(f"{row.name}.arguments[0]", row.arguments[0])
        whole_number(f"{row.name}.arguments[1]", row.arguments[1], least)
    OPERATORS[row.name] = row
    if row.syntax is not None:
        BY_SYNTAX[row.syntax] = row


def functions(*, with_tuples: bool = False) -> tuple[str, ...]:
    """The functions that numbers can be given to; with tuples, those for tuples alone too."""
    rows = (row for row in OPERATORS.values() if row.syntax is None)
    return tuple(row.name for row in rows if with_tuples or row.arguments is not None)


def _folded(function: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    return lambda *arguments: functools.reduce(function, arguments)


def _difference(left: Interval, right: Interval) -> Interval:
    return left[0] - right[1], left[1] - right[0]


def _product(*factors: Interval) -> Interval:
    low, high = factors[0]
    for other in factors[1:]:
        if bool((low >= 0).all()) and bool((other[0] >= 0).all()):
            low, high = without_nan(low * other[0], high * other[1])
        else:
            corners = [a * b for a in (low, high) for b in other]
            low, high = without_nan(_folded(np.minimum)(*corners), _folded(np.maximum)(*corners))
    return low, high


def without_nan(low: Array, high: Array) -> Interval:
    """The interval with NaN replaced by the bound that says nothing."""
    nans = np.isnan(low)
    low = np.where(nans, -np.inf, low) if nans.any() else low
    nans = np.isnan(high)
    return low, np.where(nans, np.inf, high) if nans.any() else high


def _quotient(left: Interval, right: Interval) -> Interval:
    corners = [a / b for a in left for b in right]
    through_zero = (right[0] <= 0) & (right[1] >= 0)
    low = np.where(through_zero, -np.inf, _folded(np.minimum)(*corners))
    return low, np.where(through_zero, np.inf, _folded(np.maximum)(*corners))


def _floor_quotient(left: Interval, right: Interval) -> Interval:
    low, high = _quotient(left, right)
    # Where the division is exact, rounding of the quotient could fall on the wrong side of the
    # integer that `//` gives; one more on each side keeps the enclosure safe.
    points = (left[0] == left[1]) & (right[0] == right[1])
    exact = np.floor_divide(left[0], right[0])
    return np.where(points, exact, np.floor(low) - 1), np.where(points, exact, np.floor(high) + 1)


def _remainder(left: Interval, right: Interval) -> Interval:
    points = (left[0] == left[1]) & (right[0] == right[1])
    exact = np.mod(left[0], right[0])
    # The remainder has the sign of the divisor and stays below it.
    low, high = np.minimum(right[0], 0.0), np.maximum(right[1], 0.0)
    untouched = (left[0] >= 0) & (left[1] < right[0])
    low, high = np.where(untouched, left[0], low), np.where(untouched, left[1], high)
    return np.where(points, exact, low), np.where(points, exact, high)


def _absolute(part: Interval) -> Interval:
    low, high = part
    least, most = np.minimum(np.abs(low), np.abs(high)), np.maximum(np.abs(low), np.abs(high))
    return np.where((low <= 0) & (high >= 0), 0.0, least), most


def _place(*flags: Interval) -> Interval:
    """The place of the true one among flags of which some are not known yet."""
    shape = np.broadcast_shapes(*(low.shape for low, _ in flags))
    first, last = np.full(shape, np.inf), np.full(shape, -np.inf)
    for place, (_, could) in enumerate(flags):
        first = np.where(could, np.minimum(first, place), first)
        last = np.where(could, place, last)
    for place, (certain, _) in enumerate(flags):
        first, last = np.where(certain, place, first), np.where(certain, place, last)
    return first, last


def _less(left: Interval, right: Interval) -> Interval:
    return left[1] < right[0], left[0] < right[1]


def _at_most(left: Interval, right: Interval) -> Interval:
    return left[1] <= right[0], left[0] <= right[1]


def _equal(left: Interval, right: Interval) -> Interval:
    equal = (left[0] == left[1]) & (right[0] == right[1]) & (left[0] == right[0])
    return equal, (left[0] <= right[1]) & (right[0] <= left[1])


def _infix(sign: str, syntax: type[ast.AST], scalar: Any, bounds: Any, **options: Any) -> Operator:
    return Operator(sign, scalar, scalar, bounds, (2, 2), syntax, **options)


def _many(name: str, scalar: Callable[[Any], Any], pair: Any, **options: Any) -> Operator:
    arrays = _folded(pair)
    usual = {"bounds": increasing(arrays), "arguments": (1, 64), "whole": "kept", "of_tuple": True}
    return Operator(name, lambda *numbers: scalar(numbers), arrays, **{**usual, **options})


_ROWS = (
    _infix("+", ast.Add, operator.add, increasing(np.add), whole="kept", grows=True),
    _infix("-", ast.Sub, operator.sub, _difference, whole="kept", grows=True),
    _infix("*", ast.Mult, operator.mul, _product, whole="kept", grows=True),
    _infix("/", ast.Div, operator.truediv, _quotient),
    _infix("//", ast.FloorDiv, operator.floordiv, _floor_quotient, whole="always"),
    _infix("%", ast.Mod, operator.mod, _remainder, whole="kept"),
    Operator("neg", operator.neg, np.negative, lambda x: (-x[1], -x[0]), (1, 1), ast.USub, "kept"),
    _many("min", min, np.minimum),
    _many("max", max, np.maximum),
    _many("sum", sum, np.add, grows=True),
    Operator("abs", abs, np.abs, _absolute, whole="kept"),
    Operator("log2", math.log2, np.log2, increasing(np.log2)),
    Operator("ceil", math.ceil, np.ceil, increasing(np.ceil), whole="always"),
    Operator("floor", math.floor, np.floor, increasing(np.floor), whole="always"),
    _many("prod", math.prod, np.multiply, bounds=_product, arguments=None, grows=True),
    Operator(
        "position",  # of an item in a permutation: the place of the one argument that is true
        lambda *flags: flags.index(True),
        lambda *flags: sum((place * flag for place, flag in enumerate(flags)), np.asarray(0.0)),
        _place,
        None,
        whole="always",
    ),
    _infix("<", ast.Lt, operator.lt, _less),
    _infix("<=", ast.LtE, operator.le, _at_most),
    _infix(">", ast.Gt, operator.gt, lambda left, right: _less(right, left)),
    _infix(">=", ast.GtE, operator.ge, lambda left, right: _at_most(right, left)),
    _infix("==", ast.Eq, operator.eq, _equal),
    _infix("!=", ast.NotEq, operator.ne, lambda *sides: tuple(~x for x in _equal(*sides)[::-1])),
)
OPERATORS = {row.name: row for row in _ROWS}
"""All operators by name, in the order in which messages list the functions."""
BY_SYNTAX = {row.syntax: row for row in _ROWS if row.syntax is not None}
