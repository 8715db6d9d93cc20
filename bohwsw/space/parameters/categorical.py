"""A choice without an order."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from bohwsw.errors import SpecError, nearest_name
from bohwsw.space.parameters.checks import check_name, value_list
from bohwsw.space.parameters.listed import ListedParameter, listed_array


@dataclass(frozen=True)
class Categorical(ListedParameter):
    """A choice whose values are names, whatever they look like: text, truth values, numbers, mixed.

    In constraints a value is equal to it or not; numbers can be calculated with, unless there is
    text among them. An `Ordinal` is for numbers whose order matters.

    Attributes:
        name: any text; in constraints as it is, or in backticks.
        values: distinct texts, booleans and numbers.
        is_ordered: whether neighbours in the list are alike, as in ``["low", "mid", "high"]``.
    """

    name: str
    values: Sequence[str | bool | int | float]
    is_ordered: bool = False

    def __post_init__(self) -> None:
        check_name(self.name)
        values = value_list(f"{self.name}.values", self.values)
        for value in values:
            if not isinstance(value, str) and not math.isfinite(value):
                raise SpecError("not finite", key_path=f"{self.name}.values", got=value)
        object.__setattr__(self, "values", values)

    @property
    def is_text(self) -> bool:
        """Whether there is text among its values; booleans count as 0 and 1 in arithmetic."""
        return any(isinstance(value, str) for value in self.values)

    @cached_property
    def numeric(self) -> npt.NDArray[Any]:
        """``[n_values]``, what a constraint sees: text, numbers, or if mixed the values."""
        found = listed_array(self.values)
        return found if found.dtype.kind in "UO" else found.astype(np.float64)

    @cached_property
    def encoding(self) -> npt.NDArray[np.float64]:
        """float64 ``[n_values, width]``: one column for two values or where ordered; one-hot."""
        n = len(self.values)
        if self.is_ordered or n <= 2:
            return np.linspace(0.0, max(n - 1, 0) and 1.0, n)[:, None]
        return np.eye(n)

    def code(self, value: object) -> int:
        """The position of a value; SpecError if it is not one of them."""
        code = self.find(value)
        if code is None:
            raise SpecError(
                "not a value of this parameter",
                key_path=self.name,
                got=value,
                expected="one of " + ", ".join(map(str, self.values)),
                nearest=nearest_name(value, map(str, self.values)),
            )
        return code
