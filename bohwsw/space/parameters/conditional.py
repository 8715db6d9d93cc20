"""A parameter that only exists where a condition on others holds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from bohwsw.errors import SpecError
from bohwsw.space.column import Codes, Column
from bohwsw.space.parameters.categorical import Categorical
from bohwsw.space.parameters.factorisation import Factorisation
from bohwsw.space.parameters.integer import Integer
from bohwsw.space.parameters.ordinal import Ordinal
from bohwsw.space.parameters.permutation import Permutation
from bohwsw.space.parameters.real import Real

Plain = Integer | Ordinal | Categorical | Real | Factorisation | Permutation


@dataclass(frozen=True)
class Conditional:
    """A parameter with the value None wherever its condition does not hold.

    A constraint that mentions a parameter without a value does not apply there; a condition that
    mentions one does not hold there.

    Attributes:
        parameter: what it is where the condition holds.
        when: a condition as text on other parameters, such as ``cache == 'banked'``.
    """

    parameter: Plain
    when: str

    def __post_init__(self) -> None:
        if not isinstance(self.parameter, Plain):
            raise SpecError(
                "not a parameter that can be conditional",
                got=self.parameter,
                expected="a Real, Integer, Ordinal, Categorical, Factorisation or Permutation",
            )

    @property
    def name(self) -> str:
        """The name of the parameter."""
        return self.parameter.name

    @property
    def is_ordered(self) -> bool:
        """As the parameter."""
        return self.parameter.is_ordered

    @property
    def is_text(self) -> bool:
        """As the parameter."""
        return self.parameter.is_text

    @property
    def n_columns(self) -> int:
        """As the parameter."""
        return self.parameter.n_columns

    @property
    def sequence(self) -> tuple[int, tuple[Any, ...] | None] | None:
        """As the parameter."""
        return self.parameter.sequence

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """The columns of the parameter with one code more, for "no value"."""
        return tuple(_with_inactive(column) for column in self.parameter.columns)

    def _is_inactive(self, codes: Codes) -> npt.NDArray[np.bool_]:
        return np.asarray(codes[..., 0] == self.columns[0].inactive)

    def codes(self, value: object) -> tuple[int, ...]:
        """The code of a value or of None, one a column; SpecError if it is not a value."""
        if value is None:
            return tuple(column.n_values - 1 for column in self.columns)
        return self.parameter.codes(value)

    def value(self, codes: Codes) -> Any:
        """The value of the codes ``[n_columns]``; None where it has none."""
        return None if self._is_inactive(codes) else self.parameter.value(codes)

    def array(self, codes: Codes) -> npt.NDArray[Any]:
        """As the parameter; without a value: NaN for a number, "" for text, -1 for an item.

        None where numbers and text are mixed.
        """
        inactive = self._is_inactive(codes)
        values = self.parameter.array(np.where(inactive[:, None], 0, codes))
        if isinstance(self.parameter, Permutation):
            values[inactive] = -1
        elif values.dtype.kind in "USO":
            values[inactive] = None if values.dtype.kind == "O" else ""
        else:
            values = values.astype(np.float64)
            values[inactive] = np.nan
        return values

    def encode(self, codes: Codes) -> npt.NDArray[np.float64]:
        """As the parameter; the middle of its range where it has no value."""
        inactive = self._is_inactive(codes)
        encoded = self.parameter.encode(np.where(inactive[:, None], 0, codes))
        encoded[inactive] = self.parameter.encoding_middle
        return encoded

    @property
    def encoding_groups(self) -> npt.NDArray[np.int64]:
        """As the parameter."""
        return self.parameter.encoding_groups

    @property
    def encoding_names(self) -> tuple[str, ...]:
        """As the parameter."""
        return self.parameter.encoding_names


_ABSENT = {"U": "", "S": "", "O": None}


def _with_inactive(column: Column) -> Column:
    tables: dict[str, npt.NDArray[Any]] = {}
    for view, table in column.tables.items():
        absent = np.array([_ABSENT.get(table.dtype.kind, np.nan)], dtype=table.dtype)
        tables[view] = np.concatenate([table, absent])
    return Column(
        column.name,
        column.parameter,
        column.n_values + 1,
        tables,
        column.is_ordered,
        column.grid,
        column.moves,
        inactive=column.n_values,
    )
