"""What a study has found: its best trial, or its Pareto front."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from bohwsw.errors import BohwswError
from bohwsw.execution.evaluator import outcome_of
from bohwsw.strategies.goals import non_dominated
from bohwsw.strategies.outcome import Outcome
from bohwsw.study.experiment import Experiment
from bohwsw.study.prediction import Measured, predicted
from bohwsw.study.trial import Trial

Best = tuple[dict[str, Any], Measured, int, str]
"""Parameters, measured values, number and name of a trial."""


def best_trials(
    experiment: Experiment, trials: Sequence[Trial], use_model_predictions: bool
) -> list[Best]:
    """The feasible trials that no other one beats, by number; one if there is one objective.

    Args:
        experiment: what they are about.
        trials: all of them.
        use_model_predictions: where trials report standard errors, compare what the model believes
            of them; exact measurements are taken at their word.

    Raises:
        BohwswError: no trial is feasible.
    """
    goals = experiment.goals
    feasible = [
        (trial, trial.outcome)
        for trial in trials
        if trial.outcome is not None and goals.is_feasible(trial.outcome)
    ]
    if not feasible:
        raise BohwswError("no trial has completed and meets all outcome constraints")
    outcomes = [outcome for _, outcome in feasible]
    values = [_measured(outcome) for outcome in outcomes]
    if use_model_predictions and len(outcomes) > 1 and any(o.deviations for o in outcomes):
        points = [trial.point for trial, _ in feasible]
        values = predicted(experiment.search_space, goals, trials, points)
        outcomes = [outcome_of({n: mean for n, (mean, _) in value.items()}) for value in values]
    kept = non_dominated(np.array([goals.minimised(outcome) for outcome in outcomes]))
    return [
        (dict(trial.point), value, trial.number, trial.name)
        for (trial, _), value, is_kept in zip(feasible, values, kept, strict=True)
        if is_kept
    ]


def _measured(outcome: Outcome) -> Measured:
    deviations = outcome.deviations
    return {name: (value, deviations.get(name, math.nan)) for name, value in outcome.values.items()}
