"""Gaussian-process regression for an expensive objective, exact or sparse by size."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from bohwsw.errors import SpecError
from bohwsw.surrogates.few import EXACT_LIMIT, inducing_rows, rows_to_fit
from bohwsw.surrogates.fit import MAX_ITERATIONS, default_hyperparameters, fit_hyperparameters
from bohwsw.surrogates.kernel import Groups, Hyperparameters, checked_groups, lengths_of, scaled
from bohwsw.surrogates.log_density import MIN_NOISE
from bohwsw.surrogates.posterior import Posterior, condition
from bohwsw.surrogates.sparse_posterior import inducing_basis
from bohwsw.surrogates.threads import one_thread
from bohwsw.surrogates.transforms import centre_and_scale, require_finite

Values = npt.NDArray[np.float64]


class GaussianProcess:
    """Regression in float64: standardised outcome, capped fit, posterior of one Cholesky factor.

    The fitted hyperparameters are a value (`hyperparameters`), so a fit can start where an
    earlier one ended, and observations can be added without fitting again. Large data are fitted
    and conditioned on through a few well chosen points (`few`).

    Args:
        groups: group of each encoded column ``[d]``, counted from 0: columns of a group share a
            length-scale. None: each column is its own group.
        prior_mean: what is expected at encoded points ``[m, d]`` before anything is seen, up to a
            constant: ``[m]``, in the units of the observations. The model is of what is left.
    """

    def __init__(
        self, groups: Groups | None = None, prior_mean: Callable[[Values], Values] | None = None
    ) -> None:
        self._given_groups = groups
        self._prior_mean = prior_mean
        self._groups: Tensor | None = None
        self._hyperparameters: Hyperparameters | None = None
        self._posterior: Posterior | None = None
        self._x = np.zeros((0, 0))
        self._y = np.zeros(0)
        self._noise: Values | None = None
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

    @property
    def posterior(self) -> Posterior:
        """What predictions come from, in standardised units.

        Raises:
            SpecError: nothing was fitted yet.
        """
        if self._posterior is None:
            raise SpecError("the Gaussian process has not been fitted")
        return self._posterior

    def fit(
        self,
        x: Values,
        y: Values,
        *,
        noise: Values | None = None,
        start: Hyperparameters | None = None,
        max_iterations: int = MAX_ITERATIONS,
    ) -> GaussianProcess:
        """Fit to observations.

        Args:
            x: encoded points ``[n, d]``, ``n >= 1``.
            y: observations ``[n]``.
            noise: variances of the observations ``[n]`` in units of ``y`` squared, if they are
                known; else one noise for all is fitted.
            start: hyperparameters to start from; None starts from the priors' modes.
            max_iterations: cap on the optimiser's iterations; 0 keeps ``start`` but for the mean.

        Returns:
            Itself.

        Raises:
            SpecError: shapes do not match, a value is not finite or a variance is negative.
        """
        x, y, noise = _checked(x, y, noise)
        y = y - self._expected(x)
        self._groups = self._checked_groups(x.shape[1])
        self._centre, self._scale = centre_and_scale(y)
        begin = start if start is not None else self._default(x.shape[1])
        # One value, or equal ones, say nothing about how fast the function changes.
        informative = max_iterations > 0 and len(y) > 1 and bool(np.ptp(y) > 0)
        with one_thread():
            if informative:
                begin = self._fitted(x, y, noise, begin, max_iterations)
            self._hyperparameters = begin
            self._condition(x, y, noise, solve_mean=True)
        return self

    def with_observations(
        self, x: Values, y: Values, noise: Values | None = None
    ) -> GaussianProcess:
        """A copy that has seen more, with the same hyperparameters and standardisation.

        Where the noise of earlier observations was given and that of the new ones is not, they
        get the median of the former.
        """
        x, y, noise = _checked(x, y, noise)
        copy = self._like()
        if self._noise is not None:
            new = np.full(len(y), np.median(self._noise)) if noise is None else noise
            noise = np.concatenate([self._noise, new])
        elif noise is not None:
            raise SpecError(
                "noise was not given for the earlier observations, so it cannot be for later ones",
                got=noise.tolist(),
                expected="None",
            )
        with one_thread():
            y = np.concatenate([self._y, y - self._expected(x)])
            x = np.concatenate([self._x, x])
            copy._condition(x, y, noise, solve_mean=False)
        return copy

    @property
    def noise(self) -> Values | None:
        """Variances ``[n]`` of the observations, in units of ``y`` squared, if they were given."""
        return self._noise

    @property
    def observations(self) -> tuple[Values, Values]:
        """Points ``[n, d]`` and observations ``[n]`` that the model has seen."""
        return self._x, self._y + self._expected(self._x)

    @property
    def standardised_observations(self) -> Tensor:
        """Observations ``[n]`` as the posterior sees them, less the prior mean."""
        return self._standardised(self._y)

    def restricted(self, rows: npt.NDArray[np.int64]) -> GaussianProcess:
        """A copy that has seen only some of the observations, with the same hyperparameters."""
        copy = self._like()
        noise = None if self._noise is None else self._noise[rows]
        with one_thread():
            copy._condition(self._x[rows], self._y[rows], noise, solve_mean=False)
        return copy

    def in_units(self, x: Values, mean: Tensor, variance: Tensor) -> tuple[Values, Values]:
        """What the posterior gives at ``x`` ``[m, d]`` in the units of ``y`` and their square.

        Args:
            x: encoded points.
            mean: standardised means ``[m]``.
            variance: standardised variances ``[m]``.
        """
        centre = self._centre + self._expected(x)
        return centre + self._scale * mean.numpy(), self._scale**2 * variance.numpy()

    def predict(self, x: Values) -> tuple[Values, Values]:
        """Mean and variance of the function, without noise.

        Args:
            x: encoded points ``[m, d]``.

        Returns:
            Two arrays ``[m]`` in the units of ``y`` (the variance in their square).
        """
        posterior = self.posterior
        with one_thread(), torch.no_grad():
            mean, variance = posterior.predict(_tensor(x))
        return self.in_units(x, mean, variance)

    def predict_mean(self, x: Values) -> Values:
        """The mean alone ``[m]``, several times faster than `predict`."""
        posterior = self.posterior
        with one_thread(), torch.no_grad():
            mean = posterior.predict_mean(_tensor(x))
        result: Values = self._centre + self._expected(x) + self._scale * mean.numpy()
        return result

    def _expected(self, x: Values) -> Values | float:
        return 0.0 if self._prior_mean is None else self._prior_mean(x)

    def _like(self) -> GaussianProcess:
        copy = GaussianProcess(self._given_groups, self._prior_mean)
        copy._hyperparameters, copy._groups = self.hyperparameters, self._groups
        copy._centre, copy._scale = self._centre, self._scale
        return copy

    def _checked_groups(self, d: int) -> Tensor | None:
        return None if self._given_groups is None else checked_groups(self._given_groups, d)

    def _default(self, d: int) -> Hyperparameters:
        return default_hyperparameters(d if self._groups is None else int(self._groups.max()) + 1)

    def _fitted(
        self, x: Values, y: Values, noise: Values | None, begin: Hyperparameters, iterations: int
    ) -> Hyperparameters:
        inputs, outcome = _tensor(x), self._standardised(y)
        known = None if noise is None else self._standardised_noise(noise)
        rows = rows_to_fit(outcome)
        if rows is not None:
            inputs, outcome = inputs[rows], outcome[rows]
            known = None if known is None else known[rows]
        return fit_hyperparameters(inputs, outcome, known, begin, iterations, self._groups)

    def _condition(self, x: Values, y: Values, noise: Values | None, *, solve_mean: bool) -> None:
        self._x, self._y, self._noise = x, y, noise
        hyperparameters, groups = self.hyperparameters, self._groups
        inputs, outcome = _tensor(x), self._standardised(y)
        if noise is None:
            variance = max(hyperparameters.noise_variance, MIN_NOISE)
            variances = torch.full((len(y),), variance, dtype=torch.float64)
        else:
            variances = self._standardised_noise(noise)
        with torch.no_grad():
            if len(y) <= EXACT_LIMIT:
                self._posterior = condition(
                    inputs, outcome, variances, hyperparameters, groups, solve_mean=solve_mean
                )
            else:
                few = inducing_rows(scaled(inputs, lengths_of(hyperparameters, groups)), outcome)
                basis = inducing_basis(inputs, hyperparameters, few, groups)
                self._posterior = basis.condition(outcome, variances, solve_mean=solve_mean)
        self._hyperparameters = self._posterior.hyperparameters

    def _standardised(self, y: Values) -> Tensor:
        return _tensor((y - self._centre) / self._scale)

    def _standardised_noise(self, noise: Values) -> Tensor:
        # Divided twice: the square of a very small scale would leave float64.
        return _tensor(noise / self._scale / self._scale).clamp_min_(MIN_NOISE)


def _checked(x: Values, y: Values, noise: Values | None) -> tuple[Values, Values, Values | None]:
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if x.ndim != 2 or y.shape != (len(x),) or not x.size:
        raise SpecError(
            "points and observations do not match",
            got=[list(x.shape), list(y.shape)],
            expected="x [n, d] and y [n], n >= 1",
        )
    require_finite(x, "an encoded point")
    require_finite(y, "an observation")
    if noise is None:
        return x, y, None
    noise = np.asarray(noise, dtype=np.float64)
    if noise.shape != y.shape or bool((noise < 0).any()):
        raise SpecError(
            "noise variances do not match the observations",
            got=noise.tolist(),
            expected=f"[{len(y)}] variances, none negative",
        )
    require_finite(noise, "a noise variance")
    return x, y, noise


def _tensor(values: Values) -> Tensor:
    array = np.array(values, dtype=np.float64)  # a copy: torch wants writable memory
    return torch.from_numpy(array)
