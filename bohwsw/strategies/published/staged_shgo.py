"""A model that adds up over stages, minimised within a limit: SHGO by stage, results combined."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from scipy.optimize import shgo

from bohwsw.arrays import Values
from bohwsw.strategies.base import Rows

StageModel = Callable[[Values], tuple[Values, Values]]
"""What relaxed codes ``[n, k]`` of a stage add to loss and to cost, ``[n]`` each."""

MULTIPLIERS = (0.0, 0.1, 0.2, 0.3, 0.5, 0.8, 1.0, 1.5, 3.0)
"""Of the cost, where its range is that of the loss; each is one run of SHGO a stage."""
MOST_KEPT = 2000
"""Combinations that are kept from stage to stage, evenly over their costs."""


def staged_minima(models: Sequence[StageModel], sizes: Sequence[Rows], most: float) -> Rows:
    """Rows of codes ``[m, sum of k]`` within a limit by the model, the lowest loss first.

    What SHGO finds in each stage for several multipliers (S. C. Endres, C. Sandrock and W. W.
    Focke, "A simplicial homology algorithm for Lipschitz optimisation", 2018; scipy), rounded, with
    all that is a step from it, is combined over the stages; what others beat in both is dropped.

    Args:
        models: of the stages.
        sizes: how many codes each column of a stage has, ``[k]`` each, all at least 2.
        most: the highest cost, summed over the stages.
    """
    rows, loss, cost = np.zeros((1, 0), np.int32), np.zeros(1), np.zeros(1)
    for model, n in zip(models, sizes, strict=True):
        own = _stage_rows(model, n)
        more, dearer = model(own.astype(np.float64))
        kept = _front(more, dearer)
        own, more, dearer = own[kept], more[kept], dearer[kept]
        both, costs = np.add.outer(loss, more).ravel(), np.add.outer(cost, dearer).ravel()
        kept = _front(both, costs)
        if len(kept) > MOST_KEPT:
            kept = kept[np.linspace(0, len(kept) - 1, MOST_KEPT).astype(int)]
        loss, cost = both[kept], costs[kept]
        rows = np.hstack([rows[kept // len(own)], own[kept % len(own)]])
    inside = np.flatnonzero(cost <= most)
    return rows[inside[np.argsort(loss[inside], kind="stable")]]


def _stage_rows(model: StageModel, n: Rows) -> Rows:
    """Codes ``[m, k]`` at and next to the minima of a stage."""
    top = n - 1.0
    corners = np.random.default_rng(0).random((64, len(n))) * top
    loss, cost = model(corners)
    scale = float(np.ptp(loss)) / (float(np.ptp(cost)) or 1.0)
    minima = [np.zeros(len(n)), top]
    for multiplier in MULTIPLIERS:

        def value(x: Values, multiplier: float = multiplier * scale) -> float:
            loss, cost = model(x[None])
            return float(loss[0] + multiplier * cost[0])

        found = shgo(value, [(0.0, float(most)) for most in top])
        if found.success:
            minima.extend(found.xl)
    centres = np.unique(np.rint(np.clip(minima, 0.0, top)).astype(np.int32), axis=0)
    steps = np.vstack([np.zeros((1, len(n)), np.int32), np.eye(len(n), dtype=np.int32)])
    steps = np.vstack([steps, -steps[1:]])
    near = (centres[:, None] + steps).reshape(-1, len(n))
    return np.asarray(np.unique(np.clip(near, 0, n - 1), axis=0).astype(np.int32))


def _front(loss: Values, cost: Values) -> Rows:
    """Indices of those that none beats in both, cheapest first."""
    order = np.lexsort((loss, cost))
    before = np.concatenate([[np.inf], np.minimum.accumulate(loss[order])[:-1]])
    return np.asarray(order[loss[order] < before])
