"""The tree of an expression: what is left of its text once the whitelist has passed it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

Scalar: TypeAlias = int | float | bool | str
"""A value of a parameter, a constant, or the answer of an expression on one point."""


@dataclass(frozen=True)
class Constant:
    """A number, True, False or a piece of text."""

    value: Scalar


@dataclass(frozen=True)
class Name:
    """A parameter, by its name."""

    identifier: str


@dataclass(frozen=True)
class Unary:
    """``-x`` or ``not x``."""

    operator: str
    operand: Node


@dataclass(frozen=True)
class Binary:
    """``x + y`` and its like: + - * / // %."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True)
class Comparison:
    """``x < y``, also chained: ``n`` operators between ``n + 1`` operands."""

    operands: tuple[Node, ...]
    operators: tuple[str, ...]


@dataclass(frozen=True)
class Logic:
    """``x and y and ...`` or ``x or y or ...``."""

    operator: str
    operands: tuple[Node, ...]


@dataclass(frozen=True)
class Call:
    """One of the whitelisted functions, on its arguments."""

    function: str
    arguments: tuple[Node, ...]


Node: TypeAlias = Constant | Name | Unary | Binary | Comparison | Logic | Call

FUNCTIONS: dict[str, tuple[int, int]] = {
    "min": (1, 64),
    "max": (1, 64),
    "sum": (1, 64),
    "abs": (1, 1),
    "log2": (1, 1),
    "ceil": (1, 1),
    "floor": (1, 1),
}
"""The functions an expression may call, each with its least and greatest number of arguments."""


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below one node, in the order in which they are written."""
    if isinstance(node, Unary):
        return (node.operand,)
    if isinstance(node, Binary):
        return (node.left, node.right)
    if isinstance(node, Comparison | Logic):
        return node.operands
    if isinstance(node, Call):
        return node.arguments
    return ()


def walk(node: Node) -> Iterator[Node]:
    """Every node of a tree, parents before children."""
    yield node
    for child in children(node):
        yield from walk(child)


def is_condition(node: Node) -> bool:
    """Whether the tree answers yes or no: a comparison, or ``and``/``or``/``not`` of such."""
    if isinstance(node, Constant):
        return isinstance(node.value, bool)
    return isinstance(node, Comparison | Logic) or (
        isinstance(node, Unary) and node.operator == "not"
    )
