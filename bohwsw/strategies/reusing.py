"""Bayesian optimisation where some parameters are dear to try anew, and cheap to try again.

A network has to be trained once; on the next machine its accuracy is known. So of every few
suggestions one is free, and the others are at values of the costly parameters that were tried.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bohwsw.space import Space
from bohwsw.strategies.base import Rows, SpaceExhaustedError
from bohwsw.strategies.bayesian import GOOD_TRIALS, BayesianStrategy
from bohwsw.strategies.local_search import best_of, climb
from bohwsw.strategies.outcome import Outcome, TrialState
from bohwsw.strategies.tried_values import TriedValues


class ReusingStrategy(BayesianStrategy):
    """The Bayesian strategy, which tries costly values again on purpose.

    Args:
        costly: parameters whose values cost much to try anew.
        cheap_turns: how many suggestions after each are at such values that were tried.
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
        self.cheap_turns = cheap_turns if costly else 0
        self.tried = TriedValues(space, costly)
        self.only_tried = False

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
        best = [self._told_rows[index] for index in self._completed_order()[:GOOD_TRIALS]]
        near = np.concatenate([self._some_neighbours(row, rng) for row in best])
        fresh = self.tried.put_into(self._fresh_rows(self.pool, rng), rng)
        rows = self._free(np.concatenate([near[self.tried.among(near)], fresh]))
        if not len(rows) and self.only_tried:
            raise SpaceExhaustedError("everything was tried with the values that are known")
        if not len(rows):
            return super()._most_promising(rng)
        score = self._score(self.posteriors())
        starts, scores = best_of(rows, score, self.starts)

        def is_barred(row: Rows) -> bool:
            return self._is_taken(row) or self.tried.is_new(row)

        row, _ = climb(self.space, starts, scores, score, is_barred, rng)
        return row
