"""Probability that a point is feasible, learned from yes and no.

Dirichlet-based Gaussian-process classification (D. Milios, R. Camoriano, P. Michiardi, L. Rosasco
and M. Filippone, "Dirichlet-based Gaussian Processes for Large-scale Calibrated Classification",
NeurIPS 2018): labels become log-normal pseudo-observations with known noise of one latent
function a class, which exact regression then models.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from bohwsw.errors import SpecError
from bohwsw.surrogates.fit import MAX_ITERATIONS, default_hyperparameters, fit_hyperparameters
from bohwsw.surrogates.kernel import Hyperparameters, Posterior, condition
from bohwsw.surrogates.outcomes import require_finite
from bohwsw.surrogates.threads import one_thread

Values = npt.NDArray[np.float64]

ALPHA = 0.01
"""The concentration of a class that was not observed (alpha_epsilon in the paper)."""

_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(24)


def _pseudo_observation(alpha: float) -> tuple[float, float]:
    """Mean and variance of the log-normal that matches a Gamma(alpha, 1) variable."""
    variance = math.log1p(1.0 / alpha)
    return math.log(alpha) - variance / 2.0, variance


_SEEN, _SEEN_NOISE = _pseudo_observation(1.0 + ALPHA)
_UNSEEN, _UNSEEN_NOISE = _pseudo_observation(ALPHA)
_MIDDLE, _HALF = (_SEEN + _UNSEEN) / 2.0, (_SEEN - _UNSEEN) / 2.0


class FeasibilityClassifier:
    """Exact classifier of yes or no; column 1 of its two latent functions is "feasible".

    With labels of one kind only nothing is fitted: near the data the answer is the label, far
    from it one half.
    """

    def __init__(self) -> None:
        self._hyperparameters: tuple[Hyperparameters, Hyperparameters] | None = None
        self._posteriors: tuple[Posterior, Posterior] | None = None

    @property
    def hyperparameters(self) -> tuple[Hyperparameters, Hyperparameters]:
        """Those of the latent functions of "infeasible" and "feasible".

        Raises:
            SpecError: nothing was fitted yet.
        """
        if self._hyperparameters is None:
            raise SpecError("the feasibility classifier has not been fitted")
        return self._hyperparameters

    def fit(
        self,
        x: Values,
        feasible: npt.NDArray[np.bool_],
        *,
        start: tuple[Hyperparameters, Hyperparameters] | None = None,
        max_iterations: int = MAX_ITERATIONS,
    ) -> FeasibilityClassifier:
        """Fit to labels.

        Args:
            x: encoded points ``[n, d]``, ``n >= 1``.
            feasible: bool ``[n]``.
            start: hyperparameters to start from; None starts from the priors' modes.
            max_iterations: cap on the optimiser's iterations; 0 keeps ``start``.

        Returns:
            Itself.

        Raises:
            SpecError: shapes do not match or a coordinate is not finite.
        """
        x, feasible = np.asarray(x, dtype=np.float64), np.asarray(feasible, dtype=bool)
        if x.ndim != 2 or feasible.shape != (len(x),) or not x.size:
            raise SpecError(
                "points and labels do not match",
                got=[list(x.shape), list(feasible.shape)],
                expected="x [n, d] and feasible [n], n >= 1",
            )
        require_finite(x, "an encoded point")
        default = default_hyperparameters(x.shape[1])
        fitted = start if start is not None else (default, default)
        mixed = bool(feasible.any() and not feasible.all())
        with one_thread():
            inputs = torch.as_tensor(np.ascontiguousarray(x), dtype=torch.float64)
            latent, noise = _targets(feasible)
            if mixed and max_iterations > 0:
                no, yes = (
                    fit_hyperparameters(
                        inputs, latent[:, k], noise[:, k], fitted[k], max_iterations
                    )
                    for k in (0, 1)
                )
                fitted = (no, yes)
            self._hyperparameters = fitted
            with torch.no_grad():
                self._posteriors = (
                    condition(inputs, latent[:, 0], noise[:, 0], fitted[0]),
                    condition(inputs, latent[:, 1], noise[:, 1], fitted[1]),
                )
        return self

    def log_predict(self, x: Values) -> Values:
        """Logarithm of the probability that each point ``[m, d]`` is feasible: ``[m]``."""
        if self._posteriors is None:
            raise SpecError("the feasibility classifier has not been fitted")
        points = torch.as_tensor(np.ascontiguousarray(x), dtype=torch.float64)
        with one_thread(), torch.no_grad():
            (mean_no, var_no), (mean_yes, var_yes) = (p.predict(points) for p in self._posteriors)
            mean = _HALF * (mean_yes - mean_no)
            deviation = _HALF * (var_no + var_yes).sqrt()
            # The softmax of two Gaussians is the sigmoid of their difference, which is Gaussian:
            # its expectation by Gauss-Hermite quadrature, summed in logarithms.
            latent = mean[:, None] + deviation[:, None] * torch.from_numpy(_NODES)
            weights = torch.from_numpy(np.log(_WEIGHTS / _WEIGHTS.sum()))
            log_probability = torch.logsumexp(
                torch.nn.functional.logsigmoid(latent) + weights, dim=1
            )
        result: Values = log_probability.clamp_max(0.0).numpy()
        return result

    def predict(self, x: Values) -> Values:
        """The probability that each point ``[m, d]`` is feasible: ``[m]``."""
        result: Values = np.exp(self.log_predict(x))
        return result


def _targets(feasible: npt.NDArray[np.bool_]) -> tuple[Tensor, Tensor]:
    """Pseudo-observations and their noise, ``[n, 2]`` each, scaled to about [-1, 1]."""
    seen = torch.from_numpy(np.stack([~feasible, feasible], axis=1))
    unit = torch.ones(seen.shape, dtype=torch.float64)
    latent = torch.where(seen, _SEEN * unit, _UNSEEN * unit)
    noise = torch.where(seen, _SEEN_NOISE * unit, _UNSEEN_NOISE * unit)
    return (latent - _MIDDLE) / _HALF, noise / _HALF**2
