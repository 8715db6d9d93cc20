"""Why a point was suggested: what the models expect there, in the units of the measurements."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bohwsw.acquisition.probability_of_feasibility import log_probability_below
from bohwsw.strategies.bayesian import BayesianStrategy
from bohwsw.strategies.observed import ObservedValues

Values = npt.NDArray[np.float64]

HIDDEN = "hidden feasibility"
"""The name of what only infeasible trials tell of, among the constraints."""

SAFE = 0.95


@dataclass(frozen=True)
class Estimate:
    """What a model expects of a measured value.

    Attributes:
        median: as likely to be exceeded as not.
        low: the value is below it with a probability of 16 % (one standard deviation).
        high: the value is above it with a probability of 16 %.
    """

    median: float
    low: float
    high: float


@dataclass(frozen=True)
class Explanation:
    """What is believed of a point.

    Attributes:
        objectives: estimates by name; empty before the first completed trial.
        constraints: the probability that each outcome constraint is met, and that the point is
            feasible as far as only infeasible trials tell (`HIDDEN`); empty if there is neither.
    """

    objectives: Mapping[str, Estimate]
    constraints: Mapping[str, float]

    @property
    def probability_of_feasibility(self) -> float:
        """The product of all, as if they were independent."""
        return math.prod(self.constraints.values())

    @property
    def likely_to_bind(self) -> str | None:
        """The constraint that is least probably met; None if all are met nearly surely."""
        if not self.constraints:
            return None
        name = min(self.constraints, key=lambda key: self.constraints[key])
        return name if self.constraints[name] < SAFE else None


def explain(strategy: BayesianStrategy, point: Mapping[str, Any]) -> Explanation:
    """What a strategy believes of a valid point, given its trials so far.

    Args:
        strategy: after some tells.
        point: suggested by it or any other.

    Raises:
        SpecError: the point is not in the space.
    """
    row = strategy.require_valid(point)
    x = strategy.space.encode_rows(row[None, :])
    beliefs, learner = strategy.beliefs(), strategy.learner
    objectives = {
        name: _estimate(observed, *model.predict(x))
        for name, observed, model in zip(
            strategy.goals.objectives, learner.objectives, beliefs.objectives, strict=False
        )
    }
    measured = [
        constraint
        for constraint, observed in zip(
            strategy.goals.constraints, learner.constraints, strict=True
        )
        if len(observed)
    ]
    constraints = {
        constraint.text: float(np.exp(log_probability_below(*model.predict(x), 0.0))[0])
        for constraint, model in zip(measured, beliefs.constraints, strict=True)
    }
    if beliefs.feasibility is not None:
        constraints[HIDDEN] = float(beliefs.feasibility.predict(x)[0])
    return Explanation(objectives, constraints)


def _estimate(observed: ObservedValues, mean: Values, variance: Values) -> Estimate:
    """The model's answer in the units of the measurements."""
    deviation = float(np.sqrt(variance[0]))
    low, median, high = (
        _untransformed(observed, float(mean[0]) + sign * deviation) for sign in (-1.0, 0.0, 1.0)
    )
    return Estimate(median, low, high)


def _untransformed(observed: ObservedValues, value: float) -> float:
    """The inverse of the monotone transformation, from the pairs that it made of the trials.

    Between two trials a straight line, and beyond the outermost that of the nearest two.
    """
    y, t = observed.y(), observed.transformed()
    order = np.argsort(y, kind="stable")
    t, first = np.unique(t[order], return_index=True)
    y = y[order][first]
    if len(t) < 2:
        return float(y[0] + value - t[0])
    k = int(np.clip(np.searchsorted(t, value), 1, len(t) - 1))
    share = (value - t[k - 1]) / (t[k] - t[k - 1])
    return float(y[k - 1] + share * (y[k] - y[k - 1]))
