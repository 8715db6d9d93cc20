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
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from bohwsw.surrogates.kernel import (
    Hyperparameters,
    cholesky,
    column_lengths,
    scaled,
    squared_distances,
)
from bohwsw.surrogates.matern_kernel import correlate_with_slope

MAX_ITERATIONS = 50
MIN_LENGTHSCALE = 0.025
MIN_NOISE = 1e-4
NOISE_LOCATION, NOISE_SCALE = -4.0, 1.0
LENGTH_SCALE = math.sqrt(3.0)
EXPLAINS_LITTLE = -1.2
"""Log likelihood an observation below which a fit is tried again from elsewhere: independent
standardised observations have -1.42."""

SHORT = 0.08
"""A length-scale below this tells the points of a lattice apart instead of relating them: the other
sign of a local maximum."""

SIGNAL_SHAPE, SIGNAL_RATE = 2.0, 1.0
"""Gamma prior of the signal variance, where it is fitted: the targets are scaled to about 1."""


def length_location(d: int) -> float:
    """Mean of the log length-scale of ``d`` groups of columns (Hvarfner et al. 2024)."""
    return math.sqrt(2.0) + 0.5 * math.log(d)


def default_hyperparameters(d: int) -> Hyperparameters:
    """The modes of the priors of ``d`` groups: what is believed before anything is fitted."""
    length = max(math.exp(length_location(d) - LENGTH_SCALE**2), 2 * MIN_LENGTHSCALE)
    return Hyperparameters((length,) * d, 1.0, math.exp(NOISE_LOCATION - NOISE_SCALE**2), 0.0)


def smooth_hyperparameters(d: int) -> Hyperparameters:
    """A second place to start: the medians of the priors of ``d`` groups, and little noise.

    The objective often has two maxima: a smooth function, and nothing but noise. The prior's mode,
    whose length-scales are short, leads to the second now and then.
    """
    return Hyperparameters((math.exp(length_location(d)),) * d, 1.0, 0.01, 0.0)


