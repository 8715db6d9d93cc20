"""Many Gaussian processes fitted in one go: a layer each, or an outcome constraint each.

At a hundred observations and fewer, a fit spends most of its time between operations; a batch
spends it once for all.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from bohwsw.errors import SpecError
from bohwsw.surrogates.few import FIT_ROWS
from bohwsw.surrogates.fit import (
    MAX_ITERATIONS,
    Problem,
    default_hyperparameters,
    smooth_hyperparameters,
)
from bohwsw.surrogates.gp import GaussianProcess
from bohwsw.surrogates.kernel import Groups, Hyperparameters, checked_groups
from bohwsw.surrogates.optimise_batch import maximise_batch
from bohwsw.surrogates.outcomes import centre_and_scale, require_finite
from bohwsw.surrogates.threads import one_thread

Values = npt.NDArray[np.float64]
Both = tuple[Tensor, Tensor]

TOGETHER = 131_072
"""Covariances of one batch: what fits a core's own cache (1 MiB); more at once is slower."""


def fit_batch(
    x: Values,
    y: Values,
    *,
    groups: Groups | None = None,
    start: Sequence[Hyperparameters] | None = None,
    max_iterations: int = MAX_ITERATIONS,
) -> list[GaussianProcess]:
    """Fit ``b`` models of ``n`` observations each.

    The same models, priors and objective as `GaussianProcess.fit`; only the path to the optimum
    differs.

    Args:
        x: encoded points, ``[b, n, d]``, or ``[n, d]`` where all share them.
        y: observations ``[b, n]``.
        groups: as in `GaussianProcess`.
        start: hyperparameters to start from, ``b`` of them; None starts from the priors' modes.
        max_iterations: cap on the optimiser's iterations.

    Raises:
        SpecError: shapes do not match or a value is not finite.
    """
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if y.ndim != 2 or not x.size or x.shape[:-1] not in (y.shape, y.shape[1:]):
        raise SpecError(
            "points and observations do not match",
            got=[list(x.shape), list(y.shape)],
            expected="x [b, n, d] or [n, d] and y [b, n], n >= 1",
        )
    require_finite(x.ravel(), "an encoded point")
    require_finite(y.ravel(), "an observation")
    every_x = np.broadcast_to(x, (*y.shape, x.shape[-1]))
    if start is not None and len(start) != len(y):
        raise SpecError("starts do not match the models", got=len(start), expected=str(len(y)))
    if y.shape[1] > FIT_ROWS or y.shape[1] < 2 or max_iterations <= 0:
        found: Sequence[Hyperparameters | None] = start or [None] * len(y)
    else:
        found, max_iterations = _fitted(every_x, y, groups, start, max_iterations), 0
    return [
        GaussianProcess(groups).fit(points, values, start=each, max_iterations=max_iterations)
        for points, values, each in zip(every_x, y, found, strict=True)
    ]


def _fitted(
    x: Values,
    y: Values,
    groups: Groups | None,
    start: Sequence[Hyperparameters] | None,
    max_iterations: int,
) -> list[Hyperparameters]:
    scales = [centre_and_scale(values) for values in y]
    outcome = np.stack([(v - c) / s for v, (c, s) in zip(y, scales, strict=True)])
    numbers = None if groups is None else checked_groups(groups, x.shape[-1])
    whole = Problem(torch.tensor(x), torch.tensor(outcome), None, numbers)
    begin = list(start or [default_hyperparameters(whole.n_groups)] * len(y))
    with one_thread(), torch.no_grad():
        unknowns = _maximised(whole, whole.pack(begin), max_iterations)
        again = whole.is_doubtful(unknowns).nonzero()[:, 0]
        if len(again) and y.shape[1] > 2:
            problem = whole.members(again)
            smooth = problem.pack([smooth_hyperparameters(whole.n_groups)] * len(again))
            other = _maximised(problem, smooth, MAX_ITERATIONS)
            before = problem.value_and_gradient(unknowns[again])[0]
            better = problem.value_and_gradient(other)[0] > before
            unknowns[again[better]] = other[better]
        found = whole.unpack(unknowns)
    # Equal observations say nothing about how fast the function changes.
    informative = np.ptp(y, axis=1) > 0
    return [f if told else b for f, b, told in zip(found, begin, informative, strict=True)]


def _maximised(whole: Problem, begin: Tensor, max_iterations: int) -> Tensor:
    """The best unknowns ``[b, k]``, found for a few problems at a time."""
    ends = []
    for part in torch.arange(len(begin)).chunk(
        max(len(begin) * whole.y.shape[1] ** 2 // TOGETHER, 1)
    ):
        problem = whole.members(part)

        def function(unknowns: Tensor, members: Tensor, problem: Problem = problem) -> Both:
            return problem.members(members).value_and_gradient(unknowns)

        ends.append(maximise_batch(function, begin[part], max_iterations))
    return torch.cat(ends)
