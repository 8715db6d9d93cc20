"""Evolution in a space that shrinks, from the last layers to the first.

X. Luo et al., "HSCoNAS: Hardware-Software Co-Design of Efficient DNNs via Neural Architecture
Search", DATE 2021.

The paper's: the space shrinks in stages, from the last layers to the first; of each layer the
operator stays whose sampled networks score best. Evolution follows (population 50, 20 generations)
in what is left. The score is of accuracy and of ``|latency / target - 1|``.

Our reading: layers are the parameters in their order, those that are tied together as one. A stage
takes a share of ``budget`` trials, and evolution goes on meanwhile. A layer is not fixed: it keeps
the half of its values that do best in the mean of the networks that have them, all else being equal
(a ridge regression of ranks), and always that of the best trial of all. Where the paper's evolution
has the accuracies of a supernet, which cost no training, the regression chooses one of two
children. The latency is a limit of the outcome, its table is learned (`ScreenedEvolution`); a
target is met by a score of one's own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from bohwsw.checks import real_option
from bohwsw.space import Space
from bohwsw.strategies.base import Rows
from bohwsw.strategies.published.additive import AdditiveModel, fitted_trials
from bohwsw.strategies.published.screened import ScreenedEvolution

OUTSIDE = 0.25
"""The share of children that may have what was lost, as few trials may have misjudged it."""
PAIRS = 0.5
"""The weight of what two values together add to a rank."""


class ShrinkingEvolutionStrategy(ScreenedEvolution):
    """Breeds from the best trials, and takes from layer after layer what has not done well.

    Args:
        kept: the share of its values that a layer keeps.
        **options: as for `ScreenedEvolution`.
    """

    def __init__(self, space: Space, seed: int = 0, *, kept: float = 0.5, **options: Any) -> None:
        super().__init__(space, seed, **options)
        self.kept = real_option("kept", kept, "(0, 1]")
        self._learned: tuple[int, AdditiveModel | None, dict[int, set[int]]] = (-1, None, {})

    def _suggest(self, rng: np.random.Generator) -> Rows:
        lost = self._lost()
        rows = [self._told_rows[index] for index in self._completed_order()] if lost else []
        inside = [row for row in rows if not _has(row, lost)][: self.population]
        if not inside or rng.random() < OUTSIDE:
            return super()._suggest(rng)
        return self._bred(inside, rng, lambda child: None if _has(child, lost) else child)

    def _bred(
        self,
        parents: list[Rows],
        rng: np.random.Generator,
        made: Callable[[Rows], Rows | None] | None = None,
    ) -> Rows:
        one, model = super()._bred(parents, rng, made), self._stage()[0]
        if model is None:
            return one
        two = super()._bred(parents, rng, made)
        return one if np.diff(model.predict(np.array([one, two])))[0] >= 0.0 else two

    def _lost(self) -> dict[int, set[int]]:
        """Codes by column that the space has lost so far; the stages are those of the history."""
        return self._stage()[1]

    def _stage(self) -> tuple[AdditiveModel | None, dict[int, set[int]]]:
        """What ranks of trials are predicted by, None before any is completed; what is lost."""
        n, begin = fitted_trials(len(self._history)), self.start * self.budget
        if self._learned[0] != n:
            groups = [columns for columns in self.space.group_columns if len(columns) == 1]
            groups.sort(key=lambda columns: -int(columns[0]))
            each = (self.budget - begin) / max(1, len(groups))
            stage = min(len(groups), max(0, int((n - begin) / each)))
            order = [index for index in self._completed_order() if index < n]
            rows = np.array([self._told_rows[index] for index in order])
            columns = [int(group[0]) for group in groups[:stage]]
            self._learned = n, None, {}
            if order:
                ranks = np.arange(len(rows)) / len(rows)
                model = AdditiveModel(self.choices, rows, ranks, pairs=PAIRS)
                self._learned = n, model, self._worst(rows, columns, model)
        return self._learned[1:]

    def _worst(self, rows: Rows, columns: list[int], model: AdditiveModel) -> dict[int, set[int]]:
        """The codes of some columns that do worst in rows, which come best first."""
        places, lost = self.choices.all_places(rows), dict[int, set[int]]()
        for column in columns:
            codes, firsts = np.unique(rows[:, column], return_index=True)
            effects = np.where(firsts == 0, -np.inf, model.effects[places[firsts, column]])
            n = max(1, round(self.kept * len(codes)))
            lost[column] = set(codes[np.argsort(effects)[n:]].tolist())
        return lost


def _has(row: Rows, lost: dict[int, set[int]]) -> bool:
    return any(int(row[column]) in codes for column, codes in lost.items())
