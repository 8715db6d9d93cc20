"""What the Bayesian strategy maximises: the log acquisition value of rows under its posteriors.

Predicting a variance costs five times a mean, and every other model as much again. So rows are
given up as soon as they cannot reach the floor that comes with them; see `acquisition.Score`.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from bohwsw.acquisition import (
    UnwarpedHypervolumeImprovement,
    feasibility_weighted,
    improvement_margin,
    log_expected_hypervolume_improvement,
    log_expected_improvement,
    log_optimistic_gain,
    non_dominated,
    reference_point,
)
from bohwsw.arrays import Labels, Values
from bohwsw.space import Space
from bohwsw.strategies.base import Rows
from bohwsw.strategies.posteriors import Posteriors
from bohwsw.strategies.training_data import Regression
from bohwsw.surrogates import HUGE

DISTANCE_WEIGHT = 0.1
"""Before the first feasible point, how much a log distance counts beside a log probability."""

DUPLICATE_PENALTY = 1e3
"""Taken off a point whose features are those of a trial: it comes after all others."""

DUPLICATE_DECIMALS = 9
"""Features that agree to so many decimals are the same."""

LEAST_VOLUME = 1e-15
"""Of the box of all that is known; less than this is rounding."""

VARIANCE_ALLOWANCE = 2.0
"""A variance is taken to be at most this many times the largest seen among rows of full score."""


THIN_SHARE = 0.15
"""Where fewer trials were feasible, one or two moves from the best are all that is tried: `reactor`
with three sets of coefficients and four seeds ends at a regret of 0.94 instead of 1.11."""


MANY, HOPE = 2_000, 3.0
"""Of more rows than this, those that a known point beats by so many standard deviations add no
volume: of a table with four objectives that is most of them, at a tenth of the cost."""


class ConstrainedImprovement:
    """Log of the expected improvement, weighted by what the point has to meet.

    Args:
        space: encodes the rows.
        posteriors: with at least one feasible trial.
        caution: see `feasibility_weighted`; concerns what only infeasible trials tell.
        kappa: exploration of the lower confidence bound; None is the expected improvement.
        known: encoded points ``[n, width]``. Where features stand for the points, others may look
            just like these: a model that sees no noise learns nothing from trying them.
    """

    def __init__(
        self,
        space: Space,
        posteriors: Posteriors,
        caution: float,
        kappa: float | None,
        known: Values,
    ) -> None:
        self._space = space
        self._posteriors = posteriors
        self._caution = caution
        self._kappa = kappa
        self._largest_variance = 0.0
        self._margin = improvement_margin(posteriors.observed[:, 0])
        can_repeat = not space.encoding_is_exact and not posteriors.is_noisy
        self._known = set(_keys(known)) if can_repeat else set()
        if len(posteriors.objectives) > 1:
            seen, warpings = posteriors.measured, posteriors.warpings
            if not bool((np.abs(seen) <= HUGE).all()):  # their differences would leave float64
                seen, warpings = posteriors.observed, (np.copy,) * seen.shape[1]
            end = reference_point(seen) if posteriors.reference is None else posteriors.reference
            self._volume = UnwarpedHypervolumeImprovement(seen, end, warpings)

    def __call__(self, rows: Rows, floor: Values) -> Values:
        """The score of rows ``[n, n_columns]``: ``[n]``."""
        encoded = self._space.encode_rows(rows)
        bound = self._upper_bound(encoded, floor)
        left = np.flatnonzero(bound > floor)
        if not len(left):
            return bound
        x, floor = encoded[left], floor[left]
        value = self._value(x)
        # The weights only lower it, so what is at its floor already needs no other model.
        above = np.flatnonzero(value > floor)
        if len(above):
            x = x[above]
            met = feasibility_weighted(value[above], self._posteriors.log_meets(x))
            evaluable = self._posteriors.log_evaluable(x)
            value[above] = feasibility_weighted(met, evaluable, self._caution)
        bound[left] = value
        if self._known:
            bound -= DUPLICATE_PENALTY * np.array([key in self._known for key in _keys(encoded)])
        return bound

    def _upper_bound(self, x: Values, floor: Values) -> Values:
        """An upper bound ``[n]`` by the means alone, where there is a floor."""
        bound = np.full(len(x), np.inf)
        known = np.isfinite(floor)
        if len(self._posteriors.objectives) == 1 and self._largest_variance > 0.0 and known.any():
            mean = self._posteriors.objectives[0].predict_mean(x[known])
            variance = np.full(len(mean), VARIANCE_ALLOWANCE * self._largest_variance)
            bound[known] = self._single(mean, variance)
        return bound

    def _value(self, x: Values) -> Values:
        """Log value ``[n]`` of encoded points if they are feasible."""
        mean, variance = self._posteriors.predict(x)
        self._largest_variance = max(self._largest_variance, float(variance[:, 0].max()))
        if len(self._posteriors.objectives) > 1:
            return self._several(mean, variance)
        return self._single(mean[:, 0], variance[:, 0])

    def _several(self, mean: Values, variance: Values) -> Values:
        """Log of the expected volume; where it underflows everywhere, what tells points apart."""
        volume = np.zeros(len(mean))
        some = self._hopeful(mean, variance)
        volume[some] = self._volume(mean[some], variance[some])
        value = np.log(np.maximum(volume, LEAST_VOLUME))
        if (volume <= LEAST_VOLUME).all():
            seen = self._posteriors.observed
            gain = log_expected_hypervolume_improvement(mean, variance, seen, reference_point(seen))
            value += np.minimum(gain, 0.0)
        return np.asarray(value)

    def _hopeful(self, mean: Values, variance: Values) -> Labels:
        """Of many points ``[n]`` those that could add a volume; of few, all."""
        best = mean - HOPE * np.sqrt(variance)
        found = np.ones(len(mean), dtype=bool)
        if len(mean) > MANY:
            seen = self._posteriors.observed
            for known in seen[non_dominated(seen)]:
                found &= (best < known).any(axis=1)
        return found if found.any() else ~found

    def _single(self, mean: Values, variance: Values) -> Values:
        observed = self._posteriors.observed
        best = float(observed.min())
        if self._kappa is None:
            value = log_expected_improvement(mean, variance, best - self._margin)
            model = self._posteriors.objectives[0]
            return value if model.noise is None else value + log_told(variance, model)
        scale = float(observed.std()) or 1.0
        return log_optimistic_gain(mean, variance, best, self._kappa, scale)


def log_told(variance: Values, model: Regression) -> Values:
    """Log of the share ``[n]`` by which a noisy observation counts: little where much is known.

    The factor of augmented expected improvement (D. Huang, T. T. Allen, W. I. Notz and N. Zeng,
    "Global optimization of stochastic black-box systems via sequential kriging meta-models", 2006):
    a search would else measure neighbours of its best point over and over.
    """
    noise = model.observation_noise
    whole = variance + noise
    # 1 - sqrt(noise / whole) without cancellation.
    share = variance / np.maximum(whole + np.sqrt(noise * whole), 1e-300)
    return np.asarray(np.log(np.maximum(share, 1e-12)))


def feasibility_score(
    space: Space, posteriors: Posteriors, known: Values, rows: Rows, floor: Values
) -> Values:
    """Log value ``[n]`` of rows while no trial is feasible: where it could be, and nobody has been.

    ``known`` are encoded points ``[n, width]`` that were tried or are pending.
    """
    x = space.encode_rows(rows)
    distance = np.log(nearest_distance(space.positions(x), space.positions(known)) + 1e-3)
    return posteriors.log_progress(x) + posteriors.log_evaluable(x) + DISTANCE_WEIGHT * distance


def with_foreseen_ends(space: Space, posteriors: Posteriors, rows: Rows) -> Posteriors:
    """The same with a reference point behind what models foresee of rows in random order, too.

    The best in one objective is often worse in another than anything seen: a volume that ends
    there would never ask for it.
    """
    seen = posteriors.measured
    if len(posteriors.objectives) < 2 or not len(seen) or not bool((np.abs(seen) <= HUGE).all()):
        return posteriors
    x = space.encode_rows(rows[:MANY])
    if posteriors.constraints or posteriors.feasibility is not None:
        x = x[posteriors.log_feasible(x) > math.log(0.5)]
    pairs = zip(posteriors.inverses, posteriors.objectives, strict=True)
    foreseen = np.stack([inverse(model.predict_mean(x)) for inverse, model in pairs], axis=1)
    return replace(posteriors, reference=reference_point(np.concatenate([seen, foreseen])))


def exploration_row(
    space: Space, rows: Rows, posteriors: Posteriors, caution: float, rng: np.random.Generator
) -> Rows:
    """Any of some rows that are probably feasible, whatever the model of the objective says."""
    probability = np.exp(posteriors.log_feasible(space.encode_rows(rows)))
    probable = np.flatnonzero(probability >= min(caution, float(probability.max())))
    return np.asarray(rows[rng.choice(probable)])


def is_thin(posteriors: Posteriors, n_trials: int) -> bool:
    """Whether few trials are feasible, for a reason that nobody measures.

    Those that are say little of points that differ from them in much.
    """
    n_feasible = len(posteriors.observed)
    return posteriors.feasibility is not None and 0 < n_feasible < THIN_SHARE * n_trials


def _keys(x: Values) -> list[bytes]:
    # Adding zero turns -0.0 into 0.0.
    return [row.tobytes() for row in np.round(x, DUPLICATE_DECIMALS) + 0.0]


def nearest_distance(x: Values, known: Values) -> Values:
    """Distance ``[n]`` of encoded points to the nearest known one; 1 if none is known."""
    if not len(known):
        return np.ones(len(x))
    squared = (x**2).sum(1)[:, None] + (known**2).sum(1)[None, :] - 2.0 * x @ known.T
    nearest: Values = np.sqrt(np.maximum(squared.min(axis=1), 0.0))
    return nearest
