"""Many observations seen through few of their points.

The variational posterior of M. Titsias, "Variational learning of inducing variables in sparse
Gaussian processes", AISTATS 2009: O(n m^2) for n observations and m inducing points. It is brought
to the form of an exact posterior of m observations with correlated noise, so that a prediction
costs what it costs there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from bohwsw.surrogates.covariance import (
    Groups,
    Hyperparameters,
    cholesky,
    covariance,
    lengths_of,
    prior_variance,
    scaled,
    self_covariance,
)
from bohwsw.surrogates.posterior import Posterior

INDUCING_JITTER = 1e-8
"""On the prior covariance of inducing points, relative to the signal variance."""


@dataclass(frozen=True)
class InducingBasis:
    """What does not depend on the observed values."""

    centres: Tensor  # inducing points [m, d], scaled by `covariance.scaled`
    lengths: Tensor  # length-scales of the columns [d]
    prior: Tensor  # covariance [m, m] of the function there
    prior_factor: Tensor  # its lower Cholesky factor [m, m]
    whitened: Tensor  # how much each part of the prior moves the function at each point: [m, n]
    variance: Tensor  # of the function at each point, before anything is observed [n]
    hyperparameters: Hyperparameters  # of the kernel and the mean

    def condition(self, y: Tensor, noise: Tensor, *, solve_mean: bool = False) -> Posterior:
        """The posterior of observations ``[n]`` with these variances; see `posterior.condition`."""
        hyperparameters = self.hyperparameters
        precision = noise.rsqrt()
        weighed = self.whitened * precision
        information = weighed @ weighed.mT
        outputs = torch.stack([y, torch.ones_like(y)], dim=1) * precision[:, None]
        told = weighed @ outputs
        inner_factor = _plus_identity_factor(information)
        if solve_mean:
            # Sums of the inverse covariance of the observations, by the matrix inversion lemma.
            projected = torch.linalg.solve_triangular(inner_factor, told, upper=False)
            data, ones = outputs[:, 1] @ outputs - projected[:, 1] @ projected
            hyperparameters = replace(hyperparameters, mean=float(data / ones))
        centred = told[:, :1] - hyperparameters.mean * told[:, 1:]
        reduced = torch.cholesky_solve(centred, inner_factor)
        weights = torch.linalg.solve_triangular(self.prior_factor.mT, reduced, upper=True)[:, 0]
        # Prior + L information^-1 L^T: the covariance of the m equivalent observations. It
        # exists, because every inducing point is itself observed.
        information_factor = cholesky(information, float(information.diagonal().mean()))
        half = torch.linalg.solve_triangular(information_factor, self.prior_factor.mT, upper=False)
        observed = torch.addmm(self.prior, half.mT, half)
        factor = cholesky(observed, hyperparameters.signal_variance)
        return Posterior(self.centres, self.lengths, factor, weights, hyperparameters)

    def at_observations(self, y: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
        """Posterior mean and variance ``[n]`` of the function at the observed points."""
        mean = self.hyperparameters.mean
        weighed = self.whitened * noise.rsqrt()
        inner_factor = _plus_identity_factor(weighed @ weighed.mT)
        told = weighed @ ((y - mean) * noise.rsqrt())[:, None]
        reduced = torch.cholesky_solve(told, inner_factor)[:, 0]
        left = torch.linalg.solve_triangular(inner_factor, self.whitened, upper=False)
        explained = torch.linalg.vector_norm(self.whitened, dim=0).square_()
        variance = self.variance - explained
        variance = variance.clamp_min_(0.0) + torch.linalg.vector_norm(left, dim=0).square_()
        return mean + reduced @ self.whitened, variance


def inducing_basis(
    x: Tensor, hyperparameters: Hyperparameters, inducing: Tensor, groups: Groups | None = None
) -> InducingBasis:
    """See points ``x [n, d]`` through those of them with the indices ``inducing [m]``."""
    signal = hyperparameters.signal_variance
    lengths = lengths_of(hyperparameters, groups)
    points = scaled(x, lengths)
    centres = points[inducing]
    prior = self_covariance(centres, hyperparameters)
    prior.diagonal().add_(INDUCING_JITTER * signal)
    prior_factor = cholesky(prior, signal)
    cross = covariance(points, centres, hyperparameters)
    whitened = torch.linalg.solve_triangular(prior_factor, cross.mT, upper=False)
    variance = prior_variance(points, hyperparameters)
    return InducingBasis(centres, lengths, prior, prior_factor, whitened, variance, hyperparameters)


def _plus_identity_factor(information: Tensor) -> Tensor:
    inner = information.clone()
    inner.diagonal().add_(1.0)
    return cholesky(inner, 1.0)
