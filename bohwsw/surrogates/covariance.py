"""The covariance of all surrogates: Matern 5/2 with one length-scale a group of columns.

C. E. Rasmussen and C. K. I. Williams, "Gaussian Processes for Machine Learning", 2006, eq. 4.17,
with the squared distance ``sum over columns of (difference / length-scale of its group)^2``. One
group a column is the usual automatic relevance determination; columns that encode one parameter
together share a length-scale, so that there is less to fit.
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

JITTERS = (0.0, 1e-8, 1e-6, 1e-4, 1e-2)
"""Added to the diagonal in turn, relative to the signal variance, until there is a factor."""


@dataclass(frozen=True)
class Hyperparameters:
    """What a fit finds.

    Attributes:
        lengthscales: ``[groups]``, in units of the encoded space.
        signal_variance: variance of the function.
        noise_variance: variance of an observation around it; 0 where it is given a point.
        mean: the constant mean.
    """

    lengthscales: tuple[float, ...]
    signal_variance: float
    noise_variance: float
    mean: float


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


def self_correlation(a: Tensor) -> Tensor:
    """Correlations ``[n, n]`` of `scaled` points with each other; the diagonal is exactly one."""
    result = correlation(a, a)
    result.diagonal().fill_(1.0)
    return result


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
