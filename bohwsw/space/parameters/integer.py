"""A whole number in a range."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from bohwsw.checks import whole_number
from bohwsw.errors import SpecError
from bohwsw.space.parameters.checks import MAX_VALUES, as_number, check_name, scaled
from bohwsw.space.parameters.listed import ListedParameter
from bohwsw.space.syntax import MAX_INTEGER


@dataclass(frozen=True)
class Integer(ListedParameter):
    """Every whole number from ``low`` to ``high``, both included.

    Attributes:
        name: any text; in constraints as it is, or in backticks.
        low: the smallest value.
        high: the largest value; at most `MAX_VALUES` values in all.
        log: encode the logarithm (needs ``low >= 1``): doubling is then one distance everywhere.
    """

    name: str
    low: int
    high: int
    log: bool = False

    def __post_init__(self) -> None:
        check_name(self.name)
        for label in ("low", "high"):
            bound = whole_number(
                f"{self.name}.{label}",
                getattr(self, label),
                -MAX_INTEGER,
                MAX_INTEGER,
                problem="a bound must be a whole number that 64-bit floats hold",
            )
            object.__setattr__(self, label, bound)
        if self.high < self.low:
            raise SpecError(
                "the high bound is below the low one",
                key_path=self.name,
                got=[self.low, self.high],
                expected="low <= high",
            )
        if self.high - self.low >= MAX_VALUES:
            raise SpecError(
                "too many values",
                key_path=self.name,
                got=[self.low, self.high],
                expected=f"at most {MAX_VALUES} values; an Ordinal can hold a coarser list",
            )
        if self.log and self.low < 1:
            raise SpecError("log needs positive values", key_path=f"{self.name}.low", got=self.low)

    is_ordered = True
    is_text = False

    @cached_property
    def values(self) -> tuple[int, ...]:  # type: ignore[override]
        """All values, in order."""
        return tuple(range(self.low, self.high + 1))

    @cached_property
    def numeric(self) -> npt.NDArray[Any]:
        """float64 ``[n_values]``, what a constraint sees."""
        return np.arange(self.low, self.high + 1, dtype=np.float64)

    @cached_property
    def encoding(self) -> npt.NDArray[np.float64]:
        """float64 ``[n_values, 1]`` in [0, 1], what a model sees."""
        return scaled(self.numeric, log=self.log)

    def code(self, value: object) -> int:
        """The position of a value; SpecError if it is not one of them."""
        number = as_number(value)
        if number is None or number != int(number) or not self.low <= number <= self.high:
            raise SpecError(
                "not a value of this parameter",
                key_path=self.name,
                got=value,
                expected=f"a whole number from {self.low} to {self.high}",
            )
        return int(number) - self.low
