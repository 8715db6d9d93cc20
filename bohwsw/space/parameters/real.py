"""A real number, on a grid so fine that it can stand for a continuum."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from bohwsw.errors import SpecError
from bohwsw.space.column import Codes, Column
from bohwsw.space.parameters.base import BaseParameter, as_number, check_bounds, check_name

STEPS = 2**30
"""The range is cut into this many equal steps (equal ratios if ``log``)."""


@dataclass(frozen=True)
class Real(BaseParameter):
    """Any number from ``low`` to ``high``, to a resolution of 1 / 2^30 of the range.

    A value between two steps is rounded to the nearer one. The values are computed, not listed.

    Attributes:
        low: the smallest value.
        high: the largest value; with ``low`` itself there is one value.
        log: steps of equal ratio (needs ``low > 0``); samples are then even in the logarithm.
    """

    name: str
    low: float
    high: float
    log: bool = False

    is_ordered = True

    def __post_init__(self) -> None:
        check_name(self.name)
        for label in ("low", "high"):
            path, given = f"{self.name}.{label}", getattr(self, label)
            number = as_number(given)
            if number is None:
                raise SpecError("a bound must be a finite number", key_path=path, got=given)
            self._fix(**{label: float(number)})
        check_bounds(self.name, self.low, self.high, log=self.log)
        size = max(abs(self.low), abs(self.high))
        if not np.isfinite(self.high - self.low) or 0 < self.high - self.low < 1e-5 * size:
            problem = "the range is too narrow or too wide for its values"
            got = [self.low, self.high]
            expected = "a range of at least 1e-5 of the largest value: subtract an offset"
            raise SpecError(problem, key_path=self.name, got=got, expected=expected)

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """Its column; the values are computed from the codes."""
        n_values = STEPS + 1 if self.low < self.high else 1
        return (Column(self.name, self.name, n_values, {}, True, grid=self.grid),)

    def grid(self, codes: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """The values of codes, float64, of the same shape."""
        share = np.asarray(codes, dtype=np.float64) / STEPS
        if self.log:
            values = np.exp(np.log(self.low) * (1.0 - share) + np.log(self.high) * share)
        else:
            values = self.low * (1.0 - share) + self.high * share
        # The ends exactly, whatever exp and log make of them.
        values = np.where(share == 0.0, self.low, np.where(share == 1.0, self.high, values))
        return np.asarray(np.clip(values, self.low, self.high))

    def code(self, value: object) -> int:
        """The step nearest to a value; SpecError if it is out of range."""
        number = as_number(value)
        # A value that was written with fewer digits may be slightly outside.
        slack = 1e-12 * max(abs(self.low), abs(self.high))
        if number is None or not self.low - slack <= number <= self.high + slack:
            raise self._no_value(value, f"a number from {self.low:g} to {self.high:g}")
        if self.low == self.high:
            return 0
        clipped = min(max(float(number), self.low), self.high)
        if self.log:
            share = _log_ratio(clipped, self.low) / _log_ratio(self.high, self.low)
        else:
            share = (clipped - self.low) / (self.high - self.low)
        return round(float(share) * STEPS)

    def codes(self, value: object) -> tuple[int, ...]:
        return (self.code(value),)

    def value(self, codes: Codes) -> float:
        return float(self.grid(np.asarray(codes))[0])

    def array(self, codes: Codes) -> npt.NDArray[Any]:
        return self.grid(codes[:, 0])

    def encode(self, codes: Codes) -> npt.NDArray[np.float64]:
        return codes / float(STEPS)

    @property
    def encoding_middle(self) -> npt.NDArray[np.float64]:
        return np.array([0.5])


def _log_ratio(high: float, low: float) -> float:
    """Of numbers whose ratio float64 may not hold."""
    ratio = high / low
    return math.log(ratio) if math.isfinite(ratio) else math.log(high) - math.log(low)
