"""Simulated annealing that moves many coordinates first and fewer later.

C.-H. Hung et al., "FOX-NAS: Fast, On-device and Explainable Neural Architecture Search", ICCV
workshops 2021, and the authors' code (great8nctu/FOX-NAS, search_strategy).

The paper's: a move changes several coordinates at once by one step, 8 of 25 at the start, one less
every 1,000 trials; a network over the latency is never taken; a worse one is, by at most 0.1
points, once 500 trials brought nothing; 5,000 trials without a better one are the end.

Our reading: down to two coordinates, not five; the end is a restart from a random network; what is
"worse by little" is a share of the deviation of all that was seen; a start outside of the limits
moves towards them by what is told of them, and is drawn anew where nothing is; the schedule is
shorter, since a trial is no prediction here (``most_moves=8, least_moves=5, every=1000,
patience=500, restart=5000`` is theirs).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from bohwsw.checks import whole_option
from bohwsw.space import Space
from bohwsw.strategies.base import Rows
from bohwsw.strategies.outcome import Told
from bohwsw.strategies.published.learning import MAX_TRIES, LearningStrategy, stepped

WORST = (math.inf, math.inf)
TOLERANCE = 0.1
"""How much worse is slightly, in standard deviations of the feasible objectives so far."""


class AnnealingStrategy(LearningStrategy):
    """Walks from network to network, in shorter and shorter moves.

    Args:
        most_moves: coordinates that a move changes at the start; None for a fifth of them.
        least_moves: coordinates that it changes at the end: where the limit binds, one that is
            better alone is over it.
        every: trials of a walk after which it is one less.
        patience: trials without a better one after which a slightly worse one is taken.
        restart: trials without a better one after which the walk begins anew.
    """

    def __init__(
        self,
        space: Space,
        seed: int = 0,
        *,
        most_moves: int | None = None,
        least_moves: int = 2,
        every: int = 20,
        patience: int = 200,
        restart: int = 1000,
        **common: Any,
    ) -> None:
        super().__init__(space, seed, **common)
        moves = max(1, space.n_columns // 5) if most_moves is None else most_moves
        self.most_moves = whole_option("most_moves", moves)
        self.least_moves = min(whole_option("least_moves", least_moves), self.most_moves)
        self.every, self.patience = whole_option("every", every), whole_option("patience", patience)
        self.restart = whole_option("restart", restart)
        self._current: Rows | None = None
        self._current_value = WORST
        self._walk = (0, 0)  # trials of this walk, and those since the last that was better
        self._moments = (0, 0.0, 0.0)  # feasible trials, their sum of objectives and of squares

    def _suggest(self, rng: np.random.Generator) -> Rows:
        if self._current is None:
            return self._fresh_row(rng)
        moves = max(self.least_moves, self.most_moves - self._walk[0] // self.every)
        for tried in range(MAX_TRIES):
            # Where all that is near was tried, what is farther.
            row = stepped(self.space, self._current, moves + tried // 8, rng)
            if not self._is_taken(row):
                return row
        return self._fresh_row(rng)

    def _learn(self, row: Rows, told: Told, rng: np.random.Generator) -> None:
        value = self._value(told)
        if value[0] == 0.0:
            n, total, squares = self._moments
            self._moments = n + 1, total + value[1], squares + value[1] ** 2
        trials, still = self._walk
        is_better = value < self._current_value
        if is_better or (still > self.patience and self._is_near(value)):
            self._current, self._current_value, still = row, value, 0
        else:
            still += 1
        self._walk = trials + 1, still
        if still >= self.restart:
            self._current, self._current_value, self._walk = None, WORST, (0, 0)

    def _is_near(self, value: tuple[float, float]) -> bool:
        """Whether a feasible value is only slightly worse."""
        n, total, squares = self._moments
        deviation = math.sqrt(max(0.0, squares / n - (total / n) ** 2)) if n else 0.0
        return value[0] == 0.0 and value[1] - self._current_value[1] < TOLERANCE * deviation
