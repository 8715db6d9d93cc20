"""Logarithm of the expected improvement, without underflow.

S. Ament, S. Daulton, D. Eriksson, M. Balandat and E. Bakshy, "Unexpected Improvements to Expected
Improvement for Bayesian Optimization", NeurIPS 2023 (their function log_h). Expected improvement
itself underflows to exactly zero over most of a space once a good point is known; its logarithm
still ranks those points.
"""

from __future__ import annotations

import math

import numpy as np

from bohwsw.arrays import Values

_HALF_LOG_2_PI = 0.5 * math.log(2.0 * math.pi)
_HALF_LOG_PI_OVER_2 = 0.5 * math.log(math.pi / 2.0)

ASYMPTOTIC = -1e4
"""Below this the two terms of the middle branch cancel to rounding; the leading term is exact."""


def log_expected_improvement(mean: Values, variance: Values, best: float) -> Values:
    """Log of E[max(best - f, 0)], ``[n]``, for Gaussian f of these means and variances ``[n]``.

    ``best`` is the lowest value seen: minimisation.
    """
    deviation = np.sqrt(np.maximum(variance, 1e-300))
    return np.asarray(log_h((best - mean) / deviation) + np.log(deviation))


def log_h(z: Values) -> Values:
    """Log of ``phi(z) + z * Phi(z)``, to which expected improvement is proportional.

    ``phi`` and ``Phi`` are density and distribution of the standard normal. Three branches:
    directly for ``z > -1``; through the scaled complementary error function below, where the two
    terms nearly cancel; by the leading term ``phi(z) / z ** 2`` far out.
    """
    # Here and not above: torch takes a second to load, and NumPy lacks both special functions.
    import torch

    above = np.maximum(z, -1.0)
    density = np.exp(-0.5 * above**2 - _HALF_LOG_2_PI)
    direct = np.log(density + above * torch.special.ndtr(torch.as_tensor(above)).numpy())

    middle = np.clip(z, ASYMPTOTIC, -1.0)
    # 1 - |z| * Phi(z) / phi(z), with Phi / phi = sqrt(pi / 2) * erfcx(-z / sqrt(2)).
    scaled = torch.special.erfcx(torch.as_tensor(-middle / math.sqrt(2.0))).numpy()
    tail = np.log1p(-np.exp(np.log(scaled) + _HALF_LOG_PI_OVER_2 + np.log(-middle)))
    between = -0.5 * middle**2 - _HALF_LOG_2_PI + tail

    far = np.minimum(z, ASYMPTOTIC)
    leading = -0.5 * far**2 - _HALF_LOG_2_PI - 2.0 * np.log(-far)
    return np.asarray(np.where(z > -1.0, direct, np.where(z > ASYMPTOTIC, between, leading)))
