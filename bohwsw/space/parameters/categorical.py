"""A choice without an order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from bohwsw.errors import SpecError, nearest_name
from bohwsw.space.parameters.checks import check_name, value_list
from bohwsw.space.parameters.listed import ListedParameter


@dataclass(frozen=True)
class Categorical(ListedParameter):
    """A choice without an order: all text, or all booleans.

    Attributes:
        name: a name as in Python.
        values: distinct strings, or distinct booleans.
    """

    name: str
    values: Sequence[str | bool]

    def __post_init__(self) -> None:
        check_name(self.name)
        values = value_list(f"{self.name}.values", self.values)
        kinds = {type(value) for value in values}
        if kinds not in ({str}, {bool}):
            raise SpecError(
                "the values of a categorical must be all text or all booleans",
                key_path=f"{self.name}.values",
                got=list(values),
                expected="an Ordinal for numbers",
            )
        object.__setattr__(self, "values", values)

    is_ordered = False

    @property
    def is_text(self) -> bool:
        """Whether its values are strings; booleans count as 0 and 1 in arithmetic."""
        return isinstance(self.values[0], str)

    @cached_property
    def numeric(self) -> npt.NDArray[Any]:
        """``[n_values]``, what a constraint sees: text, or 0.0 and 1.0."""
        return np.asarray(self.values, dtype=None if self.is_text else np.float64)

    @cached_property
    def encoding(self) -> npt.NDArray[np.float64]:
        """float64 ``[n_values, width]``: one column for two values or fewer, else one-hot."""
        n = len(self.values)
        return np.eye(n) if n > 2 else np.arange(n, dtype=np.float64)[:, None]

    def code(self, value: object) -> int:
        """The position of a value; SpecError if it is not one of them."""
        if isinstance(value, np.generic):
            value = value.item()
        # Compared with its type, because True equals 1 in Python.
        if type(value) is not type(self.values[0]) or value not in self.values:
            raise SpecError(
                "not a value of this parameter",
                key_path=self.name,
                got=value,
                expected="one of " + ", ".join(map(str, self.values)),
                nearest=nearest_name(value, map(str, self.values)),
            )
        return list(self.values).index(value)
