"""A linear trend beside a Gaussian process, by generalised least squares.

Rasmussen and Williams (2006), section 2.7: explicit basis functions with a vague prior on their
coefficients. What all points of a fidelity have in common (a loss is higher after one epoch than
after two hundred) would otherwise shorten the length-scale by which fidelities tell of each other.
"""

from __future__ import annotations

import numpy as np
import torch

from bohwsw.arrays import Values
from bohwsw.surrogates.covariance import (
    Groups,
    Hyperparameters,
    cholesky,
    lengths_of,
    scaled,
    self_covariance,
)
from bohwsw.surrogates.inducing_points import EXACT_LIMIT
from bohwsw.surrogates.log_density import MIN_NOISE
from bohwsw.surrogates.transforms import centre_and_scale

PRIOR_DEVIATION = 10.0
"""Of a coefficient, in standard deviations of the observations."""


def trend_coefficients(
    x: Values,
    y: Values,
    basis: Values,
    noise: Values | None,
    hyperparameters: Hyperparameters,
    groups: Groups,
) -> Values:
    """Coefficients ``[k]`` of basis functions, which have values ``[n, k]`` at the points.

    Args:
        x: encoded points ``[n, d]``; of very many the last ones are looked at.
        y: observations ``[n]``.
        basis: values of the functions there.
        noise: variances of the observations ``[n]``, if they are known.
        hyperparameters: of the standardised observations.
        groups: of the columns.
    """
    x, y, basis = x[-EXACT_LIMIT:], y[-EXACT_LIMIT:], basis[-EXACT_LIMIT:]
    centre, scale = centre_and_scale(y)
    points = scaled(torch.from_numpy(np.array(x)), lengths_of(hyperparameters, groups))
    matrix = self_covariance(points, hyperparameters)
    if noise is None:
        variances = np.full(len(y), hyperparameters.noise_variance)
    else:
        variances = noise[-EXACT_LIMIT:] / scale / scale
    matrix.diagonal().add_(torch.from_numpy(np.maximum(variances, MIN_NOISE)))
    factor = cholesky(matrix, hyperparameters.signal_variance)
    functions = torch.from_numpy(np.column_stack([np.ones(len(y)), basis]))
    target = torch.from_numpy((y - centre) / scale)
    solved = torch.cholesky_solve(functions, factor)
    precision = solved.mT @ functions
    precision.diagonal().add_(PRIOR_DEVIATION**-2)
    coefficients = torch.linalg.solve(precision, solved.mT @ target)
    return np.asarray(scale * coefficients[1:].numpy())
