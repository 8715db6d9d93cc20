"""Which of many observations a model is built on: rows of a fit, and inducing points.

Choices depend on the data alone, so that the same history gives the same model.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from bohwsw.arrays import Indices, Labels
from bohwsw.surrogates.inducing_kernel import farthest_points

FIT_ROWS = 200
"""Hyperparameters come from at most this many observations (docs/optimiser.md: what it costs)."""

EXACT_LIMIT = 500
"""More observations than this go through inducing points (docs/optimiser.md: the crossover)."""

INDUCING = 384
"""How many inducing points there are then."""

BEST_SHARE = 8
"""Every eighth inducing point, and row of a fit, is one of the lowest observations."""


def rows_to_fit(y: Tensor) -> Tensor | None:
    """Indices ``[FIT_ROWS]`` of the observations ``[n]`` to fit to; None stands for all.

    The lowest ones, whose neighbourhood matters most to a minimiser, and an even draw of the rest:
    far-apart points alone would say nothing about short distances.
    """
    if len(y) <= FIT_ROWS:
        return None
    order = torch.argsort(y, stable=True).numpy()
    best, rest = order[: FIT_ROWS // BEST_SHARE], order[FIT_ROWS // BEST_SHARE :]
    drawn = np.random.default_rng(0).choice(np.sort(rest), FIT_ROWS - len(best), replace=False)
    return torch.from_numpy(np.sort(np.concatenate([best, drawn])))


def labels_to_fit(labels: Labels) -> Tensor | None:
    """Indices ``[FIT_ROWS]`` of the labels ``[n]`` to fit to; None stands for all.

    Of the rarer label at least a quarter, where there are so many, and an even draw of each kind.
    """
    if len(labels) <= FIT_ROWS:
        return None
    rng = np.random.default_rng(0)
    rare = bool(2 * labels.sum() < len(labels))
    few, many = np.flatnonzero(labels == rare), np.flatnonzero(labels != rare)
    of_few = min(len(few), max(FIT_ROWS // 4, round(FIT_ROWS * len(few) / len(labels))))
    chosen = [rng.choice(few, of_few, False), rng.choice(many, FIT_ROWS - of_few, False)]
    return torch.from_numpy(np.sort(np.concatenate(chosen)))


def leave_one_out_rows(n: int) -> Indices:
    """Which of ``n`` observations are left out in turn: all, or an even draw of `EXACT_LIMIT`."""
    if n <= EXACT_LIMIT:
        return np.arange(n)
    return np.sort(np.random.default_rng(0).choice(n, EXACT_LIMIT, replace=False))


def inducing_rows(points: Tensor, y: Tensor | None) -> Tensor:
    """Indices ``[INDUCING]`` of inducing points: the lowest observations, then the farthest points.

    Farthest in the model's own distances. Measured against an even draw and against the greedy
    choice by conditional variance (D. R. Burt, C. E. Rasmussen and M. van der Wilk, JMLR 2020): as
    good as the latter, which costs ten times more. Points ``[n, d]`` are scaled as by
    `covariance.scaled`, ``n >= INDUCING``; without observations ``[n]`` the first point is first.
    """
    first = torch.zeros(1, dtype=torch.int64)
    if y is not None:
        first = torch.argsort(y, stable=True)[: INDUCING // BEST_SHARE]
    chosen = farthest_points(points.contiguous().numpy(), first.numpy(), INDUCING)
    return torch.from_numpy(chosen)
