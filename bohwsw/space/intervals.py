"""What an expression can still become when some of its names only have bounds.

Interval arithmetic, vectorised: every node gives a pair of arrays (low, high) that enclose its
value. A condition gives (certain, possible) as truth values, so a false ``possible`` proves that no
completion satisfies it. The enclosure may be too wide, never too narrow: a point is never pruned
that satisfies the condition.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from itertools import pairwise

import numpy as np

from bohwsw.space.operators import OPERATORS, Array, Interval, without_nan
from bohwsw.space.syntax import Comparison, Constant, Inactive, Logic, Name, Node, Operation

Bounds = Mapping[str, Interval | None]

_FALSE, _TRUE = np.asarray(False), np.asarray(True)
_ANY_NUMBER = np.asarray(-np.inf), np.asarray(np.inf)


def possible(tree: Node, bounds: Bounds) -> Array:
    """Whether a condition can still hold: `truth`'s second array."""
    return truth(tree, bounds)[1]


def truth(tree: Node, bounds: Bounds) -> Interval:
    """Whether a condition holds for all choices within the bounds, and whether for any.

    Args:
        tree: a parsed condition.
        bounds: for every view (`Name.view`) the lowest and highest value it may take, arrays that
            broadcast against one another; one with a single value has that value twice (text too,
            the same array twice is fastest); None for text that is not known yet.

    Returns:
        Two bool arrays (certain, possible) of the broadcast shape.
    """
    with np.errstate(all="ignore"):
        low, high = _truth(*_visit(tree, bounds))
    return np.asarray(low), np.asarray(high)


def magnitude(tree: Node, bounds: Bounds) -> float:
    """The largest absolute value that a number can have; infinite where it is not known."""
    with np.errstate(all="ignore"):
        low, high = _visit(tree, bounds)
    found = max(abs(float(np.min(low))), abs(float(np.max(high))))
    return found if found == found else float("inf")


def _visit(node: Node, bounds: Bounds) -> Interval:
    if isinstance(node, Constant):
        value = np.asarray(node.value)
        return value, value
    if isinstance(node, Name):
        # A name without bounds that is used as a truth value may be either.
        return bounds[node.view] or (_FALSE, _TRUE)
    if isinstance(node, Inactive):
        raise TypeError("activity is tabled before bounds are evaluated")
    if isinstance(node, Comparison):
        return _comparison(node, bounds)
    parts = [_visit(operand, bounds) for operand in node.operands]
    return _logic(node, parts) if isinstance(node, Logic) else _operation(node, parts)


def _operation(node: Operation, parts: list[Interval]) -> Interval:
    row = OPERATORS[node.operator]
    numbers = [_number(*part) for part in parts]
    if all(low is high for low, high in numbers):
        value = row.arrays(*(low for low, _ in numbers))
        finite = np.isfinite(value)
        if finite.all():
            return value, value
        # Without a value it could be anything: evaluation will tell.
        return np.where(finite, value, -np.inf), np.where(finite, value, np.inf)
    return _ANY_NUMBER if row.bounds is None else without_nan(*row.bounds(*numbers))


def _logic(node: Logic, parts: list[Interval]) -> Interval:
    certain, could = zip(*(_truth(*part) for part in parts), strict=True)
    if node.operator == "not":
        return ~could[0], ~certain[0]
    combine = np.logical_and if node.operator == "and" else np.logical_or
    return functools.reduce(combine, certain), functools.reduce(combine, could)


def _comparison(node: Comparison, bounds: Bounds) -> Interval:
    is_open = [isinstance(x, Name) and bounds[x.view] is None for x in node.operands]
    parts = [
        (_FALSE, _FALSE) if text_to_come else _visit(operand, bounds)
        for operand, text_to_come in zip(node.operands, is_open, strict=True)
    ]
    certain, could = _TRUE, _TRUE
    for sign, sides, opens in zip(node.operators, pairwise(parts), pairwise(is_open), strict=True):
        if any(opens):
            certain = _FALSE
            continue
        bound = OPERATORS[sign].bounds
        assert bound is not None  # of every comparison
        sure, maybe = bound(*sides)
        certain, could = np.logical_and(certain, sure), np.logical_and(could, maybe)
    return certain, could


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
