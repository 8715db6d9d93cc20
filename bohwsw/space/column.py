"""One column of a row of codes, and the numbers that constraints read off it.

Most parameters are one column. A permutation is one column a position. A factorisation is one
column that constraints see through several views, one a slot: ``tile[0]``, ``tile[1]``, ...
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Codes: TypeAlias = npt.NDArray[np.int32]
"""Codes of values: ``[n]`` of one column, or rows ``[n, n_columns]``."""


@dataclass(frozen=True, eq=False)
class Column:
    """Codes 0 to ``n_values - 1`` of a parameter or of a part of one.

    ``tables`` has for each view its values ``[n_values]``, float64 or text, NaN or "" where
    inactive. Those of a real are computed: it has a ``grid`` and no tables.
    """

    name: str  # the parameter's name, or such as order[2] for a part
    parameter: str
    n_values: int  # the code for "inactive" included
    tables: Mapping[str, npt.NDArray[Any]]
    is_ordered: bool  # whether neighbouring codes are neighbouring values
    grid: Callable[[npt.NDArray[Any]], npt.NDArray[np.float64]] | None = None  # ascending
    moves: Callable[[int], Codes] | None = None  # one move from a code; None: any, or steps
    inactive: int | None = None  # the code that means "has no value", always the last

    @property
    def views(self) -> tuple[str, ...]:
        """What constraints call it."""
        return tuple(self.tables) if self.grid is None else (self.name,)

    def is_text(self, view: str) -> bool:
        """Whether a view is text, or text and numbers."""
        return self.grid is None and self.tables[view].dtype.kind in "USO"

    def all_codes(self) -> Codes:
        """Every code ``[n_values]``; for a real the first and the last one ``[2]``."""
        if self.grid is not None:
            return np.array([0, self.n_values - 1 - (self.inactive is not None)], dtype=np.int32)
        return np.arange(self.n_values, dtype=np.int32)
