"""Values of some parameters that were tried: what was dear to try once is cheap to try again."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bohwsw.arrays import Labels
from bohwsw.errors import unknown_name
from bohwsw.space import Space
from bohwsw.strategies.base import Rows


def columns_of(space: Space, names: Sequence[str], what: str = "parameter") -> Labels:
    """Which columns of a row belong to parameters of these names: bool ``[n_columns]``.

    Raises:
        SpecError: there is none of a name; it is called ``what``.
    """
    for name in names:
        if name not in space.names:
            raise unknown_name(what, name, space.names)
    return np.concatenate([np.full(p.n_columns, p.name in names) for p in space.parameters])


class TriedValues:
    """The values of costly parameters in rows that were tried, each once.

    Args:
        space: of the rows.
        costly: names of parameters.

    Raises:
        SpecError: there is no such parameter.
    """

    def __init__(self, space: Space, costly: Sequence[str]) -> None:
        self._space, self.columns = space, columns_of(space, costly)
        self._seen: dict[bytes, Rows] = {}

    @property
    def rows(self) -> Rows:
        """One row ``[n, n_columns]`` for each combination that was tried."""
        return np.array(list(self._seen.values()), np.int32).reshape(-1, self._space.n_columns)

    def add(self, row: Rows) -> None:
        """One more row ``[n_columns]`` was tried."""
        self._seen.setdefault(self._key(row), row)

    def among(self, rows: Rows) -> Labels:
        """Which rows ``[n, n_columns]`` have values that were tried."""
        return np.array([self._key(row) in self._seen for row in rows], dtype=bool)

    def is_new(self, row: Rows) -> bool:
        """Whether a row ``[n_columns]`` has values that were never tried."""
        return self._key(row) not in self._seen

    def put_into(self, rows: Rows, rng: np.random.Generator) -> Rows:
        """Rows ``[n, n_columns]`` with values that were tried instead; those that are valid."""
        known = self.rows
        chosen = known[rng.integers(len(known), size=len(rows))]
        put = np.where(self.columns, chosen, rows).astype(np.int32)
        return put[self._space.valid_rows(put)] if len(put) else put

    def _key(self, row: Rows) -> bytes:
        return bytes(row[self.columns].tobytes())
