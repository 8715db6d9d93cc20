"""A parameter that only exists where a condition on others holds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from bohwsw.errors import SpecError
from bohwsw.space.column import Codes, Column
from bohwsw.space.parameters.base import BaseParameter
from bohwsw.space.parameters.factorisation import Factorisation
from bohwsw.space.parameters.listed import Categorical, Integer, Ordinal
from bohwsw.space.parameters.permutation import Permutation
from bohwsw.space.parameters.real import Real

Plain = Integer | Ordinal | Categorical | Real | Factorisation | Permutation

_ABSENT = {"U": "", "S": "", "O": None}


@dataclass(frozen=True)
class Conditional(BaseParameter):
    """A parameter with the value None wherever its condition does not hold.

    A constraint that mentions a parameter without a value does not apply there; a condition that
    mentions one does not hold there. As an array, what has no value is NaN for a number, "" for
    text, -1 for an item, None where numbers and text are mixed; a model sees the middle.

    Attributes:
        parameter: what it is where the condition holds.
        when: a condition as text on other parameters, such as ``cache == 'banked'``.
    """

    parameter: Plain
    when: str

    def __post_init__(self) -> None:
        if not isinstance(self.parameter, Plain):
            problem, got = "not a parameter that can be conditional", self.parameter
            expected = "a Real, Integer, Ordinal, Categorical, Factorisation or Permutation"
            raise SpecError(problem, got=got, expected=expected)
        shared = ("name", "is_ordered", "is_text", "n_columns", "sequence")
        self._fix(**{label: getattr(self.parameter, label) for label in shared})

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """The columns of the parameter with one code more, for "no value"."""
        return tuple(_with_inactive(column) for column in self.parameter.columns)

    def _is_inactive(self, codes: Codes) -> npt.NDArray[np.bool_]:
        return np.asarray(codes[..., 0] == self.columns[0].inactive)

    def codes(self, value: object) -> tuple[int, ...]:
        if value is None:
            return tuple(column.n_values - 1 for column in self.columns)
        return self.parameter.codes(value)

    def value(self, codes: Codes) -> Any:
        return None if self._is_inactive(codes) else self.parameter.value(codes)

    def array(self, codes: Codes) -> npt.NDArray[Any]:
        inactive = self._is_inactive(codes)
        values = self.parameter.array(np.where(inactive[:, None], 0, codes))
        absent: Any = -1
        if not isinstance(self.parameter, Permutation):
            absent = _ABSENT.get(values.dtype.kind, np.nan)
            values = values if values.dtype.kind in _ABSENT else values.astype(np.float64)
        values[inactive] = absent
        return values

    def encode(self, codes: Codes) -> npt.NDArray[np.float64]:
        inactive = self._is_inactive(codes)
        encoded = self.parameter.encode(np.where(inactive[:, None], 0, codes))
        encoded[inactive] = self.parameter.encoding_middle
        return encoded

    @property
    def encoding_middle(self) -> npt.NDArray[np.float64]:
        return self.parameter.encoding_middle

    @property
    def encoding_groups(self) -> npt.NDArray[np.int64]:
        return self.parameter.encoding_groups

    @property
    def encoding_names(self) -> tuple[str, ...]:
        return self.parameter.encoding_names


def _with_inactive(column: Column) -> Column:
    tables: dict[str, npt.NDArray[Any]] = {}
    for view, table in column.tables.items():
        absent = np.array([_ABSENT.get(table.dtype.kind, np.nan)], dtype=table.dtype)
        tables[view] = np.concatenate([table, absent])
    n_values = column.n_values + 1
    return replace(column, n_values=n_values, tables=tables, inactive=column.n_values)
