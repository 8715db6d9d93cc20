"""Many small maximisations side by side: L-BFGS with one step length a problem.

J. Nocedal and S. J. Wright, "Numerical Optimization", 2nd edition, algorithms 7.4 and 3.1.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

HISTORY = 10
SUFFICIENT = 1e-4
"""Share of the promised rise that a step must bring."""

SHORTER = 0.4
SHORTENINGS = 10
CHANGE = 1e-7
GRADIENT = 1e-5

Function = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]


def maximise_batch(function: Function, start: Tensor, iterations: int) -> Tensor:
    """The best unknowns ``[b, k]`` that were found.

    Args:
        function: of unknowns ``[c, k]`` and the numbers ``[c]`` of their problems: values ``[c]``
            and gradients ``[c, k]``.
        start: where to start, ``[b, k]``.
        iterations: cap on the steps.
    """
    found = start.clone()
    members = torch.arange(len(start))
    at = start.clone()
    value, gradient = function(at, members)
    pairs: list[tuple[Tensor, Tensor]] = []
    for iteration in range(iterations):
        direction = _direction(gradient, pairs)
        slope = (direction * gradient).sum(dim=1)
        downhill = slope <= 0
        direction = torch.where(downhill[:, None], gradient, direction)
        slope = torch.where(downhill, gradient.square().sum(dim=1), slope)
        step = torch.ones_like(value)
        if iteration == 0:
            step = (1.0 / gradient.abs().sum(dim=1).clamp_min(1e-12)).clamp_max_(1.0)
        new, new_value, new_gradient = _searched(
            function, members, at, value, gradient, direction, slope, step
        )
        pairs = [*pairs, (new - at, gradient - new_gradient)][-HISTORY:]
        going = (new_value - value > CHANGE) & (new_gradient.abs().amax(dim=1) > GRADIENT)
        found[members] = new
        # What is done costs nothing any more.
        members, at, value, gradient = (
            part[going] for part in (members, new, new_value, new_gradient)
        )
        pairs = [(moved[going], bent[going]) for moved, bent in pairs]
        if not len(members):
            break
    return found


def _searched(
    function: Function,
    members: Tensor,
    at: Tensor,
    value: Tensor,
    gradient: Tensor,
    direction: Tensor,
    slope: Tensor,
    step: Tensor,
) -> tuple[Tensor, Tensor, Tensor]:
    """Unknowns, values and gradients after a backtracking line search for each problem."""
    new, new_value, new_gradient = at.clone(), value.clone(), gradient.clone()
    waiting = torch.arange(len(members))
    for _ in range(SHORTENINGS):
        trial = at[waiting] + step[waiting, None] * direction[waiting]
        trial_value, trial_gradient = function(trial, members[waiting])
        promised = value[waiting] + SUFFICIENT * step[waiting] * slope[waiting]
        good = trial_value >= promised
        kept = waiting[good]
        new[kept], new_value[kept] = trial[good], trial_value[good]
        new_gradient[kept] = trial_gradient[good]
        waiting = waiting[~good]
        if not len(waiting):
            break
        step[waiting] *= SHORTER
    return new, new_value, new_gradient


def _direction(gradient: Tensor, pairs: list[tuple[Tensor, Tensor]]) -> Tensor:
    """The inverse Hessian that the pairs tell of, times the gradient: ``[b, k]``."""
    direction = gradient
    shares: list[tuple[Tensor, Tensor]] = []
    scale = torch.ones(len(gradient), dtype=torch.float64)
    for moved, bent in reversed(pairs):
        curvature = (moved * bent).sum(dim=1)
        inverse = torch.where(curvature > 1e-12, 1.0 / curvature.clamp_min(1e-12), 0.0)
        share = inverse * (moved * direction).sum(dim=1)
        direction = direction - share[:, None] * bent
        if not shares:
            newest = curvature / bent.square().sum(dim=1).clamp_min(1e-300)
            scale = torch.where(curvature > 1e-12, newest, scale)
        shares.append((share, inverse))
    direction = direction * scale[:, None]
    for (moved, bent), (share, inverse) in zip(pairs, reversed(shares), strict=True):
        back = inverse * (bent * direction).sum(dim=1)
        direction = direction + (share - back)[:, None] * moved
    return direction
