"""What a component checks rows of codes with: each constraint, bound to columns."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from bohwsw.space.column import Codes, Column
from bohwsw.space.evaluate_arrays import flat
from bohwsw.space.evaluate_intervals import Interval, possible, truth
from bohwsw.space.evaluate_scalar import evaluate_scalar, undefined
from bohwsw.space.factors import products_of
from bohwsw.space.lowering import Leaf, Lowered, lower
from bohwsw.space.syntax import Node

Mask = npt.NDArray[np.bool_]
Ranges = Callable[[Leaf], Interval]
"""The bounds of a leaf whose column has no value yet."""

Combinations: TypeAlias = tuple[list[npt.NDArray[Any]], Mask]
PREDICATE_CELLS = 50_000


class Rule(ABC):
    """A condition on some columns of a component.

    Attributes:
        columns: the positions of these columns.
    """

    columns: frozenset[int]
    is_opaque = False
    """Whether it can only be asked about complete rows."""

    @abstractmethod
    def holds(self, rows: Codes) -> Mask:
        """Which complete rows ``[n, n_columns]`` meet it."""

    @abstractmethod
    def mask(
        self, rows: Codes, chosen: Sequence[int], column: int, codes: Codes, ranges: Ranges
    ) -> Mask:
        """Which codes of the next column partial rows can take; False only where none can follow.

        Args:
            rows: ``[n, n_columns]``, of which the columns ``chosen`` count.
            chosen: the columns that have a value.
            column: the next one, which the rule mentions.
            codes: ``[m]``.
            ranges: what the other columns can still be.

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
        """Numbers ``[n]``, equal only where codes ``[n]`` of a column are alike for this rule."""
        return codes


class TextRule(Rule):
    """A condition that was written as text.

    Args:
        text: as it was written, for messages.
        tree: what it means, guards for conditional parameters included.
        columns: all columns of the component.
        activity: which column tells whether a conditional parameter has a value; see `lower`.
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
        self.lowered: Lowered = lower(tree, columns, activity or {})
        self.columns = frozenset(leaf.column for leaf in self.lowered.leaves)
        self._products = tuple(products_of(self.lowered))
        self._projections: dict[int, tuple[Codes, int]] = {}
        self._sorted: dict[int, tuple[Codes, npt.NDArray[np.intp], Codes]] = {}

    def holds(self, rows: Codes) -> Mask:
        arrays = [leaf.at(rows[:, leaf.column]) for leaf in self.lowered.leaves]
        return self._decided(arrays, rows.shape[:1])

    def mask(
        self, rows: Codes, chosen: Sequence[int], column: int, codes: Codes, ranges: Ranges
    ) -> Mask:
        known = set(chosen)
        kinds, representatives = self._kinds(column, codes)
        complete = self.columns <= known | {column}
        arrays: list[Interval] = []
        for leaf in self.lowered.leaves:
            if leaf.column == column:
                at = representatives[None, :]
            elif leaf.column in known:
                at = rows[:, leaf.column][:, None]
            else:
                arrays.append(ranges(leaf))
                continue
            arrays.append((leaf.at(at),) * 2 if complete else leaf.known(at))
        shape = (len(rows), len(representatives))
        if complete:
            answer = self._decided([low for low, _ in arrays], shape)
        else:
            answer = self.can_hold(arrays)
            for product in self._products:
                answer = answer & product.may_divide(rows, chosen, column, representatives)
        if answer.shape[-1:] == (1,) or not answer.ndim:
            return answer
        return answer if kinds is None else answer.take(kinds, axis=1)

    def can_hold(self, bounds: Sequence[Interval]) -> Mask:
        """Where it can still be met, for bounds of every leaf."""
        return possible(self.lowered.tree, {f"#{k}": pair for k, pair in enumerate(bounds)})

    def truth(self, bounds: Sequence[Interval]) -> Interval:
        """Where it is met in any case, and where it can be, for bounds of every leaf."""
        return truth(self.lowered.tree, {f"#{k}": pair for k, pair in enumerate(bounds)})

    def may_hold(self, rows: Codes, chosen: Sequence[int], ranges: Ranges) -> Mask:
        """Which partial rows ``[n, n_columns]`` can meet it; exact where they are complete."""
        if self.columns <= set(chosen):
            return self.holds(rows)
        bounds = [
            leaf.known(rows[:, leaf.column]) if leaf.column in chosen else ranges(leaf)
            for leaf in self.lowered.leaves
        ]
        return np.broadcast_to(self.can_hold(bounds), rows.shape[:1])

    def combinations(self, allowed: Mapping[int, Codes]) -> Combinations | None:
        kinds: list[npt.NDArray[Any]] = []
        firsts: dict[int, Codes] = {}
        order = sorted(self.columns)
        for axis, column in enumerate(order):
            kind, representatives = self._kinds(column, allowed[column])
            kinds.append(np.arange(len(representatives), dtype=np.int32) if kind is None else kind)
            shape = [1] * len(order)
            shape[axis] = -1
            firsts[column] = representatives.reshape(shape)
        arrays = [leaf.at(firsts[leaf.column]) for leaf in self.lowered.leaves]
        return kinds, self._decided(arrays, tuple(firsts[c].size for c in order))

    def kinds(self, column: int, codes: Codes) -> Codes:
        if self.all_columns[column].grid is not None:
            return codes
        return self._projection(column)[0][codes]

    def n_kinds(self, column: int, codes: Codes) -> int:
        """How many of the codes of a column differ for this rule."""
        return len(self._kinds(column, codes)[1])

    def _kinds(self, column: int, codes: Codes) -> tuple[npt.NDArray[np.intp] | None, Codes]:
        """Codes that this rule cannot tell apart: the kind of each, and one code of each kind."""
        if self.all_columns[column].grid is not None:
            return None, codes
        kind_of, n_kinds = self._projection(column)
        if n_kinds == len(kind_of):
            return None, codes
        cached = self._sorted.get(column)
        if cached is None or cached[0] is not codes:
            kinds, first = _renumbered(kind_of[codes], n_kinds)
            cached = self._sorted[column] = codes, kinds, codes[first]
        _, kinds, representatives = cached
        return (None, codes) if len(representatives) == len(codes) else (kinds, representatives)

    def _projection(self, column: int) -> tuple[Codes, int]:
        """The kind of every code of a column, and how many kinds there are."""
        found = self._projections.get(column)
        if found is None:
            tables = [leaf.table for leaf in self.lowered.leaves if leaf.column == column]
            kinds: npt.NDArray[np.int64] = np.zeros(
                self.all_columns[column].n_values, dtype=np.int64
            )
            for table in tables:
                values, place = np.unique(np.asarray(table, dtype=np.float64), return_inverse=True)
                both = kinds * len(values) + place
                _, kinds = np.unique(both, return_inverse=True)
            found = kinds.astype(np.int32), int(kinds.max(initial=-1)) + 1
            self._projections[column] = found
        return found

    def _decided(self, arrays: Sequence[npt.NDArray[Any]], shape: tuple[int, ...]) -> Mask:
        answer = self.lowered.exact(arrays)
        if answer.dtype == bool:
            return np.broadcast_to(answer, shape)
        unknown = np.isnan(answer)
        if unknown.any():
            self._raise(arrays, np.broadcast_to(unknown, shape))
        return np.asarray(np.broadcast_to(answer != 0, shape))

    def _raise(self, arrays: Sequence[npt.NDArray[Any]], unknown: Mask) -> None:
        """Raise the scalar evaluation's error for the first row without an answer."""
        where = np.unravel_index(int(np.argmax(unknown)), unknown.shape)
        point: dict[str, Any] = {}
        for leaf, array in zip(self.lowered.leaves, arrays, strict=True):
            value = np.broadcast_to(array, unknown.shape)[where]
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
        evaluate_scalar(flat(self.tree), self.text, point)
        raise undefined(self.text, point, "not a finite number")


