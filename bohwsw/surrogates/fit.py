"""Hyperparameters of a Gaussian process by maximum a posteriori, capped and warm-started.

Model and priors are those of BoTorch's SingleTaskGP: dimension-scaled log-normal length-scales
(C. Hvarfner, E. O. Hellsten and L. Nardi, "Vanilla Bayesian Optimization Performs Great in High
Dimensions", ICML 2024) and log-normal noise. What is maximised is BoTorch's
``ExactMarginalLogLikelihood``, and a test holds the two together, but with the gradient in closed
form (Rasmussen and Williams 2006, eq. 5.9) instead of through autograd, whose bookkeeping costs
ten times the arithmetic at these sizes. The constant mean has no prior and is solved for, not
searched. L-BFGS is capped: on data without noise the noise runs to its bound, and an uncapped fit
takes up to 30 times longer for nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from bohwsw.surrogates.kernel import Hyperparameters, cholesky, matern52, scaled_distance

MAX_ITERATIONS = 50
MIN_LENGTHSCALE = 0.025
MIN_NOISE = 1e-4
NOISE_LOCATION, NOISE_SCALE = -4.0, 1.0
LENGTH_SCALE = math.sqrt(3.0)
SIGNAL_SHAPE, SIGNAL_RATE = 2.0, 1.0
"""Gamma prior of the signal variance, where it is fitted: the targets are scaled to about 1."""


def length_location(d: int) -> float:
    """Mean of the log length-scale in ``d`` dimensions (Hvarfner et al. 2024)."""
    return math.sqrt(2.0) + 0.5 * math.log(d)


def default_hyperparameters(d: int) -> Hyperparameters:
    """The modes of the priors: what is believed before anything is fitted."""
    length = max(math.exp(length_location(d) - LENGTH_SCALE**2), 2 * MIN_LENGTHSCALE)
    return Hyperparameters((length,) * d, 1.0, math.exp(NOISE_LOCATION - NOISE_SCALE**2), 0.0)


def fit_hyperparameters(
    x: Tensor,
    y: Tensor,
    noise: Tensor | None = None,
    start: Hyperparameters | None = None,
    max_iterations: int = MAX_ITERATIONS,
) -> Hyperparameters:
    """Fit the hyperparameters of one Gaussian process.

    Args:
        x: points ``[n, d]`` in [0, 1].
        y: observations ``[n]``, about standardised.
        noise: their variances ``[n]`` if known; the signal variance is then fitted, else it is 1
            and the noise is fitted.
        start: where to start; None starts from the modes of the priors.
        max_iterations: cap on the iterations of L-BFGS; 0 only solves for the mean.

    Returns:
        The hyperparameters; those of the start if the fit breaks down numerically.
    """
    problem = Problem(x, y, noise)
    begin = problem.pack(start or default_hyperparameters(x.shape[1]))
    unknowns = begin.clone().requires_grad_(True)
    optimiser = torch.optim.LBFGS(
        [unknowns],
        max_iter=max(max_iterations, 1),
        history_size=10,
        tolerance_grad=1e-5,
        tolerance_change=1e-7,
        line_search_fn="strong_wolfe",
    )

    def closure() -> Tensor:
        value, gradient = problem.value_and_gradient(unknowns.detach())
        unknowns.grad = -gradient
        return torch.tensor(-value, dtype=torch.float64)

    if max_iterations > 0:
        optimiser.step(closure)  # type: ignore[no-untyped-call]
    end = unknowns.detach()
    return problem.unpack(end if bool(torch.isfinite(end).all()) else begin)


@dataclass(frozen=True)
class Problem:
    """The log posterior density of the hyperparameters, as a function to be maximised.

    The unknowns are ``[log(l_1 - MIN_LENGTHSCALE), ..., log(s)]`` with ``s`` the noise above its
    floor if the noise is unknown, else the signal variance.

    Attributes:
        x: points ``[n, d]``.
        y: observations ``[n]``.
        noise: their known variances ``[n]``; None if one noise is to be fitted, with a signal
            variance of 1.
    """

    x: Tensor
    y: Tensor
    noise: Tensor | None

    def pack(self, hyperparameters: Hyperparameters) -> Tensor:
        """Hyperparameters as a vector of unknowns ``[d + 1]``."""
        above = [max(length - MIN_LENGTHSCALE, 1e-4) for length in hyperparameters.lengthscales]
        if self.noise is None:
            last = max(hyperparameters.noise_variance - MIN_NOISE, 1e-6)
        else:
            last = hyperparameters.signal_variance
        return torch.tensor([*above, last], dtype=torch.float64).log()

    def unpack(self, unknowns: Tensor) -> Hyperparameters:
        """A vector of unknowns as hyperparameters, with the mean that suits them best."""
        lengths, signal, noise = self._natural(unknowns)
        solved = self._solve(lengths, signal, noise)
        fitted_noise = float(noise[0]) if self.noise is None else 0.0
        return Hyperparameters(tuple(lengths.tolist()), signal, fitted_noise, solved.mean)

    def value_and_gradient(self, unknowns: Tensor) -> tuple[float, Tensor]:
        """Log posterior density divided by ``n``, and its gradient ``[d + 1]``."""
        n = len(self.y)
        lengths, signal, noise = self._natural(unknowns)
        solved = self._solve(lengths, signal, noise)
        likelihood = (
            -0.5 * float(solved.residual @ solved.weights)
            - float(solved.factor.diagonal().log().sum())
            - 0.5 * n * math.log(2.0 * math.pi)
        )
        # dL/dK, twice (Rasmussen and Williams, eq. 5.9).
        pull = torch.outer(solved.weights, solved.weights) - torch.cholesky_inverse(solved.factor)
        # dK/dlog(l_k) = signal * 5/3 * (1 + r) * exp(-r) * (difference in column k / l_k) ** 2;
        # the sum over pairs of a weight times a squared difference is two matrix products.
        slope = signal * (5.0 / 3.0) * (1.0 + solved.distance) * torch.exp(-solved.distance)
        weight = pull * slope
        scaled = self.x / lengths
        squares = (scaled.square() * weight.sum(dim=1)[:, None]).sum(dim=0)
        by_log_length = squares - (scaled * (weight @ scaled)).sum(dim=0)
        if self.noise is None:
            last = float(noise[0]) - MIN_NOISE
            by_last = 0.5 * float(pull.diagonal().sum())
        else:
            last = signal
            by_last = 0.5 * float((pull * matern52(solved.distance)).sum())
        log_prior, prior_by_length, prior_by_last = self._prior(lengths, signal, noise)
        gradient = torch.cat(
            [
                (by_log_length / lengths + prior_by_length) * (lengths - MIN_LENGTHSCALE),
                torch.tensor([(by_last + prior_by_last) * last], dtype=torch.float64),
            ]
        )
        return (likelihood + log_prior) / n, gradient / n

    def _natural(self, unknowns: Tensor) -> tuple[Tensor, float, Tensor]:
        """Length-scales ``[d]``, signal variance and noise variances ``[n]``."""
        # Far outside every prior; keeps a wild step of the line search from overflowing.
        values = unknowns.clamp(-25.0, 25.0).exp()
        lengths = MIN_LENGTHSCALE + values[:-1]
        if self.noise is None:
            noise = (MIN_NOISE + values[-1]).expand(len(self.y))
            return lengths, 1.0, noise
        return lengths, float(values[-1]), self.noise

    def _solve(self, lengths: Tensor, signal: float, noise: Tensor) -> Solved:
        distance = scaled_distance(self.x, self.x, lengths)
        matrix = signal * matern52(distance)
        matrix.diagonal().add_(noise)
        factor = cholesky(matrix, signal)
        both = torch.stack([self.y, torch.ones_like(self.y)], dim=1)
        solved = torch.cholesky_solve(both, factor, upper=False)
        # Generalised least squares: the mean that maximises the likelihood at this covariance.
        mean = float(solved[:, 0].sum() / solved[:, 1].sum())
        return Solved(distance, factor, self.y - mean, solved[:, 0] - mean * solved[:, 1], mean)

    def _prior(self, lengths: Tensor, signal: float, noise: Tensor) -> tuple[float, Tensor, float]:
        """Log prior density, its derivatives by the length-scales ``[d]`` and the last unknown."""
        off = lengths.log() - length_location(len(lengths))
        value = -float(lengths.log().sum() + 0.5 * (off / LENGTH_SCALE).square().sum())
        value -= len(lengths) * math.log(LENGTH_SCALE * math.sqrt(2.0 * math.pi))
        by_length = -(1.0 + off / LENGTH_SCALE**2) / lengths
        if self.noise is None:
            variance = float(noise[0])
            off_noise = (math.log(variance) - NOISE_LOCATION) / NOISE_SCALE
            value -= math.log(variance * NOISE_SCALE * math.sqrt(2.0 * math.pi))
            value -= 0.5 * off_noise**2
            return value, by_length, -(1.0 + off_noise / NOISE_SCALE) / variance
        value += SIGNAL_SHAPE * math.log(SIGNAL_RATE) - math.lgamma(SIGNAL_SHAPE)
        value += (SIGNAL_SHAPE - 1.0) * math.log(signal) - SIGNAL_RATE * signal
        return value, by_length, (SIGNAL_SHAPE - 1.0) / signal - SIGNAL_RATE


@dataclass(frozen=True)
class Solved:
    """What value, gradient and mean share.

    Attributes:
        distance: scaled distances ``[n, n]`` of the points.
        factor: Cholesky factor ``[n, n]`` of the covariance of the observations.
        residual: observations minus the mean ``[n]``.
        weights: inverse covariance times ``residual``, ``[n]``.
        mean: the constant mean.
    """

    distance: Tensor
    factor: Tensor
    residual: Tensor
    weights: Tensor
    mean: float
