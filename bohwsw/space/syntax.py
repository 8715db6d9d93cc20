"""The tree of an expression: what is left of its text once the whitelist has passed it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

Scalar: TypeAlias = int | float | bool | str
"""A number, truth value or text: a constant, or the answer of an expression on one point."""

Value: TypeAlias = Scalar | tuple[int | str, ...] | None
"""A value of a parameter; tuples of factorisations and permutations, None where inactive."""


@dataclass(frozen=True)
class Constant:
    """A number, True, False or a piece of text."""

    value: Scalar


@dataclass(frozen=True)
class Name:
    """A parameter, by its name; or one entry of a parameter whose values are tuples."""

    identifier: str
    index: int | None = None

    @property
    def view(self) -> str:
        """As it is written: ``banks``, ``tile[2]``."""
        return self.identifier if self.index is None else f"{self.identifier}[{self.index}]"


@dataclass(frozen=True)
class Inactive:
    """Whether a conditional parameter has no value; no text means it, the room adds it."""

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


@dataclass(frozen=True)
class Position:
    """Where an item stands in a permutation: the place of the one operand that is true."""

    operands: tuple[Node, ...]


Node: TypeAlias = Constant | Name | Inactive | Unary | Binary | Comparison | Logic | Call | Position

CONDITION = "'a * b <= 8'"
"""A condition, as an example in messages."""

MAX_INTEGER = 2**53
"""Beyond it float64, in which batches are evaluated, no longer holds every integer."""

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

TUPLE_FUNCTIONS = ("sum", "min", "max", "prod")
"""What may be called on a parameter whose values are tuples of numbers."""


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below one node, in the order in which they are written."""
    if isinstance(node, Unary):
        return (node.operand,)
    if isinstance(node, Binary):
        return (node.left, node.right)
    if isinstance(node, Comparison | Logic | Position):
        return node.operands
    if isinstance(node, Call):
        return node.arguments
    return ()


def walk(node: Node) -> Iterator[Node]:
    """Every node of a tree, parents before children."""
    yield node
    for child in children(node):
        yield from walk(child)


def map_names(node: Node, change: Callable[[Name], Node]) -> Node:
    """A copy of a tree with every name replaced."""
    if isinstance(node, Name):
        return change(node)
    below = tuple(map_names(child, change) for child in children(node))
    return with_children(node, below) if below else node


def with_children(node: Node, below: tuple[Node, ...]) -> Node:
    """A copy of a node with other nodes directly below it, as many as `children` gives."""
    if isinstance(node, Unary):
        return Unary(node.operator, below[0])
    if isinstance(node, Binary):
        return Binary(node.operator, below[0], below[1])
    if isinstance(node, Comparison):
        return Comparison(below, node.operators)
    if isinstance(node, Logic):
        return Logic(node.operator, below)
    if isinstance(node, Call):
        return Call(node.function, below)
    return Position(below) if isinstance(node, Position) else node


def is_condition(node: Node) -> bool:
    """Whether the tree answers yes or no: a comparison, or ``and``/``or``/``not`` of such."""
    if isinstance(node, Constant):
        return isinstance(node.value, bool)
    return isinstance(node, Comparison | Logic | Inactive) or (
        isinstance(node, Unary) and node.operator == "not"
    )
