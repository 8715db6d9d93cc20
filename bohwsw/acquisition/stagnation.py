"""What a standstill asks for: larger improvements, and exploration steps.

The margin is the xi of expected improvement (E. Brochu, V. M. Cora and N. de Freitas, "A Tutorial
on Bayesian Optimization of Expensive Cost Functions", 2010); it grows while nothing gets better.
"""

from __future__ import annotations

import numpy as np

from bohwsw.arrays import Values

PATIENCE = 10
"""Trials without an improvement after which small improvements begin to count less."""

MARGIN_GROWTH, MAX_MARGIN = 0.005, 0.5
"""By how much, in standard deviations of what was seen, each further trial raises the margin by
which a point has to improve on the best, and how far at most."""

MIN_IMPROVEMENT = 0.001
"""A smaller improvement, in standard deviations of what was seen, is none."""

STAGNATION, EXPLORATION_PERIOD = 20, 4
"""After so many feasible trials without an improvement the models are no longer trusted alone:
every fourth trial is an exploration step."""


def improvement_margin(observed: Values) -> float:
    """How much better than the best a point has to be: the xi of expected improvement.

    Nothing while there are improvements. Where many points are nearly as good as the best (mappings
    that differ in what hardly matters), the model is surest there, and expected improvement would
    try them all for a thousandth each, before it looks elsewhere. ``observed [n]`` is what is to be
    minimised, of feasible trials in their order.
    """
    waited = max(0, trials_since_improvement(observed) - PATIENCE)
    return float(observed.std()) * min(MAX_MARGIN, MARGIN_GROWTH * waited)


def trials_since_improvement(observed: Values) -> int:
    """How many feasible trials came after the last improvement; as for `improvement_margin`."""
    best = np.minimum.accumulate(observed)
    steps = np.flatnonzero(best[:-1] - best[1:] > MIN_IMPROVEMENT * float(observed.std()))
    return len(observed) - 1 - (int(steps[-1]) + 1 if len(steps) else 0)


def is_exploration_due(observed: Values, begun: int) -> bool:
    """Whether the models have had their chances, and it is the turn of chance.

    ``observed`` as for `improvement_margin`; ``begun`` trials were told or are pending.
    """
    if not len(observed) or begun % EXPLORATION_PERIOD:
        return False
    return trials_since_improvement(observed) >= STAGNATION
