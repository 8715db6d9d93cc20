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
from bohwsw.space import Space
from bohwsw.strategies.base import Rows, Strategy

STOCK_ROWS = 2048
FRESH_ROWS = 128
"""From so many is a point chosen once the stock is used up."""

CHUNK_ROWS = 256

FAR_ROWS = 16
"""Among so many rows other strategies take the farthest one."""

EVEN_ROWS, EVEN_STOCK = 128, 512
"""Among so many rows other strategies take the most even one, and so many stand for all points."""


class SpaceFillingStrategy(Strategy):
    """Spreads points over the valid ones without looking at outcomes.

    All points so far are part of the design: told, pending, and those given as ``first``.
    """

    def _suggest(self, rng: np.random.Generator) -> Rows:
        rows, x, away = self._stock
        left = np.array([not self._is_taken(row) for row in rows])
        if left.any():
            rows, x, away = rows[left], x[left], away[left]
        else:
            rows = self._fresh_rows(FRESH_ROWS, rng)
            stock, x = x, self.space.encode_rows(rows)
            away = distance_sums(x, stock) / len(stock)
        design = self.space.encode_rows(self._design_rows())
        row: Rows = rows[most_even(x, away, design)]
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


def most_even(x: Values, away: Values, design: Values) -> int:
    """Which of points ``[m, width]`` adds least to the energy distance of a design from all points.

    ``away [m]`` are their mean distances to all points, or to a stock that stands for them, from
    which is taken the sum of those to the n points of ``design [n, width]`` over n + 1.
    """
    return int(np.argmin(away - distance_sums(x, design) / (len(design) + 1)))


def most_even_row(space: Space, rows: Rows, stock: Rows, known: Values) -> Rows:
    """The same of rows ``[m, n_columns]``, with rows of a stock and encoded points that are known.

    Distances are those of points, without counts; see `Space.positions`.
    """
    x, others = (space.positions(space.encode_rows(some)) for some in (rows, stock))
    away = distance_sums(x, others) / len(others)
    row: Rows = rows[most_even(x, away, space.positions(known))]
    return row


def distance_sums(x: Values, y: Values) -> Values:
    """Sum ``[n]`` of the Euclidean distances of points ``[n, width]`` to points ``[m, width]``."""
    sums = np.zeros(len(x))
    y_squared = (y**2).sum(axis=1)
    for begin in range(0, len(x), CHUNK_ROWS):
        part = x[begin : begin + CHUNK_ROWS]
        squared = (part**2).sum(axis=1)[:, None] + y_squared - 2.0 * part @ y.T
        sums[begin : begin + CHUNK_ROWS] = np.sqrt(np.maximum(squared, 0.0)).sum(axis=1)
    return sums
