"""Evaluation of an expression: at one point in Python's own numbers, or at many in float64.

Among many points an operation without a value (division by zero, overflow) gives NaN, which plays
the part of "unknown" in a three-valued logic: ``or`` with a true operand is true whatever the other
one is, ``and`` with a false one is false. What is still unknown at the top is handed to the scalar
evaluation, which raises the error with the values in it.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from bohwsw.errors import SpecError
from bohwsw.expressions.operators import OPERATORS, Array
from bohwsw.expressions.syntax import (
    Comparison,
    Constant,
    Inactive,
    Logic,
    Name,
    Node,
    Operation,
    Value,
    is_condition,
    rebuilt,
    walk,
)


def evaluate_scalar(tree: Node, text: str, values: Mapping[str, Value]) -> Any:
    """The value of an expression at one point, an int, float or bool: the reference.

    ``values`` has a scalar, or a tuple where it is indexed, for every name; ``text`` is for
    messages.

    Raises:
        SpecError: division by zero, overflow, logarithm of a number that is not positive, or
            arithmetic on text.
    """
    try:
        return _scalar(tree, values)
    except (ArithmeticError, ValueError) as error:
        raise undefined(text, values, str(error)) from None
    except TypeError:
        raise undefined(text, values, "numbers and text cannot be mixed") from None


def _scalar(node: Node, values: Mapping[str, Value]) -> Any:
    if isinstance(node, Constant):
        return node.value
    if isinstance(node, Name):
        value = values[node.identifier]
        if node.index is None:
            return value
        if not isinstance(value, tuple) or node.index >= len(value):
            raise ValueError(f"{node.view} does not exist")
        return value[node.index]
    if isinstance(node, Inactive):
        return values.get(node.identifier) is None
    if isinstance(node, Logic):
        # Built from generators: like Python, it stops at the first operand that decides.
        answers = (bool(_scalar(operand, values)) for operand in node.operands)
        return any(answers) if node.operator == "or" else all(answers) != (node.operator == "not")
    parts = [_scalar(operand, values) for operand in node.operands]
    if isinstance(node, Comparison):
        pairs = zip(node.operators, pairwise(parts), strict=True)
        return all(OPERATORS[sign].scalar(*sides) for sign, sides in pairs)
    value = OPERATORS[node.operator].scalar(*parts)
    if isinstance(value, float) and not math.isfinite(value):
        raise OverflowError("overflow")  # a comparison with infinity or NaN would mean nothing
    if isinstance(value, str):
        raise TypeError("text")
    return value


def undefined(text: str, values: Mapping[str, Value], reason: str) -> SpecError:
    """The error for an expression that has no value at a point."""
    point = ", ".join(f"{name} = {value!r}" for name, value in values.items())
    return SpecError(
        f"an expression has no value: {reason}",
        key_path=text,
        got=point or None,
        expected="no division by zero, overflow or logarithm of zero where it is looked at",
    )


def evaluate_arrays(tree: Node, text: str, values: Mapping[str, Any]) -> Array:
    """The same on scalars and arrays that broadcast: float64, or bool of a condition.

    Raises:
        SpecError: as `evaluate_scalar`, if any element has no value.
    """
    whole = {name: as_array(value) for name, value in values.items()}
    arrays: dict[str, Array] = {}
    for node in walk(tree):
        if isinstance(node, Name):
            array = whole[node.identifier]
            arrays[node.view] = array if node.index is None else array[..., node.index]
    shape = np.broadcast_shapes(*(array.shape for array in arrays.values()))
    try:
        result, has_unknown = walk_arrays(tree, arrays)
    except (np.exceptions.DTypePromotionError, TypeError):
        raise undefined(text, {}, "numbers and text cannot be mixed") from None
    if result.shape != shape:
        result = np.broadcast_to(result, shape)
    if has_unknown and np.isnan(result).any():
        where = np.unravel_index(int(np.argmax(np.isnan(result))), shape)
        first = {v: np.broadcast_to(array, shape)[where].item() for v, array in arrays.items()}
        raise_undefined(tree, text, first)
    return result.astype(bool if is_condition(tree) else np.float64, copy=False)


def as_array(value: Any) -> Array:
    """Text stays text, also among numbers; all else is float64, in which batches are evaluated."""
    array = np.asarray(value)
    is_mixed = array.dtype.kind == "O" and any(isinstance(item, str) for item in array.flat)
    return array if array.dtype.kind in "US" or is_mixed else array.astype(np.float64)


def raise_undefined(tree: Node, text: str, point: Mapping[str, Any]) -> None:
    """Raise the scalar evaluation's error for a point, given by the views of a tree."""

    def flat(node: Node) -> Node:
        return Name(node.view) if isinstance(node, Name) else rebuilt(node, flat)

    evaluate_scalar(flat(tree), text, point)
    raise undefined(text, point, "not a finite number")


