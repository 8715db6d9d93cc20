"""Acquisitions weighted by the probability that a point is feasible.

M. Schonlau, W. J. Welch and D. R. Jones, "Global versus local search in constrained optimization of
computer models", 1998, and M. A. Gelbart, J. Snoek and R. P. Adams, "Bayesian Optimization with
Unknown Constraints", UAI 2014: the product of expected improvement and probability of feasibility;
here a sum of logarithms.
"""

from __future__ import annotations

import math

import numpy as np

from bohwsw.arrays import Values

FLOOR = -60.0
"""Log probabilities are not followed below this: a model is never that sure."""

CAUTION_EXPONENT = 20.0
"""Below the probability that caution asks for, values fall as its 20th power."""


def log_probability_below(mean: Values, variance: Values, limit: float) -> Values:
    """Log of P(f <= limit), ``[n]``, for Gaussian f of these means and variances ``[n]``."""
    import torch  # here, as in `log_expected_improvement`

    deviation = np.sqrt(np.maximum(variance, 1e-300))
    z = np.clip((limit - mean) / deviation, -1e6, 1e6)
    return np.asarray(torch.special.log_ndtr(torch.as_tensor(z)).numpy())


def log_probability_between(mean: Values, variance: Values, low: float, high: float) -> Values:
    """Log of P(low <= f <= high), ``[n]``, for Gaussian f of these means and variances ``[n]``.

    Exact far out in a tail, where both distribution functions are nearly 0 or 1.
    """
    import torch

    deviation = np.sqrt(np.maximum(variance, 1e-300))
    low_z, high_z = ((limit - mean) / deviation for limit in (low, high))
    flipped = low_z + high_z > 0.0
    near = torch.as_tensor(np.clip(np.where(flipped, -low_z, high_z), -1e6, 1e6))
    far = torch.as_tensor(np.clip(np.where(flipped, -high_z, low_z), -1e6, 1e6))
    log_near = torch.special.log_ndtr(near)
    share = (torch.special.log_ndtr(far) - log_near).clamp_max_(-1e-12)
    return np.asarray((log_near + torch.log(-torch.expm1(share))).numpy())


def feasibility_weighted(
    log_value: Values, log_probability: Values, caution: float = 0.0
) -> Values:
    """Log of an acquisition value times a probability of feasibility, ``[n]``.

    The product alone keeps trying points that are feasible with a probability of a quarter if they
    promise four times as much, and the best points of a constrained problem lie at the border,
    where that is all there is. With caution such points come last, yet in their order, so that
    there is always something to suggest.

    Args:
        log_value: log acquisition ``[n]``.
        log_probability: of feasibility ``[n]``.
        caution: the probability below which points are avoided; 0 for the plain product.
    """
    log_probability = np.maximum(log_probability, FLOOR)
    weighted = log_value + log_probability
    if caution > 0.0:
        weighted += CAUTION_EXPONENT * np.minimum(0.0, log_probability - math.log(caution))
    return weighted
