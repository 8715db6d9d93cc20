"""A constraint on the columns of a component, in the form that is fast to evaluate and to bound.

Every part of a constraint that depends on one listed column is tabled once for all its codes:
``sum(tile) <= 20`` becomes a look-up, text becomes numbers, and the bounds of a part such as
``tile[0] * tile[1]`` are those of real factorisations, never of factors chosen one by one. What is
left is a small tree over such tables (leaves).

Of products that equal a whole number the factors chosen so far have to divide it. With ``a * b ==
65536`` bounds alone rule nothing out, as ``65536 / a`` always lies between those of ``b``; but no
``a`` is possible that does not divide 65536.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from bohwsw.expressions import (
    Array,
    Comparison,
    Constant,
    Inactive,
    Interval,
    Logic,
    Name,
    Node,
    Operation,
    children,
    is_condition,
    is_whole,
    rebuilt,
    walk,
    walk_arrays,
)
from bohwsw.space.column import Codes, Column

_FLAG = "[inactive]"
"""Whether a column has no value, among the views of it; no parameter has a name with brackets."""


@dataclass(frozen=True, eq=False)
class Leaf:
    """A number that depends on one column."""

    column: int  # its position in the component
    table: Array | None  # float64 or bool for each code, NaN where undefined; None of a real
    source: Column
    is_activity: bool = False  # of a real: whether the number says that it has no value

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
        if self.source.inactive is None:
            return grid(codes)
        return np.where(codes == self.source.inactive, np.nan, grid(codes))

    def known(self, codes: npt.NDArray[Any]) -> Interval:
        """Its values at codes as bounds; undefined could be anything, evaluation will tell."""
        values = self.at(codes)
        if not self.may_be_undefined:
            return values, values
        nans = np.isnan(values)
        return np.where(nans, -np.inf, values), np.where(nans, np.inf, values)

    def bounds(self, allowed: Codes) -> Interval:
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
class Tabulated:
    """A condition in which the names ``#0``, ``#1``, ... stand for leaves."""

    tree: Node
    leaves: tuple[Leaf, ...]

    @cached_property
    def undefined(self) -> frozenset[str]:
        """The names of leaves that may be NaN."""
        return frozenset(f"#{k}" for k, leaf in enumerate(self.leaves) if leaf.may_be_undefined)

    def exact(self, arrays: Sequence[Array]) -> Array:
        """The truth values for arrays of leaf values that broadcast: bool, or float64 with NaN."""
        named = {f"#{k}": array for k, array in enumerate(arrays)}
        return walk_arrays(self.tree, named, self.undefined)[0]


def tabulate(tree: Node, columns: Sequence[Column], activity: Mapping[str, int]) -> Tabulated:
    """Table whatever in a condition depends on one column of a component.

    ``activity`` says for conditional parameters which column tells whether it has a value; else it
    has none if any of its columns says so.
    """
    work = _Tabulation(columns, activity)
    return Tabulated(work.tabled(work.grouped(tree)), tuple(work.leaves))


