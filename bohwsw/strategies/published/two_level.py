"""Co-exploration of networks and hardware in two levels, of which only the slow one trains.

W. Jiang et al., "Hardware/software co-exploration of neural architectures", arXiv:1907.04650, and
the first author's controller (weiwenjiang/rl_interface @060823f: ``num_hw_per_child: 10``).

The paper's: a controller draws a network and its hardware. Hardware that misses its limits is drawn
anew for the same network, up to 10 times, without training (fast level); if none will do, the
reward is -1. Otherwise the network is trained (slow level). Policy gradient with an exponential
mean of the rewards as baseline; a network seen before gives its stored reward.

Our reading: the controller is that of `PolicyGradientStrategy`, hardware and network in one; a
reward is of accuracy only, since limits are limits here. Ours, ``screened``: what designs over a
limit have in common is learned by ridge regressions of how far they are over it, for which nothing
is trained either, and of the designs that are drawn the first is asked for that should be within.
The evaluation decides what is trained: it has to look at the hardware first, as those here do, and
answer a design over its limits as infeasible.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from bohwsw.arrays import Values
from bohwsw.checks import whole_option
from bohwsw.space import Space
from bohwsw.strategies.base import Rows
from bohwsw.strategies.outcome import Told, TrialState
from bohwsw.strategies.published.policy_gradient import DRAWS, TEMPERATURES, PolicyGradientStrategy
from bohwsw.strategies.tried_values import columns_of

RIDGE = 1e-3


class TwoLevelStrategy(PolicyGradientStrategy):
    """Draws hardware anew where it misses its limits, and trains what keeps them.

    Args:
        hardware: names of the parameters that are hardware; none: only networks are chosen.
        hardware_draws: how often hardware is drawn anew for one network.
        screened: whether designs are passed over that are predicted to miss their limits.
        **options: as for `PolicyGradientStrategy`, without batches.

    Raises:
        SpecError: a name is none of a parameter; an option is out of its range.
    """

    def __init__(
        self,
        space: Space,
        seed: int = 0,
        *,
        hardware: Sequence[str] = (),
        hardware_draws: int = 10,
        screened: bool = True,
        **options: Any,
    ) -> None:
        super().__init__(space, seed, **options)
        self._is_hardware = columns_of(space, hardware)
        self.hardware_draws = whole_option("hardware_draws", hardware_draws, least=0)
        self.screened = screened
        self._missed: tuple[Rows, int] | None = None  # a network and how often it was tried
        n = self.choices.n_logits
        self._squares = RIDGE * np.eye(n)
        self._products = np.zeros((n, len(self.goals.constraints)))

    def _suggest(self, rng: np.random.Generator) -> Rows:
        if self._missed is not None:
            rows = self._with_new_hardware(self._missed[0], rng)
            free = self._screened(self._free(rows))
            if len(free):
                return np.asarray(free[0])
        for temperature in TEMPERATURES:
            rows = self.policy.draw(4 * DRAWS, rng, temperature)
            free = self._screened(self._free(rows))
            if len(free):
                return np.asarray(free[0])
        fresh = self._fresh_rows(DRAWS, rng)
        return np.asarray(fresh[int(np.argmax(self._over(fresh) <= 0.0))])

    def _learn(self, row: Rows, told: Told, rng: np.random.Generator) -> None:
        places = self.choices.places(row)
        if all(v is not None for v in told.violations):
            self._squares[np.ix_(places, places)] += 1.0
            self._products[places] += np.array(told.violations, np.float64)
        is_missed = told.outcome.state is TrialState.INFEASIBLE and self._is_hardware.any()
        known, tries = self._missed or (row, 0)
        if is_missed and (known == row)[~self._is_hardware].all() and tries < self.hardware_draws:
            self._missed = row, tries + 1
            return  # the fast level: the controller learns of its last draw only
        self._missed = (row, 1) if is_missed and tries < self.hardware_draws else None
        if self._missed is None:
            super()._learn(row, told, rng)

    def _screened(self, rows: Rows) -> Rows:
        """Those that should keep all limits, or all of them where nothing is known of these."""
        return np.asarray(rows[self._over(rows) <= 0.0])

    def _over(self, rows: Rows) -> Values:
        """By how much rows ``[n, n_columns]`` should miss a limit: ``[n]``, at most 0 if none."""
        if not (self.screened and len(rows) and self._products.any()):
            return np.zeros(len(rows))
        weights = np.linalg.solve(self._squares, self._products)
        return np.array([weights[self.choices.places(row)].sum(axis=0).max() for row in rows])

    def _with_new_hardware(self, row: Rows, rng: np.random.Generator) -> Rows:
        """Rows ``[DRAWS, n_columns]`` of the same network, hardware as the controller draws it."""
        is_network = [~self._is_hardware[part.columns] for part in self.choices.parts]
        allowed = [
            (part.rows == row[part.columns])[:, fixed].all(axis=1)
            for part, fixed in zip(self.choices.parts, is_network, strict=True)
        ]
        lost = [
            part.columns
            for part, own in zip(self.choices.parts, allowed, strict=True)
            if not own.any()
        ]
        rows = self.policy.draw(DRAWS, rng, allowed=[own | ~own.any() for own in allowed])
        for columns in lost:  # combinations stand for those of this network
            rows[:, columns] = row[columns]
        return rows
