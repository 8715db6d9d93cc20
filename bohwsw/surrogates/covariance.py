"""The covariance of all surrogates: Matern 5/2, a length-scale a group of columns, and a trend.

C. E. Rasmussen and C. K. I. Williams, "Gaussian Processes for Machine Learning", 2006, eq. 4.17,
with the squared distance ``sum over columns of (difference / length-scale of its group)^2``. One
group a column is the usual automatic relevance determination; columns that encode one parameter
together share a length-scale, so that there is less to fit. The trend is linear in each column
(Rasmussen and Williams 2006, eq. 4.22 with p = 1), steeper where length-scales are short: much of
what is measured adds up over parameters, and for one-hot columns linear is any effect of each.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from bohwsw.errors import SpecError
from bohwsw.surrogates.matern_kernel import correlate

Groups = npt.NDArray[np.int64]

TREND_UNIT = 12.0 * math.exp(2.0 * math.sqrt(2.0)) / 5.0
"""With it a trend of 1 has about the variance 1 over a cube at the priors' median length-scales."""

JITTERS = (0.0, 1e-8, 1e-6, 1e-4, 1e-2)
"""Added to the diagonal in turn, relative to the signal variance, until there is a factor."""


@dataclass(frozen=True)
class Hyperparameters:
    """What a fit finds."""

    lengthscales: tuple[float, ...]  # ``[groups]``, in units of the encoded space
    signal_variance: float  # variance of the function
    noise_variance: float  # variance of an observation around it; 0 where it is given a point
    mean: float  # the constant mean
    trend: float = 0.0
    """Variance of the linear trend, in units of the signal variance and of `TREND_UNIT`."""


def checked_groups(groups: Groups | None, d: int) -> Groups:
    """Groups of ``d`` columns ``[d]``; None is one group a column.

    Raises:
        SpecError: not one group a column, or a number below the largest is missing.
    """
    numbers = np.arange(d) if groups is None else np.asarray(groups)
    if numbers.shape != (d,) or set(numbers.tolist()) != set(range(len(np.unique(numbers)))):
        raise SpecError(
            "groups do not match the columns",
            got=numbers.tolist(),
            expected=f"a group number for each of {d} columns, counted from 0 without gaps",
        )
    return numbers.astype(np.int64)


def lengths_of(hyperparameters: Hyperparameters, groups: Groups | None) -> Tensor:
    """The length-scale of each column ``[d]``."""
    lengthscales = np.array(hyperparameters.lengthscales)
    return torch.from_numpy(lengthscales if groups is None else lengthscales[groups])


def scaled(x: Tensor, lengths: Tensor) -> Tensor:
    """Points ``[n, d]`` in which Euclidean distances are ``sqrt(5)`` times the kernel's.

    Columns are counted from 0.5, the middle of the encoded space: distances come from a matrix
    product, and small numbers lose fewer digits in it.
    """
    return (x - 0.5) * (math.sqrt(5.0) / lengths)


def correlation(a: Tensor, b: Tensor) -> Tensor:
    """Correlations ``[n1, n2]`` of `scaled` points."""
    norms = a.square().sum(dim=1)[:, None] + b.square().sum(dim=1)[None, :]
    squared = norms.addmm_(a, b.mT, alpha=-2.0)
    correlate(squared.numpy().reshape(-1))
    return squared


def covariance(a: Tensor, b: Tensor, hyperparameters: Hyperparameters) -> Tensor:
    """Covariances ``[n1, n2]`` of the function at `scaled` points."""
    result = correlation(a, b)
    if hyperparameters.trend > 0.0:
        result.addmm_(a, b.mT, alpha=hyperparameters.trend * TREND_UNIT)
    return result.mul_(hyperparameters.signal_variance)


def self_covariance(a: Tensor, hyperparameters: Hyperparameters) -> Tensor:
    """Covariances ``[n, n]`` of `scaled` points with each other."""
    result = covariance(a, a, hyperparameters)
    result.diagonal().copy_(prior_variance(a, hyperparameters))
    return result


def prior_variance(a: Tensor, hyperparameters: Hyperparameters) -> Tensor:
    """Variances ``[n]`` of the function at `scaled` points."""
    squares = a.square().sum(dim=1).mul_(hyperparameters.trend * TREND_UNIT)
    return squares.add_(1.0).mul_(hyperparameters.signal_variance)


def cholesky(matrix: Tensor, signal_variance: float) -> Tensor:
    """Lower factor ``[n, n]`` of a covariance, with as little jitter as it needs.

    Only the lower triangle is read. A scaled identity where no jitter helps.
    """
    eye = signal_variance * torch.eye(len(matrix), dtype=torch.float64)
    factor: Tensor
    for jitter in JITTERS:
        factor, failed = torch.linalg.cholesky_ex(matrix + jitter * eye if jitter else matrix)
        if not failed:
            return factor
    return eye
