"""From simple networks to less simple ones, of which a predictor chooses those to be evaluated.

C. Liu et al., "Progressive Neural Architecture Search", ECCV 2018 (PNAS); from memory, its code was
not seen.

The paper's: all cells of one block are trained. Each level then adds a block, of every kind, to the
K cells of the level before; a predictor of accuracy (an ensemble of recurrent or plain networks)
that learned from all levels so far ranks these, the best K (256) are trained, and it learns again.

Our reading: a space of parameters has no empty cell. The simplest network is a random one, the best
of ``n_initial``, and a network of level b differs from it in b parameters, or as many moves where
constraints tie them together. The predictor is a ridge regression of the reward on the values and
pairs of them; networks that should miss their limits, by another one (`LearnedLimits`), come last,
those nearest to them first. A level expands
the best ``kept`` of the level before; after the last level, or one that has no network better than
the best before it, the best of all is the new simplest network.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from bohwsw.checks import whole_option
from bohwsw.space import Space
from bohwsw.strategies.base import Rows
from bohwsw.strategies.outcome import Told
from bohwsw.strategies.published.additive import AdditiveModel, LearnedLimits
from bohwsw.strategies.published.choices import Choices
from bohwsw.strategies.published.learning import LearningStrategy

PAIRS = 0.1
"""How large pairs of values count against values alone."""
FRESH = 64
MOST_EXPANSIONS = 2048
"""Ranked a level; random ones of more."""


class ProgressiveStrategy(LearningStrategy):
    """Expands the best networks of a level by one more choice that differs from the simplest.

    Args:
        kept: networks that a level evaluates, by the predictor's order (K of the paper).
        n_initial: random networks before the first level.

    Attributes:
        level: how many choices the networks now asked for have changed.
    """

    def __init__(
        self, space: Space, seed: int = 0, *, kept: int = 12, n_initial: int = 24, **common: Any
    ) -> None:
        super().__init__(space, seed, **common)
        self.kept, self.n_initial = whole_option("kept", kept), whole_option("n_initial", n_initial)
        self.choices = Choices(space, self.seed)
        self._limits = LearnedLimits(self.choices)
        self.level = 0
        self._rows: dict[bytes, Rows] = {}
        self._base: Rows | None = None
        self._best_before = (np.inf, np.inf)
        self._beam: list[Rows] = []  # of this level, the predictor's best first
        self._found: list[Rows] = []  # told since this level began

    def _suggest(self, rng: np.random.Generator) -> Rows:
        free = self._free(np.array(self._beam).reshape(-1, self.space.n_columns))
        if len(free):
            return np.asarray(free[0])
        return self._limits.first(self._fresh_rows(FRESH, rng), self._told_rows, self._history)

    def _learn(self, row: Rows, told: Told, rng: np.random.Generator) -> None:
        self._rows[row.tobytes()] = row
        self._found.append(row)
        if len(self._found) < (self.kept if self.level else self.n_initial):
            return
        ranked = sorted(self._found, key=self._score)
        best = self._score(ranked[0])
        more = self._expanded(ranked[: self.kept] if self.level else [])
        if not len(more) or not best < self._best_before:
            self._base = min(self._rows.values(), key=self._score)
            self.level, ranked = 0, [self._base]
            more = self._expanded(ranked)
        self._best_before = min(best, self._best_before)
        self.level += 1
        self._found = []
        self._beam = list(self._ranked(more, rng))

    def _score(self, row: Rows) -> tuple[float, float]:
        return self._seen[row.tobytes()]

    def _expanded(self, rows: list[Rows]) -> Rows:
        """Networks one move away, with one more choice that the simplest does not have."""
        found = [np.zeros((0, self.space.n_columns), np.int32)]
        for row in rows:
            near = self.space.neighbour_rows(row)
            changed, before = (near != self._base).sum(axis=1), (row != self._base).sum()
            found.append(near[changed > before])
        return self._free(np.concatenate(found))

    def _ranked(self, rows: Rows, rng: np.random.Generator) -> Rows:
        """The best ``kept`` by the predictor, of what was told so far."""
        if len(rows) > MOST_EXPANSIONS:
            rows = rows[np.sort(rng.choice(len(rows), MOST_EXPANSIONS, replace=False))]
        kept = [key for key in self._rows if self._seen[key][0] == 0.0]
        told = np.array([self._rows[key] for key in kept])
        model = (
            AdditiveModel(self.choices, told, self._rewards(kept), pairs=PAIRS) if kept else None
        )
        worth = model.predict(rows) if model else np.zeros(len(rows))
        over = np.maximum(self._limits.over(rows, self._told_rows, self._history), 0.0)
        return rows[np.lexsort((-worth, over))][: self.kept]
