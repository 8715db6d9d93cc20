"""What a component checks rows of codes with: one propagator for each constraint.

A propagator, in the words of constraint programming, takes values away that its constraint rules
out; here it answers for many partial rows and values at once.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from bohwsw.expressions import Interval, Node, raise_undefined, truth
from bohwsw.space.column import Codes, Column
from bohwsw.space.constraint import Predicate
from bohwsw.space.parameters import Parameter
from bohwsw.space.tabulation import Leaf, products_of, tabulate

Mask: TypeAlias = npt.NDArray[np.bool_]
At: TypeAlias = Mapping[int, Codes]
"""The codes of columns that have a value, arrays that broadcast against one another."""
LeafBounds: TypeAlias = Callable[[Leaf], Interval]
"""The bounds of a leaf whose column has no value yet."""

PREDICATE_CELLS = 50_000


class Propagator(ABC):
    """A condition on some columns of a component.

    Attributes:
        is_opaque: whether it can only be asked about complete rows.
    """

    columns: frozenset[int]
    is_opaque = False

    @abstractmethod
    def check(self, at: At) -> Mask:
        """Where it is met, with a value for each of its columns."""

    def holds(self, rows: Codes) -> Mask:
        """Which complete rows ``[n, n_columns]`` meet it."""
        return np.broadcast_to(self.check({j: rows[:, j] for j in self.columns}), len(rows))

    def can_hold(self, at: At, column: int, bounds: LeafBounds) -> Mask:
        """Where it can still be met; exact where all its columns have a value.

        ``at`` has columns of the condition, of which ``column`` was the last to get its value;
        ``bounds`` says what the others can still be.
        """
        is_complete = len(at) == len(self.columns)
        return self.check(at) if is_complete else self._can_be_completed(at, column, bounds)

    def _can_be_completed(self, at: At, column: int, bounds: LeafBounds) -> Mask:
        return np.asarray(True)

    def at(self, rows: Codes, chosen: Iterable[int]) -> dict[int, Codes]:
        """Those of its columns that have a value: rows ``[n, n_columns]`` go down."""
        return {j: rows[:, j][:, None] for j in self.columns.intersection(chosen)}

    def mask(
        self, rows: Codes, chosen: Sequence[int], column: int, codes: Codes, bounds: LeafBounds
    ) -> Mask:
        """Which codes ``[m]`` of the next column partial rows can take; see `Component.extend`.

        The answer is bool ``[n, m]``, or what broadcasts to it.
        """
        kinds, representatives = self.alike(column, codes)
        at = {**self.at(rows, chosen), column: representatives[None, :]}
        answer = self.can_hold(at, column, bounds)
        if kinds is None or not answer.ndim or answer.shape[-1] == 1:
            return answer
        return answer.take(kinds, axis=1)

    def combinations(self, allowed: Mapping[int, Codes]) -> tuple[list[npt.NDArray[Any]], Mask]:
        """Which allowed codes of its columns, all listed, go together.

        Returns:
            In the order of the sorted columns: the kind ``[m]`` of each allowed code; and a bool
            array with one axis a column over the kinds.
        """
        kinds: list[npt.NDArray[Any]] = []
        at: dict[int, Codes] = {}
        axes = range(len(self.columns))
        for axis, column in enumerate(sorted(self.columns)):
            kind, representatives = self.alike(column, allowed[column])
            kinds.append(np.arange(len(representatives)) if kind is None else kind)
            at[column] = np.expand_dims(representatives, tuple(a for a in axes if a != axis))
        shape = np.broadcast_shapes(*(codes.shape for codes in at.values()))
        return kinds, np.broadcast_to(self.check(at), shape)

    def kinds(self, column: int, codes: Codes) -> Codes:
        """Numbers ``[n]``, equal only where codes ``[n]`` of a column are alike for it."""
        return codes

    def alike(self, column: int, codes: Codes) -> tuple[npt.NDArray[np.intp] | None, Codes]:
        """The kind of each code of a column, None if all differ; and one code of each kind."""
        return None, codes


class ExpressionPropagator(Propagator):
    """A condition that was written as text, on columns of a component; see `tabulate`."""

    def __init__(
        self, text: str, tree: Node, columns: Sequence[Column], activity: Mapping[str, int]
    ) -> None:
        self.text = text
        self.tree = tree
        self.tabulated = tabulate(tree, columns, activity)
        self.columns = frozenset(leaf.column for leaf in self.tabulated.leaves)
        self._all_columns = columns
        self._products = tuple(products_of(self.tabulated))
        self._projections: dict[int, tuple[Codes, int]] = {}
        self._alike: dict[int, tuple[Codes, npt.NDArray[np.intp], Codes]] = {}

    def check(self, at: At) -> Mask:
        arrays = [leaf.at(at[leaf.column]) for leaf in self.tabulated.leaves]
        shape = np.broadcast_shapes(*(array.shape for array in arrays))
        answer = self.tabulated.exact(arrays)
        if answer.dtype == bool:
            return np.broadcast_to(answer, shape)
        unknown = np.isnan(answer)
        if unknown.any():
            where = np.unravel_index(int(np.argmax(np.broadcast_to(unknown, shape))), shape)
            self._raise([np.broadcast_to(array, shape)[where] for array in arrays])
        return np.asarray(np.broadcast_to(answer != 0, shape))

    def _can_be_completed(self, at: At, column: int, bounds: LeafBounds) -> Mask:
        answer = self.truth(at, bounds)[1]
        for product in self._products:
            answer = answer & product.may_divide(at, column)
        return answer

    def truth(self, at: At, bounds: LeafBounds) -> Interval:
        """Where it is met in any case, and where it can be."""
        known = {
            f"#{k}": leaf.known(at[leaf.column]) if leaf.column in at else bounds(leaf)
            for k, leaf in enumerate(self.tabulated.leaves)
        }
        return truth(self.tabulated.tree, known)

    def kinds(self, column: int, codes: Codes) -> Codes:
        if self._all_columns[column].grid is not None:
            return codes
        return self._projection(column)[0][codes]

    def alike(self, column: int, codes: Codes) -> tuple[npt.NDArray[np.intp] | None, Codes]:
        if self._all_columns[column].grid is not None:
            return None, codes
        kind_of, n_kinds = self._projection(column)
        if n_kinds == len(kind_of):
            return None, codes
        cached = self._alike.get(column)
        if cached is None or cached[0] is not codes:
            # Renumbered so that no kind is missing, in their order; the first code stands for each.
            present, mine = kind_of[codes], np.full(n_kinds, -1, dtype=np.intp)
            mine[present[::-1]] = np.arange(len(present) - 1, -1, -1)
            is_there = mine >= 0
            kinds = (np.cumsum(is_there) - 1)[present]
            cached = self._alike[column] = codes, kinds, codes[mine[is_there]]
        _, kinds, representatives = cached
        return (None, codes) if len(representatives) == len(codes) else (kinds, representatives)

    def _projection(self, column: int) -> tuple[Codes, int]:
        """The kind of every code of a column, and how many kinds there are."""
        found = self._projections.get(column)
        if found is None:
            kinds: npt.NDArray[np.int64] = np.zeros(self._all_columns[column].n_values, np.int64)
            for leaf in self.tabulated.leaves:
                if leaf.column == column:
                    table = np.asarray(leaf.table, dtype=np.float64)
                    values, place = np.unique(table, return_inverse=True)
                    _, kinds = np.unique(kinds * len(values) + place, return_inverse=True)
            found = kinds.astype(np.int32), int(kinds.max(initial=-1)) + 1
            self._projections[column] = found
        return found

    def _raise(self, values: Sequence[Any]) -> None:
        """Raise the scalar evaluation's error for a row without a truth value, by its leaves."""
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