def fit_hyperparameters(
    x: Tensor,
    y: Tensor,
    noise: Tensor | None = None,
    start: Hyperparameters | None = None,
    max_iterations: int = MAX_ITERATIONS,
    groups: Tensor | None = None,
    mean: float | None = None,
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

    Returns:
        The hyperparameters; those of the start if the fit breaks down numerically.
    """
    problem = Problem(x, y, noise, groups, mean)
    begin = problem.pack([start or default_hyperparameters(problem.n_groups)])[0]
    end = _climbed(problem, begin, max_iterations)
    doubtful = noise is None and len(y) > 2 and bool(problem.is_doubtful(end))
    if doubtful and max_iterations > 0:
        other = _climbed(problem, problem.pack([smooth_hyperparameters(problem.n_groups)])[0], 50)
        if problem.value_and_gradient(other)[0] > problem.value_and_gradient(end)[0]:
            end = other
    return problem.unpack(end)[0]


def _climbed(problem: Problem, begin: Tensor, max_iterations: int) -> Tensor:
    """Unknowns where L-BFGS ends; where it began if it breaks down numerically."""
    if max_iterations <= 0:
        return begin
    unknowns = begin.clone().requires_grad_(True)
    optimiser = torch.optim.LBFGS(
        [unknowns],
        max_iter=max_iterations,
        history_size=10,
        tolerance_grad=1e-5,
        tolerance_change=1e-7,
        line_search_fn="strong_wolfe",
    )

    def closure() -> Tensor:
        value, gradient = problem.value_and_gradient(unknowns.detach())
        unknowns.grad = -gradient
        return -value

    with torch.enable_grad():
        optimiser.step(closure)  # type: ignore[no-untyped-call]
    end = unknowns.detach()
    return end if bool(torch.isfinite(end).all()) else begin


@dataclass(frozen=True)
class Problem:
    """The log posterior density of the hyperparameters, as a function to be maximised.

    The unknowns are ``[log(l_1 - MIN_LENGTHSCALE), ..., log(s)]``, a length-scale a group, with
    ``s`` the noise above its floor if the noise is unknown, else the signal variance. Everything
    may have a leading batch dimension: many problems of one size are then one problem here.

    Attributes:
        x: points ``[..., n, d]``.
        y: observations ``[..., n]``.
        noise: their known variances ``[..., n]``; None if one noise is to be fitted, with a
            signal variance of 1.
        groups: of the columns ``[d]``; None is one group a column.
        mean: the constant mean if it is given; None solves for it.
    """

    x: Tensor
    y: Tensor
    noise: Tensor | None
    groups: Tensor | None = None
    mean: float | None = None

    @property
    def n_groups(self) -> int:
        """How many length-scales there are."""
        return self.x.shape[-1] if self.groups is None else int(self.groups.max()) + 1

    def members(self, numbers: Tensor) -> Problem:
        """Those problems ``[c]`` of a batch; not where noise is given or the mean."""
        return Problem(self.x[numbers], self.y[numbers], None, self.groups)

    def pack(self, hyperparameters: Sequence[Hyperparameters]) -> Tensor:
        """Hyperparameters as unknowns ``[len(hyperparameters), groups + 1]``."""
        rows = []
        for each in hyperparameters:
            above = [max(length - MIN_LENGTHSCALE, 1e-4) for length in each.lengthscales]
            if self.noise is None:
                last = max(each.noise_variance - MIN_NOISE, 1e-6)
            else:
                last = each.signal_variance
            rows.append([*above, last])
        return torch.tensor(rows, dtype=torch.float64).log()

    def unpack(self, unknowns: Tensor) -> list[Hyperparameters]:
        """Unknowns ``[..., groups + 1]`` as hyperparameters, with the means that suit them best."""
        lengths, signal, noise = self._natural(unknowns)
        solved = self._solve(lengths, signal, noise)
        single = torch.zeros_like(signal) if self.noise is not None else noise[..., 0]
        parts = (lengths, signal[..., None], single[..., None], solved.mean[..., None])
        rows = torch.cat(parts, dim=-1).reshape(-1, unknowns.shape[-1] + 2).tolist()
        return [Hyperparameters(tuple(row[:-3]), *row[-3:]) for row in rows]

    def is_doubtful(self, unknowns: Tensor) -> Tensor:
        """Whether a maximum looks like one that explains nothing: bool ``[...]``."""
        lengths, signal, noise = self._natural(unknowns)
        explained = self._solve(lengths, signal, noise).log_likelihood
        return (explained < EXPLAINS_LITTLE) | (lengths.amin(dim=-1) < SHORT)

    def value_and_gradient(self, unknowns: Tensor) -> tuple[Tensor, Tensor]:
        """Log posterior density divided by ``n``, ``[...]``, and its gradient by the unknowns."""
        n = self.y.shape[-1]
        lengths, signal, noise = self._natural(unknowns)
        solved = self._solve(lengths, signal, noise)
        # dL/dK, twice (Rasmussen and Williams, eq. 5.9).
        pull = solved.weights[..., :, None] * solved.weights[..., None, :]
        pull -= torch.cholesky_inverse(solved.factor)
        # dK/dlog(l_k) = signal * 5/3 * (1 + r) * exp(-r) * (difference in column k / l_k) ** 2;
        # the sum over pairs of a weight times a squared difference is two matrix products. The
        # points are scaled by sqrt(5), hence the fifth.
        weight = solved.slope.mul_(pull)
        squares = (solved.points.square() * weight.sum(dim=-1)[..., None]).sum(dim=-2)
        by_column = squares - (solved.points * (weight @ solved.points)).sum(dim=-2)
        by_log_length = self._sum_by_group(by_column * (signal[..., None] / 5.0))
        if self.noise is None:
            last = noise[..., 0] - MIN_NOISE
            by_last = 0.5 * _diagonal(pull).sum(dim=-1)
        else:
            last = signal
            by_last = 0.5 * (pull * solved.correlation).sum(dim=(-2, -1))
        log_prior, prior_by_length, prior_by_last = self._prior(lengths, signal, noise)
        gradient = torch.cat(
            [
                (by_log_length / lengths + prior_by_length) * (lengths - MIN_LENGTHSCALE),
                ((by_last + prior_by_last) * last)[..., None],
            ],
            dim=-1,
        )
        return solved.log_likelihood + log_prior / n, gradient / n

    def _sum_by_group(self, by_column: Tensor) -> Tensor:
        if self.groups is None:
            return by_column
        shape = (*by_column.shape[:-1], self.n_groups)
        return torch.zeros(shape, dtype=torch.float64).index_add_(-1, self.groups, by_column)

    def _natural(self, unknowns: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Length-scales ``[..., groups]``, signal variance ``[...]``, noise ``[..., n]``."""
        # Far outside every prior; keeps a wild step of the line search from overflowing.
        values = unknowns.clamp(-25.0, 25.0).exp()
        lengths, last = MIN_LENGTHSCALE + values[..., :-1], values[..., -1]
        if self.noise is None:
            return lengths, torch.ones_like(last), (MIN_NOISE + last)[..., None].expand_as(self.y)
        return lengths, last, self.noise

    def _solve(self, lengths: Tensor, signal: Tensor, noise: Tensor) -> Solved:
        points = scaled(self.x, column_lengths(lengths, self.groups)[..., None, :])
        correlation = squared_distances(points, points)
        _diagonal(correlation).zero_()
        slope = torch.empty_like(correlation)
        correlate_with_slope(correlation.numpy().reshape(-1), slope.numpy().reshape(-1))
        matrix = signal[..., None, None] * correlation
        _diagonal(matrix).add_(noise)
        factor = cholesky(matrix, signal)
        both = torch.stack([self.y, torch.ones_like(self.y)], dim=-1)
        solved = torch.cholesky_solve(both, factor, upper=False)
        if self.mean is None:
            # Generalised least squares: the mean that maximises the likelihood here.
            mean = solved[..., 0].sum(dim=-1) / solved[..., 1].sum(dim=-1)
        else:
            mean = torch.full_like(signal, self.mean)
        weights = solved[..., 0] - mean[..., None] * solved[..., 1]
        residual = self.y - mean[..., None]
        return Solved(points, correlation, slope, factor, residual, weights, mean)

    def _prior(
        self, lengths: Tensor, signal: Tensor, noise: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Log prior density, its derivatives by the length-scales and by noise or signal."""
        logs = lengths.log()
        off = logs - length_location(self.n_groups)
        value = -(logs + 0.5 * (off / LENGTH_SCALE).square()).sum(dim=-1)
        value -= self.n_groups * math.log(LENGTH_SCALE * math.sqrt(2.0 * math.pi))
        by_length = -(1.0 + off / LENGTH_SCALE**2) / lengths
        if self.noise is None:
            variance = noise[..., 0]
            off_noise = (variance.log() - NOISE_LOCATION) / NOISE_SCALE
            value -= variance.log() + math.log(NOISE_SCALE * math.sqrt(2.0 * math.pi))
            value -= 0.5 * off_noise.square()
            return value, by_length, -(1.0 + off_noise / NOISE_SCALE) / variance
        value += SIGNAL_SHAPE * math.log(SIGNAL_RATE) - math.lgamma(SIGNAL_SHAPE)
        value += (SIGNAL_SHAPE - 1.0) * signal.log() - SIGNAL_RATE * signal
        return value, by_length, (SIGNAL_SHAPE - 1.0) / signal - SIGNAL_RATE


@dataclass(frozen=True)
class Solved:
    """What value, gradient and mean share.

    Attributes:
        points: points ``[..., n, d]`` scaled by `kernel.scaled`.
        correlation: theirs ``[..., n, n]``.
        slope: its derivatives as `matern_kernel.correlate_with_slope` gives them.
        factor: Cholesky factor ``[..., n, n]`` of the covariance of the observations.
        residual: observations minus the mean ``[..., n]``.
        weights: inverse covariance times ``residual``, ``[..., n]``.
        mean: the constant mean ``[...]``.
    """

    points: Tensor
    correlation: Tensor
    slope: Tensor
    factor: Tensor
    residual: Tensor
    weights: Tensor
    mean: Tensor

    @property
    def log_likelihood(self) -> Tensor:
        """Of the observations (Rasmussen and Williams, eq. 2.30), divided by ``n``: ``[...]``."""
        fitted = -0.5 * (self.residual * self.weights).mean(dim=-1)
        return fitted - _diagonal(self.factor).log().mean(dim=-1) - 0.5 * math.log(2.0 * math.pi)


def _diagonal(matrices: Tensor) -> Tensor:
    return matrices.diagonal(dim1=-2, dim2=-1)
