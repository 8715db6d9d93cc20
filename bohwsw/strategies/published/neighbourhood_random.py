"""NA-RS: random search whose draws are judged by all their neighbours, which are evaluated too.

X. Wang, S. Cao, M. Li and K. M. Kitani, "Neighborhood-Aware Neural Architecture Search" (BMVC 2021,
arXiv:2105.06369). Neighbours at an edit distance of one and their mean are the paper's; that every
one of them counts as an evaluation, limits, and other aggregates are our reading. At equal numbers
of evaluations it sees a fraction of the designs that random search sees; `robust` asks a model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bohwsw.aggregates import aggregate_of
from bohwsw.space import Space
from bohwsw.strategies.base import Rows, Strategy
from bohwsw.strategies.outcome import Outcome, Told
from bohwsw.strategies.published.robust import Neighbourhood


class NeighbourhoodRandomStrategy(Strategy):
    """Draws a design, has its neighbours evaluated, draws the next.

    Its best trial is the design whose neighbourhood is the best of those that are all evaluated.
    Infeasible neighbours are left out; those of a design that is not feasible are not tried.

    Args:
        aggregate, around: as for `RobustStrategy`.
        **common: as for every strategy.

    Raises:
        SpecError: an option is out of its range, a name unknown, or there are no neighbours.
    """

    by_others = True

    def __init__(
        self,
        space: Space,
        seed: int = 0,
        *,
        aggregate: Any = "mean",
        around: Sequence[str] = (),
        **common: Any,
    ) -> None:
        super().__init__(space, seed, **common)
        self.aggregate = aggregate_of(aggregate)
        self._neighbourhood = Neighbourhood(space, around)
        self._centres: list[Rows] = []
        self._members: set[bytes] = set()
        self._losses: dict[bytes, float | None] = {}

    def tell(self, point: Mapping[str, Any], outcome: Outcome) -> None:
        """Report what came of a point; see `Strategy.tell`."""
        super().tell(point, outcome)
        row, told = self._told_rows[-1], self._history[-1]
        key = row.tobytes()
        self._losses[key] = float(self.goals.vector(outcome)[0]) if told.is_feasible else None
        if key not in self._members and told.is_feasible:
            self._centres.append(row)
            self._members |= {near.tobytes() for near in self._neighbourhood(row)}

    def _suggest(self, rng: np.random.Generator) -> Rows:
        for centre in self._centres[::-1]:
            for near in self._neighbourhood(centre):
                if not self._is_taken(near):
                    found: Rows = near
                    return found
        return self._fresh_row(rng)

    @property
    def pareto_front(self) -> tuple[Told, ...]:
        """The design whose neighbourhood is the best, see ``best``."""
        return () if self.best is None else (self.best,)

    @property
    def best(self) -> Told | None:
        """The best by its neighbourhood; by itself while none is evaluated as a whole."""
        found: dict[int, float] = {}
        places = {row.tobytes(): k for k, row in enumerate(self._told_rows)}
        for centre in self._centres:
            keys = [near.tobytes() for near in self._neighbourhood(centre)]
            if all(key in self._losses for key in keys):
                losses = [x for key in keys if (x := self._losses[key]) is not None]
                found[places[centre.tobytes()]] = float(self.aggregate(np.array(losses)))
        if not found:
            return super().best
        return self._history[min(found, key=lambda k: found[k])]
