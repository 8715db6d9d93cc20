"""What a study has found: its best trial, or its Pareto front."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from bohwsw.errors import BohwswError
from bohwsw.execution import outcome_of
from bohwsw.strategies import non_dominated
from bohwsw.study.optimisation import Optimisation
from bohwsw.study.trial import Trial

Measured = dict[str, tuple[float, float]]
"""For each measured value, its mean and its standard error, NaN where that is not known."""

Best = tuple[dict[str, Any], Measured, int, str]
"""Parameters, measured values, number and name of a trial."""


def best_trials(
    goals: Optimisation,
    trials: Sequence[Trial],
    predict: Callable[[list[Mapping[str, Any]]], list[Measured]] | None,
) -> list[Best]:
    """The feasible trials that no other one beats, by number; one if there is one objective.

    Args:
        goals: what they aim at.
        trials: all of them.
        predict: what a model says of points. Where trials report standard errors, that is compared;
            exact measurements are taken at their word.

    Raises:
        BohwswError: no trial is feasible.
    """
    feasible = [
        (trial, trial.outcome)
        for trial in trials
        if trial.outcome is not None and goals.is_feasible(trial.outcome)
    ]
    if not feasible:
        raise BohwswError("no trial has completed and meets all outcome constraints")
    outcomes = [outcome for _, outcome in feasible]
    values: list[Measured] = [
        {name: (x, outcome.deviations.get(name, math.nan)) for name, x in outcome.values.items()}
        for outcome in outcomes
    ]
    if predict is not None and len(outcomes) > 1 and any(o.deviations for o in outcomes):
        values = predict([trial.point for trial, _ in feasible])
        outcomes = [outcome_of({n: mean for n, (mean, _) in value.items()}) for value in values]
    kept = non_dominated(np.array([goals.minimised(outcome) for outcome in outcomes]))
    return [
        (dict(trial.point), value, trial.number, trial.name)
        for (trial, _), value, is_kept in zip(feasible, values, kept, strict=True)
        if is_kept
    ]
