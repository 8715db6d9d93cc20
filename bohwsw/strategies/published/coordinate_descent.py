"""Several layers at a time: the candidate that loses least for the resource that it saves.

T.-J. Yang, Y.-L. Liao and V. Sze, "NetAdaptV2: Efficient Neural Architecture Search with Fast
Super-Network Training and Architecture Optimization", CVPR 2021, arXiv:2104.00031; from memory.

The paper's: from the largest network, each step draws candidates that change several random layers
at once, each saving a given amount of the resource (less from step to step), and goes on from the
one with the best accuracy for it, until the target is met. The metric may be of any kind.

Our reading: the resource is how far a design is over its limits, as it was told, and a candidate
has to save at least half of what the one that saves most does. The start is the first that is told
(``first`` may name the largest network), otherwise random. The accuracy of a network over its
limits is that told for it, where the evaluation trains such networks too; most here do not, and
answer "infeasible" with measured metrics: then it is what a ridge regression of all known
objectives on the values says, which is not the paper's. A paper's run ends at the target; here the
descent goes on within the limits, by the objective alone, and begins anew at a random network, now
and then, once rounds bring nothing better.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from bohwsw.checks import whole_option
from bohwsw.space import Space
from bohwsw.strategies.base import Rows
from bohwsw.strategies.outcome import Told, TrialState
from bohwsw.strategies.published.additive import AdditiveModel, LearnedLimits
from bohwsw.strategies.published.choices import Choices
from bohwsw.strategies.published.learning import MAX_TRIES, LearningStrategy, stepped

FRESH = 64
STILL_OVER = 0.7
"""Of what a network is over its limits by, a candidate should be over by so much at most."""
PATIENCE = 5
"""Steps without a better network within the limits after which it begins anew."""

Score = tuple[float, float]


class CoordinateDescentStrategy(LearningStrategy):
    """Draws candidates around a network and goes on from the best for what it saves.

    Args:
        candidates: of a step.
        layers: how many parameters a candidate changes at most; None for a fifth of them, at least
            two.
    """

    def __init__(
        self,
        space: Space,
        seed: int = 0,
        *,
        candidates: int = 8,
        layers: int | None = None,
        **common: Any,
    ) -> None:
        super().__init__(space, seed, **common)
        self.candidates = whole_option("candidates", candidates)
        most = max(2, space.n_columns // 5) if layers is None else layers
        self.layers = whole_option("layers", most)
        self.choices = Choices(space, self.seed)
        self._limits = LearnedLimits(self.choices)
        self._current: Rows | None = None
        self._known: dict[bytes, tuple[Rows, float]] = {}  # objectives, those over limits too
        self._round: list[Rows] = []
        self._still = 0

    def _suggest(self, rng: np.random.Generator) -> Rows:
        if self._current is None:
            rows = self._fresh_rows(FRESH, rng)
            return self._limits.first(rows, self._told_rows, self._history)
        over = self._told(self._current)[0]
        most = over * STILL_OVER if math.isfinite(over) else 0.0
        spare, least = None, math.inf
        for tried in range(MAX_TRIES):
            # Where all that is near was tried, what is farther.
            moves = 1 + int(rng.integers(self.layers)) + tried // 8
            row = stepped(self.space, self._current, moves, rng)
            if self._is_taken(row):
                continue
            over = float(self._limits.over(row[None], self._told_rows, self._history)[0])
            if over <= most:
                return row
            spare, least = (row, over) if over < least else (spare, least)
        return self._fresh_row(rng) if spare is None else spare

    def _learn(self, row: Rows, told: Told, rng: np.random.Generator) -> None:
        if told.outcome.state is TrialState.COMPLETED:
            self._known[row.tobytes()] = row, float(self.goals.vector(told.outcome)[0])
        if self._current is None:
            self._current, self._round, self._still = row, [], 0
            return
        self._round.append(row)
        if len(self._round) < self.candidates:
            return
        found, self._round = self._chosen(self._current, self._round), []
        self._still = self._still + 1 if found is None else 0
        if found is not None:
            self._current = found
        elif self._still >= PATIENCE or math.isinf(self._told(self._current)[0]):
            self._current = None

    def _chosen(self, current: Rows, rows: list[Rows]) -> Rows | None:
        """The candidate to go on from; None if all are worse."""
        over, objective = self._told(current)
        if over == 0.0:
            best = min(rows, key=self._told)
            return best if self._told(best) < (over, objective) else None
        saved = np.array([over - self._told(row)[0] for row in [*rows, current]])
        if math.isinf(over):  # nothing was told but that it is over
            return min(rows, key=self._told) if np.isinf(saved).any() else None
        if not saved.max() > 0.0:
            return None
        lost = self._objectives([*rows, current])
        lost -= lost[-1]
        enough = saved >= saved.max() / 2.0
        # What gains is taken whatever it saves; of what loses, the least for what is saved.
        scores = np.where(lost < 0.0, lost, lost / np.where(enough, saved, 1.0))
        return rows[int(np.lexsort((-saved, np.where(enough, scores, np.inf)))[0])]

    def _told(self, row: Rows) -> Score:
        return self._seen[row.tobytes()]

    def _objectives(self, rows: list[Rows]) -> np.ndarray[Any, np.dtype[np.float64]]:
        """As told ``[n]``; as predicted of all where one of them was not told."""
        if all(row.tobytes() in self._known for row in rows):
            return np.array([self._known[row.tobytes()][1] for row in rows])
        pairs = list(self._known.values())
        told = np.array([row for row, _ in pairs]).reshape(-1, self.space.n_columns)
        model = AdditiveModel(self.choices, told, np.array([value for _, value in pairs]))
        return model.predict(np.array(rows))
