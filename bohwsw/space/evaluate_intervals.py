"""What an expression can still become when some of its names only have bounds.

Interval arithmetic (R. E. Moore, "Interval Analysis", Prentice-Hall 1966), vectorised: every node
answers a pair of arrays (low, high) that enclose its value. A condition answers (certain,
possible) as 0 and 1, so ``high == 0`` proves that no completion satisfies it. The enclosure may
be too wide, never too narrow: a point is never pruned that satisfies the condition.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from bohwsw.space.syntax import (
    Binary,
    Call,
    Comparison,
    Constant,
    Logic,
    Name,
    Node,
    Position,
    Unary,
)

Array = npt.NDArray[Any]
Interval = tuple[Array, Array]

_FALSE = np.asarray(False)
_TRUE = np.asarray(True)


def possible(tree: Node, bounds: Mapping[str, Interval | None]) -> Array:
    """Whether a condition can still hold.

    Args:
        tree: a parsed condition.
        bounds: for every view (`Name.view`) the lowest and highest value it may take, arrays that
            broadcast against one another; one with a single value has that value twice (text too,
            the same array twice is fastest); None for text that is not known yet.

    Returns:
        bool array of the broadcast shape; False only where no choice within the bounds satisfies
        the condition.
    """
    return truth(tree, bounds)[1]


def truth(tree: Node, bounds: Mapping[str, Interval | None]) -> Interval:
    """Whether a condition holds for all choices within the bounds, and whether for any.

    Args:
        tree: see `possible`.
        bounds: see `possible`.

    Returns:
        Two bool arrays (certain, possible).
    """
    with np.errstate(all="ignore"):
        low, high = _truth(*_visit(tree, bounds))
    return np.asarray(low), np.asarray(high)


def magnitude(tree: Node, bounds: Mapping[str, Interval | None]) -> float:
    """The largest absolute value that a number can have; infinite where it is not known."""
    with np.errstate(all="ignore"):
        low, high = _visit(tree, bounds)
    found = max(abs(float(np.min(low))), abs(float(np.max(high))))
    return found if found == found else float("inf")


def _visit(node: Node, bounds: Mapping[str, Interval | None]) -> Interval:
    if isinstance(node, Constant):
        value = np.asarray(node.value)
        return value, value
    if isinstance(node, Name):
        # A name without bounds that is used as a truth value may be either.
        return bounds[node.view] or (_FALSE, _TRUE)
    if isinstance(node, Unary):
        low, high = _visit(node.operand, bounds)
        if node.operator == "-":
            low, high = _number(low, high)
            return -high, -low
        low, high = _truth(low, high)
        return ~high, ~low
    if isinstance(node, Comparison):
        return _comparison(node, bounds)
    if isinstance(node, Logic):
        parts = [_truth(*_visit(operand, bounds)) for operand in node.operands]
        combine = np.logical_and if node.operator == "and" else np.logical_or
        return (
            functools.reduce(combine, (low for low, _ in parts)),
            functools.reduce(combine, (high for _, high in parts)),
        )
    if isinstance(node, Position):
        return _position([_truth(*_visit(operand, bounds)) for operand in node.operands])
    if isinstance(node, Binary):
        left = _number(*_visit(node.left, bounds))
        right = _number(*_visit(node.right, bounds))
        return _wide(*_BINARY[node.operator](left, right))
    if isinstance(node, Call):
        return _wide(*_call(node, [_number(*_visit(a, bounds)) for a in node.arguments]))
    raise TypeError("activity is tabled before bounds are evaluated")


def _truth(low: Array, high: Array) -> Interval:
    """(certain, possible) of a number that is used as a truth value: zero is false."""
    if low.dtype == bool:
        return low, high
    return (low > 0) | (high < 0), (low != 0) | (high != 0)


def _number(low: Array, high: Array) -> Interval:
    """Truth values count as 0 and 1 in arithmetic."""
    if low.dtype.kind == "f":
        return low, high
    converted = low.astype(np.float64)
    return (converted, converted) if low is high else (converted, high.astype(np.float64))


def _wide(low: Array, high: Array) -> Interval:
    """Replace NaN by the bound that says nothing."""
    nans = np.isnan(low)
    if low is high:
        if nans.any():
            return np.where(nans, -np.inf, low), np.where(nans, np.inf, low)
        return low, low
    if nans.any():
        low = np.where(nans, -np.inf, low)
    nans = np.isnan(high)
    return low, np.where(nans, np.inf, high) if nans.any() else high


def _position(parts: list[Interval]) -> Interval:
    """The place of the true one among flags of which some are not known yet."""
    shape = np.broadcast_shapes(*(low.shape for low, _ in parts))
    first, last = np.full(shape, np.inf), np.full(shape, -np.inf)
    for place, (_, could) in enumerate(parts):
        first = np.where(could, np.minimum(first, place), first)
        last = np.where(could, place, last)
    for place, (certain, _) in enumerate(parts):
        first, last = np.where(certain, place, first), np.where(certain, place, last)
    return first, last


def _comparison(node: Comparison, bounds: Mapping[str, Interval | None]) -> Interval:
    unknown_text = [
        isinstance(operand, Name) and bounds[operand.view] is None for operand in node.operands
    ]
    parts = [
        (_FALSE, _FALSE) if unknown else _visit(operand, bounds)
        for operand, unknown in zip(node.operands, unknown_text, strict=True)
    ]
    certain, could = _TRUE, _TRUE
    for position, sign in enumerate(node.operators):
        if unknown_text[position] or unknown_text[position + 1]:
            certain = _FALSE
            continue
        sure, maybe = _compare(sign, parts[position], parts[position + 1])
        certain, could = np.logical_and(certain, sure), np.logical_and(could, maybe)
    return certain, could


def _compare(sign: str, left: Interval, right: Interval) -> Interval:
    """(certain, possible) of one comparison of two intervals."""
    (left_low, left_high), (right_low, right_high) = left, right
    if sign == "<":
        return left_high < right_low, left_low < right_high
    if sign == "<=":
        return left_high <= right_low, left_low <= right_high
    if sign in (">", ">="):
        return _compare("<" if sign == ">" else "<=", right, left)
    points = (left_low == left_high) & (right_low == right_high)
    equal = points & (left_low == right_low)
    if left_low.dtype.kind in "US":
        return (equal, equal) if sign == "==" else (~equal, ~equal)
    overlap = (left_low <= right_high) & (right_low <= left_high)
    return (equal, overlap) if sign == "==" else (~overlap, ~equal)


def _add(left: Interval, right: Interval) -> Interval:
    low = left[0] + right[0]
    return low, low if left[0] is left[1] and right[0] is right[1] else left[1] + right[1]


def _subtract(left: Interval, right: Interval) -> Interval:
    return left[0] - right[1], left[1] - right[0]


def _multiply(left: Interval, right: Interval) -> Interval:
    if left[0] is left[1] and right[0] is right[1]:
        product = left[0] * right[0]
        return product, product
    if bool((left[0] >= 0).all()) and bool((right[0] >= 0).all()):
        return left[0] * right[0], left[1] * right[1]
    corners = [a * b for a in left for b in right]
    return functools.reduce(np.minimum, corners), functools.reduce(np.maximum, corners)


def _divide(left: Interval, right: Interval) -> Interval:
    corners = [a / b for a in left for b in right]
    low, high = functools.reduce(np.minimum, corners), functools.reduce(np.maximum, corners)
    through_zero = (right[0] <= 0) & (right[1] >= 0)
    return np.where(through_zero, -np.inf, low), np.where(through_zero, np.inf, high)


def _floor_divide(left: Interval, right: Interval) -> Interval:
    low, high = _divide(left, right)
    # Where the division is exact, rounding of the quotient could fall on the wrong side of the
    # integer that `//` gives; one more on each side keeps the enclosure safe.
    points = (left[0] == left[1]) & (right[0] == right[1])
    exact = np.floor_divide(left[0], right[0])
    return np.where(points, exact, np.floor(low) - 1), np.where(points, exact, np.floor(high) + 1)


def _modulo(left: Interval, right: Interval) -> Interval:
    points = (left[0] == left[1]) & (right[0] == right[1])
    exact = np.mod(left[0], right[0])
    # The remainder has the sign of the divisor and stays below it.
    low, high = np.minimum(right[0], 0.0), np.maximum(right[1], 0.0)
    untouched = (left[0] >= 0) & (left[1] < right[0])
    low, high = np.where(untouched, left[0], low), np.where(untouched, left[1], high)
    return np.where(points, exact, low), np.where(points, exact, high)


_BINARY = {
    "+": _add,
    "-": _subtract,
    "*": _multiply,
    "/": _divide,
    "//": _floor_divide,
    "%": _modulo,
}


def _call(node: Call, parts: list[Interval]) -> Interval:
    lows, highs = [low for low, _ in parts], [high for _, high in parts]
    low, high = parts[0]
    if node.function in ("min", "max", "sum"):
        combine = {"min": np.minimum, "max": np.maximum, "sum": np.add}[node.function]
        return functools.reduce(combine, lows), functools.reduce(combine, highs)
    if node.function == "prod":
        return functools.reduce(lambda left, right: _wide(*_multiply(left, right)), parts)
    if node.function == "abs":
        largest = np.maximum(np.abs(low), np.abs(high))
        smallest = np.where((low <= 0) & (high >= 0), 0.0, np.minimum(np.abs(low), np.abs(high)))
        return smallest, largest
    if node.function == "log2":
        return np.log2(low), np.log2(high)
    return (
        (np.ceil(low), np.ceil(high))
        if node.function == "ceil"
        else (np.floor(low), np.floor(high))
    )
