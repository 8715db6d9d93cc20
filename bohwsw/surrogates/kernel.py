"""The covariance of both surrogates and the posterior of a Gaussian process, in closed form.

Kernel: Matern 5/2 with one length-scale a column (C. E. Rasmussen and C. K. I. Williams, "Gaussian
Processes for Machine Learning", 2006, eq. 4.17). Posterior: their eq. 2.25 and 2.26, for a whole
pool with one Cholesky factor and one triangular solve, marginal variances only. BoTorch's
``posterior`` of a pool of q = 1 batches gives the same numbers 12 to 55 times slower.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

JITTERS = (0.0, 1e-8, 1e-6, 1e-4, 1e-2)
"""Added to the diagonal in turn, relative to the signal variance, until the factor exists."""


@dataclass(frozen=True)
class Hyperparameters:
    """What a fit finds.

    Attributes:
        lengthscales: ``[d]``, in units of the encoded space.
        signal_variance: variance of the function.
        noise_variance: variance of an observation around it; 0 where it is given a point.
        mean: the constant mean.
    """

    lengthscales: tuple[float, ...]
    signal_variance: float
    noise_variance: float
    mean: float


def scaled_distance(x1: Tensor, x2: Tensor, lengthscales: Tensor) -> Tensor:
    """``sqrt(5)`` times the distances ``[n1, n2]`` in units of the length-scales ``[d]``."""
    # Near points lose digits if the distance is computed by a matrix product; cdist's default
    # does so from 26 rows on. Here the points are a lattice in [0, 1]: the loss is 1e-8 at most.
    return torch.cdist(x1 / lengthscales, x2 / lengthscales) * math.sqrt(5.0)


def matern52(distance: Tensor) -> Tensor:
    """Correlation at the distances of `scaled_distance`."""
    return (1.0 + distance + distance.square() / 3.0) * torch.exp(-distance)


def covariance(x1: Tensor, x2: Tensor, hyperparameters: Hyperparameters) -> Tensor:
    """Covariance ``[n1, n2]`` of the function at two sets of points ``[n1, d]``, ``[n2, d]``."""
    lengthscales = torch.tensor(hyperparameters.lengthscales, dtype=torch.float64)
    return hyperparameters.signal_variance * matern52(scaled_distance(x1, x2, lengthscales))


def cholesky(matrix: Tensor, signal_variance: float) -> Tensor:
    """Lower factor ``[n, n]`` of a covariance, with as little jitter as it needs."""
    eye = torch.eye(len(matrix), dtype=torch.float64) * signal_variance
    factor = eye
    for jitter in JITTERS:
        factor, failed = torch.linalg.cholesky_ex(matrix + jitter * eye if jitter else matrix)
        if not failed:
            break
    return factor


@dataclass(frozen=True)
class Posterior:
    """A Gaussian process conditioned on observations.

    Attributes:
        x: training points ``[n, d]``.
        factor: lower Cholesky factor ``[n, n]`` of the covariance of the observations.
        weights: ``[n]``, the inverse covariance times the centred observations.
        hyperparameters: of the kernel and the mean.
    """

    x: Tensor
    factor: Tensor
    weights: Tensor
    hyperparameters: Hyperparameters

    def predict(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and variance ``[m]`` of the function (without noise) at points ``[m, d]``."""
        cross = covariance(x, self.x, self.hyperparameters)
        mean = self.hyperparameters.mean + cross @ self.weights
        solved = torch.linalg.solve_triangular(self.factor, cross.mT, upper=False)
        variance = self.hyperparameters.signal_variance - solved.square().sum(dim=0)
        # Rounding can take the variance at a training point below zero.
        return mean, variance.clamp_min(1e-12 * self.hyperparameters.signal_variance)


def condition(x: Tensor, y: Tensor, noise: Tensor, hyperparameters: Hyperparameters) -> Posterior:
    """Condition on observations ``y [n]`` at ``x [n, d]`` with noise variances ``[n]``."""
    matrix = covariance(x, x, hyperparameters) + torch.diag(noise)
    factor = cholesky(matrix, hyperparameters.signal_variance)
    centred = (y - hyperparameters.mean)[:, None]
    weights = torch.cholesky_solve(centred, factor, upper=False)[:, 0]
    return Posterior(x, factor, weights, hyperparameters)
