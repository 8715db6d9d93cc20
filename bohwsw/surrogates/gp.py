"""Gaussian-process regression for an expensive objective, exact or sparse by size."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from bohwsw.arrays import Indices, Labels, Values
from bohwsw.errors import SpecError
from bohwsw.surrogates.covariance import (
    Groups,
    Hyperparameters,
    checked_groups,
    correlation,
    lengths_of,
    scaled,
)
from bohwsw.surrogates.fit import MAX_ITERATIONS, default_hyperparameters, fit_hyperparameters
from bohwsw.surrogates.inducing_points import (
    EXACT_LIMIT,
    inducing_rows,
    leave_one_out_rows,
    rows_to_fit,
)
from bohwsw.surrogates.log_density import MIN_NOISE
from bohwsw.surrogates.posterior import Posterior, condition
from bohwsw.surrogates.sparse_posterior import inducing_basis
from bohwsw.surrogates.threads import one_thread
from bohwsw.surrogates.transforms import centre_and_scale, checked_data, fitted, require_finite


class GaussianProcess:
    """Regression in float64: standardised outcome, capped fit, posterior of one Cholesky factor.

    The fitted hyperparameters are a value, so a fit can start where an earlier one ended, and
    observations can be added without fitting again. Large data are fitted and conditioned on
    through a few well chosen points (`inducing_points`).

    Args:
        groups: group of each encoded column ``[d]``, counted from 0: columns of a group share a
            length-scale. None: each column is its own group.
        prior_mean: what is expected at encoded points ``[m, d]`` before anything is seen, up to a
            constant: ``[m]``, in the units of the observations. The model is of what is left.
        relevant: how far the function depends on each column ``[d]``, where that is known: not at
            all (False, 0), or less than on others (below 1), whose length-scale is then expected
            to be longer.

    Attributes:
        noise: variances ``[n]`` of the observations, in units of ``y`` squared, if they were given.
    """

    noise: Values | None
    _hyperparameters: Hyperparameters | None = None
    _posterior: Posterior | None = None

    def __init__(
        self,
        groups: Groups | None = None,
        prior_mean: Callable[[Values], Values] | None = None,
        relevant: Labels | Values | None = None,
    ) -> None:
        self._groups = groups
        self._prior_mean = prior_mean
        self._relevant = None if relevant is None else np.asarray(relevant, np.float64)

    @property
    def hyperparameters(self) -> Hyperparameters:
        """Those of the standardised outcome, once there is a fit."""
        return fitted(self._hyperparameters, "Gaussian process")

    @property
    def posterior(self) -> Posterior:
        """What predictions come from, in standardised units, once there is a fit."""
        return fitted(self._posterior, "Gaussian process")

    @property
    def standardisation(self) -> tuple[float, float]:
        """What is taken off the observations, and what they are divided by, once there is a fit."""
        return self._centre, self._scale

    def groups(self, d: int) -> Groups:
        """The group of each of ``d`` encoded columns."""
        return checked_groups(self._groups, d)

    def fit(
        self,
        x: Values,
        y: Values,
        *,
        noise: Values | None = None,
        start: Hyperparameters | None = None,
        max_iterations: int = MAX_ITERATIONS,
    ) -> GaussianProcess:
        """Fit to observations; returns itself.

        Args:
            x: encoded points ``[n, d]``, ``n >= 1``.
            y: observations ``[n]``.
            noise: variances of the observations ``[n]`` in units of ``y`` squared, if they are
                known; else one noise for all is fitted.
            start: hyperparameters to start from; None starts from the priors' modes.
            max_iterations: cap on the optimiser's iterations; 0 keeps ``start`` but for the mean.

        Raises:
            SpecError: shapes do not match, a value is not finite or a variance is negative.
        """
        x, y = checked_data(x, y)
        noise = _checked_noise(noise, y)
        y = y - self._expected(x)
        groups = checked_groups(self._groups, x.shape[1])
        self._centre, self._scale = centre_and_scale(y)
        found = start or default_hyperparameters(int(groups.max()) + 1)
        with one_thread():
            # One value, or equal ones, say nothing about how fast the function changes.
            if max_iterations > 0 and len(y) > 1 and bool(np.ptp(y) > 0):
                rows = rows_to_fit(self._standardised(y))
                some = slice(None) if rows is None else rows.numpy()
                known = None if noise is None else self._standardised_noise(noise[some])
                outcome = self._standardised(y[some])
                found = fit_hyperparameters(
                    self._seen(x[some]), outcome, known, found, max_iterations, groups
                )
            self._hyperparameters = found
            self._condition(x, y, noise, solve_mean=True)
        return self

    def with_observations(
        self, x: Values, y: Values, noise: Values | None = None
    ) -> GaussianProcess:
        """A copy that has seen more, with the same hyperparameters and standardisation.

        Where the noise of earlier observations was given and that of the new ones is not, they
        get the median of the former.
        """
        x, y = checked_data(x, y)
        noise = _checked_noise(noise, y)
        if self.noise is not None:
            new = np.full(len(y), np.median(self.noise)) if noise is None else noise
            noise = np.concatenate([self.noise, new])
        elif noise is not None:
            raise SpecError(
                "noise was not given for the earlier observations, so it cannot be for later ones",
                got=noise.tolist(),
                expected="None",
            )
        y = np.concatenate([self._y, y - self._expected(x)])
        return self._conditioned(np.concatenate([self._x, x]), y, noise)

    @property
    def observations(self) -> tuple[Values, Values]:
        """Points ``[n, d]`` and observations ``[n]`` that the model has seen."""
        return self._x, self._y + self._expected(self._x)

    def restricted(self, rows: Indices) -> GaussianProcess:
        """A copy that has seen only some of the observations, with the same hyperparameters."""
        noise = None if self.noise is None else self.noise[rows]
        return self._conditioned(self._x[rows], self._y[rows], noise)

    def leave_one_out(self) -> tuple[Indices, Values, Values]:
        """What it predicts for each observation from all the others.

        The hyperparameters have seen all observations, so this is a little too good.

        Returns:
            Which observations ``[m]``, see `leave_one_out_rows`, and predicted mean and variance
            of each ``[m]``, noise included, in the units of ``y``.
        """
        rows = leave_one_out_rows(len(self._y))
        with one_thread(), torch.no_grad():
            exact = self.restricted(rows)
            mean, variance = exact.posterior.leave_one_out(self._standardised(exact._y))
        return rows, self._in_units(exact._x, mean), self._scale**2 * variance.numpy()

    def predict(self, x: Values) -> tuple[Values, Values]:
        """Mean and variance ``[m]`` of the function at encoded points ``[m, d]``, without noise.

        In the units of ``y``, the variance in their square.
        """
        with one_thread(), torch.no_grad():
            mean, variance = self.posterior.predict(self._seen(x))
        return self._in_units(x, mean), self._scale**2 * variance.numpy()

    def predict_mean(self, x: Values) -> Values:
        """The mean alone ``[m]``, several times faster than `predict`."""
        with one_thread(), torch.no_grad():
            return self._in_units(x, self.posterior.predict_mean(self._seen(x)))

    def predict_pairs(self, here: Values, there: Values) -> tuple[Values, Values, Values, Values]:
        """What an observation at one point would say of another, for ``m`` pairs of them.

        Args:
            here: encoded points ``[m, d]``.
            there: encoded points ``[m, d]``.

        Returns:
            Mean and variance there, variance here, covariance of both: ``[m]`` each.
        """
        with one_thread(), torch.no_grad():
            mean, variance = self.posterior.predict(self._seen(there))
            own, both = self.posterior.covariances(self._seen(here), self._seen(there))
        square = self._scale**2
        there_variance, here_variance = square * variance.numpy(), square * own.numpy()
        return self._in_units(there, mean), there_variance, here_variance, square * both.numpy()

    def prior_correlation(self, here: Values, there: Values) -> float:
        """Of the function at two encoded points ``[1, d]``, before anything is seen of it."""
        lengths = self.posterior.lengths
        pair = scaled(self._seen(here), lengths), scaled(self._seen(there), lengths)
        return float(correlation(*pair)[0, 0])

    @property
    def fitted_noise(self) -> float:
        """The noise variance that was fitted, relative to the variance of the observations."""
        return self.hyperparameters.noise_variance

    @property
    def observation_noise(self) -> float:
        """The variance of an observation around the function, in units of ``y`` squared."""
        if self.noise is not None:
            return float(np.median(self.noise))
        return self._scale**2 * self.fitted_noise

    @property
    def lengthscales(self) -> Values:
        """Of each group, in units of the encoded space, once there is a fit."""
        found = np.array(self.hyperparameters.lengthscales)
        if self._relevant is not None:
            first = np.unique(self.groups(len(self._relevant)), return_index=True)[1]
            weight = self._relevant[first]
            found = found / np.where(weight > 0.0, weight, 1.0)
        return found

    def _in_units(self, x: Values, mean: Tensor) -> Values:
        return np.asarray(self._centre + self._expected(x) + self._scale * mean.numpy())

    def _seen(self, x: Values) -> Tensor:
        """Encoded points as the covariance sees them: all alike in what is not relevant."""
        return _tensor(x if self._relevant is None else x * self._relevant)

    def _expected(self, x: Values) -> Values | float:
        return 0.0 if self._prior_mean is None else self._prior_mean(x)

    def _conditioned(self, x: Values, y: Values, noise: Values | None) -> GaussianProcess:
        copy = GaussianProcess(self._groups, self._prior_mean, self._relevant)
        copy._hyperparameters = self.hyperparameters
        copy._centre, copy._scale = self._centre, self._scale
        with one_thread():
            copy._condition(x, y, noise, solve_mean=False)
        return copy

    def _condition(self, x: Values, y: Values, noise: Values | None, *, solve_mean: bool) -> None:
        self._x, self._y, self.noise = x, y, noise
        found, groups = self.hyperparameters, checked_groups(self._groups, x.shape[1])
        inputs, outcome = self._seen(x), self._standardised(y)
        if noise is None:
            variance = max(found.noise_variance, MIN_NOISE)
            variances = torch.full((len(y),), variance, dtype=torch.float64)
        else:
            variances = self._standardised_noise(noise)
        with torch.no_grad():
            if len(y) <= EXACT_LIMIT:
                self._posterior = condition(
                    inputs, outcome, variances, found, groups, solve_mean=solve_mean
                )
            else:
                inducing = inducing_rows(scaled(inputs, lengths_of(found, groups)), outcome)
                basis = inducing_basis(inputs, found, inducing, groups)
                self._posterior = basis.condition(outcome, variances, solve_mean=solve_mean)
        self._hyperparameters = self._posterior.hyperparameters

    def _standardised(self, y: Values) -> Tensor:
        return _tensor((y - self._centre) / self._scale)

    def _standardised_noise(self, noise: Values) -> Tensor:
        # Divided twice: the square of a very small scale would leave float64.
        return _tensor(noise / self._scale / self._scale).clamp_min_(MIN_NOISE)


def _checked_noise(noise: Values | None, y: Values) -> Values | None:
    if noise is None:
        return None
    noise = np.asarray(noise, dtype=np.float64)
    if noise.shape != y.shape or bool((noise < 0).any()):
        raise SpecError(
            "noise variances do not match the observations",
            got=noise.tolist(),
            expected=f"[{len(y)}] variances, none negative",
        )
    require_finite(noise, "a noise variance")
    return noise


def _tensor(values: Values) -> Tensor:
    array = np.array(values, dtype=np.float64)  # a copy: torch wants writable memory
    return torch.from_numpy(array)
