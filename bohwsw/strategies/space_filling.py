"""A design that stands for all valid points: few points, spread as evenly as the space allows.

Of a stock of random valid rows each point is the one that brings the design closest to the stock in
energy distance: "support points" (S. Mak and V. R. Joseph, Annals of Statistics 46 (6A), 2018),
taken one after the other as in kernel herding (Y. Chen, M. Welling and A. Smola, UAI 2010). It has
no width to choose. All rows of the stock are valid, whatever the constraints and the kinds of
parameters; a Sobol sequence would need a box.

Points as far apart as possible ("maximin") were measured too: they crowd the boundary, and the
points of wide spaces lie farther from them than from random ones.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from bohwsw.arrays import Values
from bohwsw.strategies.base import Rows, Strategy

STOCK_ROWS = 2048
FRESH_ROWS = 128
"""From so many is a point chosen once the stock is used up."""

CHUNK_ROWS = 256


class SpaceFillingStrategy(Strategy):
    """Spreads points over the valid ones without looking at outcomes.

    All points so far are part of the design: told, pending, and those given as ``first``.
    """

    def _suggest(self, rng: np.random.Generator) -> Rows:
        """The row x with the least mean |x - y| over the stock, less sum |x - s| / (n + 1).

        The sum goes over the n points s of the design. The difference is what x adds to the energy
        distance of the n + 1 points.
        """
        rows, x, away = self._stock
        left = np.array([not self._is_taken(row) for row in rows])
        if left.any():
            rows, x, away = rows[left], x[left], away[left]
        else:
            rows = self._fresh_rows(FRESH_ROWS, rng)
            stock, x = x, self.space.encode_rows(rows)
            away = distance_sums(x, stock) / len(stock)
        design = self.space.encode_rows(self._design_rows())
        gain = distance_sums(x, design) / (len(design) + 1)
        row: Rows = rows[int(np.argmin(away - gain))]
        return row

    @cached_property
    def _stock(self) -> tuple[Rows, Values, Values]:
        """Valid rows ``[n, d]``, encoded ``[n, width]``, and their mean distances to all ``[n]``.

        Rows that were drawn twice stay: the stock stands for the even draw.
        """
        rows = self.space.sample_rows(STOCK_ROWS, np.random.default_rng([self.seed, 2]))
        x = self.space.encode_rows(rows)
        return rows, x, distance_sums(x, x) / len(x)

    def _design_rows(self) -> Rows:
        told = np.array(self._told_rows, dtype=np.int32).reshape(-1, self.space.n_columns)
        return np.concatenate([told, self._pending_rows()])


def distance_sums(x: Values, y: Values) -> Values:
    """Sum ``[n]`` of the Euclidean distances of points ``[n, width]`` to points ``[m, width]``."""
    sums = np.zeros(len(x))
    y_squared = (y**2).sum(axis=1)
    for begin in range(0, len(x), CHUNK_ROWS):
        part = x[begin : begin + CHUNK_ROWS]
        squared = (part**2).sum(axis=1)[:, None] + y_squared - 2.0 * part @ y.T
        sums[begin : begin + CHUNK_ROWS] = np.sqrt(np.maximum(squared, 0.0)).sum(axis=1)
    return sums
