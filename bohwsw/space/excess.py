"""By how much a point breaks a condition, as a number that a penalty method can work with."""

from __future__ import annotations

from collections.abc import Mapping

from bohwsw.errors import SpecError
from bohwsw.space.evaluate_scalar import evaluate_scalar
from bohwsw.space.syntax import Comparison, Logic, Node, Unary, Value

BARELY = 1e-9
"""What ``a < b`` is broken by where the two are equal."""

_NEGATED = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}


def excess(tree: Node, text: str, point: Mapping[str, Value]) -> float:
    """By how much a point breaks a condition; 0 or less where it is met.

    Args:
        tree: the condition.
        text: as it was written, for messages.
        point: a value for every name in it, in the space or not.

    Returns:
        Left minus right side for ``<=``, the distance for ``==``, the largest of the parts of
        ``and``, the smallest of those of ``or``; 1.0 or -1.0 where there is no amount: text,
        ``!=``, truth values, and 1.0 where it has no value.
    """
    try:
        return _excess(tree, text, point, negated=False)
    except SpecError:
        return 1.0


def _excess(node: Node, text: str, point: Mapping[str, Value], *, negated: bool) -> float:
    if isinstance(node, Unary) and node.operator == "not":
        return _excess(node.operand, text, point, negated=not negated)
    if isinstance(node, Logic):
        # A part without a value does not spoil `or` where another is met, as in evaluation.
        parts = []
        for operand in node.operands:
            try:
                parts.append(_excess(operand, text, point, negated=negated))
            except SpecError:
                parts.append(1.0)
        return max(parts) if (node.operator == "and") != negated else min(parts)
    if isinstance(node, Comparison):
        sides = [evaluate_scalar(operand, text, point) for operand in node.operands]
        parts = [
            _side_excess(_NEGATED[sign] if negated else sign, left, right)
            for sign, left, right in zip(node.operators, sides, sides[1:], strict=False)
        ]
        # The negation of a chain holds where any of its links fails.
        return min(parts) if negated else max(parts)
    is_met = bool(evaluate_scalar(node, text, point)) != negated
    return -1.0 if is_met else 1.0


def _side_excess(sign: str, left: object, right: object) -> float:
    numbers = isinstance(left, int | float) and isinstance(right, int | float)
    if not numbers or sign == "!=" or (sign == "==" and isinstance(left, bool | str)):
        return -1.0 if (left == right) == (sign == "==") else 1.0
    assert isinstance(left, int | float) and isinstance(right, int | float)  # noqa: PT018
    if sign == "==":
        return float(abs(left - right))
    difference = float(left - right) if sign in ("<", "<=") else float(right - left)
    strict = sign in ("<", ">")
    return max(difference, BARELY) if strict and difference >= 0 else difference
