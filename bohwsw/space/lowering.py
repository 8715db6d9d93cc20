"""A constraint on the columns of a component, in the form that is fast to evaluate and to bound.

Every part of a constraint that depends on one listed column is tabled once for all its codes:
``sum(tile) <= 20`` becomes a look-up, text becomes numbers, and the bounds of a part such as
``tile[0] * tile[1]`` are those of real factorisations, never of factors chosen one by one. What is
left is a small tree over such tables (leaves).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from bohwsw.space.column import Codes, Column
from bohwsw.space.evaluate_arrays import walk_arrays
from bohwsw.space.syntax import (
    Binary,
    Call,
    Comparison,
    Constant,
    Inactive,
    Logic,
    Name,
    Node,
    children,
    is_condition,
    with_children,
)

Array = npt.NDArray[Any]

FLAG = "[inactive]"
"""Whether a column has no value, among the views of it; no parameter has a name with brackets."""


@dataclass(frozen=True, eq=False)
class Leaf:
    """A number that depends on one column.

    Attributes:
        column: its position in the component.
        table: the number for each code, float64 or bool, NaN where undefined; None for the values
            of a real.
        source: the column itself.
        is_activity: for a real: whether the number says that it has no value.
    """

    column: int
    table: Array | None
    source: Column
    is_activity: bool = False

    @cached_property
    def may_be_undefined(self) -> bool:
        """Whether some code gives NaN."""
        if self.table is None:
            return self.source.inactive is not None and not self.is_activity
        return self.table.dtype != bool and bool(np.isnan(self.table).any())

    def at(self, codes: npt.NDArray[Any]) -> Array:
        """Its values at codes of its column, of the same shape."""
        if self.table is not None:
            return self.table.take(codes)
        if self.is_activity:
            return np.asarray(codes == self.source.inactive)
        grid = self.source.grid
        assert grid is not None  # a column without tables has a grid
        values = grid(codes)
        if self.source.inactive is None:
            return values
        return np.where(codes == self.source.inactive, np.nan, values)

    def known(self, codes: npt.NDArray[Any]) -> tuple[Array, Array]:
        """Its values at codes as bounds; undefined could be anything, evaluation will tell."""
        values = self.at(codes)
        if not self.may_be_undefined:
            return values, values
        nans = np.isnan(values)
        return np.where(nans, -np.inf, values), np.where(nans, np.inf, values)

    def bounds(self, allowed: Codes) -> tuple[Array, Array]:
        """Its lowest and highest value over the allowed codes, or between them for a real."""
        if self.is_activity:
            return np.asarray(False), np.asarray(True)
        values = self.at(allowed)
        if values.dtype == bool:
            return np.asarray(values.all()), np.asarray(values.any())
        if np.isnan(values).any() or not len(values):
            return np.asarray(-np.inf), np.asarray(np.inf)
        return np.asarray(values.min()), np.asarray(values.max())


@dataclass(frozen=True, eq=False)
class Lowered:
    """A condition over leaves.

    Attributes:
        tree: its names are ``#0``, ``#1``, ... for the leaves.
        leaves: what they stand for.
    """

    tree: Node
    leaves: tuple[Leaf, ...]

    @cached_property
    def undefined(self) -> frozenset[str]:
        """The names of leaves that may be NaN."""
        return frozenset(f"#{k}" for k, leaf in enumerate(self.leaves) if leaf.may_be_undefined)

    def exact(self, arrays: Sequence[Array]) -> Array:
        """The answers for arrays of leaf values that broadcast: bool, or float64 with NaN."""
        result, _ = walk_arrays(
            self.tree, {f"#{k}": array for k, array in enumerate(arrays)}, self.undefined
        )
        return result


def lower(tree: Node, columns: Sequence[Column], activity: Mapping[str, int]) -> Lowered:
    """Table whatever depends on one column.

    Args:
        tree: a condition on views of the columns.
        columns: of a component.
        activity: for conditional parameters the column that tells whether it has a value; else
            it has none if any of its columns says so.
    """
    place = {view: j for j, column in enumerate(columns) for view in column.views}
    tells: dict[str, list[int]] = {}
    for j, column in enumerate(columns):
        tells.setdefault(column.parameter, []).append(j)
    work = _Lowering(columns, place, tells | {name: [j] for name, j in activity.items()})
    lowered = work.tabled(_gathered(tree, work))
    return Lowered(lowered, tuple(work.leaves))


class _Lowering:
    def __init__(
        self, columns: Sequence[Column], place: Mapping[str, int], tells: Mapping[str, list[int]]
    ) -> None:
        self.columns = columns
        self.place = place
        self.tells = tells
        self.leaves: list[Leaf] = []
        self._texts: dict[Any, float] = {}

    def uses(self, node: Node) -> set[int]:
        """The columns that a node depends on."""
        if isinstance(node, Name):
            return {self.place[node.view]}
        if isinstance(node, Inactive):
            return set(self.tells[node.identifier])
        found: set[int] = set()
        for child in children(node):
            found |= self.uses(child)
        return found

    def tabled(self, node: Node) -> Node:
        """The node with its largest one-column parts as leaves."""
        used = self.uses(node)
        if len(used) == 1:
            (j,) = used
            column = self.columns[j]
            if column.grid is None:
                return self._leaf(Leaf(j, self.table(node, column), column))
            if isinstance(node, Name | Inactive):
                return self._leaf(Leaf(j, None, column, isinstance(node, Inactive)))
        if isinstance(node, Inactive):
            return Logic("or", tuple(self._activity(j) for j in self.tells[node.identifier]))
        if isinstance(node, Constant) and isinstance(node.value, str):
            return Constant(self._text(node.value))
        below = tuple(self.tabled(child) for child in children(node))
        return with_children(node, below) if below else node

    def table(self, node: Node, column: Column) -> Array:
        """The values of a node for each code of the only column it depends on."""
        if isinstance(node, Inactive):
            return np.asarray(np.arange(column.n_values) == column.inactive)
        if isinstance(node, Name) and column.is_text(node.view):
            return np.array([self._text(text) for text in column.tables[node.view].tolist()])
        prepared = self._with_flags(node, column)
        arrays: dict[str, Array] = dict(column.tables)
        arrays[FLAG] = np.arange(column.n_values) == column.inactive
        unknown = frozenset(
            view for view, a in column.tables.items() if a.dtype.kind == "f" and np.isnan(a).any()
        )
        result, has_nan = walk_arrays(prepared, arrays, unknown)
        result = np.broadcast_to(result, (column.n_values,))
        if is_condition(node) and not (has_nan and bool(np.isnan(result).any())):
            return np.asarray(result, dtype=bool)
        return np.asarray(result, dtype=np.float64)

    def _with_flags(self, node: Node, column: Column) -> Node:
        if isinstance(node, Inactive):
            return Comparison((Name(FLAG), Constant(0)), ("!=",))
        below = tuple(self._with_flags(child, column) for child in children(node))
        return with_children(node, below) if below else node

    def _activity(self, j: int) -> Node:
        column = self.columns[j]
        return self._leaf(Leaf(j, np.arange(column.n_values) == column.inactive, column))

    def _leaf(self, leaf: Leaf) -> Name:
        self.leaves.append(leaf)
        return Name(f"#{len(self.leaves) - 1}")

    def _text(self, text: Any) -> float:
        return self._texts.setdefault(text, float(len(self._texts)))


def _gathered(node: Node, work: _Lowering) -> Node:
    """The same tree with the whole-number terms of a sum or product ordered by their column.

    ``a[0] * b[0] * a[1]`` becomes ``(a[0] * a[1]) * b[0]``: one table for each factorisation. Only
    whole numbers are reordered: for them the order makes no difference to the result.
    """
    below = tuple(_gathered(child, work) for child in children(node))
    node = with_children(node, below) if below else node
    if not isinstance(node, Binary) or node.operator not in "+*":
        return node
    terms = _terms(node, node.operator)
    owners = [work.uses(term) for term in terms]
    singles = [next(iter(owner)) for owner in owners if len(owner) == 1]
    if len(set(singles)) == len(singles) or not all(map(_is_whole(work), terms)):
        return node
    function = "sum" if node.operator == "+" else "prod"
    grouped: dict[int, list[Node]] = {}
    for position, (term, owner) in enumerate(zip(terms, owners, strict=True)):
        key = next(iter(owner)) if len(owner) == 1 else -1 - position
        grouped.setdefault(key, []).append(term)
    parts = tuple(g[0] if len(g) == 1 else Call(function, tuple(g)) for g in grouped.values())
    return Call(function, parts) if len(parts) > 1 else parts[0]


def _terms(node: Node, operator: str) -> list[Node]:
    if isinstance(node, Binary) and node.operator == operator:
        return _terms(node.left, operator) + _terms(node.right, operator)
    if isinstance(node, Call) and node.function == ("sum" if operator == "+" else "prod"):
        return list(node.arguments)
    return [node]


def _is_whole(work: _Lowering) -> Any:
    def check(node: Node) -> bool:
        if isinstance(node, Constant):
            return isinstance(node.value, int)
        if isinstance(node, Name):
            column = work.columns[work.place[node.view]]
            if column.grid is not None or column.is_text(node.view):
                return False
            table = column.tables[node.view]
            return bool((table == np.floor(table)).all())
        if isinstance(node, Binary) and node.operator in "+-*":
            return check(node.left) and check(node.right)
        return (
            isinstance(node, Call)
            and node.function in ("sum", "prod", "min", "max")
            and all(map(check, node.arguments))
        )

    return check
