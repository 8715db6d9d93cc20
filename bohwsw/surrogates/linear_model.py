"""The surrogate of the co-design paper: a linear function of given features, plus noise.

Z. Shi, C. Sakhuja, M. Hashemi, K. Swersky and C. Lin, "Learned Hardware/Software Co-Design of
Neural Accelerators", arXiv:2010.02075: a Gaussian process with a linear kernel on features and a
noise term, because the inner search is random. That is Bayesian linear regression, so mean and
variance cost O(k) a point. Both variances maximise the marginal likelihood (D. J. C. MacKay,
"Bayesian Interpolation", 1992) times a prior of the noise; only their ratio has to be searched.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from bohwsw.arrays import Values
from bohwsw.surrogates.transforms import centre_and_scale, centres_and_scales, checked_data, fitted

LOG_RATIOS = np.linspace(-7.0, 7.0, 57) * math.log(10.0)
"""Candidates for the log of noise variance over weight variance, refined twice."""

NOISE_LOCATION, NOISE_SCALE = math.log(0.1), 1.5
"""Log-normal prior of the noise variance. Without one, fewer observations than features are
interpolated and the noise vanishes."""

SMALLEST = 1e-12
"""Floor of both variances, relative to the variance of the observations."""


@dataclass(frozen=True)
class LinearFit:
    """What a fit finds, in standardised features and observations."""

    weights: tuple[float, ...]  # mean weight of each feature [k]
    weight_variance: float  # prior variance of a weight
    noise_variance: float  # of an observation around the linear function


class BayesianLinearModel:
    """Bayesian linear regression with the interface of `GaussianProcess`."""

    _fit: LinearFit | None = None

    @property
    def hyperparameters(self) -> LinearFit:
        """Those of the standardised features and outcome, once there is a fit."""
        return fitted(self._fit, "linear model")

    def fit(self, x: Values, y: Values) -> BayesianLinearModel:
        """Fit to observations ``[n]`` at features ``[n, k]``, ``n >= 1``; returns itself.

        Raises:
            SpecError: shapes do not match or a value is not finite.
        """
        x, y = checked_data(x, y, "feature")
        self._features = centres_and_scales(x)
        self._outcome = centre_and_scale(y)
        standard = (x - self._features[0]) / self._features[1]
        outcome = (y - self._outcome[0]) / self._outcome[1]
        left, sizes, right = np.linalg.svd(standard, full_matrices=False)
        seen = left.T @ outcome
        ratio, variance = _most_likely(sizes, seen, outcome)
        weights = right.T @ (sizes * seen / (sizes**2 + ratio))
        # Along a direction the data have not seen the prior stays.
        self._directions = right
        self._variances = variance * (ratio / (sizes**2 + ratio) - 1.0)
        self._fit = LinearFit(tuple(weights.tolist()), variance, ratio * variance)
        return self

    def predict(self, x: Values) -> tuple[Values, Values]:
        """Mean and variance ``[m]`` of the linear function at features ``[m, k]``, without noise.

        In the units of ``y``, the variance in their square.
        """
        found = self.hyperparameters
        standard = (np.asarray(x, dtype=np.float64) - self._features[0]) / self._features[1]
        centre, scale = self._outcome
        mean = centre + scale * (standard @ np.array(found.weights))
        prior = found.weight_variance * (standard**2).sum(axis=1)
        variance = prior + (standard @ self._directions.T) ** 2 @ self._variances
        return mean, scale**2 * np.maximum(variance, SMALLEST)


def _most_likely(sizes: Values, seen: Values, outcome: Values) -> tuple[float, float]:
    """Noise over weight variance, and weight variance, of highest posterior density.

    From the singular values of the features, and the observations ``[n]`` along their left singular
    vectors and all of them.
    """
    n = len(outcome)
    unseen = max(float(outcome @ outcome - seen @ seen), 0.0)
    candidates, best, variance = LOG_RATIOS, 0.0, 0.0
    for _ in range(3):
        ratios = np.exp(candidates)
        spread = sizes[None, :] ** 2 + ratios[:, None]
        # The weight variance that suits each ratio best, in closed form.
        variances = ((seen**2 / spread).sum(axis=1) + unseen / ratios) / n
        variances = np.maximum(variances, SMALLEST)
        off = (np.log(variances) + candidates - NOISE_LOCATION) / NOISE_SCALE
        likelihood = -0.5 * (
            n * np.log(variances)
            + np.log(spread).sum(axis=1)
            + (n - len(sizes)) * candidates
            + off**2
        )
        index = int(np.argmax(likelihood))
        best, variance = float(ratios[index]), float(variances[index])
        step = candidates[1] - candidates[0]
        candidates = candidates[index] + np.linspace(-step, step, 21)
    return best, variance