def walk_arrays(
    tree: Node, arrays: Mapping[str, Array], unknown: frozenset[str] = frozenset()
) -> tuple[Array, bool]:
    """The values of a tree, NaN where it has none, and whether there may be NaN.

    Args:
        arrays: for every view of the tree an array; they broadcast against one another.
        unknown: the views among them that may hold NaN.
    """

    def visit(node: Node) -> tuple[Array, bool]:
        if isinstance(node, Constant):
            return as_array(node.value), False
        if isinstance(node, Name):
            return arrays[node.view], node.view in unknown
        if isinstance(node, Inactive):
            raise TypeError("activity is tabled before arrays are evaluated")
        parts = [visit(operand) for operand in node.operands]
        if isinstance(node, Comparison):
            return _compared(node, parts)
        return _combined(node, parts) if isinstance(node, Logic) else _applied(node, parts)

    with np.errstate(all="ignore"):
        return visit(tree)


def _applied(node: Operation, parts: list[tuple[Array, bool]]) -> tuple[Array, bool]:
    result = OPERATORS[node.operator].arrays(*(_number(part) for part, _ in parts))
    finite = np.isfinite(result)
    # Infinity must not survive: 1 / infinity would look like an ordinary zero.
    return (result, False) if finite.all() else (np.where(finite, result, np.nan), True)


def _compared(node: Comparison, parts: list[tuple[Array, bool]]) -> tuple[Array, bool]:
    sides = pairwise(part for part, _ in parts)
    signs = zip(node.operators, sides, strict=True)
    answer = functools.reduce(np.logical_and, (OPERATORS[s].arrays(*pair) for s, pair in signs))
    nans = [np.isnan(part) for part, unknown in parts if unknown]
    if not nans:
        return answer, False
    return np.where(functools.reduce(np.logical_or, nans), np.nan, answer), True


def _combined(node: Logic, parts: list[tuple[Array, bool]]) -> tuple[Array, bool]:
    has_unknown = any(unknown for _, unknown in parts)
    if node.operator == "not":
        ((part, _),) = parts
        return np.where(
            np.isnan(part), np.nan, part == 0
        ) if has_unknown else part == 0, has_unknown
    if not has_unknown:
        combine = np.logical_and if node.operator == "and" else np.logical_or
        return functools.reduce(combine, (part != 0 for part, _ in parts)), False
    # Left to right, as Python reads: an operand is looked at only where none before decided.
    undecided = 1.0 if node.operator == "and" else 0.0
    result = np.asarray(undecided)
    for part, _ in parts:
        truth = np.where(np.isnan(part), np.nan, part != 0)
        result = np.where(result == undecided, truth, result)
    return result, True


def _number(array: Array) -> Array:
    """Truth values count as 0 and 1 in arithmetic, as in Python; text does not count."""
    if array.dtype.kind in "USO":
        raise TypeError("text in arithmetic")
    return array.astype(np.float64) if array.dtype == bool else array
