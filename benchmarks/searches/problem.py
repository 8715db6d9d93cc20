"""What the searches are run on: a space, an evaluation, a limit, and the best that there is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bohwsw.space import Point, Space
from bohwsw.strategies import Outcome, TrialState

Measured = Callable[[Point], tuple[float, float]]
"""The error that training would show, in points, and the cost that the hardware shows first."""


@dataclass(frozen=True)
class Problem:
    """Accuracy under a limit on one cost.

    Attributes:
        name: in tables.
        space: what is searched.
        measured: see `Measured`.
        cost: the name of the cost, with its unit.
        limit: the most that it may be.
        optimum: the lowest error within the limit.
        evaluations: how many a search may spend.
        source: where the figures come from.
    """

    name: str
    space: Space
    measured: Measured
    cost: str
    limit: float
    optimum: float
    evaluations: int
    source: str

    @property
    def constraint(self) -> str:
        """The limit as strategies take it."""
        return f"{self.cost} <= {self.limit:g}"

    def evaluate(self, point: Point) -> Outcome:
        """The cost comes first: what is over the limit is not trained, and says by how much."""
        error, cost = self.measured(point)
        metrics = {self.cost: cost}
        if cost > self.limit:
            return Outcome(TrialState.INFEASIBLE, reason=self.constraint, metrics=metrics)
        return Outcome(TrialState.COMPLETED, error, metrics=metrics)
