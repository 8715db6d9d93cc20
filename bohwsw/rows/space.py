"""A space whose points are the rows of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from typing import Any

import numpy as np
import numpy.typing as npt

from bohwsw.errors import SpecError
from bohwsw.rows.table import RowTable
from bohwsw.space import Codes, Features, Parameter, Predicate, Size, Space, Violation, component

NEAREST = 64
"""Neighbours of a row: as many of the nearest ones, and of those that differ in one column."""

LISTED_ROWS = 20_000
"""A model is asked about so many rows at most for a suggestion."""


class RowSpace(Space):
    """The rows of a table that meet known constraints, and nothing between them.

    A neighbour differs in one column, or is one of the nearest as a model sees them.

    Args:
        table: the rows.
        constraints: conditions as text, and predicates; they leave rows out.
        features: what a model is told beside, or instead of, the columns.

    Raises:
        SpecError: a constraint is not understood, or leaves no row.
    """

    def __init__(
        self,
        table: RowTable,
        constraints: Sequence[str | Predicate] = (),
        *,
        features: Features | None = None,
    ) -> None:
        self.table = table
        self._seen = tuple(
            p for p in table.parameters if p.name not in table.labels and len(p.values) > 1
        )
        self._describe(table.parameters, constraints, features)
        whole = component(table.parameters, self.constraints)
        rows = table.codes[whole.valid(table.codes)]
        if not len(rows):
            problem = "the space is empty: no row meets all of these constraints together"
            got = "; ".join(constraint.text for constraint in self.constraints)
            raise SpecError(problem, file=table.file, got=got)
        self.group_columns = (np.arange(self.n_columns),)
        self._rows = rows
        self.listed_rows = min(len(rows), LISTED_ROWS)
        self._places_of = {row.tobytes(): k for k, row in enumerate(rows)}

    def __reduce__(self) -> Any:
        """A copy in another process is made anew."""
        return partial(RowSpace, features=self.features), (self.table, self._made_of[0])

    @property
    def groups(self) -> tuple[tuple[str, ...], ...]:
        """All names: no parameter is free of the others."""
        return (self.names,)

    @property
    def encoding_is_exact(self) -> bool:
        """Whether different rows are surely encoded differently: not if only labels differ."""
        return super().encoding_is_exact and not self.table.labels

    @property
    def _raw(self) -> tuple[Parameter, ...]:
        return self._seen if super().encoding_is_exact else ()

    def size(self, limit: int = 0) -> Size:
        """The number of rows."""
        return Size(len(self._rows), True, float(len(self._rows)))

    def violations(self, point: Mapping[str, Any]) -> tuple[Violation, ...]:
        """Everything that keeps a point out of the space; empty for a row of the table."""
        broken = super().violations(point)
        if broken or (row := self.row(point)).tobytes() in self._places_of:
            return broken
        nearest = self.point(self.listed(row))
        problem = f"no row of the table has these values; the nearest one is {nearest}"
        return (Violation(", ".join(self.names), problem),)

    def valid_rows(self, rows: Codes) -> npt.NDArray[np.bool_]:
        """Which rows ``[n, n_columns]`` of codes are rows of the table: bool ``[n]``."""
        return np.array([row.tobytes() in self._places_of for row in rows], dtype=bool)

    def sample_rows(self, n: int, rng: np.random.Generator) -> Codes:
        """``n`` rows ``[n, n_columns]``, drawn with replacement."""
        return self._rows[rng.integers(len(self._rows), size=n)]

    def all_rows(self, limit: int) -> Codes | None:
        """Every row ``[n, n_columns]`` in the order of the table; None if more than ``limit``."""
        return self._rows if len(self._rows) <= limit else None

    def group_rows(self, k: int, limit: int) -> Codes:
        """Every row: there is one group."""
        return self._rows

    def listed(self, row: Codes) -> Codes:
        """The row ``[n_columns]`` of the table that is nearest to any row of codes."""
        return np.asarray(self._rows[int(np.argmin(self._distances(row)))])

    def crossed(self, row: Codes, other: Codes, rng: np.random.Generator) -> Codes:
        """The row nearest to a mixture of two."""
        return self.listed(np.where(rng.random(len(row)) < 0.5, other, row))

    def neighbour_rows(self, row: Codes) -> Codes:
        """Rows near a row: ``[n, n_columns]``, nearest first."""
        key = (0, row.tobytes())
        return self._remembered(key, lambda: self._near_rows(row))

    def _near_rows(self, row: Codes) -> Codes:
        distances = self._distances(row)
        n_other = np.count_nonzero(self._rows != row, axis=1)
        order = np.argsort(distances + 1e-6 * n_other, kind="stable")
        order = order[n_other[order] > 0]
        single = order[n_other[order] == 1][:NEAREST]
        chosen = np.union1d(order[:NEAREST], single)
        chosen = chosen[np.argsort(distances[chosen], kind="stable")]
        return np.asarray(self._rows[chosen])

    def _distances(self, row: Codes) -> npt.NDArray[np.float64]:
        """Squared distance ``[n]`` of every row to a row of codes, as a model sees them."""
        return np.asarray(((self._encoded - self.encode_rows(row[None])) ** 2).sum(axis=1))

    @cached_property
    def _encoded(self) -> npt.NDArray[np.float64]:
        return self.encode_rows(self._rows)

    def __repr__(self) -> str:
        return f"RowSpace({len(self._rows)} rows, {len(self.parameters)} columns)"
