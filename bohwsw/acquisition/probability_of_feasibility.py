"""Logarithm of the probability that a Gaussian quantity stays below a limit.

Weights an acquisition by an outcome constraint (M. Schonlau, W. J. Welch and D. R. Jones, "Global
versus local search in constrained optimization of computer models", 1998).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]


def log_probability_below(mean: Values, variance: Values, limit: float) -> Values:
    """Log of P(f <= limit) for Gaussian f.

    Args:
        mean: predicted means ``[n]``.
        variance: predicted variances ``[n]``, positive.
        limit: in the same units.

    Returns:
        ``[n]``, at most 0 and finite.
    """
    # Here and not above: torch takes a second to load, and NumPy has no log of the normal
    # distribution function.
    import torch

    deviation = np.sqrt(np.maximum(variance, 1e-300))
    z = np.clip((limit - mean) / deviation, -1e6, 1e6)
    result: Values = torch.special.log_ndtr(torch.as_tensor(z)).numpy()
    return result
