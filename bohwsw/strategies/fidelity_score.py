"""What a point at a fidelity is worth: what it tells of its design at the target, for its cost.

At the target that is the expected improvement on the best that was seen there. Below it is the
knowledge gradient among two designs, the best so far and this one: by how much their better
predicted value at the target is expected to fall (P. Frazier, W. Powell and S. Dayanik, "The
Knowledge-Gradient Policy for Correlated Normal Beliefs", 2009, of which this is the case of two
alternatives). An observation here moves the mean at the target by a normal step, whose deviation is
the posterior covariance of both over the deviation of the observation. Both are divided by the cost
(D. Huang, T. Allen, W. Notz and R. Miller, "Sequential kriging optimization using multiple-fidelity
evaluations", 2006), and weighted by the probability that the design is feasible at the target.
Several objectives: expected improvements of the hypervolume in both places.
"""

from __future__ import annotations

import numpy as np

from bohwsw.acquisition import (
    feasibility_weighted,
    improvement_margin,
    log_expected_hypervolume_improvement,
    log_expected_improvement,
    log_h,
    non_dominated,
    reference_point,
)
from bohwsw.arrays import Values
from bohwsw.space import Space
from bohwsw.strategies.acquisition_value import DISTANCE_WEIGHT, nearest_distance
from bohwsw.strategies.base import Rows
from bohwsw.strategies.botorch_score import correlation
from bohwsw.strategies.fidelity import SpaceFidelity
from bohwsw.strategies.posteriors import Posteriors

LEAST_GAIN = 0.01
"""By how much a point has to improve on a Pareto front, as a share of its range."""

LEAST_SHARE = 1e-12
"""A variance of the target's mean below this share of the target's is none."""

PROBABLE = np.log(0.5)


