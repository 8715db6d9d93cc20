"""Bayesian optimisation where some parameters are dear to try anew, and cheap to try again.

A network has to be trained once; on the next machine its accuracy is known. So of every few
suggestions one is free, and the others are at values of the costly parameters that were tried.

Where nothing is saved by that, as accuracies stand in a table, every suggestion is free: what is
known of networks comes with each new one, and most of a front are its networks. Half of the spread
points then differ from the first one, the baseline, in the costly parameters alone, as most random
machines are bad; and the pool has networks near the front on other machines of the front.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bohwsw.acquisition import climbed, non_dominated
from bohwsw.checks import whole_option
from bohwsw.space import Space
from bohwsw.strategies.base import Rows, SpaceExhaustedError
from bohwsw.strategies.bayesian import GOOD_TRIALS, BayesianStrategy
from bohwsw.strategies.outcome import Outcome, TrialState
from bohwsw.strategies.tried_values import TriedValues


class ReusingStrategy(BayesianStrategy):
    """The Bayesian strategy, which tries costly values again on purpose.

    Args:
        costly: parameters whose values cost much to try anew.
        cheap_turns: how many suggestions after each are at such values that were tried; 0 where
            they cost no more than others.
        **common: as for the Bayesian strategy.

    Attributes:
        only_tried: whether nothing new may be tried any more.

    Raises:
        SpecError: an option is out of its range.
    """

    def __init__(
        self,
        space: Space,
        seed: int = 0,
        *,
        costly: Sequence[str] = (),
        cheap_turns: int = 1,
        **common: Any,
    ) -> None:
        super().__init__(space, seed, **common)
        turns = whole_option("cheap_turns", cheap_turns, least=0)
        self.cheap_turns = turns if costly else 0
        self.tried = TriedValues(space, costly)
        self.only_tried = False
        self._crosses = bool(costly) and not turns and self.fidelity is None

    def tell(self, point: Mapping[str, Any], outcome: Outcome) -> None:
        """Report what came of a point; see `Strategy.tell`."""
        super().tell(point, outcome)
        if outcome.state is TrialState.COMPLETED:
            self.tried.add(self._told_rows[-1])

    def _most_promising(self, rng: np.random.Generator) -> Rows:
        begun = len(self._history) + len(self._pending)
        is_due = self.only_tried or begun % (self.cheap_turns + 1) != 0
        if not is_due or not len(self.tried.rows):
            return super()._most_promising(rng)
        best = self._good_rows()
        near = np.concatenate([self._some_neighbours(row, rng) for row in best])
        fresh = self.tried.put_into(self._fresh_rows(self.pool, rng), rng)
        rows = self._free(np.concatenate([near[self.tried.among(near)], fresh]))
        if not len(rows) and self.only_tried:
            raise SpaceExhaustedError("everything was tried with the values that are known")
        if not len(rows):
            return super()._most_promising(rng)
        score = self._score(self.posteriors())

        def is_barred(row: Rows) -> bool:
            return self._is_taken(row) or self.tried.is_new(row)

        return climbed(self.space, rows, score, self.starts, is_barred, rng)

    def _spread(self, rng: np.random.Generator) -> Rows:
        row = super()._spread(rng)
        begun = len(self._history) + len(self._pending)
        if not (self._crosses and self._told_rows and begun % 2):
            return row
        near = np.where(self.tried.columns, row, self._told_rows[0]).astype(np.int32)
        is_open = self.space.valid_rows(near[None])[0] and not self._is_taken(near)
        return near if is_open else row

    def _good_rows(self) -> list[Rows]:
        front = self._front() if self._crosses else []
        if not front:
            return super()._good_rows()
        places = np.linspace(0, len(front) - 1, min(GOOD_TRIALS, len(front)))
        return [front[k] for k in dict.fromkeys(places.round().astype(int))]

    def _some_neighbours(self, row: Rows, rng: np.random.Generator) -> Rows:
        near = super()._some_neighbours(row, rng)
        front = self._front() if self._crosses and len(near) else []
        if not front:
            return near
        machines = np.array(front)[rng.integers(len(front), size=len(near))]
        crossed = np.where(self.tried.columns, near, machines).astype(np.int32)
        return np.concatenate([near, crossed[self.space.valid_rows(crossed)]])

    def _front(self) -> list[Rows]:
        """Feasible trials that no other beats, in the order of the first objective."""
        feasible = [k for k, told in enumerate(self._history) if told.is_feasible]
        if not feasible:
            return []
        values = np.array([self.goals.vector(self._history[k].outcome) for k in feasible])
        kept = np.flatnonzero(non_dominated(values))
        return [self._told_rows[feasible[k]] for k in kept[np.lexsort(values[kept].T[::-1])]]
