"""A steady-state genetic algorithm whose children are valid by construction.

Crossover exchanges whole groups of parameters that constraints tie together, so a child of two
valid parents is valid; mutation walks to valid neighbours. Selection by tournament (D. E. Goldberg
and K. Deb, "A comparative analysis of selection schemes used in genetic algorithms", 1991). Where
no trial is completed yet, those that are least over their limits are the parents (K. Deb, "An
efficient constraint handling method for genetic algorithms", 2000).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from bohwsw.checks import real_option, whole_option
from bohwsw.space import Space
from bohwsw.strategies.base import Rows, Strategy

MAX_TRIES = 30


class EvolutionaryStrategy(Strategy):
    """Breeds from the best trials so far; random until there are some.

    Args:
        population: how many of the best completed trials may be parents; as many random points
            come first.
        tournament: how many are drawn to choose one parent; more presses harder.
        crossover: the chance of two parents instead of one.
    """

    def __init__(
        self,
        space: Space,
        seed: int = 0,
        *,
        population: int = 16,
        tournament: int = 3,
        crossover: float = 0.6,
        **common: Any,
    ) -> None:
        super().__init__(space, seed, **common)
        self.population = whole_option("population", population, least=2)
        self.tournament = whole_option("tournament", tournament)
        self.crossover = real_option("crossover", crossover, "[0, 1]")

    def _suggest(self, rng: np.random.Generator) -> Rows:
        order = self._completed_order() or self._nearest_to_limits()
        if not order or len(self._history) + len(self._pending) < self.population:
            return self._fresh_row(rng)
        parents = [self._told_rows[index] for index in order[: self.population]]
        return self._bred(parents, rng)

    def _bred(self, parents: list[Rows], rng: np.random.Generator) -> Rows:
        """A child that was not tried yet."""
        for _ in range(MAX_TRIES):
            child = self._mutated(self._child(parents, rng), rng)
            if not self._is_taken(child):
                return child
        return self._fresh_row(rng)

    def _nearest_to_limits(self) -> list[int]:
        """Trials that tell by how much they break an outcome constraint, the least first."""
        known = [[x for x in told.violations if x is not None] for told in self._history]
        return sorted((k for k, own in enumerate(known) if own), key=lambda k: max(known[k]))

    def _child(self, parents: list[Rows], rng: np.random.Generator) -> Rows:
        """One parent, or two with their groups mixed."""
        child = self._selected(parents, rng).copy()
        if rng.random() < self.crossover:
            other = self._selected(parents, rng)
            child = self.space.crossed(child, other, rng)
        return child

    def _selected(self, parents: list[Rows], rng: np.random.Generator) -> Rows:
        """The best of a few drawn at random; parents come best first."""
        return parents[int(rng.integers(len(parents), size=self.tournament).min())]

    def _mutated(self, row: Rows, rng: np.random.Generator) -> Rows:
        """One move to a valid neighbour, at times more."""
        for _ in range(int(rng.geometric(0.6))):
            neighbours = self.space.neighbour_rows(row)
            if not len(neighbours):
                break
            # First which parameters move, then how: else wide domains would take all moves.
            changed = neighbours != row
            kinds, kind_of = np.unique(changed, axis=0, return_inverse=True)
            kind = int(rng.integers(len(kinds)))
            row = neighbours[rng.choice(np.flatnonzero(kind_of.ravel() == kind))]
        return row
