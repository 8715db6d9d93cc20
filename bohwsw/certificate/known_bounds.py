"""What is known of a layer on relaxed machines, and of all machines that these dominate."""

from __future__ import annotations

import math

import numpy as np

from bohwsw.certificate.machine_table import Floats


class Dominance:
    """Values of machines, each described by amounts of which more never costs more."""

    def __init__(self) -> None:
        self._amounts: list[Floats] = []
        self._values: list[float] = []
        self._stacked: tuple[Floats, Floats] | None = None

    def add(self, amounts: Floats, value: float) -> None:
        """Remember the value of a machine."""
        self._amounts.append(amounts)
        self._values.append(value)
        self._stacked = None

    def _arrays(self) -> tuple[Floats, Floats]:
        if self._stacked is None:
            self._stacked = np.array(self._amounts), np.array(self._values, dtype=np.float64)
        return self._stacked

    def largest_of_better(self, amounts: Floats) -> float:
        """The largest value of the machines that have as much of everything; 0 if there is none."""
        if not self._values:
            return 0.0
        known, values = self._arrays()
        return float(values[(known >= amounts).all(axis=1)].max(initial=0.0))

    def least_of_worse(self, amounts: Floats) -> float:
        """The least value of the machines that have no more of anything; infinite if none is."""
        if not self._values:
            return math.inf
        known, values = self._arrays()
        return float(values[(known <= amounts).all(axis=1)].min(initial=math.inf))
