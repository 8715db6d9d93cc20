"""What the methods reach: designs of a search, as vectors, and what is told of them."""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

import numpy as np

from bohwsw.acquisition import hypervolume, non_dominated
from bohwsw.arrays import Values
from bohwsw.errors import NoValidMappingError
from bohwsw.joint import JointProblem, run_joint
from bohwsw.study import Trial

T_95 = {2: 12.71, 3: 4.30, 4: 3.18, 5: 2.78, 6: 2.57, 7: 2.45, 8: 2.36, 9: 2.31, 10: 2.26}
"""Student's t for a two-sided interval of 95 % from so many values."""


@dataclass(frozen=True)
class Reached:
    """What one search has found.

    Attributes:
        accuracy: of its completed trials within all limits ``[n]``.
        cost: EDP of these ``[n]``.
        energy: of these ``[n]``, pJ.
        measurements: networks that were measured.
        trials: points that were tried.
        over_limits: designs of its result that are over a limit.
        seconds: what it took.
    """

    accuracy: Values
    cost: Values
    energy: Values
    measurements: int
    trials: int
    over_limits: int
    seconds: float

    @property
    def vectors(self) -> Values:
        """Minus accuracy in percent, and the logarithm of the cost, ``[n, 2]``."""
        return np.stack([-self.accuracy, np.log(self.cost)], axis=1)

    @property
    def front(self) -> Values:
        """Rows of `vectors` that no other beats."""
        vectors = self.vectors
        return vectors[non_dominated(vectors)] if len(vectors) else vectors

    def least(self, accuracy: float, figure: str = "cost") -> float:
        """The least cost or energy at an accuracy of at least so much; infinite if none is."""
        values: Values = getattr(self, figure)
        return float(min(values[self.accuracy >= accuracy], default=math.inf))


def search(problem: JointProblem, method: str) -> Reached:
    """Run one method."""
    began = time.perf_counter()
    cost = next(x.name for x in problem.figures if not x.measured)
    limits = problem.hardware_space.spec.limits
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = run_joint(problem, method)
    except NoValidMappingError:
        nothing = np.zeros(0)
        return Reached(
            nothing, nothing, nothing, 0, problem.recipe.trials, 0, time.perf_counter() - began
        )
    over = [x for x in result.designs if any((x.figure(k) or 0.0) > v for k, v in limits.items())]
    kept = [trial for trial in result.trials if _is_within(trial, limits)]
    return Reached(
        np.array([trial.metrics["accuracy_percent"] for trial in kept], dtype=np.float64),
        np.array([trial.metrics[cost] for trial in kept], dtype=np.float64),
        np.array([trial.metrics["energy_pj"] for trial in kept], dtype=np.float64),
        int(result.costs["accuracy"]["measurements"]),
        len(result.trials),
        len(over),
        time.perf_counter() - began,
    )


def volumes(found: Sequence[Reached], reference: Values) -> list[float]:
    """The hypervolume of each search."""
    return [hypervolume(x.front.reshape(-1, 2), reference) for x in found]


def worst(found: Sequence[Reached]) -> Values:
    """The worst of all searches in each objective: a reference that is the same for all."""
    every = np.concatenate([x.vectors for x in found if len(x.cost)])
    return np.asarray(every.max(axis=0))


def interval(values: Sequence[float]) -> tuple[float, float]:
    """The mean and half the width of its 95 % interval."""
    if len(values) < 2:
        return fmean(values), math.nan
    half = T_95.get(len(values), 2.0) * stdev(values) / math.sqrt(len(values))
    return fmean(values), half


def _is_within(trial: Trial, limits: dict[str, float]) -> bool:
    """Whether a trial completed and keeps to limits; those without limits in mind may not."""
    if trial.state != "completed":
        return False
    return all((trial.metrics.get(name) or 0.0) <= limit for name, limit in limits.items())
