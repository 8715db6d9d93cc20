"""An acquisition weighted by the probability that the point is feasible at all.

M. A. Gelbart, J. Snoek and R. P. Adams, "Bayesian Optimization with Unknown Constraints", UAI 2014:
the product of expected improvement and probability of feasibility; here a sum of logarithms.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]

FLOOR = -60.0
"""Log probabilities are not followed below this: a model is never that sure."""


RELUCTANCE = 20.0
"""How steeply worth falls below the probability that caution asks for: as its 20th power."""


def feasibility_weighted(
    log_worth: Values, log_probability: Values, caution: float = 0.0
) -> Values:
    """Log of worth times probability.

    The product alone keeps trying points that are feasible with a probability of a quarter if they
    promise four times as much, and the best points of a constrained problem lie at the border,
    where that is all there is. With caution such points come last, yet in their order, so that
    there is always something to suggest.

    Args:
        log_worth: log acquisition ``[n]``.
        log_probability: log probability of feasibility ``[n]``.
        caution: the probability below which points are avoided; 0 for the plain product.

    Returns:
        ``[n]``.
    """
    log_probability = np.maximum(log_probability, FLOOR)
    weighted = log_worth + log_probability
    if caution > 0.0:
        weighted = weighted + RELUCTANCE * np.minimum(0.0, log_probability - math.log(caution))
    return weighted
