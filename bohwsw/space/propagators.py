"""What a component checks rows of codes with: one propagator for each constraint.

A propagator, in the words of constraint programming, takes values away that its constraint rules
out; here it answers for many partial rows and values at once.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from bohwsw.space.column import Codes, Column
from bohwsw.space.constraint import PredicateConstraint
from bohwsw.space.divisibility import products_of
from bohwsw.space.evaluation import raise_undefined
from bohwsw.space.intervals import possible, truth
from bohwsw.space.operators import Array, Interval
from bohwsw.space.parameters import Parameter
from bohwsw.space.syntax import Node
from bohwsw.space.tabulation import Leaf, tabulate

Mask: TypeAlias = npt.NDArray[np.bool_]
LeafBounds: TypeAlias = Callable[[Leaf], Interval]
"""The bounds of a leaf whose column has no value yet."""
Combinations: TypeAlias = tuple[list[npt.NDArray[Any]], Mask]

PREDICATE_CELLS = 50_000


class Propagator(ABC):
    """A condition on some columns of a component.

    Attributes:
        columns: the positions of these columns.
        is_opaque: whether it can only be asked about complete rows.
    """

    columns: frozenset[int]
    is_opaque = False

    @abstractmethod
    def holds(self, rows: Codes) -> Mask:
        """Which complete rows ``[n, n_columns]`` meet it."""

    @abstractmethod
    def mask(
        self, rows: Codes, chosen: Sequence[int], column: int, codes: Codes, bounds: LeafBounds
    ) -> Mask:
        """Which codes of the next column partial rows can take; False only where none can follow.

        Args:
            rows: ``[n, n_columns]``, of which the columns ``chosen`` count.
            chosen: the columns that have a value.
            column: the next one, which the condition mentions.
            codes: ``[m]``.
            bounds: what the other columns can still be.

        Returns:
            bool ``[n, m]``, or something that broadcasts to it.
        """

    def combinations(self, allowed: Mapping[int, Codes]) -> Combinations | None:
        """For each of its columns the codes sorted into kinds, and which kinds go together.

        Args:
            allowed: the codes of each of its columns, all listed.

        Returns:
            In the order of the sorted columns: the kind ``[m]`` of each allowed code; and a bool
            array with one axis a column over the kinds. None if it cannot be tabled.
        """
        return None

    def kinds(self, column: int, codes: Codes) -> Codes:
        """Numbers ``[n]``, equal only where codes ``[n]`` of a column are alike for it."""
        return codes

    def n_kinds(self, column: int, codes: Codes) -> int:
        """How many of the codes of a column differ for it."""
        return len(codes)


class ExpressionPropagator(Propagator):
    """A condition that was written as text.

    Args:
        text: as it was written, for messages.
        tree: what it means, guards for conditional parameters included.
        columns: all columns of the component.
        activity: which column tells whether a conditional parameter has a value; see `tabulate`.
    """

    def __init__(
        self,
        text: str,
        tree: Node,
        columns: Sequence[Column],
        activity: Mapping[str, int] | None = None,
    ) -> None:
        self.text = text
        self.tree = tree
        self.all_columns = columns
        self.tabulated = tabulate(tree, columns, activity or {})
        self.columns = frozenset(leaf.column for leaf in self.tabulated.leaves)
        self._products = tuple(products_of(self.tabulated))
        self._projections: dict[int, tuple[Codes, int]] = {}
        self._sorted: dict[int, tuple[Codes, npt.NDArray[np.intp], Codes]] = {}

    def holds(self, rows: Codes) -> Mask:
        arrays = [leaf.at(rows[:, leaf.column]) for leaf in self.tabulated.leaves]
        return self._decided(arrays, rows.shape[:1])

    def mask(
        self, rows: Codes, chosen: Sequence[int], column: int, codes: Codes, bounds: LeafBounds
    ) -> Mask:
        kinds, representatives = self._kinds(column, codes)
        if self.columns <= {*chosen, column}:
            arrays = [
                leaf.at(representatives[None, :] if leaf.column == column else _down(rows, leaf))
                for leaf in self.tabulated.leaves
            ]
            answer = self._decided(arrays, (len(rows), len(representatives)))
        else:
            answer = self.can_hold(
                self.leaf_bounds(
                    rows, chosen, column, lambda leaf: leaf.known(representatives[None, :]), bounds
                )
            )
            for product in self._products:
                answer = answer & product.may_divide(rows, chosen, column, representatives)
        if answer.shape[-1:] == (1,) or not answer.ndim:
            return answer
        return answer if kinds is None else answer.take(kinds, axis=1)

    def leaf_bounds(
        self,
        rows: Codes,
        chosen: Sequence[int],
        column: int,
        of_column: LeafBounds,
        others: LeafBounds,
    ) -> list[Interval]:
        """Bounds of every leaf: rows down, choices for one more column across.

        Args:
            rows: ``[n, n_columns]``.
            chosen: the columns that have a value.
            column: the next one.
            of_column: the bounds of its leaves, ``[1, m]`` or ``[n, m]``.
            others: those of leaves whose column has no value yet.
        """
        found = []
        for leaf in self.tabulated.leaves:
            if leaf.column == column:
                found.append(of_column(leaf))
            elif leaf.column in chosen:
                found.append(leaf.known(_down(rows, leaf)))
            else:
                found.append(others(leaf))
        return found

    def can_hold(self, bounds: Sequence[Interval]) -> Mask:
        """Where it can still be met, for bounds of every leaf."""
        return possible(self.tabulated.tree, {f"#{k}": pair for k, pair in enumerate(bounds)})

    def truth(self, bounds: Sequence[Interval]) -> Interval:
        """Where it is met in any case, and where it can be, for bounds of every leaf."""
        return truth(self.tabulated.tree, {f"#{k}": pair for k, pair in enumerate(bounds)})

    def may_hold(self, rows: Codes, chosen: Sequence[int], bounds: LeafBounds) -> Mask:
        """Which partial rows ``[n, n_columns]`` can meet it; exact where they are complete."""
        if self.columns <= set(chosen):
            return self.holds(rows)
        known = [
            leaf.known(rows[:, leaf.column]) if leaf.column in chosen else bounds(leaf)
            for leaf in self.tabulated.leaves
        ]
        return np.broadcast_to(self.can_hold(known), rows.shape[:1])

    def combinations(self, allowed: Mapping[int, Codes]) -> Combinations | None:
        kinds: list[npt.NDArray[Any]] = []
        firsts: dict[int, Codes] = {}
        order = sorted(self.columns)
        for axis, column in enumerate(order):
            kind, representatives = self._kinds(column, allowed[column])
            kinds.append(np.arange(len(representatives), dtype=np.int32) if kind is None else kind)
            firsts[column] = np.expand_dims(
                representatives, tuple(a for a in range(len(order)) if a != axis)
            )
        arrays = [leaf.at(firsts[leaf.column]) for leaf in self.tabulated.leaves]
        return kinds, self._decided(arrays, tuple(firsts[c].size for c in order))

    def kinds(self, column: int, codes: Codes) -> Codes:
        if self.all_columns[column].grid is not None:
            return codes
        return self._projection(column)[0][codes]

    def n_kinds(self, column: int, codes: Codes) -> int:
        return len(self._kinds(column, codes)[1])

    def _kinds(self, column: int, codes: Codes) -> tuple[npt.NDArray[np.intp] | None, Codes]:
        """Codes that cannot be told apart: the kind of each, and one code of each kind."""
        if self.all_columns[column].grid is not None:
            return None, codes
        kind_of, n_kinds = self._projection(column)
        if n_kinds == len(kind_of):
            return None, codes
        cached = self._sorted.get(column)
        if cached is None or cached[0] is not codes:
            # Renumbered so that no kind is missing, in their order; the first code stands for each.
            present, mine = kind_of[codes], np.full(n_kinds, -1, dtype=np.intp)
            mine[present[::-1]] = np.arange(len(present) - 1, -1, -1)
            is_there = mine >= 0
            kinds = (np.cumsum(is_there) - 1)[present]
            cached = self._sorted[column] = codes, kinds, codes[mine[is_there]]
        _, kinds, representatives = cached
        return (None, codes) if len(representatives) == len(codes) else (kinds, representatives)

    def _projection(self, column: int) -> tuple[Codes, int]:
        """The kind of every code of a column, and how many kinds there are."""
        found = self._projections.get(column)
        if found is None:
            kinds: npt.NDArray[np.int64] = np.zeros(self.all_columns[column].n_values, np.int64)
            for leaf in self.tabulated.leaves:
                if leaf.column == column:
                    table = np.asarray(leaf.table, dtype=np.float64)
                    values, place = np.unique(table, return_inverse=True)
                    _, kinds = np.unique(kinds * len(values) + place, return_inverse=True)
            found = kinds.astype(np.int32), int(kinds.max(initial=-1)) + 1
            self._projections[column] = found
        return found

    def _decided(self, arrays: Sequence[Array], shape: tuple[int, ...]) -> Mask:
        answer = self.tabulated.exact(arrays)
        if answer.dtype == bool:
            return np.broadcast_to(answer, shape)
        unknown = np.isnan(answer)
        if unknown.any():
            where = np.unravel_index(int(np.argmax(np.broadcast_to(unknown, shape))), shape)
            self._raise([np.broadcast_to(array, shape)[where] for array in arrays])
        return np.asarray(np.broadcast_to(answer != 0, shape))

    def _raise(self, values: Sequence[Any]) -> None:
        """Raise the scalar evaluation's error for a row without an answer, given by its leaves."""
        point: dict[str, Any] = {}
        for leaf, value in zip(self.tabulated.leaves, values, strict=True):
            source = leaf.source
            if leaf.table is None:
                point[source.name] = float(value)
                continue
            same = (leaf.table == value) | ((leaf.table != leaf.table) & (value != value))
            code = int(np.argmax(same))
            for view, table in source.tables.items():
                number = table[code : code + 1].tolist()[0]
                is_whole = isinstance(number, float) and number.is_integer()
                point[view] = int(number) if is_whole else number
                if code == source.inactive:
                    point[view] = None
        raise_undefined(self.tree, self.text, point)


