"""The log posterior density of a Gaussian process's hyperparameters, with its gradient.

Model and priors are those of BoTorch's SingleTaskGP: dimension-scaled log-normal length-scales
(C. Hvarfner, E. O. Hellsten and L. Nardi, "Vanilla Bayesian Optimization Performs Great in High
Dimensions", ICML 2024) and log-normal noise. The value is BoTorch's
``ExactMarginalLogLikelihood``, and a test holds the two together; the gradient is in closed form
(Rasmussen and Williams 2006, eq. 5.9). At the sizes of a search an evaluation in torch is mostly
the time between its operations, so covariances and their derivatives are compiled; torch has the
linear algebra only, because its threads can be counted (`threads`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from bohwsw.arrays import Values
from bohwsw.surrogates.covariance import TREND_UNIT, Groups, Hyperparameters, cholesky
from bohwsw.surrogates.matern_kernel import fill_covariance, pull_on_lengths

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

TREND_LOCATION, TREND_SCALE = -2.0, 2.0
"""Normal prior of the logarithm of the trend's variance: none to all of it."""

LEAST_TREND = 1e-9

SIGNAL_SHAPE, SIGNAL_RATE = 2.0, 1.0
"""Gamma prior of the signal variance, where it is fitted: the targets are scaled to about 1."""

FARTHEST = 25.0
"""No unknown goes beyond: far outside every prior, and it keeps a wild step of a line search from
overflowing."""


def length_location(d: int) -> float:
    """Mean of the log length-scale of ``d`` groups of columns (Hvarfner et al. 2024)."""
    return math.sqrt(2.0) + 0.5 * math.log(d)


