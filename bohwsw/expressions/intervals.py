"""What an expression can still become when some of its names only have bounds.

Interval arithmetic, vectorised: every node gives a pair of arrays (low, high) that enclose its
value. A condition gives (certain, possible) as truth values, so a false ``possible`` proves that no
completion satisfies it. The enclosure may be too wide, never too narrow: a point is never pruned
that satisfies the condition.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from itertools import pairwise

import numpy as np

from bohwsw.expressions.operators import OPERATORS, Array, Interval, Operator, without_nan
from bohwsw.expressions.syntax import Comparison, Constant, Inactive, Logic, Name, Node, Operation

Bounds = Mapping[str, Interval]


def truth(tree: Node, bounds: Bounds) -> Interval:
    """Whether a condition holds for all choices within the bounds, and whether for any.

    Args:
        bounds: for every view (`Name.view`) the lowest and highest value it may take, arrays that
            broadcast against one another (the same array twice, where it has one value, is
            fastest).

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
        return bounds[node.view]
    if isinstance(node, Inactive):
        raise TypeError("activity is tabled before bounds are evaluated")
    parts = [_visit(operand, bounds) for operand in node.operands]
    if isinstance(node, Operation):
        return _operation(node, parts)
    if isinstance(node, Comparison):
        signs = zip(node.operators, pairwise(parts), strict=True)
        flags = [_bounded(OPERATORS[sign], sides) for sign, sides in signs]
    else:
        flags = [_truth(*part) for part in parts]
    if isinstance(node, Logic) and node.operator == "not":
        return ~flags[0][1], ~flags[0][0]
    is_any = isinstance(node, Logic) and node.operator == "or"
    combine = np.logical_or if is_any else np.logical_and
    certain, could = zip(*flags, strict=True)
    return functools.reduce(combine, certain), functools.reduce(combine, could)


def _operation(node: Operation, parts: list[Interval]) -> Interval:
    row = OPERATORS[node.operator]
    numbers = [_number(*part) for part in parts]
    if not all(low is high for low, high in numbers):
        return without_nan(*_bounded(row, numbers))
    value = row.arrays(*(low for low, _ in numbers))
    finite = np.isfinite(value)
    if finite.all():
        return value, value
    # Without a value it could be anything: evaluation will tell.
    return np.where(finite, value, -np.inf), np.where(finite, value, np.inf)


def _bounded(row: Operator, parts: Iterable[Interval]) -> Interval:
    return (np.asarray(-np.inf), np.asarray(np.inf)) if row.bounds is None else row.bounds(*parts)


def _truth(low: Array, high: Array) -> Interval:
    """(certain, possible) of a number that is used as a truth value: zero is false."""
    return (low, high) if low.dtype == bool else ((low > 0) | (high < 0), (low != 0) | (high != 0))


def _number(low: Array, high: Array) -> Interval:
    """Truth values count as 0 and 1 in arithmetic."""
    if low.dtype.kind == "f":
        return low, high
    converted = low.astype(np.float64)
    return converted, converted if low is high else high.astype(np.float64)
