"""From traces to figures: regrets, ranks, intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from benchmarks.optimizers.problem import Problem
from benchmarks.optimizers.run import Trace

Values = npt.NDArray[np.float64]

BOOTSTRAPS = 2000
DIGITS = 9
"""Regrets that agree to this many decimals are one; none is a negative zero."""


@dataclass(frozen=True)
class Ranks:
    """Mean ranks over problems with 95 % intervals by bootstrap over seeds.

    Attributes:
        mean: by method.
        interval: by method, low and high.
    """

    mean: dict[str, float]
    interval: dict[str, tuple[float, float]]


def regrets(problem: Problem, traces: Sequence[Trace], n_trials: int) -> Values:
    """Regret of each run after ``n_trials`` of them ``[n_runs]``; infinite if nothing feasible."""
    return np.array([problem.regret(trace.best(n_trials)) for trace in traces]).round(DIGITS) + 0.0


def regrets_in_time(
    problem: Problem, traces: Sequence[Trace], n_trials: int, evaluation_seconds: float
) -> Values:
    """Regret of each run when the time for ``n_trials`` bare evaluations is over ``[n_runs]``.

    The optimiser's own CPU-seconds count, so a slow one makes fewer trials.
    """
    total = n_trials * evaluation_seconds
    found = [
        problem.regret(trace.best(trace.trials_within(total, evaluation_seconds)))
        for trace in traces
    ]
    return np.array(found).round(DIGITS) + 0.0


def median(values: Values) -> float:
    """The median; infinite where half of the values or more are."""
    ordered = np.sort(values)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return float(ordered[middle])
    return float((ordered[middle - 1] + ordered[middle]) / 2.0)


def interval(values: Values, seed: int = 0) -> tuple[float, float]:
    """A 95 % interval of the median by bootstrap."""
    rng = np.random.default_rng(seed)
    medians = [median(rng.choice(values, len(values))) for _ in range(BOOTSTRAPS // 4)]
    low, high = np.quantile(medians, [0.025, 0.975], method="nearest")
    return float(low), float(high)


def ranks(regret: Mapping[str, Mapping[str, Values]], seed: int = 0) -> Ranks:
    """Rank the methods on each problem by their median regret; ties share a rank.

    Args:
        regret: problem, then method, to the regret of each run. Only methods that ran on all
            problems are ranked.
        seed: of the bootstrap.
    """
    methods = [
        name
        for name in dict.fromkeys(m for methods in regret.values() for m in methods)
        if all(name in methods for methods in regret.values())
    ]
    if not methods:
        return Ranks({}, {})
    table = [[by_method[name] for name in methods] for by_method in regret.values()]
    rng = np.random.default_rng(seed)
    drawn = [
        _mean_ranks([[rng.choice(v, len(v)) for v in row] for row in table])
        for _ in range(BOOTSTRAPS // 4)
    ]
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    mean = _mean_ranks(table)
    return Ranks(
        {name: float(mean[i]) for i, name in enumerate(methods)},
        {name: (float(low[i]), float(high[i])) for i, name in enumerate(methods)},
    )


def _mean_ranks(table: Sequence[Sequence[Values]]) -> Values:
    medians = np.array([[median(values) for values in row] for row in table])
    found: Values = rankdata(medians, axis=1).mean(axis=0)
    return found
