"""Exact Gaussian-process regression for an expensive objective."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from bohwsw.errors import SpecError
from bohwsw.surrogates.fit import MAX_ITERATIONS, default_hyperparameters, fit_hyperparameters
from bohwsw.surrogates.kernel import Hyperparameters, Posterior, condition
from bohwsw.surrogates.outcomes import centre_and_scale, require_finite
from bohwsw.surrogates.threads import one_thread

Values = npt.NDArray[np.float64]


class GaussianProcess:
    """Regression in float64: standardised outcome, capped fit, posterior of one Cholesky factor.

    The fitted hyperparameters are a value (`hyperparameters`), so a fit can start where an
    earlier one ended, and observations can be added without fitting again.
    """

    def __init__(self) -> None:
        self._hyperparameters: Hyperparameters | None = None
        self._posterior: Posterior | None = None
        self._x = np.zeros((0, 0))
        self._y = np.zeros(0)
        self._centre, self._scale = 0.0, 1.0

    @property
    def hyperparameters(self) -> Hyperparameters:
        """Those of the standardised outcome.

        Raises:
            SpecError: nothing was fitted yet.
        """
        if self._hyperparameters is None:
            raise SpecError("the Gaussian process has not been fitted")
        return self._hyperparameters

    def fit(
        self,
        x: Values,
        y: Values,
        *,
        start: Hyperparameters | None = None,
        max_iterations: int = MAX_ITERATIONS,
    ) -> GaussianProcess:
        """Fit to observations.

        Args:
            x: encoded points ``[n, d]``, ``n >= 1``.
            y: observations ``[n]``.
            start: hyperparameters to start from; None starts from the priors' modes.
            max_iterations: cap on the optimiser's iterations; 0 keeps ``start``.

        Returns:
            Itself.

        Raises:
            SpecError: shapes do not match or a value is not finite.
        """
        x, y = _checked(x, y)
        self._centre, self._scale = centre_and_scale(y)
        begin = start if start is not None else default_hyperparameters(x.shape[1])
        # One value, or equal ones, say nothing about how fast the function changes.
        informative = max_iterations > 0 and len(y) > 1 and bool(np.ptp(y) > 0)
        with one_thread():
            if informative:
                inputs, outcome = _tensor(x), _tensor((y - self._centre) / self._scale)
                begin = fit_hyperparameters(inputs, outcome, None, begin, max_iterations)
            self._hyperparameters = begin
            self._condition(x, y)
        return self

    def with_observations(self, x: Values, y: Values) -> GaussianProcess:
        """A copy that has seen more, with the same hyperparameters and standardisation."""
        x, y = _checked(x, y)
        copy = GaussianProcess()
        copy._hyperparameters = self.hyperparameters
        copy._centre, copy._scale = self._centre, self._scale
        with one_thread():
            copy._condition(np.concatenate([self._x, x]), np.concatenate([self._y, y]))
        return copy

    def predict(self, x: Values) -> tuple[Values, Values]:
        """Mean and variance of the function, without noise.

        Args:
            x: encoded points ``[m, d]``.

        Returns:
            Two arrays ``[m]`` in the units of ``y`` (the variance in their square).
        """
        self.hyperparameters  # noqa: B018 - raises if nothing was fitted
        if self._posterior is None:
            raise SpecError("the Gaussian process has not been fitted")
        with one_thread(), torch.no_grad():
            mean, variance = self._posterior.predict(_tensor(x))
        return (
            self._centre + self._scale * mean.numpy(),
            self._scale**2 * variance.numpy(),
        )

    def _condition(self, x: Values, y: Values) -> None:
        self._x, self._y = x, y
        outcome = _tensor((y - self._centre) / self._scale)
        noise = torch.full((len(y),), self.hyperparameters.noise_variance, dtype=torch.float64)
        with torch.no_grad():
            self._posterior = condition(_tensor(x), outcome, noise, self.hyperparameters)


def _checked(x: Values, y: Values) -> tuple[Values, Values]:
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if x.ndim != 2 or y.shape != (len(x),) or not x.size:
        raise SpecError(
            "points and observations do not match",
            got=[list(x.shape), list(y.shape)],
            expected="x [n, d] and y [n], n >= 1",
        )
    require_finite(x, "an encoded point")
    require_finite(y, "an observation")
    return x, y


def _tensor(values: Values) -> Tensor:
    return torch.as_tensor(np.ascontiguousarray(values), dtype=torch.float64)
