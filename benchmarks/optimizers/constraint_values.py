"""By how much a point breaks known constraints, as a number that a penalty method can work with."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from bohwsw.errors import SpecError
from bohwsw.expressions import Comparison, Logic, Name, Node, walk
from bohwsw.space import Expression, Parameter, Permutation, PredicateConstraint, Space, plain

BARELY = 1e-9
"""What ``a < b`` is broken by where the two are equal."""

_NEGATED = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}


def constraint_values(space: Space, point: Mapping[str, Any]) -> dict[str, float]:
    """By how much a point, valid or not, breaks each known constraint.

    Args:
        space: whose constraints.
        point: a value for every parameter; it need not be one that the parameter can have.

    Returns:
        For each constraint, by its text or name: 0 or less where it is met; left minus right
        side for ``<=``, the distance for ``==``, the largest of the parts of ``and``, the
        smallest of those of ``or``; 1.0 or -1.0 where there is no amount (text, predicates), and
        1.0 where it has no value.

    Raises:
        SpecError: a parameter has no value.
    """
    for name in space.names:
        if name not in point:
            raise SpecError("a parameter has no value", key_path=name, got=dict(point))
    values = {}
    for constraint in space.constraints:
        if any(point[name] is None for name in constraint.names):
            values[constraint.text] = -1.0
        elif isinstance(constraint, PredicateConstraint):
            columns = {p.name: _column(p, point[p.name]) for p in constraint.parameters}
            values[constraint.text] = -1.0 if constraint.predicate.holds(columns, 1)[0] else 1.0
        else:
            values[constraint.text] = _guarded(constraint.expression.tree, point, negated=False)
    return values


def _guarded(node: Node, point: Mapping[str, Any], *, negated: bool) -> float:
    try:
        return _value(node, point, negated=negated)
    except SpecError:
        return 1.0


def _value(node: Node, point: Mapping[str, Any], *, negated: bool) -> float:
    if isinstance(node, Logic) and node.operator == "not":
        return _value(node.operands[0], point, negated=not negated)
    if isinstance(node, Logic):
        # A part without a value does not spoil `or` where another is met, as in evaluation.
        parts = [_guarded(operand, point, negated=negated) for operand in node.operands]
        return max(parts) if (node.operator == "and") != negated else min(parts)
    if isinstance(node, Comparison):
        sides = pairwise(_evaluated(operand, point) for operand in node.operands)
        parts = [
            _side_value(_NEGATED[sign] if negated else sign, left, right)
            for sign, (left, right) in zip(node.operators, sides, strict=True)
        ]
        # The negation of a chain holds where any of its links fails.
        return min(parts) if negated else max(parts)
    return -1.0 if bool(_evaluated(node, point)) != negated else 1.0


def _side_value(sign: str, left: object, right: object) -> float:
    numbers = isinstance(left, int | float) and isinstance(right, int | float)
    if not numbers or sign == "!=" or (sign == "==" and isinstance(left, bool | str)):
        return -1.0 if (left == right) == (sign == "==") else 1.0
    assert isinstance(left, int | float) and isinstance(right, int | float)  # noqa: PT018
    if sign == "==":
        return float(abs(left - right))
    difference = float(left - right) if sign in ("<", "<=") else float(right - left)
    strict = sign in ("<", ">")
    return max(difference, BARELY) if strict and difference >= 0 else difference


def _evaluated(node: Node, point: Mapping[str, Any]) -> Any:
    names = dict.fromkeys(n.identifier for n in walk(node) if isinstance(n, Name))
    used = {name: point[name] for name in names}
    listed = {
        name: value.tolist() if isinstance(value, np.ndarray | np.generic) else value
        for name, value in used.items()
    }
    return Expression("", node, tuple(names)).evaluate(listed)


def _column(parameter: Parameter, value: Any) -> npt.NDArray[Any]:
    """A value as an array of one point, also if the parameter cannot have it."""
    try:
        return parameter.array(np.array([parameter.codes(value)], dtype=np.int32))
    except SpecError:
        inner = plain(parameter)
        if isinstance(inner, Permutation):
            items = list(inner.items)
            return np.array([[items.index(v) if v in items else -1 for v in value]])
        return np.asarray([value])
