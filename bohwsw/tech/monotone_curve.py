"""A curve through measured points that never falls and is straight on log-log paper."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate


@dataclass(frozen=True)
class MonotoneCurve:
    """Log-log interpolation between points; the end segments go on past both ends.

    Memory energy and area grow about as powers of the size, so straight lines between points on
    log-log paper are the natural interpolation. Build it with :meth:`through`.
    """

    xs: tuple[float, ...]  # positive, ascending, two or more
    ys: tuple[float, ...]  # positive, never falling

    @classmethod
    def through(cls, points: Iterable[tuple[float, float]]) -> MonotoneCurve:
        """The curve through ``points`` after lifting each to the highest one before it.

        A memory generator's organisation jumps with size, so a larger array is sometimes printed
        as cheaper than a smaller one. A search would exploit such dips, hence the running
        maximum.

        Args:
            points: (x, y) pairs in any order, at least two different x, all positive.
        """
        ordered = sorted(points)
        ys = accumulate((y for _, y in ordered), max)
        return cls(tuple(x for x, _ in ordered), tuple(ys))

    def __call__(self, x: float) -> float:
        """The ordinate at ``x`` > 0; exact at the points."""
        right = min(max(bisect_right(self.xs, x), 1), len(self.xs) - 1)
        x0, x1 = self.xs[right - 1], self.xs[right]
        y0, y1 = self.ys[right - 1], self.ys[right]
        if x in (x0, x1):
            return y0 if x == x0 else y1
        return y0 * math.exp(math.log(y1 / y0) * math.log(x / x0) / math.log(x1 / x0))