class _Tabulation:
    def __init__(self, columns: Sequence[Column], activity: Mapping[str, int]) -> None:
        self.columns = columns
        self.place = {view: j for j, column in enumerate(columns) for view in column.views}
        self.activity = activity
        self.leaves: list[Leaf] = []
        self._texts: dict[Any, float] = {}

    def uses(self, node: Node) -> set[int]:
        """The columns that a node depends on."""
        if isinstance(node, Name):
            return {self.place[node.view]}
        if isinstance(node, Inactive):
            return set(self._tell(node))
        return set().union(*(self.uses(child) for child in children(node)))

    def _tell(self, node: Inactive) -> list[int]:
        """The columns that tell whether a parameter has a value."""
        if node.identifier in self.activity:
            return [self.activity[node.identifier]]
        return [j for j, c in enumerate(self.columns) if c.parameter == node.identifier]

    def grouped(self, node: Node) -> Node:
        """The same tree with the whole-number terms of a sum or product ordered by their column.

        ``a[0] * b[0] * a[1]`` becomes ``(a[0] * a[1]) * b[0]``: one table for each factorisation.
        Only whole numbers are reordered: for them the order makes no difference to the result.
        """
        node = rebuilt(node, self.grouped)
        if not isinstance(node, Operation) or node.operator not in ("+", "*"):
            return node
        function = "sum" if node.operator == "+" else "prod"
        terms = flattened(node, (node.operator, function))
        owners = [self.uses(term) for term in terms]
        singles = [min(owner) for owner in owners if len(owner) == 1]
        if len(set(singles)) == len(singles) or not all(
            is_whole(term, self._has_whole_values) for term in terms
        ):
            return node
        groups: dict[int, list[Node]] = {}
        for position, (term, owner) in enumerate(zip(terms, owners, strict=True)):
            groups.setdefault(min(owner) if len(owner) == 1 else -1 - position, []).append(term)
        parts = [g[0] if len(g) == 1 else Operation(function, tuple(g)) for g in groups.values()]
        return Operation(function, tuple(parts)) if len(parts) > 1 else parts[0]

    def _has_whole_values(self, name: Name) -> bool:
        column = self.columns[self.place[name.view]]
        if column.grid is not None or column.is_text(name.view):
            return False
        table = column.tables[name.view]
        return bool((table == np.floor(table)).all())

    def tabled(self, node: Node) -> Node:
        """The node with its largest one-column parts as leaves."""
        used = self.uses(node)
        if len(used) == 1:
            (j,) = used
            column = self.columns[j]
            if column.grid is None:
                return self._leaf(Leaf(j, self._table(node, column), column))
            if isinstance(node, Name | Inactive):
                return self._leaf(Leaf(j, None, column, isinstance(node, Inactive)))
        if isinstance(node, Inactive):
            columns = ((j, self.columns[j]) for j in self._tell(node))
            flags = (Leaf(j, np.arange(c.n_values) == c.inactive, c) for j, c in columns)
            return Logic("or", tuple(map(self._leaf, flags)))
        if isinstance(node, Constant) and isinstance(node.value, str):
            return Constant(self._text(node.value))
        return rebuilt(node, self.tabled)

    def _table(self, node: Node, column: Column) -> Array:
        """The values of a node for each code of the only column it depends on."""
        is_inactive = np.asarray(np.arange(column.n_values) == column.inactive)
        if isinstance(node, Inactive):
            return is_inactive
        if isinstance(node, Name) and column.is_text(node.view):
            return np.array([self._text(text) for text in column.tables[node.view].tolist()])
        arrays: dict[str, Array] = {**column.tables, _FLAG: is_inactive}
        floats = {view: a for view, a in column.tables.items() if a.dtype.kind == "f"}
        unknown = frozenset(view for view, a in floats.items() if np.isnan(a).any())
        result, has_nan = walk_arrays(_with_flags(node), arrays, unknown)
        result = np.broadcast_to(result, (column.n_values,))
        is_defined = not has_nan or not np.isnan(result).any()
        return np.asarray(result, dtype=bool if is_condition(node) and is_defined else np.float64)

    def _leaf(self, leaf: Leaf) -> Name:
        self.leaves.append(leaf)
        return Name(f"#{len(self.leaves) - 1}")

    def _text(self, text: Any) -> float:
        return self._texts.setdefault(text, float(len(self._texts)))


def _with_flags(node: Node) -> Node:
    """A node on one column, with what asks whether that has a value as a comparison."""
    if isinstance(node, Inactive):
        return Comparison((Name(_FLAG), Constant(0)), ("!=",))
    return rebuilt(node, _with_flags)


def flattened(node: Node, operators: tuple[str, ...]) -> list[Node]:
    """The terms of nested sums, or the factors of nested products."""
    if isinstance(node, Operation) and node.operator in operators:
        return [term for child in node.operands for term in flattened(child, operators)]
    return [node]


@dataclass(frozen=True)
class Product:
    """An equation that has to hold, with a product of whole numbers on one side."""

    factors: tuple[Leaf, ...]  # there may be other factors beside them
    number: Node  # the other side
    leaves: dict[str, Leaf]  # of the other side, by name

    def may_divide(self, at: Mapping[int, Codes], column: int) -> npt.NDArray[np.bool_]:
        """Where it can be met, as far as the factors tell that have a value; see `can_hold`.

        True if ``column`` is no factor, or the other side is not known.
        """
        if not any(leaf.column == column for leaf in self.factors) or not all(
            leaf.column in at for leaf in self.leaves.values()
        ):
            return np.asarray(True)
        factors = (leaf.at(at[leaf.column]) for leaf in self.factors if leaf.column in at)
        arrays = {name: leaf.at(at[leaf.column]) for name, leaf in self.leaves.items()}
        with np.errstate(all="ignore"):
            number = np.asarray(walk_arrays(self.number, arrays)[0], dtype=np.float64)
            product = functools.reduce(np.multiply, factors)
            return np.asarray((number == 0.0) | (np.mod(number, product) == 0.0))


def products_of(tabulated: Tabulated) -> Iterator[Product]:
    """All such equations of a condition; none where something may be undefined."""
    if tabulated.undefined:
        return
    leaves = {f"#{k}": leaf for k, leaf in enumerate(tabulated.leaves)}

    def has_whole_values(name: Name) -> bool:
        table = leaves[name.identifier].table
        return table is not None and bool((table == np.floor(table)).all())

    for left, right in _equal_sides(tabulated.tree):
        for side, other in ((left, right), (right, left)):
            factors = flattened(side, ("*", "prod"))
            named = [leaves[f.identifier] for f in factors if isinstance(f, Name)]
            if named and all(is_whole(factor, has_whole_values) for factor in factors):
                names = (node.identifier for node in walk(other) if isinstance(node, Name))
                yield Product(tuple(named), other, {name: leaves[name] for name in names})


def _equal_sides(tree: Node) -> Iterator[tuple[Node, Node]]:
    """The sides of all equations that have to hold."""
    if isinstance(tree, Logic) and tree.operator == "and":
        for operand in tree.operands:
            yield from _equal_sides(operand)
    if isinstance(tree, Comparison):
        pairs = zip(tree.operators, pairwise(tree.operands), strict=True)
        yield from (sides for sign, sides in pairs if sign == "==")
