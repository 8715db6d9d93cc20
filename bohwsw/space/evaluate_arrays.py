"""Evaluation of an expression on many points at once, in float64.

An operation without a value (division by zero, overflow) gives NaN, which plays the part of
"unknown" in a three-valued logic: ``or`` with a true operand is true whatever the other one is,
``and`` with a false one is false. What is still unknown at the top is handed to the scalar
evaluation, which raises the error with the values in it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from bohwsw.space.evaluate_scalar import BINARY, COMPARE, evaluate_scalar, undefined
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
    is_condition,
    map_names,
    walk,
)

Array = npt.NDArray[Any]

_CALL: dict[str, Callable[[list[Array]], Array]] = {
    "min": lambda arguments: functools.reduce(np.minimum, arguments),
    "max": lambda arguments: functools.reduce(np.maximum, arguments),
    "sum": lambda arguments: functools.reduce(np.add, arguments),
    "prod": lambda arguments: functools.reduce(np.multiply, arguments),
    "abs": lambda arguments: np.abs(arguments[0]),
    "log2": lambda arguments: np.log2(arguments[0]),
    "ceil": lambda arguments: np.ceil(arguments[0]),
    "floor": lambda arguments: np.floor(arguments[0]),
}


def evaluate_arrays(tree: Node, text: str, values: Mapping[str, Any]) -> Array:
    """The values of an expression on arrays that broadcast against one another.

    Args:
        tree: the parsed expression.
        text: as it was written, for messages.
        values: a scalar or an array for every name of the tree.

    Returns:
        float64 array of the broadcast shape, or bool if the tree is a condition.

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
    if has_unknown:
        unknown = np.isnan(result)
        if unknown.any():
            _raise_first(tree, text, arrays, unknown)
    return result.astype(bool if is_condition(tree) else np.float64, copy=False)


def as_array(value: Any) -> Array:
    """Text stays text, also among numbers; all else is float64, in which batches are evaluated."""
    array = np.asarray(value)
    is_mixed = array.dtype.kind == "O" and any(isinstance(item, str) for item in array.flat)
    return array if array.dtype.kind in "US" or is_mixed else array.astype(np.float64)


def _raise_first(tree: Node, text: str, arrays: Mapping[str, Array], unknown: Array) -> None:
    """Raise the scalar evaluation's error for the first element without a value."""
    where = np.unravel_index(int(np.argmax(unknown)), unknown.shape)
    point = {
        view: np.broadcast_to(array, unknown.shape)[where].item() for view, array in arrays.items()
    }
    evaluate_scalar(flat(tree), text, point)
    raise undefined(text, point, "not a finite number")


def flat(node: Node) -> Node:
    """The same tree with entries of tuples as names of their own."""
    return map_names(node, lambda name: Name(name.view))


def walk_arrays(
    tree: Node, arrays: Mapping[str, Array], unknown: frozenset[str] = frozenset()
) -> tuple[Array, bool]:
    """The values of a tree, NaN where it has none, and whether there may be NaN.

    Args:
        tree: an expression.
        arrays: for every view of the tree an array; they broadcast against one another.
        unknown: the views among them that may hold NaN.
    """
    with np.errstate(all="ignore"):
        return _Walk(arrays, unknown).visit(tree)


class _Walk:
    """One walk over a tree; each visit returns (array, whether it may hold NaN)."""

    def __init__(self, arrays: Mapping[str, Array], unknown: frozenset[str]) -> None:
        self.arrays = arrays
        self.unknown = unknown

    def visit(self, node: Node) -> tuple[Array, bool]:
        if isinstance(node, Constant):
            return as_array(node.value), False
        if isinstance(node, Name):
            return self.arrays[node.view], node.view in self.unknown
        if isinstance(node, Inactive):
            raise TypeError("activity is tabled before arrays are evaluated")
        if isinstance(node, Unary):
            operand, unknown = self.visit(node.operand)
            if node.operator == "-":
                return -operand, unknown
            return (
                np.where(np.isnan(operand), np.nan, operand == 0) if unknown else operand == 0
            ), unknown
        if isinstance(node, Comparison):
            return self.compare(node)
        if isinstance(node, Logic):
            return self.logic(node)
        if isinstance(node, Position):
            flags = [self.visit(operand) for operand in node.operands]
            place = sum((p * flag for p, (flag, _) in enumerate(flags)), np.asarray(0.0))
            return place, any(unknown for _, unknown in flags)
        return self.arithmetic(node)

    def arithmetic(self, node: Binary | Call) -> tuple[Array, bool]:
        if isinstance(node, Binary):
            parts = [self.visit(node.left), self.visit(node.right)]
            function = BINARY[node.operator]
            result = function(*(_number(part) for part, _ in parts))
        else:
            parts = [self.visit(argument) for argument in node.arguments]
            result = _CALL[node.function]([_number(part) for part, _ in parts])
        if np.isfinite(result).all():
            return result, False
        # Infinity must not survive: 1 / infinity would look like an ordinary zero.
        return np.where(np.isfinite(result), result, np.nan), True

    def compare(self, node: Comparison) -> tuple[Array, bool]:
        parts = [self.visit(operand) for operand in node.operands]
        answers = [
            COMPARE[sign](left, right)
            for sign, (left, _), (right, _) in zip(node.operators, parts, parts[1:], strict=False)
        ]
        answer = functools.reduce(np.logical_and, answers)
        if not any(unknown for _, unknown in parts):
            return answer, False
        nans = functools.reduce(
            np.logical_or, (np.isnan(part) for part, unknown in parts if unknown)
        )
        return np.where(nans, np.nan, answer), True

    def logic(self, node: Logic) -> tuple[Array, bool]:
        parts = [self.visit(operand) for operand in node.operands]
        combine = np.logical_and if node.operator == "and" else np.logical_or
        if not any(unknown for _, unknown in parts):
            return functools.reduce(combine, (part != 0 for part, _ in parts)), False
        decisive = 0.0 if node.operator == "and" else 1.0
        # Left to right, as Python reads: an operand is looked at only where none before decided.
        result = np.asarray(1.0 - decisive)
        for part, _ in parts:
            truth = np.where(np.isnan(part), np.nan, part != 0)
            undecided = result == 1.0 - decisive
            result = np.where(undecided, truth, result)
        return result, True


def _number(array: Array) -> Array:
    """Truth values count as 0 and 1 in arithmetic, as in Python; text does not count."""
    if array.dtype.kind in "USO":
        raise TypeError("text in arithmetic")
    return array.astype(np.float64) if array.dtype == bool else array
