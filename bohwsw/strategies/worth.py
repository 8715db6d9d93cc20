"""What the Bayesian strategy maximises: the log worth of rows under its beliefs.

Predicting a variance costs five times a mean, and every other model as much again. So rows are
given up as soon as they cannot reach the floor that comes with them; see `local_search.Score`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bohwsw.acquisition.expected_hypervolume_improvement import (
    log_expected_hypervolume_improvement,
    reference_point,
)
from bohwsw.acquisition.feasibility_weighted import feasibility_weighted
from bohwsw.acquisition.log_expected_improvement import log_expected_improvement
from bohwsw.acquisition.lower_confidence_bound import log_optimistic_gain
from bohwsw.space import Space
from bohwsw.strategies.base import Rows
from bohwsw.strategies.beliefs import Beliefs

Values = npt.NDArray[np.float64]

SPREAD_WEIGHT = 0.1
"""Before the first feasible point, how much a log distance counts beside a log probability."""

PATIENCE = 10
"""Trials without a gain after which small gains begin to count less."""

IMPATIENCE = 0.005
"""By how much, in standard deviations of what was seen, each further one raises the gain asked."""

MOST_ASKED = 0.5
NO_GAIN = 0.001
"""A smaller gain, in standard deviations of what was seen, is none."""

TWIN_PENALTY = 1e3
"""Log worth lost by a point whose features are those of a trial: it comes after all others."""

DIGITS = 9
"""Features that agree to so many decimals are the same."""

ROOM = 2.0
"""A variance is taken to be at most this many times the largest seen among rows of full score."""


class Improvement:
    """Log of the expected improvement, weighted by what the point has to meet.

    Args:
        space: encodes the rows.
        beliefs: with at least one feasible trial.
        caution: see `feasibility_weighted`; concerns what only infeasible trials tell.
        kappa: exploration of the lower confidence bound; None is the expected improvement.
        known: encoded points ``[n, width]``. Where features stand for the points, others may look
            just like these: a model that sees no noise learns nothing from trying them.
    """

    def __init__(
        self,
        space: Space,
        beliefs: Beliefs,
        caution: float,
        kappa: float | None,
        known: Values,
    ) -> None:
        self._space = space
        self._beliefs = beliefs
        self._caution = caution
        self._kappa = kappa
        self._largest_variance = 0.0
        self._gain_asked = gain_asked(beliefs.seen[:, 0])
        can_repeat = not space.encoding_is_exact and not beliefs.is_noisy
        self._known = set(_keys(known)) if can_repeat else set()

    def __call__(self, rows: Rows, floor: Values) -> Values:
        """The score of rows ``[n, n_columns]``: ``[n]``."""
        encoded = self._space.encode_rows(rows)
        bound, left = self._promising(encoded, floor)
        if not len(left):
            return bound
        x, floor = encoded[left], floor[left]
        gain = self._gain(x)
        # The weights only lower it, so what is at its floor already needs no other model.
        hopeful = np.flatnonzero(gain > floor)
        if len(hopeful):
            x = x[hopeful]
            met = feasibility_weighted(gain[hopeful], self._beliefs.log_meets(x))
            gain[hopeful] = feasibility_weighted(met, self._beliefs.log_evaluable(x), self._caution)
        bound[left] = gain
        return bound - TWIN_PENALTY * self._is_twin(encoded)

    def _is_twin(self, x: Values) -> npt.NDArray[np.bool_]:
        """Which encoded points ``[n]`` look like a trial."""
        if not self._known:
            return np.zeros(len(x), dtype=bool)
        return np.array([key in self._known for key in _keys(x)], dtype=bool)

    def _promising(self, x: Values, floor: Values) -> tuple[Values, npt.NDArray[np.int64]]:
        """An upper bound ``[n]`` by the means alone, and the indices of what may pass its floor."""
        bound = np.full(len(x), np.inf)
        if len(self._beliefs.objectives) == 1 and self._largest_variance > 0.0:
            known = np.isfinite(floor)
            if known.any():
                mean = self._beliefs.objectives[0].predict_mean(x[known])
                variance = np.full(len(mean), ROOM * self._largest_variance)
                bound[known] = self._single(mean, variance)
        return bound, np.flatnonzero(bound > floor)

    def _gain(self, x: Values) -> Values:
        """Log worth ``[n]`` of encoded points if they are feasible."""
        mean, variance = self._beliefs.predict(x)
        self._largest_variance = max(self._largest_variance, float(variance[:, 0].max()))
        if len(self._beliefs.objectives) > 1:
            seen = self._beliefs.seen
            return log_expected_hypervolume_improvement(mean, variance, seen, reference_point(seen))
        return self._single(mean[:, 0], variance[:, 0])

    def _single(self, mean: Values, variance: Values) -> Values:
        seen = self._beliefs.seen
        best = float(seen.min())
        if self._kappa is None:
            return log_expected_improvement(mean, variance, best - self._gain_asked)
        scale = float(seen.std()) or 1.0
        return log_optimistic_gain(mean, variance, best, self._kappa, scale)


class Approach:
    """Log worth of rows while no trial is feasible: where it could be, and nobody has been.

    Args:
        space: encodes the rows.
        beliefs: of what was learned so far.
        known: encoded points ``[n, width]`` that were tried or are pending.
    """

    def __init__(self, space: Space, beliefs: Beliefs, known: Values) -> None:
        self._space = space
        self._beliefs = beliefs
        self._known = known

    def __call__(self, rows: Rows, floor: Values) -> Values:
        """The score of rows ``[n, n_columns]``: ``[n]``; the floor does not matter."""
        x = self._space.encode_rows(rows)
        spread = np.log(nearest_distance(x, self._known) + 1e-3)
        hopeful = self._beliefs.log_approach(x) + self._beliefs.log_evaluable(x)
        return hopeful + SPREAD_WEIGHT * spread


def gain_asked(seen: Values) -> float:
    """How much better than the best a point has to be, to count as better.

    Nothing while there are gains. Where many points are nearly as good as the best (mappings that
    differ in what hardly matters), the model is surest there, and expected improvement would try
    them all for a thousandth each, before it looks elsewhere.

    Args:
        seen: what is to be minimised, of feasible trials in their order ``[n]``, ``n >= 1``.
    """
    return float(seen.std()) * min(MOST_ASKED, IMPATIENCE * max(0, stale(seen) - PATIENCE))


def stale(seen: Values) -> int:
    """How many feasible trials came after the last gain; ``seen`` as for `gain_asked`."""
    best = np.minimum.accumulate(seen)
    gains = np.flatnonzero(best[:-1] - best[1:] > NO_GAIN * float(seen.std()))
    return len(seen) - 1 - (int(gains[-1]) + 1 if len(gains) else 0)


def _keys(x: Values) -> list[bytes]:
    # Adding zero turns -0.0 into 0.0.
    return [row.tobytes() for row in np.round(x, DIGITS) + 0.0]


def nearest_distance(x: Values, known: Values) -> Values:
    """Distance ``[n]`` of encoded points to the nearest known one; 1 if none is known."""
    if not len(known):
        return np.ones(len(x))
    squared = (x**2).sum(1)[:, None] + (known**2).sum(1)[None, :] - 2.0 * x @ known.T
    nearest: Values = np.sqrt(np.maximum(squared.min(axis=1), 0.0))
    return nearest
