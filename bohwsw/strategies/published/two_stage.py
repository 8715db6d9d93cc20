"""Choices pruned by their measured cost on this machine; then later layers before earlier ones.

L. L. Zhang, Y. Yang, Y. Jiang, W. Zhu and Y. Liu, "Fast Hardware-Aware Neural Architecture Search",
arXiv:1910.11609 (HURRICANE); from memory, its code was not seen.

The paper's: what an operator costs is measured on each machine, and a layer keeps those operators
that give most capacity (MACs, weights) for their latency there. Then two stages of evolution: the
later layers are searched while the earlier ones stay as they are, since later ones decide more of
the accuracy; then the earlier ones, with the later as found.

Our reading: the first trials are drawn at random, and ridge regressions of what they tell give each
value an effect on the violation of the limits and one on the objective, which stands for capacity.
A value goes if another of its layer is better in both; where no limit is told, by the objective all
but the better half go. Layers are the parameters in their order, half of them are later. Parameters
that constraints tie together lose nothing, and are one layer. What a network costs is predicted
from the table so learned, and those that should miss a limit are not trained. After both stages all
is free again, what was pruned too, as few trials may have misjudged it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from bohwsw.arrays import Values
from bohwsw.checks import real_option
from bohwsw.space import Space
from bohwsw.strategies.base import Rows
from bohwsw.strategies.outcome import TrialState
from bohwsw.strategies.published.additive import AdditiveModel
from bohwsw.strategies.published.screened import ScreenedEvolution

Flags = npt.NDArray[np.bool_]


class TwoStageStrategy(ScreenedEvolution):
    """Prunes by first trials, then breeds in the later layers, in the earlier ones, in all.

    Args:
        later: the share of the budget for the later layers, and again for the earlier ones.
        **options: as for `ScreenedEvolution`; what comes before the start is random, and prunes.
    """

    def __init__(self, space: Space, seed: int = 0, *, later: float = 0.3, **options: Any) -> None:
        super().__init__(space, seed, **options)
        self.later = real_option("later", later, f"[0, {(1.0 - self.start) / 2.0:g}]")
        groups = sorted(space.group_columns, key=lambda columns: int(columns[0]))
        half = len(groups) // 2
        self._halves = groups[:half], groups[half:]
        self._alone = np.zeros(space.n_columns, bool)
        self._alone[[int(columns[0]) for columns in groups if len(columns) == 1]] = True
        self._pruned: Flags | None = None

    def _suggest(self, rng: np.random.Generator) -> Rows:
        n, begin = len(self._history), round(self.start * self.budget)
        order = self._completed_order()
        if n < begin or not order:
            return self._fresh_row(rng)
        stage = int((n - begin) / max(1.0, self.later * self.budget))
        if stage > 1:
            return super()._suggest(rng)
        if self._pruned is None:
            self._pruned = self._dominated(begin)
        rows = [self._told_rows[index] for index in order]
        inside = [row for row in rows if not self._is_pruned(row)] or rows
        kept = np.concatenate([*self._halves[stage], np.zeros(0, int)]).astype(int)

        def searched(child: Rows) -> Rows | None:
            child[kept] = inside[0][kept]
            return None if self._is_pruned(child) else child

        return self._bred(inside[: self.population], rng, searched)

    def _is_pruned(self, row: Rows) -> bool:
        assert self._pruned is not None
        return bool(self._pruned[self.choices.places(row)][self._alone].any())

    def _dominated(self, n: int) -> Flags:
        """Which values ``[n_logits]`` go, by the first ``n`` trials."""
        cost, worth = self._effects(n)
        lost = np.zeros(self.choices.n_logits, bool)
        for part in self.choices.parts:
            if part.logits.shape[1] > 1:
                continue
            own = np.unique(part.logits)
            own = own[worth[own] != 0.0]  # those that no trial had stay
            if cost.any():
                better = (cost[own][:, None] < cost[own]) & (worth[own][:, None] < worth[own])
                lost[own] = better.any(axis=0)
            else:
                lost[own] = worth[own] > np.quantile(worth[own], 0.5) if len(own) else False
        return lost

    def _effects(self, n: int) -> tuple[Values, Values]:
        """Of values on the largest violation and on the objective, ``[n_logits]`` each."""
        costs, worths = list[tuple[Rows, float]](), list[tuple[Rows, float]]()
        for row, told in zip(self._told_rows[:n], self._history[:n], strict=True):
            if told.violations and None not in told.violations:
                costs.append((row, max(v for v in told.violations if v is not None)))
            if told.outcome.state is TrialState.COMPLETED:
                worths.append((row, float(self.goals.vector(told.outcome)[0])))
        fitted = []
        for pairs in (costs, worths):
            rows = np.array([row for row, _ in pairs]).reshape(-1, self.space.n_columns)
            fitted.append(AdditiveModel(self.choices, rows, np.array([v for _, v in pairs])))
        return fitted[0].effects, fitted[1].effects
