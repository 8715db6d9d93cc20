"""Parameters: a name and a finite, ordered or unordered, list of values.

Inside the room a value is known by its code, its position in that list; a point becomes a row of
codes. Every parameter says how its codes look to a model (`encoding`) and to a constraint
(`numeric`), so that the rest of the room never asks of which class it is.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from bohwsw.errors import SpecError, nearest_name
from bohwsw.space.syntax import FUNCTIONS

MAX_VALUES = 100_000
"""Longer domains would make one step of a sampler slower than a whole model fit."""

GEOMETRIC_RATIO = 8.0
"""An ordinal whose largest value is this many times its smallest is encoded by its logarithm."""

_RESERVED = frozenset(FUNCTIONS) | {"and", "or", "not", "True", "False", "None", "if", "else", "in"}


@dataclass(frozen=True)
class Integer:
    """Every whole number from ``low`` to ``high``, both included.

    Attributes:
        name: a name as in Python.
        low: the smallest value.
        high: the largest value; at most `MAX_VALUES` values in all.
        log: encode the logarithm (needs ``low >= 1``): doubling is then one distance everywhere.
    """

    name: str
    low: int
    high: int
    log: bool = False

    def __post_init__(self) -> None:
        _check_name(self.name)
        for label, bound in (("low", self.low), ("high", self.high)):
            if isinstance(bound, bool) or not isinstance(bound, int):
                raise SpecError(
                    "a bound must be a whole number", key_path=f"{self.name}.{label}", got=bound
                )
        if self.high < self.low:
            raise SpecError(
                "the high bound is below the low one",
                key_path=self.name,
                got=[self.low, self.high],
                expected="low <= high",
            )
        if self.high - self.low >= MAX_VALUES or max(abs(self.low), abs(self.high)) > 2**53:
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
    def values(self) -> tuple[int, ...]:
        """All values, in order."""
        return tuple(range(self.low, self.high + 1))

    @cached_property
    def numeric(self) -> npt.NDArray[Any]:
        """float64 ``[n_values]``, what a constraint sees."""
        return np.arange(self.low, self.high + 1, dtype=np.float64)

    @cached_property
    def encoding(self) -> npt.NDArray[np.float64]:
        """float64 ``[n_values, 1]`` in [0, 1], what a model sees."""
        return _scaled(self.numeric, log=self.log)

    def code(self, value: object) -> int:
        """The position of a value; SpecError if it is not one of them."""
        number = _number(value)
        if number is None or number != int(number) or not self.low <= number <= self.high:
            raise SpecError(
                "not a value of this parameter",
                key_path=self.name,
                got=value,
                expected=f"a whole number from {self.low} to {self.high}",
            )
        return int(number) - self.low


@dataclass(frozen=True)
class Ordinal:
    """A list of numbers whose order matters, such as ``[1, 2, 4, 8]`` or ``[0.5, 0.9, 1.1]``.

    Attributes:
        name: a name as in Python.
        values: distinct finite numbers; stored in ascending order.
        log: encode the logarithm; None decides by itself: yes if all values are positive and the
            largest is at least `GEOMETRIC_RATIO` times the smallest.
    """

    name: str
    values: Sequence[int | float]
    log: bool | None = None

    def __post_init__(self) -> None:
        _check_name(self.name)
        values = _value_list(self.name, self.values)
        for value in values:
            if _number(value) is None:
                raise SpecError(
                    "an ordinal holds finite numbers only",
                    key_path=f"{self.name}.values",
                    got=value,
                )
        object.__setattr__(self, "values", tuple(sorted(values)))
        if self.log and self.values[0] <= 0:
            raise SpecError(
                "log needs positive values", key_path=f"{self.name}.values", got=self.values[0]
            )

    is_ordered = True
    is_text = False

    @cached_property
    def numeric(self) -> npt.NDArray[Any]:
        """float64 ``[n_values]``, what a constraint sees."""
        return np.asarray(self.values, dtype=np.float64)

    @cached_property
    def encoding(self) -> npt.NDArray[np.float64]:
        """float64 ``[n_values, 1]`` in [0, 1], what a model sees."""
        low, high = self.values[0], self.values[-1]
        geometric = low > 0 and high >= GEOMETRIC_RATIO * low
        return _scaled(self.numeric, log=geometric if self.log is None else self.log)

    @cached_property
    def _codes(self) -> dict[float, int]:
        return {value: code for code, value in enumerate(self.values)}

    def code(self, value: object) -> int:
        """The position of a value; SpecError if it is not one of them."""
        number = _number(value)
        if number is None or number not in self._codes:
            raise SpecError(
                "not a value of this parameter",
                key_path=self.name,
                got=value,
                expected="one of " + ", ".join(map(str, self.values)),
            )
        return self._codes[number]


@dataclass(frozen=True)
class Categorical:
    """A choice without an order: all text, or all booleans.

    Attributes:
        name: a name as in Python.
        values: distinct strings, or distinct booleans.
    """

    name: str
    values: Sequence[str | bool]

    def __post_init__(self) -> None:
        _check_name(self.name)
        values = _value_list(self.name, self.values)
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


Parameter: TypeAlias = Integer | Ordinal | Categorical


def _check_name(name: object) -> None:
    if (
        not isinstance(name, str)
        or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,63}", name)
        or name in _RESERVED
    ):
        raise SpecError(
            "not a name for a parameter",
            got=name,
            expected="letters, digits and _, not starting with a digit, not a function's name",
        )


def _value_list(name: str, values: object) -> tuple[Any, ...]:
    """The values as a tuple, once it is known to be a short list of distinct ones."""
    path = f"{name}.values"
    if isinstance(values, str) or not isinstance(values, Sequence):
        raise SpecError("values must be a list", key_path=path, got=values)
    if not 1 <= len(values) <= MAX_VALUES:
        raise SpecError(
            "wrong number of values", key_path=path, got=len(values), expected=f"1 to {MAX_VALUES}"
        )
    items = tuple(v.item() if isinstance(v, np.generic) else v for v in values)
    for item in items:
        if not isinstance(item, str | bool | int | float):
            raise SpecError("a value must be a number, text or a boolean", key_path=path, got=item)
    seen: set[Any] = set()
    for item in items:
        if item in seen:
            raise SpecError("a value is listed twice", key_path=path, got=item)
        seen.add(item)
    return items


def _number(value: object) -> int | float | None:
    """The value if it is a finite number (a boolean is not), else None."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if math.isfinite(value) else None


def _scaled(values: npt.NDArray[np.float64], *, log: bool) -> npt.NDArray[np.float64]:
    """The values, or their logarithms, as a column that runs from 0 to 1."""
    position = np.log(values) if log else values
    span = position[-1] - position[0]
    column: npt.NDArray[np.float64] = (position - position[0]) / (span if span > 0 else 1.0)
    return column[:, None]