class FidelityScore:
    """Log value for cost of rows.

    Args:
        space: encodes the rows.
        posteriors: whose ``observed`` are of feasible trials at the target.
        fidelity: says what is at the target, and what it costs.
        known: encoded points ``[n, width]`` of trials with an outcome, at any fidelity.
        caution: see `feasibility_weighted`.
    """

    def __init__(
        self,
        space: Space,
        posteriors: Posteriors,
        fidelity: SpaceFidelity,
        known: Values,
        caution: float,
    ) -> None:
        self._space = space
        self._posteriors = posteriors
        self._fidelity = fidelity
        self._caution = caution
        designs = np.unique(fidelity.encoded_at_target(known), axis=0)
        means = posteriors.predict(designs)[0] if len(designs) else np.zeros((0, 1))
        probable = posteriors.log_feasible(designs) > PROBABLE
        seen = np.concatenate([posteriors.observed, means[probable]])
        self._is_empty = not len(seen)
        front = seen if len(seen) else means
        self._front = front[non_dominated(front)]
        at_target = posteriors.observed
        if not len(at_target):
            # Nobody has looked at the target: any predicted value would be an improvement.
            at_target = front.max(axis=0, keepdims=True) + front.std(axis=0)
        self._at_target = at_target
        # The front of a few trials may be narrow: a design that is better than most in every
        # objective counts, wherever that front ends.
        near = reference_point(np.concatenate([front, at_target]))
        self._reference = np.maximum(near, np.median(np.concatenate([front, means]), axis=0))
        if front.shape[1] == 1:
            if len(posteriors.observed):
                self._at_target = at_target - improvement_margin(posteriors.observed[:, 0])
        else:
            # A front that is filled ever more densely gains for certain, and hardly anything.
            ideal = np.minimum(front.min(axis=0), at_target.min(axis=0))
            margin = LEAST_GAIN * (self._reference - ideal)
            self._at_target, self._front = at_target - margin, self._front - margin

    @property
    def has_feasible(self) -> bool:
        """Whether some design is known or expected to be feasible at the target."""
        return not self._is_empty

    def promises(self, rows: Rows) -> Values:
        """What rows ``[n, n_columns]`` promise at most, whatever they cost: ``[2, n]``.

        Expected improvements on what was seen at the target, and on what is predicted there.
        """
        target = self._fidelity.encoded_at_target(self._space.encode_rows(rows))
        mean, variance = self._posteriors.predict(target)
        gains = [self._improvement(mean, variance, s) for s in (self._at_target, self._front)]
        return np.stack([self._weighted(gain, target, target) for gain in gains])

    def __call__(self, rows: Rows, floor: Values) -> Values:
        """The score of rows ``[n, n_columns]``: ``[n]``; the floor does not matter."""
        x = self._space.encode_rows(rows)
        target = self._fidelity.encoded_at_target(x)
        final = self._fidelity.at_target(rows)
        mean, variance, moved = self._moments(x, target)
        value = np.empty(len(rows))
        value[final] = self._improvement(mean[final], variance[final], self._at_target)
        value[~final] = self._information(mean[~final], variance[~final], moved[~final])
        value -= np.log(self._fidelity.cost(rows))
        return self._weighted(value, x, target)

    def _moments(self, x: Values, target: Values) -> tuple[Values, Values, Values]:
        """Means and variances at the target, and variances of these means to come ``[n, m]``."""
        found = []
        for model in self._posteriors.objectives:
            mean, variance, own, both = model.predict_pairs(x, target)
            noise = model.observation_noise
            found.append((mean, variance, both**2 / np.maximum(own + noise, 1e-300)))
        mean, variance, moved = (np.stack(each, axis=1) for each in zip(*found, strict=True))
        return mean, variance, np.clip(moved, LEAST_SHARE * variance, variance)

    def _improvement(self, mean: Values, variance: Values, seen: Values) -> Values:
        if mean.shape[1] == 1:
            return log_expected_improvement(mean[:, 0], variance[:, 0], float(seen.min()))
        return log_expected_hypervolume_improvement(mean, variance, seen, self._reference)

    def _information(self, mean: Values, variance: Values, moved: Values) -> Values:
        """Log of what an observation below the target is expected to gain ``[n]``."""
        if not len(mean):
            return np.zeros(0)
        if mean.shape[1] == 1:
            step = np.sqrt(moved[:, 0])
            away = np.abs(float(self._front.min()) - mean[:, 0])
            return np.asarray(log_h(-away / step) + np.log(step))
        after = self._improvement(mean, moved, self._front)
        before = self._improvement(mean, LEAST_SHARE * variance, self._front)
        gain = np.maximum(-np.expm1(np.minimum(before - after, 0.0)), LEAST_SHARE)
        return np.asarray(after + np.log(gain))

    def _weighted(self, value: Values, x: Values, target: Values) -> Values:
        value = feasibility_weighted(value, self._posteriors.log_meets(target))
        evaluable = self._posteriors.log_evaluable(target)
        if x is not target:
            evaluable = np.minimum(evaluable, self._posteriors.log_evaluable(x))
        return feasibility_weighted(value, evaluable, self._caution)


class FeasibilityAtTarget:
    """Log value for cost of rows while no design seems feasible at the target.

    The score of their designs there, times the correlation of what is measured here with the
    target, over the cost (Huang et al. 2006).
    """

    def __init__(
        self, space: Space, posteriors: Posteriors, fidelity: SpaceFidelity, known: Values
    ) -> None:
        self._space = space
        self._posteriors = posteriors
        self._fidelity = fidelity
        self._known = fidelity.encoded_at_target(known)

    def __call__(self, rows: Rows, floor: Values) -> Values:
        """The score of rows ``[n, n_columns]``: ``[n]``; the floor does not matter."""
        x = self._space.encode_rows(rows)
        target = self._fidelity.encoded_at_target(x)
        value = self._posteriors.log_progress(target) + np.minimum(
            self._posteriors.log_evaluable(target), self._posteriors.log_evaluable(x)
        )
        for model in self._posteriors.constraints:
            value = value + np.log(correlation(model, x, target) + 1e-6)
        distance = nearest_distance(target, self._known)
        value = value + DISTANCE_WEIGHT * np.log(distance + 1e-3)
        return np.asarray(value - np.log(self._fidelity.cost(rows)))
