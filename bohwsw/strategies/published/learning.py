"""What searches share that carry a state from trial to trial: it is learned when they are told.

So a search that is told the same trials again is in the same state, whatever was asked for between.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bohwsw.arrays import Values
from bohwsw.errors import SpecError
from bohwsw.space import Space
from bohwsw.strategies.base import Rows, Strategy
from bohwsw.strategies.outcome import Outcome, Told, TrialState

MAX_TRIES = 30


class LearningStrategy(Strategy):
    """A search for the lowest value of one objective that learns from one trial at a time.

    Raises:
        SpecError: there are several objectives.
    """

    def __init__(self, space: Space, seed: int = 0, **common: Any) -> None:
        super().__init__(space, seed, **common)
        self._seen: dict[bytes, tuple[float, float]] = {}
        if len(self.goals.objectives) > 1:
            raise SpecError(
                "this method knows one objective only",
                got=list(self.goals.objectives),
                expected="one objective, or a strategy such as bayesian, evolutionary, random",
            )

    def tell(self, point: Mapping[str, Any], outcome: Outcome) -> None:
        """As every strategy; then the search moves on.

        Raises:
            SpecError: see `Strategy.tell`.
        """
        super().tell(point, outcome)
        told, row = self._history[-1], self._told_rows[-1]
        if told.outcome.state in (TrialState.COMPLETED, TrialState.INFEASIBLE):
            self._seen[row.tobytes()] = self._value(told)
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

    def _reward(self, value: tuple[float, float]) -> float:
        """``-1 - ln`` of the share at least as good: about 0 in the mean of what is feasible.

        Over a limit it is -1 less how far it is over, as a share of the farthest.
        """
        over, objective = value
        if over > 0.0:
            return -1.0 - min(over / self._widest(), 1.0)
        values = np.array([v for o, v in self._seen.values() if o == 0.0])
        share = ((values < objective).mean() + (values <= objective).mean()) / 2.0
        return -1.0 - math.log(share)

    def _rewards(self, keys: Sequence[bytes]) -> Values:
        """`_reward` of many that were told ``[n]``."""
        over, objective = np.array([self._seen[key] for key in keys]).T
        values = np.sort([v for o, v in self._seen.values() if o == 0.0])
        left, right = (np.searchsorted(values, objective, side) for side in ("left", "right"))
        share = np.maximum(left + right, 1.0) / 2.0 / max(1, len(values))
        outside = -1.0 - np.minimum(over / self._widest(), 1.0)
        return np.asarray(np.where(over > 0.0, outside, -1.0 - np.log(share)))

    def _widest(self) -> float:
        """The largest excess over limits so far that was told."""
        return max((o for o, _ in self._seen.values() if math.isfinite(o)), default=0.0) or 1.0


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
