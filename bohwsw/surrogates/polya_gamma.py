"""Class labels as observations of a latent Gaussian process.

Polya-Gamma augmentation (F. Wenzel, T. Galy-Fajou, C. Donner, M. Kloft and M. Opper, "Efficient
Gaussian Process Classification Using Polya-Gamma Data Augmentation", AAAI 2019): given one number c
a label, the variational posterior of the logit is that of a regression with the pseudo-observation
label / (2 theta) and the noise 1 / theta, theta = tanh(c / 2) / (2 c). The best c is the root mean
square of the logit under that posterior, so both are updated in turn. All that regression can do
(exact or sparse posterior, closed-form fit of hyperparameters) serves the classifier as it is.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from bohwsw.arrays import Values
from bohwsw.surrogates.covariance import cholesky

LOGIT_SCALE = 16.0
"""Prior standard deviation of the logit. A border of feasibility is sharp: most evaluators answer
the same point the same way. Measured: docs/optimiser.md."""

FIRST_SPREAD = 8.0
"""Where the numbers c start."""

CLOSE = 0.01
"""The updates end when no c changes by more than this share of itself."""

_SHARES = (0.0016874387509528243, 0.06922160358642444, 0.43851492377516543, 0.4905760338874573)
_SLOPES = (0.23790655346279255, 0.332435718753263, 0.48959129557167647, 0.7802583779628106)
"""The sigmoid as a mixture of normal distribution functions (idea: J. F. Monahan and L. A.
Stefanski, 1992; these were fitted by least squares on [0, 30]): off by 0.0011 at most, its
logarithm by 0.25 down to -20. A mixture stays smooth and monotone under any uncertainty."""


def pseudo_observations(feasible: Tensor, spread: Tensor) -> tuple[Tensor, Tensor]:
    """Pseudo-observations ``[n]`` in units of `LOGIT_SCALE`, and their noise variances ``[n]``.

    Of class labels, bool ``[n]``, and the numbers c ``[n]``, positive.
    """
    theta = torch.tanh(spread / 2.0) / (2.0 * spread)
    sign = feasible.to(torch.float64) - 0.5
    return sign / (theta * LOGIT_SCALE), 1.0 / (theta * LOGIT_SCALE**2)


def settle(
    feasible: Tensor,
    spread: Tensor,
    posterior: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]],
    rounds: int,
) -> Tensor:
    """Update posterior and ``spread [n]`` in turn, at most ``rounds`` times.

    ``posterior`` gives its mean and variance ``[n]`` at the labelled points, from
    pseudo-observations and their noise.
    """
    for _ in range(rounds):
        mean, variance = posterior(*pseudo_observations(feasible, spread))
        new = (mean.square() + variance).sqrt_().mul_(LOGIT_SCALE).clamp_min_(1e-3)
        change = float(((new - spread).abs() / spread).max())
        spread = new
        if change < CLOSE:
            break
    return spread


def at_observations(
    covariance: Tensor, mean: float, y: Tensor, noise: Tensor
) -> tuple[Tensor, Tensor]:
    """Exact posterior mean and variance ``[n]`` at the points of observations ``y [n]``.

    Prior covariance ``[n, n]`` and mean are those of the function there; ``noise [n]`` holds the
    variances of the observations.
    """
    matrix = covariance.clone()
    matrix.diagonal().add_(noise)
    inverse = torch.cholesky_inverse(cholesky(matrix, float(noise.mean())))
    shift = noise * (inverse @ (y - mean))
    variance = noise - noise.square() * inverse.diagonal()
    return y - shift, variance.clamp_min_(0.0)


def log_probability(mean: Tensor, variance: Tensor) -> Values:
    """Log of the expected sigmoid ``[m]`` of a Gaussian logit.

    Mean and variance ``[m]`` are in units of `LOGIT_SCALE` and of its square.
    """
    slopes = torch.tensor(_SLOPES, dtype=torch.float64) * LOGIT_SCALE
    shares = torch.tensor(_SHARES, dtype=torch.float64).log()
    spread = (1.0 + variance[:, None] * slopes.square()).sqrt_()
    logs = torch.special.log_ndtr(mean[:, None] * slopes / spread) + shares
    result: Values = torch.logsumexp(logs, dim=1).clamp_max_(0.0).numpy()
    return result
