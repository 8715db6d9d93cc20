"""Parameters that no constraint mentions: drawn and moved all at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from bohwsw.space.column import Codes, Column
from bohwsw.space.neighbours import column_moves
from bohwsw.space.parameters import Parameter
from bohwsw.space.parameters.permutation import permutation_moves


class UnconstrainedColumns:
    """The columns of parameters without constraints.

    Args:
        members: each such parameter with its columns of a row.
    """

    def __init__(self, members: Sequence[tuple[Parameter, npt.NDArray[Any]]]) -> None:
        single = [(p.columns[0], int(places[0])) for p, places in members if len(places) == 1]
        self._singles: list[Column] = [column for column, _ in single]
        self._places = np.array([place for _, place in single], dtype=np.intp)
        self._sizes = np.array([column.n_values for column in self._singles], dtype=np.int32)
        self._orders = [places for _, places in members if len(places) > 1]
        self._moves: list[dict[int, Codes]] = [{} for _ in single]

    def fill(self, rows: Codes, rng: np.random.Generator) -> None:
        """Draw their values in rows ``[n, n_columns]``."""
        n = len(rows)
        if len(self._sizes):
            shape = (n, len(self._sizes))
            rows[:, self._places] = rng.integers(self._sizes, size=shape, dtype=np.int32)
        for places in self._orders:
            rows[:, places] = np.argsort(rng.random((n, len(places))), axis=1)

    def neighbours(self, row: Codes) -> Codes:
        """Rows ``[n, n_columns]`` with one of them moved."""
        targets = [self._reached(k, int(row[place])) for k, place in enumerate(self._places)]
        orders = [row[places][permutation_moves(len(places))] for places in self._orders]
        sizes = np.array([len(t) for t in targets], dtype=np.intp)
        total = int(sizes.sum())
        rows = np.repeat(row[None, :], total + sum(map(len, orders)), axis=0)
        if total:
            rows[np.arange(total), np.repeat(self._places, sizes)] = np.concatenate(targets)
        start = total
        for places, near in zip(self._orders, orders, strict=True):
            rows[start : start + len(near), places] = near
            start += len(near)
        return rows

    def _reached(self, index: int, code: int) -> Codes:
        found = self._moves[index].get(code)
        if found is None:
            column = self._singles[index]
            found = column_moves(column, column.all_codes(), code)
            if column.grid is None:
                self._moves[index][code] = found
        return found