def _renumbered(kinds: Codes, n_kinds: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Kinds renumbered so that none is missing, in their order, and the first place of each."""
    first = np.full(n_kinds, -1, dtype=np.intp)
    first[kinds[::-1]] = np.arange(len(kinds) - 1, -1, -1)
    is_there = first >= 0
    return (np.cumsum(is_there) - 1)[kinds], first[is_there]


class DifferentRule(Rule):
    """No two of some columns have the same code, unless they are inactive: a permutation."""

    def __init__(self, columns: Sequence[int], inactive: int | None) -> None:
        self.columns = frozenset(columns)
        self._order = sorted(columns)
        self.inactive = inactive

    def holds(self, rows: Codes) -> Mask:
        codes = np.sort(rows[:, self._order], axis=1)
        same = codes[:, 1:] == codes[:, :-1]
        if self.inactive is not None:
            same &= codes[:, 1:] != self.inactive
            # Either all of them are inactive or none is.
            same |= (codes[:, 1:] == self.inactive) != (codes[:, :1] == self.inactive)
        return np.asarray(~same.any(axis=1))

    def mask(
        self, rows: Codes, chosen: Sequence[int], column: int, codes: Codes, ranges: Ranges
    ) -> Mask:
        result = np.ones((len(rows), len(codes)), dtype=bool)
        for other in self.columns.intersection(chosen):
            taken = rows[:, other][:, None]
            if self.inactive is None:
                result &= taken != codes
            else:
                result &= np.where(
                    taken == self.inactive,
                    codes == self.inactive,
                    (taken != codes) & (codes != self.inactive),
                )
        return result


class PredicateRule(Rule):
    """A condition given as a function of whole rows."""

    is_opaque = True

    def __init__(self, function: Callable[[Codes], Mask], columns: Sequence[int]) -> None:
        self.function = function
        self.columns = frozenset(columns)

    def holds(self, rows: Codes) -> Mask:
        return self.function(rows) if len(rows) else np.zeros(0, dtype=bool)

    def mask(
        self, rows: Codes, chosen: Sequence[int], column: int, codes: Codes, ranges: Ranges
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
