"""Random search: valid points, about evenly over the space, none twice."""

from __future__ import annotations

import numpy as np

from bohwsw.strategies.base import Rows, Strategy


class RandomStrategy(Strategy):
    """Draws valid points without looking at outcomes: what every other strategy must beat."""

    def _suggest(self, rng: np.random.Generator) -> Rows:
        return self._fresh_row(rng)
