"""Hyperparameters of a Gaussian process by maximum a posteriori, capped and warm-started.

L-BFGS is capped: on data without noise the noise runs to its bound, and an uncapped fit takes up to
30 times longer for nothing. It is scipy's: torch's costs 0.6 ms a step of its own, and 2 s of
imports at its first use.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.optimize import minimize
from torch import Tensor

from bohwsw.arrays import Values
from bohwsw.surrogates.covariance import Groups, Hyperparameters, checked_groups
from bohwsw.surrogates.log_density import (
    LENGTH_SCALE,
    MIN_LENGTHSCALE,
    NOISE_LOCATION,
    NOISE_SCALE,
    TREND_LOCATION,
    LogDensity,
    length_location,
)

MAX_ITERATIONS = 50
TOLERANCE = 1e-7
"""Change of the log density, an observation, at which L-BFGS stops."""


def default_hyperparameters(d: int) -> Hyperparameters:
    """The modes of the priors of ``d`` groups: what is assumed before anything is fitted."""
    length = max(math.exp(length_location(d) - LENGTH_SCALE**2), 2 * MIN_LENGTHSCALE)
    noise = math.exp(NOISE_LOCATION - NOISE_SCALE**2)
    return Hyperparameters((length,) * d, 1.0, noise, 0.0, math.exp(TREND_LOCATION))


def fit_hyperparameters(
    x: Tensor,
    y: Tensor,
    noise: Tensor | None = None,
    start: Hyperparameters | None = None,
    max_iterations: int = MAX_ITERATIONS,
    groups: Groups | None = None,
    mean: float | None = None,
    least_signal: float = 0.0,
) -> Hyperparameters:
    """Fit the hyperparameters of one Gaussian process.

    Args:
        x: points ``[n, d]`` in [0, 1].
        y: observations ``[n]``, about standardised.
        noise: their variances ``[n]`` if known; the signal variance is then fitted, else it is 1
            and the noise is fitted.
        start: where to start; None starts from the modes of the priors.
        max_iterations: cap on the iterations of L-BFGS; 0 only solves for the mean.
        groups: of the columns ``[d]``; None is one group a column.
        mean: the constant mean if it is given; None solves for it.
        least_signal: floor of the signal variance, where it is fitted.

    Returns:
        The hyperparameters; those of the start if the fit breaks down numerically.
    """
    known = None if noise is None else noise.numpy()
    groups = checked_groups(groups, x.shape[1])
    density = LogDensity(x.numpy(), y.numpy(), known, groups, mean, least_signal)
    begin = density.pack(start or default_hyperparameters(density.n_groups))
    end = _climbed(density, begin, max_iterations)
    doubtful = noise is None and len(y) > 2 and density.is_doubtful(end)
    if doubtful and max_iterations > 0:
        # The objective often has two maxima: a smooth function, and nothing but noise. The priors'
        # modes, whose length-scales are short, lead to the second now and then; so do not their
        # medians with little noise.
        lengths = (math.exp(length_location(density.n_groups)),) * density.n_groups
        trend = math.exp(TREND_LOCATION)
        smooth = density.pack(Hyperparameters(lengths, 1.0, 0.01, 0.0, trend))
        other = _climbed(density, smooth, MAX_ITERATIONS)
        if density.value_and_gradient(other)[0] > density.value_and_gradient(end)[0]:
            end = other
    return density.unpack(end)


def _climbed(density: LogDensity, begin: Values, max_iterations: int) -> Values:
    """Unknowns where L-BFGS ends; where it began if it breaks down numerically."""
    if max_iterations <= 0:
        return begin

    def falling(unknowns: Values) -> tuple[float, Values]:
        value, gradient = density.value_and_gradient(unknowns)
        return -value, -gradient

    options = {"maxiter": max_iterations, "ftol": TOLERANCE, "gtol": 1e-5}
    found = minimize(falling, begin, jac=True, method="L-BFGS-B", options=options)
    end: Values = found.x
    return end if np.isfinite(end).all() else begin