def _down(rows: Codes, leaf: Leaf) -> Codes:
    return rows[:, leaf.column][:, None]


class AllDifferent(Propagator):
    """No two of some columns have the same code, unless they are inactive: a permutation."""

    def __init__(self, columns: Sequence[int], inactive: int | None) -> None:
        self.columns = frozenset(columns)
        self.inactive = inactive

    def holds(self, rows: Codes) -> Mask:
        codes = np.sort(rows[:, sorted(self.columns)], axis=1)
        same = codes[:, 1:] == codes[:, :-1]
        if self.inactive is not None:
            same &= codes[:, 1:] != self.inactive
            # Either all of them are inactive or none is.
            same |= (codes[:, 1:] == self.inactive) != (codes[:, :1] == self.inactive)
        return np.asarray(~same.any(axis=1))

    def mask(
        self, rows: Codes, chosen: Sequence[int], column: int, codes: Codes, bounds: LeafBounds
    ) -> Mask:
        result = np.ones((len(rows), len(codes)), dtype=bool)
        for other in self.columns.intersection(chosen):
            taken = rows[:, other][:, None]
            # Either all of them are inactive or none is.
            result &= (taken != codes) | (codes == self.inactive)
            result &= (taken == self.inactive) == (codes == self.inactive)
        return result


