"""Parameters whose values are listed in one column: whole numbers, numbers in order, choices."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from bohwsw.checks import whole_number
from bohwsw.errors import SpecError, nearest_name
from bohwsw.expressions import MAX_INTEGER
from bohwsw.space.column import Codes, Column
from bohwsw.space.parameters.base import (
    MAX_VALUES,
    BaseParameter,
    as_number,
    check_bounds,
    check_flag,
    check_name,
    value_list,
)

TOLERANCE = 1e-6
"""A float counts as a listed one this near, as a share of the distance to the next: multiples of a
step that were rounded otherwise, single precision, fewer digits."""

GEOMETRIC_RATIO = 8.0
"""An ordinal whose largest value is this many times its smallest is encoded by its logarithm."""


class ListedParameter(BaseParameter):
    """One column whose codes are the positions in ``values``."""

    values: Sequence[Any]

    @property
    @abstractmethod
    def numeric(self) -> npt.NDArray[Any]:
        """``[n_values]``, what a constraint sees."""

    @property
    @abstractmethod
    def encoding(self) -> npt.NDArray[np.float64]:
        """float64 ``[n_values, width]``, what a model sees."""

    @abstractmethod
    def code(self, value: object) -> int:
        """The position of a value; SpecError if it is not one of them."""

    def find(self, value: object) -> int | None:
        """The position in ``values`` of a number, truth value or text; None if it is not there.

        True is not 1, but 1.0 is; a float that is off by a `TOLERANCE` is the listed one.
        """
        if isinstance(value, np.generic):
            value = value.item()
        if not isinstance(value, str | bool | int | float):
            return None
        code = self._places.get(_key(value))
        if code is not None:
            return code
        number = as_number(value)
        return None if number is None else self._nearest(number)

    def _nearest(self, number: float) -> int | None:
        """The position of a listed float that is nearly a number."""
        numbers, codes = self._numbers
        if not len(numbers):
            return None
        k = int(np.abs(numbers - number).argmin())
        gaps = np.abs(np.delete(numbers, k) - numbers[k])
        scale = np.append(gaps, abs(numbers[k]) or np.inf).min()
        slack = TOLERANCE * (scale if np.isfinite(scale) else 1.0)
        is_float = isinstance(self.values[codes[k]], float)
        return codes[k] if is_float and abs(numbers[k] - number) <= slack else None

    @cached_property
    def _places(self) -> dict[tuple[type, Any], int]:
        return {_key(value): code for code, value in enumerate(self.values)}

    @cached_property
    def _numbers(self) -> tuple[npt.NDArray[np.float64], list[int]]:
        """The numbers among the values, and their positions."""
        codes = [k for k, v in enumerate(self.values) if not isinstance(v, str | bool)]
        return np.array([self.values[k] for k in codes], dtype=np.float64), codes

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        tables = {self.name: self.numeric}
        return (Column(self.name, self.name, len(self.values), tables, self.is_ordered),)

    def codes(self, value: object) -> tuple[int, ...]:
        return (self.code(value),)

    def value(self, codes: Codes) -> Any:
        return self.values[int(codes[0])]

    @cached_property
    def _array(self) -> npt.NDArray[Any]:
        """The values; text among others stays what it is."""
        texts = sum(isinstance(value, str) for value in self.values)
        return np.array(self.values, dtype=object if 0 < texts < len(self.values) else None)

    def array(self, codes: Codes) -> npt.NDArray[Any]:
        return self._array[codes[:, 0]]

    def encode(self, codes: Codes) -> npt.NDArray[np.float64]:
        return np.asarray(self.encoding[codes[:, 0]])

    @property
    def encoding_middle(self) -> npt.NDArray[np.float64]:
        table = self.encoding
        if table.shape[1] > 1:
            return np.asarray(table.mean(axis=0))
        return np.asarray(0.5 * (table.min(axis=0) + table.max(axis=0)))

    def _as_column(self, *, log: bool) -> npt.NDArray[np.float64]:
        """The ascending values, or their logarithms, as one column from 0 to 1."""
        position = np.log(self.numeric) if log else self.numeric
        span = position[-1] - position[0]
        return np.asarray((position - position[0]) / (span if span > 0 else 1.0))[:, None]


def _key(value: Any) -> tuple[type, Any]:
    """Equal where values are the same: True is not 1."""
    kind = next((kind for kind in (str, bool) if isinstance(value, kind)), float)
    return kind, value


@dataclass(frozen=True)
class Integer(ListedParameter):
    """Every whole number from ``low`` to ``high``, both included.

    Attributes:
        low: the smallest value.
        high: the largest value; at most `MAX_VALUES` values in all.
        log: encode the logarithm (needs ``low >= 1``): doubling is then one distance everywhere.
    """

    name: str
    low: int
    high: int
    log: bool = False

    is_ordered = True

    def __post_init__(self) -> None:
        check_name(self.name)
        problem = "a bound must be a whole number that 64-bit floats hold"
        for label in ("low", "high"):
            path, given = f"{self.name}.{label}", getattr(self, label)
            bound = whole_number(path, given, -MAX_INTEGER, MAX_INTEGER, problem=problem)
            self._fix(**{label: bound})
        check_bounds(self.name, self.low, self.high, log=self.log)
        if self.high - self.low >= MAX_VALUES:
            got = [self.low, self.high]
            expected = f"at most {MAX_VALUES} values; an Ordinal can hold a coarser list"
            raise SpecError("too many values", key_path=self.name, got=got, expected=expected)

    @cached_property
    def values(self) -> tuple[int, ...]:  # type: ignore[override]
        """All values, in order."""
        return tuple(range(self.low, self.high + 1))

    @cached_property
    def numeric(self) -> npt.NDArray[Any]:
        return np.arange(self.low, self.high + 1, dtype=np.float64)

    @cached_property
    def encoding(self) -> npt.NDArray[np.float64]:
        return self._as_column(log=self.log)

    def code(self, value: object) -> int:
        number = as_number(value)
        if number is None or number != int(number) or not self.low <= number <= self.high:
            raise self._no_value(value, f"a whole number from {self.low} to {self.high}")
        return int(number) - self.low


@dataclass(frozen=True)
class Ordinal(ListedParameter):
    """A list of numbers whose order matters, such as ``[1, 2, 4, 8]`` or ``[0.5, 0.9, 1.1]``.

    Attributes:
        values: distinct finite numbers; stored in ascending order.
        log: encode the logarithm; None decides by itself: yes if all values are positive and the
            largest is at least `GEOMETRIC_RATIO` times the smallest.
    """

    name: str
    values: Sequence[int | float]
    log: bool | None = None

    is_ordered = True

    def __post_init__(self) -> None:
        check_name(self.name)
        path = f"{self.name}.values"
        values = value_list(path, self.values)
        for value in values:
            if as_number(value) is None:
                raise SpecError("an ordinal holds finite numbers only", key_path=path, got=value)
        self._fix(values=tuple(sorted(values)))
        if self.log is not None:
            check_flag(f"{self.name}.log", self.log)
        if self.log and self.values[0] <= 0:
            raise SpecError("log needs positive values", key_path=path, got=self.values[0])

    @cached_property
    def numeric(self) -> npt.NDArray[Any]:
        return np.asarray(self.values, dtype=np.float64)

    @cached_property
    def encoding(self) -> npt.NDArray[np.float64]:
        low, high = self.values[0], self.values[-1]
        geometric = low > 0 and high >= GEOMETRIC_RATIO * low
        return self._as_column(log=geometric if self.log is None else self.log)

    def code(self, value: object) -> int:
        code = None if isinstance(value, str | bool | np.bool_) else self.find(value)
        if code is None:
            raise self._no_value(value, "one of " + ", ".join(map(str, self.values)))
        return code


@dataclass(frozen=True)
class Categorical(ListedParameter):
    """A choice whose values are names, whatever they look like: text, truth values, numbers, mixed.

    In constraints a value is equal to it or not; numbers can be calculated with, unless there is
    text among them. An `Ordinal` is for numbers whose order matters.

    Attributes:
        values: distinct texts, booleans and numbers.
        is_ordered: whether neighbours in the list are alike, as in ``["low", "mid", "high"]``.
    """

    name: str
    values: Sequence[str | bool | int | float]
    is_ordered: bool = False

    def __post_init__(self) -> None:
        check_name(self.name)
        check_flag(f"{self.name}.is_ordered", self.is_ordered)
        values = value_list(f"{self.name}.values", self.values)
        for value in values:
            if not isinstance(value, str) and not math.isfinite(value):
                raise SpecError("not finite", key_path=f"{self.name}.values", got=value)
        self._fix(values=values, is_text=any(isinstance(value, str) for value in values))

    @cached_property
    def numeric(self) -> npt.NDArray[Any]:
        return self._array if self.is_text else self._array.astype(np.float64)

    @property
    def is_mixed(self) -> bool:
        """Whether there are text and numbers among its values."""
        return self._array.dtype.kind == "O"

    @cached_property
    def encoding(self) -> npt.NDArray[np.float64]:
        """One column for two values or where ordered; else one-hot, any two at a distance of 1."""
        n = len(self.values)
        if self.is_ordered or n <= 2:
            return np.linspace(0.0, max(n - 1, 0) and 1.0, n)[:, None]
        return np.asarray(np.eye(n) / np.sqrt(2.0))

    def code(self, value: object) -> int:
        code = self.find(value)
        if code is None:
            expected = "one of " + ", ".join(map(str, self.values))
            raise self._no_value(value, expected, nearest_name(value, map(str, self.values)))
        return code
