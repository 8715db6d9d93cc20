"""What parameters have in common whose values are listed in one column."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from bohwsw.space.column import Codes, Column


class ListedParameter(ABC):
    """One column whose codes are the positions in ``values``.

    A subclass has ``name``, ``values``, ``numeric`` (what a constraint sees, ``[n_values]``),
    ``encoding`` (what a model sees, ``[n_values, width]``) and ``code``.
    """

    name: str
    values: Sequence[Any]
    is_ordered: bool
    n_columns = 1
    sequence: tuple[int, tuple[Any, ...] | None] | None = None
    """For values that are tuples: their length and, for a permutation, the items."""

    @property
    @abstractmethod
    def is_text(self) -> bool:
        """Whether its values are text."""

    @property
    @abstractmethod
    def numeric(self) -> npt.NDArray[Any]:
        """``[n_values]``, what a constraint sees."""

    @property
    @abstractmethod
    def encoding(self) -> npt.NDArray[np.float64]:
        """float64 ``[n_values, width]``, what a model sees before it is scaled."""

    @abstractmethod
    def code(self, value: object) -> int:
        """The position of a value; SpecError if it is not one of them."""

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """Its column of a row."""
        tables = {self.name: self.numeric}
        return (Column(self.name, self.name, len(self.values), tables, self.is_ordered),)

    def codes(self, value: object) -> tuple[int, ...]:
        """The code of a value, one a column; SpecError if it is not a value."""
        return (self.code(value),)

    def value(self, codes: Codes) -> Any:
        """The value of the codes ``[1]`` of its column."""
        return self.values[int(codes[0])]

    @cached_property
    def _listed(self) -> npt.NDArray[Any]:
        return np.asarray(self.values)

    def array(self, codes: Codes) -> npt.NDArray[Any]:
        """The values ``[n]`` of codes ``[n, 1]``: int64, float64, bool or text."""
        return self._listed[codes[:, 0]]

    def encode(self, codes: Codes) -> npt.NDArray[np.float64]:
        """What a model sees ``[n, width]`` of codes ``[n, 1]``; see `encoding_groups`."""
        return np.asarray(self._scaled_encoding[codes[:, 0]])

    @cached_property
    def _scaled_encoding(self) -> npt.NDArray[np.float64]:
        # Two one-hot rows are sqrt(2) apart: scaled, any two values are at most 1 apart.
        return np.asarray(self.encoding / (np.sqrt(2.0) if self.encoding.shape[1] > 1 else 1.0))

    @property
    def encoding_groups(self) -> npt.NDArray[np.int64]:
        """int ``[width]``: columns with the same number share a length-scale."""
        return np.zeros(self.encoding.shape[1], dtype=np.int64)

    @property
    def encoding_names(self) -> tuple[str, ...]:
        """A name for people for each of `encoding_groups`."""
        return (self.name,)

    @property
    def encoding_middle(self) -> npt.NDArray[np.float64]:
        """``[width]``: what a model sees of a parameter that is not active."""
        table = self._scaled_encoding
        if table.shape[1] > 1:
            return np.asarray(table.mean(axis=0))
        return np.asarray(0.5 * (table.min(axis=0) + table.max(axis=0)))
