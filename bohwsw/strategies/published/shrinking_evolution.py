"""Evolution in a space that shrinks, from the last layers to the first.

X. Luo et al., "HSCoNAS: Hardware-Software Co-Design of Efficient DNNs via Neural Architecture
Search", DATE 2021.

The paper's: the space shrinks in stages, from the last layers to the first; of each layer the
operator stays whose sampled networks score best. Evolution follows (population 50, 20 generations)
in what is left. The score is of accuracy and of ``|latency / target - 1|``.

Our reading: layers are the parameters in their order, those that are tied together as one. A stage
takes a share of ``budget`` trials, and evolution goes on meanwhile. A layer is not fixed: it keeps
the half of its values that have the best trials (each value by its best trial, as few are sampled),
and always that of the best trial of all. A child gets what a layer lost back from a parent that has
what is left. The latency is a limit of the outcome; a target is met by a score of one's own.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from bohwsw.checks import real_option, whole_option
from bohwsw.space import Space
from bohwsw.strategies.base import Rows
from bohwsw.strategies.evolutionary import EvolutionaryStrategy

MAX_TRIES = 30


class ShrinkingEvolutionStrategy(EvolutionaryStrategy):
    """Breeds from the best trials, and takes from layer after layer what has not done well.

    Args:
        budget: trials in which the space shrinks; the whole run, if that is known.
        start: the share of them before the first stage.
        kept: the share of its values that a layer keeps.
        **options: as for `EvolutionaryStrategy`.

    Raises:
        SpecError: an option is out of its range.
    """

    def __init__(
        self,
        space: Space,
        seed: int = 0,
        *,
        budget: int = 200,
        start: float = 0.2,
        kept: float = 0.5,
        **options: Any,
    ) -> None:
        super().__init__(space, seed, **options)
        self.budget = whole_option("budget", budget)
        self.start = real_option("start", start, "[0, 1)")
        self.kept = real_option("kept", kept, "(0, 1]")

    def _suggest(self, rng: np.random.Generator) -> Rows:
        order = self._completed_order()
        lost = self._lost(order)
        if not lost:
            return super()._suggest(rng)
        parents = [self._told_rows[index] for index in order]
        inside = [row for row in parents if not _has(row, lost)][: self.population]
        for _ in range(MAX_TRIES):
            child = self._mutated(self._child(inside, rng), rng)
            if not self._is_taken(child) and not _has(child, lost):
                return child
        return super()._suggest(rng)

    def _lost(self, order: list[int]) -> dict[int, set[int]]:
        """Codes by column that the space has lost so far; the stages are those of the history."""
        groups = [columns for columns in self.space.group_columns if len(columns) == 1]
        groups.sort(key=lambda columns: -int(columns[0]))
        begin = self.start * self.budget
        if not order or not groups or len(self._history) <= begin:
            return {}
        each = (self.budget - begin) / len(groups)
        stage = min(len(groups), int((len(self._history) - begin) / each))
        rows = np.array([self._told_rows[index] for index in order])
        lost: dict[int, set[int]] = {}
        for columns in groups[:stage]:
            codes = rows[:, columns[0]]
            _, firsts = np.unique(codes, return_index=True)
            best_first = codes[np.sort(firsts)].tolist()
            n = max(1, round(self.kept * len(best_first)))
            lost[int(columns[0])] = set(best_first[n:])
        return lost


def _has(row: Rows, lost: dict[int, set[int]]) -> bool:
    return any(int(row[column]) in codes for column, codes in lost.items())
