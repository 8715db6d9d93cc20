"""Networks ranked by a predictor, each with the hardware that is exactly the best for it.

HAO: Dong, Gao, Huang, Wawrzynek, So, Keutzer, "Hardware-aware Neural Architecture Optimization for
Efficient Inference" (FCCM 2021, arXiv:2104.12766); from its abstract, its code was not seen.

The paper's: integer programming sizes the FPGA's engines for a network, a predictor of the accuracy
of quantised networks ranks those that fit, and the best of these are evaluated.

Our reading: the predictor is a ridge regression of the reward on the values of the network's
parameters (see `AdditiveModel`), learned anew from what was evaluated before each suggestion.
Networks are asked for the best hardware in the order of their ranks; those for which none keeps the
limits are passed over without an evaluation. What solves the hardware is given to the search,
which knows nothing of hardware: ``solve``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from bohwsw.checks import whole_option
from bohwsw.errors import SpecError
from bohwsw.space import Point, Space
from bohwsw.strategies.base import Rows
from bohwsw.strategies.outcome import Told
from bohwsw.strategies.published.additive import AdditiveModel
from bohwsw.strategies.published.choices import Choices
from bohwsw.strategies.published.learning import LearningStrategy
from bohwsw.strategies.tried_values import columns_of

MOST_NETWORKS = 1024
"""Ranked before a suggestion; random ones where there are more."""

Solve = Callable[[Point], Mapping[str, Any] | None]


class ExactHardwareStrategy(LearningStrategy):
    """Evaluates the networks that promise most, each on its best hardware.

    Args:
        hardware: names of the parameters that are hardware; none: only networks are chosen.
        solve: gives the hardware for the parameters of a network; None where nothing will do.
        n_initial: random networks before the predictor is used.

    Attributes:
        solved: how many networks were asked for the best hardware.

    Raises:
        SpecError: a name is none of a parameter, there is hardware and nothing that solves it, or
            an option is out of its range.
    """

    def __init__(
        self,
        space: Space,
        seed: int = 0,
        *,
        hardware: Sequence[str] = (),
        solve: Solve | None = None,
        n_initial: int = 8,
        **common: Any,
    ) -> None:
        super().__init__(space, seed, **common)
        self._is_network = ~columns_of(space, hardware)
        if hardware and solve is None:
            expected = "a function from a network's parameters to hardware"
            raise SpecError("nothing solves the hardware", key_path="solve", expected=expected)
        self.n_initial = whole_option("n_initial", n_initial)
        self.choices = Choices(space, self.seed)
        self.solve, self._hardware = solve, tuple(hardware)
        self._best: dict[bytes, Rows | None] = {}
        self._told: dict[bytes, Rows] = {}

    @property
    def solved(self) -> int:
        """See the class."""
        return len(self._best)

    def _suggest(self, rng: np.random.Generator) -> Rows:
        rows = self._every_network
        if rows is None:
            rows = self._distinct(self._fresh_rows(MOST_NETWORKS, rng))
        rows = rng.permutation(rows)[:MOST_NETWORKS]
        if len(self._told) >= self.n_initial:
            told = np.array(list(self._told.values()))
            rewards = self._rewards(list(self._told))
            found = AdditiveModel(self.choices, self._networks(told), rewards)
            rows = rows[np.argsort(-found.predict(self._networks(rows)), kind="stable")]
        for row in rows:
            best = self._solved(row)
            if best is not None and len(self._free(best[None])):
                return best
        return self._fresh_row(rng)  # every network has had its turn

    def _learn(self, row: Rows, told: Told, rng: np.random.Generator) -> None:
        self._told[row.tobytes()] = row

    @cached_property
    def _every_network(self) -> Rows | None:
        """A row of each network of a small space."""
        return None if self._everything is None else self._distinct(self._everything)

    def _distinct(self, rows: Rows) -> Rows:
        """One row of each network among these."""
        return rows[np.unique(rows[:, self._is_network], axis=0, return_index=True)[1]]

    def _networks(self, rows: Rows) -> Rows:
        """Rows without what tells hardware apart."""
        return np.where(self._is_network, rows, 0)

    def _solved(self, row: Rows) -> Rows | None:
        """The row of a network on its best hardware; None if there is none."""
        if self.solve is None:
            return row
        key = row[self._is_network].tobytes()
        if key not in self._best:
            point = self.space.point(row)
            network = {name: x for name, x in point.items() if name not in self._hardware}
            hardware = self.solve(network)
            found = None if hardware is None else self.require_valid({**network, **hardware})
            self._best[key] = found
        return self._best[key]