@dataclass(frozen=True)
class LogDensity:
    """A function of unknowns, to be maximised.

    These are ``[log(l_1 - MIN_LENGTHSCALE), ..., log(s), log(t)]``, a length-scale a group, with
    ``s`` the noise above its floor if the noise is unknown, else the signal variance above its own,
    and ``t`` the trend.
    """

    x: Values  # points [n, d]
    y: Values  # observations [n]
    noise: Values | None  # their variances [n]; None: one noise is fitted, the signal variance is 1
    groups: Groups  # of the columns [d]
    mean: float | None = None  # if it is given; None solves for it, it has no prior
    least_signal: float = 0.0  # floor of the signal variance, where it is fitted

    @property
    def n_groups(self) -> int:
        """How many length-scales there are."""
        return int(self.groups.max()) + 1

    def pack(self, hyperparameters: Hyperparameters) -> Values:
        """Hyperparameters as unknowns ``[groups + 2]``."""
        above = np.array(hyperparameters.lengthscales) - MIN_LENGTHSCALE
        if self.noise is None:
            last = max(hyperparameters.noise_variance - MIN_NOISE, 1e-6)
        else:
            last = max(hyperparameters.signal_variance - self.least_signal, 1e-6)
        trend = max(hyperparameters.trend, LEAST_TREND)
        return np.asarray(np.log([*np.maximum(above, 1e-4), last, trend]))

    def unpack(self, unknowns: Values) -> Hyperparameters:
        """Unknowns ``[groups + 2]`` as hyperparameters, with the mean that suits them best."""
        lengths, signal, noise, trend = self._natural(unknowns)
        single = 0.0 if self.noise is not None else float(noise[0])
        mean = self._solve(lengths, signal, noise, trend).mean
        return Hyperparameters(tuple(lengths.tolist()), signal, single, mean, trend)

    def is_doubtful(self, unknowns: Values) -> bool:
        """Whether a maximum looks like one that explains nothing."""
        lengths, signal, noise, trend = self._natural(unknowns)
        explained = self._solve(lengths, signal, noise, trend).log_likelihood
        return explained < EXPLAINS_LITTLE or float(lengths.min()) < SHORT

    def value_and_gradient(self, unknowns: Values) -> tuple[float, Values]:
        """Log posterior density divided by ``n``, and its gradient ``[groups + 2]``.

        Minus infinity where it breaks down numerically.
        """
        n = len(self.y)
        lengths, signal, noise, trend = self._natural(unknowns)
        solved = self._solve(lengths, signal, noise, trend)
        log_prior, prior_by_length, prior_by_last = self._prior(lengths, signal, noise)
        value = solved.log_likelihood + log_prior / n
        if not math.isfinite(value):
            return -math.inf, np.zeros(len(unknowns))
        weights, inverse = solved.weights, torch.cholesky_inverse(solved.factor).numpy()
        # dL/dK is (weights weights^T - K^-1) / 2, and dK/dlog(l_k) is slope * (difference in column
        # k / l_k)^2 off the diagonal; the points are scaled by sqrt(5), and pairs are met once.
        by_column, by_log_length = np.empty(self.x.shape[1]), np.zeros(self.n_groups)
        pull_on_lengths(solved.points, solved.slope, inverse, weights, by_column)
        np.add.at(by_log_length, self.groups, by_column)
        by_log_length *= signal / 5.0
        # The trend's part of K is signal * tilted tilted^T: a sum over columns.
        tilted = solved.tilted
        pull = (weights @ tilted) ** 2 - np.einsum("ij,ij->j", tilted, inverse @ tilted)
        np.add.at(by_log_length, self.groups, -signal * pull)
        by_log_trend = 0.5 * signal * float(pull.sum())
        spare = np.diagonal(inverse) - weights**2
        if self.noise is None:
            last = float(noise[0]) - MIN_NOISE
            by_last = -0.5 * float(spare.sum())
        else:
            last = signal - self.least_signal
            # The trace of dL/dK times the correlations, from that with the whole covariance.
            explained = float(solved.residual @ weights) - n + float(noise @ spare)
            by_last = 0.5 * explained / signal
        by_length = (by_log_length / lengths + prior_by_length) * (lengths - MIN_LENGTHSCALE)
        off = (math.log(trend) - TREND_LOCATION) / TREND_SCALE
        value -= (0.5 * off**2 + math.log(TREND_SCALE * math.sqrt(2.0 * math.pi))) / n
        by_log_trend -= off / TREND_SCALE
        gradient = np.array([*by_length, (by_last + prior_by_last) * last, by_log_trend])
        return value, gradient / n

    def _natural(self, unknowns: Values) -> tuple[Values, float, Values, float]:
        """Length-scales ``[groups]``, signal variance, noise ``[n]``, trend."""
        values = np.exp(np.clip(unknowns, -FARTHEST, FARTHEST))
        lengths, last, trend = MIN_LENGTHSCALE + values[:-2], float(values[-2]), float(values[-1])
        if self.noise is None:
            return lengths, 1.0, np.full(len(self.y), MIN_NOISE + last), trend
        return lengths, self.least_signal + last, self.noise, trend

    def _solve(self, lengths: Values, signal: float, noise: Values, trend: float) -> Solved:
        n = len(self.y)
        points = (self.x - 0.5) * (math.sqrt(5.0) / lengths[self.groups])
        transposed = np.ascontiguousarray(points.T)
        matrix, slope = np.zeros((n, n)), np.empty((n, n))
        fill_covariance(transposed, noise, signal, matrix, slope)
        tilted = points * math.sqrt(trend * TREND_UNIT)
        matrix += signal * (tilted @ tilted.T)
        factor = cholesky(torch.from_numpy(matrix), signal)
        targets = torch.from_numpy(np.stack([self.y, np.ones(n)], axis=1))
        both = torch.cholesky_solve(targets, factor).numpy()
        mean = self.mean
        if mean is None:
            # Generalised least squares: the mean that maximises the likelihood here.
            mean = float(both[:, 0].sum() / both[:, 1].sum())
        weights, residual = both[:, 0] - mean * both[:, 1], self.y - mean
        # Rasmussen and Williams, eq. 2.30.
        log_likelihood = -0.5 * float(residual @ weights) / n
        log_likelihood -= float(factor.diagonal().log().mean()) + 0.5 * math.log(2.0 * math.pi)
        return Solved(points, tilted, slope, factor, residual, weights, mean, log_likelihood)

    def _prior(self, lengths: Values, signal: float, noise: Values) -> tuple[float, Values, float]:
        """Log prior density, its derivatives by the length-scales and by noise or signal."""
        logs = np.log(lengths)
        off = logs - length_location(self.n_groups)
        value = -float((logs + 0.5 * (off / LENGTH_SCALE) ** 2).sum())
        value -= self.n_groups * math.log(LENGTH_SCALE * math.sqrt(2.0 * math.pi))
        by_length = -(1.0 + off / LENGTH_SCALE**2) / lengths
        if self.noise is None:
            variance = float(noise[0])
            off_noise = (math.log(variance) - NOISE_LOCATION) / NOISE_SCALE
            value -= math.log(variance) + math.log(NOISE_SCALE * math.sqrt(2.0 * math.pi))
            value -= 0.5 * off_noise**2
            return value, by_length, -(1.0 + off_noise / NOISE_SCALE) / variance
        value += SIGNAL_SHAPE * math.log(SIGNAL_RATE) - math.lgamma(SIGNAL_SHAPE)
        value += (SIGNAL_SHAPE - 1.0) * math.log(signal) - SIGNAL_RATE * signal
        return value, by_length, (SIGNAL_SHAPE - 1.0) / signal - SIGNAL_RATE


@dataclass(frozen=True)
class Solved:
    """What value, gradient and mean share."""

    points: Values  # [n, d], scaled as by `covariance.scaled`
    tilted: Values  # [n, d]: the trend's covariance is their products, times the signal variance
    slope: Values  # of the correlations, see `matern_kernel.fill_covariance`
    factor: Tensor  # lower Cholesky factor [n, n] of the covariance of the observations
    residual: Values  # observations minus the mean [n]
    weights: Values  # inverse covariance times residual [n]
    mean: float
    log_likelihood: float  # of the observations, divided by n