class PredicatePropagator(Propagator):
    """A condition given as a function of whole points.

    Args:
        constraint: the predicate.
        members: for each of its parameters itself and its columns of a row.
    """

    is_opaque = True

    def __init__(
        self,
        constraint: PredicateConstraint,
        members: Sequence[tuple[Parameter, Sequence[int]]],
    ) -> None:
        self._predicate = constraint.predicate
        self._members = members
        self.columns = frozenset(j for _, places in members for j in places)

    def holds(self, rows: Codes) -> Mask:
        applies = np.ones(len(rows), dtype=bool)
        for parameter, places in self._members:
            inactive = parameter.columns[0].inactive
            if inactive is not None:
                applies &= rows[:, places[0]] != inactive
        result = ~applies
        inside = rows if applies.all() else rows[applies]
        if len(inside):
            columns = {p.name: p.array(inside[:, places]) for p, places in self._members}
            result[applies] = self._predicate.holds(columns, len(inside))
        return result

    def mask(
        self, rows: Codes, chosen: Sequence[int], column: int, codes: Codes, bounds: LeafBounds
    ) -> Mask:
        if not self.columns <= {*chosen, column}:
            return np.ones((1, 1), dtype=bool)
        result = np.empty((len(rows), len(codes)), dtype=bool)
        step = max(1, PREDICATE_CELLS // max(1, len(codes)))
        for start in range(0, len(rows), step):
            part = np.repeat(rows[start : start + step], len(codes), axis=0)
            part[:, column] = np.tile(codes, len(part) // len(codes))
            result[start : start + step] = self.holds(part).reshape(-1, len(codes))
        return result

    def combinations(self, allowed: Mapping[int, Codes]) -> Combinations | None:
        order = sorted(self.columns)
        grids = np.meshgrid(*(allowed[column] for column in order), indexing="ij")
        rows = np.zeros((grids[0].size, max(order) + 1), dtype=np.int32)
        for column, grid in zip(order, grids, strict=True):
            rows[:, column] = grid.ravel()
        kinds: list[npt.NDArray[Any]] = [np.arange(len(allowed[column])) for column in order]
        return kinds, self.holds(rows).reshape(grids[0].shape)
