"""What searches share that carry a state from trial to trial: it is learned when they are told.

So a search that is told the same trials again is in the same state, whatever was asked for between.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

import numpy as np

from bohwsw.errors import SpecError
from bohwsw.space import Space
from bohwsw.strategies.base import Rows, Strategy
from bohwsw.strategies.outcome import Outcome, Told, TrialState

MAX_TRIES = 30


class LearningStrategy(Strategy):
    """A search for the lowest value of one objective that learns from one trial at a time.

    Raises:
        SpecError: there are several objectives; the method cannot search this space.
    """

    def __init__(self, space: Space, seed: int = 0, **common: Any) -> None:
        super().__init__(space, seed, **common)
        if len(self.goals.objectives) > 1:
            raise SpecError(
                "this method knows one objective only",
                got=list(self.goals.objectives),
                expected="one objective, or a strategy such as bayesian, evolutionary, random",
            )
        if (why := self.supports(space)) is not None:
            raise SpecError(f"this method cannot search the space: {why}")

    def tell(self, point: Mapping[str, Any], outcome: Outcome) -> None:
        """As every strategy; then the search moves on.

        Raises:
            SpecError: see `Strategy.tell`.
        """
        super().tell(point, outcome)
        told, row = self._history[-1], self._told_rows[-1]
        if told.outcome.state in (TrialState.COMPLETED, TrialState.INFEASIBLE):
            # Chance of its own, so that a tell is learned alike whoever asked for what.
            self._learn(row, told, np.random.default_rng([self.seed, len(self._history), 3]))

    @abstractmethod
    def _learn(self, row: Rows, told: Told, rng: np.random.Generator) -> None:
        """Take in a trial that was completed or is infeasible; those that broke say nothing."""

    def _value(self, told: Told) -> tuple[float, float]:
        """How far outside of the limits a trial is, then its objective: the lower the better.

        0 and the objective where it is feasible. Outside, the sum of violations as it was told,
        infinite where it was not told.
        """
        if told.is_feasible:
            return 0.0, float(self.goals.vector(told.outcome)[0])
        broken = [v for v in told.violations if v is not None and v > 0.0]
        return (sum(broken) if broken else math.inf), math.inf

    def _free_or_fresh(self, rows: Rows, rng: np.random.Generator) -> Rows:
        """The first of some rows ``[n, d]`` that is not taken, or a random one."""
        free = next((row for row in rows if not self._is_taken(row)), None)
        return self._fresh_row(rng) if free is None else free


def stepped(space: Space, row: Rows, n: int, rng: np.random.Generator) -> Rows:
    """A valid row ``n`` moves away, each of a parameter drawn evenly and, if it can, a new one."""
    moved = set[int]()
    for _ in range(n):
        near = space.neighbour_rows(row)
        if not len(near):
            break
        column = (near != row).argmax(axis=1)
        columns = np.unique(column)
        new = [c for c in columns.tolist() if c not in moved] or columns.tolist()
        chosen = new[int(rng.integers(len(new)))]
        moved.add(chosen)
        row = near[rng.choice(np.flatnonzero(column == chosen))]
    return row
