"""Lower confidence bound, for minimisation.

N. Srinivas, A. Krause, S. Kakade and M. Seeger, "Gaussian Process Optimization in the Bandit
Setting: No Regret and Experimental Design", ICML 2010 (there as an upper bound, for maximisation).
"""

from __future__ import annotations

import numpy as np

from bohwsw.arrays import Values


def log_optimistic_gain(
    mean: Values, variance: Values, best: float, kappa: float = 1.0, scale: float = 1.0
) -> Values:
    """The order of ``mean - kappa * deviation`` as the logarithm of a positive value, ``[n]``.

    A bound has no natural zero, so it cannot be multiplied by a probability of feasibility as it
    is. Its gain over the best value, passed through ``log(softplus(.))``, can: far below the best
    it is the logarithm of the gain, far above it falls linearly. High is good.

    Args:
        mean: predicted means ``[n]``.
        variance: predicted variances ``[n]``.
        best: the lowest value seen.
        kappa: how far below the mean the bound lies; larger explores more.
        scale: the spread of the observations, which sets the unit of the gain.
    """
    gain = (best - mean + kappa * np.sqrt(variance)) / scale
    # softplus(g) -> exp(g) for very negative g, where its logarithm is g itself.
    softplus = np.logaddexp(0.0, np.maximum(gain, -30.0))
    return np.asarray(np.where(gain < -30.0, gain, np.log(softplus)))
