"""What a search with bounds minimises: EDP, latency, or energy plus a price on cycles.

For the EDP of a network, each layer is mapped for its energy plus some price x cycles.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from bohwsw.mapper.skeletons import OBJECTIVES, Objective
from bohwsw.simulator import BatchEvaluation, Evaluation

Amount = TypeVar("Amount", float, npt.NDArray[np.float64])


class GoalNumbers(NamedTuple):
    """What compiled functions minimise."""

    objective: int  # its place among ``OBJECTIVES``; energy is energy + price x cycles
    cycle_price_pj: float  # pJ that a cycle counts for beside the energy


@dataclass(frozen=True)
class Goal:
    """What is minimised.

    Attributes:
        objective: ``edp``, ``energy`` or ``latency``.
        cycle_price_pj: pJ that a cycle counts for; for ``energy`` only.
    """

    objective: Objective = "edp"
    cycle_price_pj: float = 0.0

    @property
    def numbers(self) -> GoalNumbers:
        """The goal as compiled functions take it."""
        return GoalNumbers(OBJECTIVES.index(self.objective), float(self.cycle_price_pj))

    def value(self, energy_pj: Amount, latency_cycles: Amount) -> Amount:
        """The objective (pJ x cycles, pJ or cycles), of numbers or arrays of them."""
        if self.objective == "edp":
            return energy_pj * latency_cycles
        if self.objective == "latency":
            return latency_cycles
        return energy_pj + self.cycle_price_pj * latency_cycles

    def of(self, evaluation: Evaluation) -> float:
        """The objective of an evaluated mapping; infinite if it is not valid."""
        if evaluation.energy_pj is None or evaluation.latency_cycles is None:
            return math.inf
        return self.value(evaluation.energy_pj, evaluation.latency_cycles)

    def of_each(self, batch: BatchEvaluation) -> npt.NDArray[np.float64]:
        """The objective of each mapping of a batch; infinite where it is not valid."""
        cycles = batch.latency_cycles.astype(np.float64)
        return np.where(batch.valid, self.value(batch.energy_pj, cycles), np.inf)

    def most_cycles(self, best: float, least_energy_pj: float) -> float:
        """The latency beyond which no mapping of at least this energy beats the best."""
        if self.objective == "edp":
            return best / least_energy_pj if least_energy_pj > 0.0 else math.inf
        if self.objective == "latency":
            return best
        if self.cycle_price_pj == 0.0:
            return math.inf
        return max(0.0, best - least_energy_pj) / self.cycle_price_pj
