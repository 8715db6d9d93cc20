"""What the searches are run on: a space, an evaluation, a limit, and the best that there is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bohwsw.errors import NoValidMappingError
from bohwsw.space import Point, Space
from bohwsw.strategies import Outcome, TrialState

Measured = Callable[[Point], tuple[float, float]]
"""The error that training would show, in points, and the cost that the hardware shows first."""


@dataclass(frozen=True)
class Problem:
    """Accuracy, or what else is minimised, under a limit on one cost.

    Attributes:
        name: in tables.
        space: what is searched.
        measured: see `Measured`.
        cost: the name of the cost, with its unit; empty if there is no limit.
        limit: the most that it may be.
        optimum: the lowest error within the limit.
        evaluations: how many a search may spend.
        source: where the figures come from.
        known: how the optimum is known.
        hardware: parameters that are the machine's; all others are the network's.
        trains: whether a design within its limit is trained; otherwise all that an evaluation costs
            is that of the hardware.
        best_machine: gives the machine on which a network costs least, where a table knows it.
    """

    name: str
    space: Space
    measured: Measured
    cost: str
    limit: float
    optimum: float
    evaluations: int
    source: str
    known: str = "enumeration"
    hardware: tuple[str, ...] = ()
    trains: bool = True
    best_machine: Callable[[Point], Point] | None = None

    @property
    def constraint(self) -> str:
        """The limit as strategies take it."""
        return f"{self.cost} <= {self.limit:g}" if self.cost else ""

    def evaluate(self, point: Point) -> Outcome:
        """The cost comes first: what is over the limit is not trained, and says by how much."""
        try:
            error, cost = self.measured(point)
        except NoValidMappingError as why:
            return Outcome(TrialState.INFEASIBLE, reason=str(why))
        metrics = {self.cost: cost} if self.cost else {}
        if cost > self.limit:
            return Outcome(TrialState.INFEASIBLE, reason=self.constraint, metrics=metrics)
        return Outcome(TrialState.COMPLETED, error, metrics=metrics)
