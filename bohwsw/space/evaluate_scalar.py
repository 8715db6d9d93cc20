"""The reference evaluation of an expression: one point, Python's own numbers."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

from bohwsw.errors import SpecError
from bohwsw.space.syntax import (
    Binary,
    Call,
    Comparison,
    Constant,
    Inactive,
    Logic,
    Name,
    Node,
    Position,
    Unary,
    Value,
)

BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
}
COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
_CALL: dict[str, Callable[[list[Any]], Any]] = {
    "min": min,
    "max": max,
    "sum": sum,
    "prod": math.prod,
    "abs": lambda arguments: abs(arguments[0]),
    "log2": lambda arguments: math.log2(arguments[0]),
    "ceil": lambda arguments: math.ceil(arguments[0]),
    "floor": lambda arguments: math.floor(arguments[0]),
}


def evaluate_scalar(tree: Node, text: str, values: Mapping[str, Value]) -> Any:
    """The value of an expression at one point.

    Args:
        tree: the parsed expression.
        text: as it was written, for messages.
        values: a scalar, or a tuple where it is indexed, for every name of the tree.

    Returns:
        An int, float or bool.

    Raises:
        SpecError: division by zero, overflow, logarithm of a number that is not positive, or
            arithmetic on text.
    """

    def visit(node: Node) -> Any:
        if isinstance(node, Constant):
            return node.value
        if isinstance(node, Name):
            return entry(node)
        if isinstance(node, Inactive):
            return values.get(node.identifier) is None
        if isinstance(node, Unary):
            operand = visit(node.operand)
            return not operand if node.operator == "not" else -operand
        if isinstance(node, Binary):
            return _finite(BINARY[node.operator](visit(node.left), visit(node.right)))
        if isinstance(node, Comparison):
            return compare(node)
        if isinstance(node, Logic):
            # Built from generators: like Python, it stops at the first operand that decides.
            answers = (bool(visit(operand)) for operand in node.operands)
            return all(answers) if node.operator == "and" else any(answers)
        if isinstance(node, Position):
            return [bool(visit(operand)) for operand in node.operands].index(True)
        return call(node)

    def entry(node: Name) -> Any:
        value = values[node.identifier]
        if node.index is None:
            return value
        if not isinstance(value, tuple) or node.index >= len(value):
            raise ValueError(f"{node.view} does not exist")
        return value[node.index]

    def compare(node: Comparison) -> bool:
        operands = [visit(operand) for operand in node.operands]
        pairs = zip(node.operators, operands, operands[1:], strict=False)
        return all(COMPARE[sign](left, right) for sign, left, right in pairs)

    def call(node: Call) -> Any:
        return _finite(_CALL[node.function]([visit(argument) for argument in node.arguments]))

    try:
        return visit(tree)
    except (ArithmeticError, ValueError) as error:
        raise undefined(text, values, str(error)) from None
    except TypeError:
        raise undefined(text, values, "numbers and text cannot be mixed") from None


def undefined(text: str, values: Mapping[str, Value], reason: str) -> SpecError:
    """The error for an expression that has no value at a point."""
    point = ", ".join(f"{name} = {value!r}" for name, value in values.items())
    return SpecError(
        f"an expression has no value: {reason}",
        key_path=text,
        got=point or None,
        expected="no division by zero, overflow or logarithm of zero where it is looked at",
    )


def _finite(value: Any) -> Any:
    """Infinity and NaN stop here: a comparison with them would answer without meaning."""
    if isinstance(value, float) and not math.isfinite(value):
        raise OverflowError("overflow")
    if isinstance(value, str):
        raise TypeError("text")
    return value