class AllDifferent(Propagator):
    """No two of some columns have the same code, unless all are inactive: a permutation."""

    def __init__(self, columns: Sequence[int], inactive: int | None) -> None:
        self.columns = frozenset(columns)
        self.inactive = inactive

    def check(self, at: At) -> Mask:
        codes = np.sort(np.stack(np.broadcast_arrays(*at.values()), axis=-1), axis=-1)
        same = codes[..., 1:] == codes[..., :-1]
        if self.inactive is not None:
            same &= codes[..., 1:] != self.inactive
            same |= (codes[..., 1:] == self.inactive) != (codes[..., :1] == self.inactive)
        return np.asarray(~same.any(axis=-1))

    def can_hold(self, at: At, column: int, bounds: LeafBounds) -> Mask:
        codes, result = at[column], np.asarray(True)
        for taken in (at[other] for other in at if other != column):
            fits = (taken != codes) | (codes == self.inactive)
            result = result & fits & ((taken == self.inactive) == (codes == self.inactive))
        return result


class PredicatePropagator(Propagator):
    """A condition given as a function of points.

    ``members`` are its parameters, each with its columns of a row.
    """

    is_opaque = True

    def __init__(
        self, predicate: Predicate, members: Sequence[tuple[Parameter, Sequence[int]]]
    ) -> None:
        self._predicate = predicate
        self._members = members
        self.columns = frozenset(j for _, places in members for j in places)

    def check(self, at: At) -> Mask:
        whole = dict(zip(at, np.broadcast_arrays(*at.values()), strict=True))
        shape = next(iter(whole.values())).shape
        flat = {j: codes.ravel() for j, codes in whole.items()}
        result = np.empty(int(np.prod(shape)), dtype=bool)
        for start in range(0, len(result), PREDICATE_CELLS):
            some = slice(start, start + PREDICATE_CELLS)
            result[some] = self._some({j: codes[some] for j, codes in flat.items()})
        return result.reshape(shape)

    def _some(self, codes: At) -> Mask:
        applies = np.ones(len(next(iter(codes.values()))), dtype=bool)
        for parameter, places in self._members:
            inactive = parameter.columns[0].inactive
            if inactive is not None:
                applies &= codes[places[0]] != inactive
        result = ~applies
        if applies.any():
            columns = {
                p.name: p.array(np.stack([codes[j][applies] for j in places], axis=1))
                for p, places in self._members
            }
            result[applies] = self._predicate.holds(columns, int(applies.sum()))
        return result
