"""Logarithm of the expected improvement of the hypervolume, for several objectives.

K. Yang, M. Emmerich, A. Deutz and T. Baeck, "Efficient computation of expected hypervolume
improvement using box decomposition algorithms", 2019, for independent Gaussian objectives: the
region that no known point beats is cut into boxes, and the expected gain in each box is a product
over the objectives. BoTorch cuts the boxes. In logarithms, as in log expected improvement, because
the product underflows over most of a space.
"""

from __future__ import annotations

import numpy as np

from bohwsw.acquisition.expected_improvement import log_h
from bohwsw.arrays import Values

NADIR_MARGIN, MAX_NADIR_MARGIN = 0.1, 1.0
"""How far behind the worst values of the front the reference point lies at least and at most, as
shares of its range (H. Ishibuchi et al., "How to specify a reference point in hypervolume
calculation", 2018)."""

CHUNK = 200_000


def reference_point(values: Values) -> Values:
    """A reference point ``[m]`` for ``[n, m]`` values: their worst, within margins of the front.

    The front of few values is short: close behind it, what lies beyond its ends would count for
    nothing, and a search would never find out how far it goes.
    """
    import torch
    from botorch.utils.multi_objective.pareto import is_non_dominated

    front = values[is_non_dominated(-torch.as_tensor(values)).numpy()]
    nadir, ideal = front.max(axis=0), front.min(axis=0)
    # A front of one point has no range; that of all values stands in for it.
    spread = np.where(nadir > ideal, nadir - ideal, values.max(axis=0) - ideal)
    spread = np.where(spread > 0.0, spread, 1.0)
    result: Values = np.clip(
        values.max(axis=0), nadir + NADIR_MARGIN * spread, nadir + MAX_NADIR_MARGIN * spread
    )
    return result


def log_expected_hypervolume_improvement(
    mean: Values, variance: Values, seen: Values, reference: Values
) -> Values:
    """Log of the expected volume ``[n]`` that a point adds to what is dominated; all minimised.

    Means and variances are ``[n, m]``, of objectives that are taken as independent; ``seen [k, m]``
    are known values, and only volume below ``reference [m]`` counts.
    """
    lower, upper = boxes(seen, reference)
    step = max(1, CHUNK // lower.size)
    parts = [
        _log_gain(mean[i : i + step], variance[i : i + step], lower, upper)
        for i in range(0, len(mean), step)
    ]
    return np.concatenate(parts) if parts else np.zeros(0)


def boxes(seen: Values, reference: Values) -> tuple[Values, Values]:
    """Lower and upper corners ``[n_boxes, m]`` of what no known point beats; -inf downwards."""
    import torch
    from botorch.utils.multi_objective.box_decompositions import FastNondominatedPartitioning

    # BoTorch maximises.
    cells = FastNondominatedPartitioning(
        ref_point=-torch.as_tensor(reference), Y=-torch.as_tensor(np.ascontiguousarray(seen))
    ).get_hypercell_bounds()
    below, above = cells.numpy()
    return -above, -below


def _log_gain(mean: Values, variance: Values, lower: Values, upper: Values) -> Values:
    deviation = np.sqrt(np.maximum(variance, 1e-300))[:, None, :]
    centre = mean[:, None, :]
    # E[(a - f)+] = deviation * h((a - mean) / deviation), with h as in expected improvement.
    to_upper = log_h((upper - centre) / deviation)
    finite = np.isfinite(lower)
    to_lower = log_h((np.where(finite, lower, 0.0) - centre) / deviation)
    lost = np.where(finite, np.exp(np.minimum(to_lower - to_upper, 0.0)), 0.0)
    width = to_upper + np.log(deviation) + np.log(np.maximum(1.0 - lost, 1e-300))
    total = width.sum(axis=2)
    highest = total.max(axis=1)
    return np.asarray(highest + np.log(np.exp(total - highest[:, None]).sum(axis=1)))
