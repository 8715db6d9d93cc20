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

from bohwsw.space.syntax import Binary, Call, Comparison, Constant, Logic, Name, Node, Unary

Array = npt.NDArray[Any]
Interval = tuple[Array, Array]

_ZERO = np.asarray(0.0)
_ONE = np.asarray(1.0)


def possible(tree: Node, bounds: Mapping[str, Interval | None]) -> Array:
    """Whether a condition can still hold.

    Args:
        tree: a parsed condition.
        bounds: for every name the lowest and highest value it may take, arrays that broadcast
            against one another; a name with one value has that value twice (text too); None for
            text that is not known yet.

    Returns:
        bool array of the broadcast shape; False only where no choice within the bounds satisfies
        the condition.
    """
    with np.errstate(all="ignore"):
        _, high = _visit(tree, bounds)
    return np.asarray(high != 0)


def _visit(node: Node, bounds: Mapping[str, Interval | None]) -> Interval:
    if isinstance(node, Constant):
        value = np.asarray(node.value, dtype=None if isinstance(node.value, str) else np.float64)
        return value, value
    if isinstance(node, Name):
        # A name without bounds that is used as a truth value may be either.
        return bounds[node.identifier] or (_ZERO, _ONE)
    if isinstance(node, Unary):
        low, high = _visit(node.operand, bounds)
        if node.operator == "-":
            return -high, -low
        low, high = _truth(low, high)
        return 1.0 - high, 1.0 - low
    if isinstance(node, Comparison):
        return _comparison(node, bounds)
    if isinstance(node, Logic):
        parts = [_truth(*_visit(operand, bounds)) for operand in node.operands]
        combine = np.minimum if node.operator == "and" else np.maximum
        return (
            functools.reduce(combine, (low for low, _ in parts)),
            functools.reduce(combine, (high for _, high in parts)),
        )
    if isinstance(node, Binary):
        left, right = _visit(node.left, bounds), _visit(node.right, bounds)
        return _wide(*_BINARY[node.operator](left, right))
    return _wide(*_call(node, [_visit(argument, bounds) for argument in node.arguments]))


def _truth(low: Array, high: Array) -> Interval:
    """(certain, possible) of a number that is used as a truth value: zero is false."""
    certain = (low > 0) | (high < 0)
    return certain.astype(np.float64), ((low != 0) | (high != 0)).astype(np.float64)


def _wide(low: Array, high: Array) -> Interval:
    """Replace NaN by the bound that says nothing."""
    return np.where(np.isnan(low), -np.inf, low), np.where(np.isnan(high), np.inf, high)


def _comparison(node: Comparison, bounds: Mapping[str, Interval | None]) -> Interval:
    unknown_text = [
        isinstance(operand, Name) and bounds[operand.identifier] is None
        for operand in node.operands
    ]
    parts = [
        (_ZERO, _ZERO) if unknown else _visit(operand, bounds)
        for operand, unknown in zip(node.operands, unknown_text, strict=True)
    ]
    certain, could = _ONE, _ONE
    for position, sign in enumerate(node.operators):
        if unknown_text[position] or unknown_text[position + 1]:
            certain = np.minimum(certain, _ZERO)
            continue
        sure, maybe = _compare(sign, parts[position], parts[position + 1])
        certain = np.minimum(certain, sure.astype(np.float64))
        could = np.minimum(could, maybe.astype(np.float64))
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
    return left[0] + right[0], left[1] + right[1]


def _subtract(left: Interval, right: Interval) -> Interval:
    return left[0] - right[1], left[1] - right[0]


def _multiply(left: Interval, right: Interval) -> Interval:
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
