"""The tree of an expression: what is left of its text once the whitelist has passed it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

from bohwsw.expressions.operators import OPERATORS

Scalar: TypeAlias = int | float | bool | str
"""A number, truth value or text: a constant, or the value of an expression at one point."""

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
class Operation:
    """An operator or function on its arguments; ``operator`` is a key of `OPERATORS`."""

    operator: str
    operands: tuple[Node, ...]


@dataclass(frozen=True)
class Comparison:
    """``x < y``, also chained: ``n`` operators between ``n + 1`` operands."""

    operands: tuple[Node, ...]
    operators: tuple[str, ...]


@dataclass(frozen=True)
class Logic:
    """``x and y and ...``, ``x or y or ...`` or ``not x``."""

    operator: str
    operands: tuple[Node, ...]


Node: TypeAlias = Constant | Name | Inactive | Operation | Comparison | Logic

MAX_INTEGER = 2**53
"""Beyond it float64, in which batches are evaluated, no longer holds every integer."""


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below one node, in the order in which they are written."""
    return node.operands if isinstance(node, Operation | Comparison | Logic) else ()


def walk(node: Node) -> Iterator[Node]:
    """Every node of a tree, parents before children."""
    yield node
    for child in children(node):
        yield from walk(child)


def rebuilt(node: Node, change: Callable[[Node], Node]) -> Node:
    """A copy of a node with each node directly below it changed."""
    if isinstance(node, Operation | Comparison | Logic):
        return replace(node, operands=tuple(change(child) for child in node.operands))
    return node


def is_condition(node: Node) -> bool:
    """Whether the tree is true or false: a comparison, or ``and``/``or``/``not`` of such."""
    return isinstance(node, Comparison | Logic | Inactive) or (
        isinstance(node, Constant) and isinstance(node.value, bool)
    )


def is_whole(node: Node, has_whole_values: Callable[[Name], bool]) -> bool:
    """Whether the values of a number are surely whole."""
    if isinstance(node, Constant):
        return isinstance(node.value, int)
    if isinstance(node, Name):
        return has_whole_values(node)
    if not isinstance(node, Operation):
        return False
    kind = OPERATORS[node.operator].whole
    return kind == "always" or (
        kind == "kept" and all(is_whole(child, has_whole_values) for child in node.operands)
    )
