"""Evolution that knows what an operator costs, and breeds nothing that should miss a limit.

The tables of HSCoNAS and HURRICANE, measured before the search, are learned here (`LearnedLimits`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from bohwsw.checks import real_option, whole_option
from bohwsw.space import Space
from bohwsw.strategies.base import Rows
from bohwsw.strategies.evolutionary import MAX_TRIES, EvolutionaryStrategy
from bohwsw.strategies.published.additive import LearnedLimits
from bohwsw.strategies.published.choices import Choices

FRESH = 64
"""Random rows of which one is asked for."""


class ScreenedEvolution(EvolutionaryStrategy):
    """Breeds, and draws, what should keep its limits.

    Args:
        budget: trials in which its stages end; the whole run, if that is known.
        start: the share of them before the first stage.
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
        **options: Any,
    ) -> None:
        super().__init__(space, seed, **options)
        self.budget = whole_option("budget", budget)
        self.start = real_option("start", start, "[0, 1)")
        self.choices = Choices(space, self.seed)
        self._limits = LearnedLimits(self.choices)

    def _fresh_row(self, rng: np.random.Generator) -> Rows:
        rows = self._fresh_rows(FRESH, rng)
        return self._limits.first(rows, self._told_rows, self._history)

    def _bred(
        self,
        parents: list[Rows],
        rng: np.random.Generator,
        made: Callable[[Rows], Rows | None] | None = None,
    ) -> Rows:
        """A child; ``made`` changes it, or returns None for one that is not wanted."""
        spare, least = None, np.inf
        for _ in range(MAX_TRIES):
            child: Rows | None = self._mutated(self._child(parents, rng), rng)
            child = child if child is None or made is None else made(child)
            if child is None or self._is_taken(child):
                continue
            over = self._limits.over(child[None], self._told_rows, self._history)[0]
            if over <= 0.0:
                return child
            spare, least = (child, over) if over < least else (spare, least)
        return super()._bred(parents, rng) if spare is None else spare
