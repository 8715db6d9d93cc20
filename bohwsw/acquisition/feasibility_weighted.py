"""An acquisition weighted by the probability that the point is feasible at all.

M. A. Gelbart, J. Snoek and R. P. Adams, "Bayesian Optimization with Unknown Constraints", UAI 2014:
the product of expected improvement and probability of feasibility; here a sum of logarithms.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]

FLOOR = -60.0
"""Log probabilities are not followed below this: a model is never that sure."""


def feasibility_weighted(log_worth: Values, log_probability: Values) -> Values:
    """Log of worth times probability.

    Args:
        log_worth: log acquisition ``[n]``.
        log_probability: log probability of feasibility ``[n]``.

    Returns:
        ``[n]``.
    """
    return log_worth + np.maximum(log_probability, FLOOR)
