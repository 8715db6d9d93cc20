"""What a study has found: its best trial or its Pareto front, and all trials as a table."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from bohwsw.acquisition import non_dominated
from bohwsw.errors import BohwswError, MissingExtraError
from bohwsw.execution import outcome_of
from bohwsw.strategies import Optimisation
from bohwsw.study.trial import Trial

Measured = dict[str, tuple[float, float]]
"""For each measured value, its mean and its standard error, NaN where that is not known."""

FIXED = ("trial_index", "arm_name", "trial_status", "status_reason", "generation_node")
"""Columns of every table: a value or a parameter of such a name says what it is, too."""

Best = tuple[dict[str, Any], Measured, int, str]
"""Parameters, measured values, number and name of a trial."""


def best_trials(
    goals: Optimisation,
    trials: Sequence[Trial],
    predict: Callable[[list[Mapping[str, Any]]], list[Measured]] | None,
) -> list[Best]:
    """The feasible trials that no other one beats, by number; one if there is one objective.

    Where trials report standard errors, what ``predict`` says of their points is compared; exact
    measurements are taken at their word. A BohwswError if no trial is feasible.
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


def at_targets(trials: Sequence[Trial], targets: Mapping[str, Any]) -> list[Trial]:
    """The trials whose fidelities are at their targets."""
    return [t for t in trials if all(t.point.get(name) == v for name, v in targets.items())]


def best_designs(
    points: Sequence[Mapping[str, Any]],
    trials: Sequence[Trial],
    predicted: Sequence[Measured],
    targets: Mapping[str, Any],
) -> list[Best]:
    """Designs at the target with their predictions, and the last trial of each, at any fidelity."""
    found: list[Best] = []
    for point, values in zip(points, predicted, strict=True):
        design = {name: value for name, value in point.items() if name not in targets}
        same = [t for t in trials if design.items() <= t.point.items() and t.outcome is not None]
        exact = at_targets(same, targets) or same
        found.append((dict(point), values, exact[-1].number, exact[-1].name))
    return found


def table_of(trials: Sequence[Trial], names: Sequence[str]) -> Any:
    """A ``pandas.DataFrame`` with a row a trial, and Ax's names for the columns that Ax has.

    ``trial_index``, ``arm_name``, ``trial_status`` (in capitals), ``status_reason``,
    ``generation_node`` (what suggested it), then a column a measured value and a parameter, of the
    names given; columns without any value are left out. ``attrs["states"]`` of the table says how
    many trials are in each state.

    Raises:
        MissingExtraError: pandas is not installed.
    """
    try:
        import pandas
    except ImportError:
        raise MissingExtraError("pandas", "dataframe") from None
    measured = {name for trial in trials for name in trial.values}
    values = {name: f"value {name}" if name in FIXED else name for name in measured}
    columns = {n: f"parameter {n}" if n in measured or n in FIXED else n for n in names}
    rows = [
        {
            "trial_index": trial.number,
            "arm_name": trial.name,
            "trial_status": trial.state.upper(),
            "status_reason": trial.reason,
            "generation_node": trial.source,
            **{values[name]: value for name, value in trial.values.items()},
            **{column: trial.point.get(name) for name, column in columns.items()},
        }
        for trial in trials
    ]
    table = pandas.DataFrame(rows).dropna(axis="columns", how="all")
    table.attrs["states"] = dict(Counter(trial.state for trial in trials))
    return table
