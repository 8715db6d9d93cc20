"""Greedy choice of far-apart points (compiled)."""

import numpy as np

from bohwsw.compiled import compiled


@compiled(allocates=True)
def farthest_points(points, first, m):
    """Indices ``[m]`` of points ``[n, d]``: those of ``first``, then always the farthest.

    The farthest from all chosen so far; of equally far ones the earliest.
    """
    n, d = points.shape
    chosen = np.empty(m, np.int64)
    nearest = np.full(n, np.inf)
    farthest = 0
    for k in range(m):
        new = first[k] if k < len(first) else farthest
        chosen[k] = new
        nearest[new] = -1.0
        farthest = 0
        for i in range(n):
            if nearest[i] < 0.0:
                continue
            total = 0.0
            for j in range(d):
                step = points[i, j] - points[new, j]
                total += step * step
            nearest[i] = min(nearest[i], total)
            if nearest[i] > nearest[farthest]:
                farthest = i
    return chosen
