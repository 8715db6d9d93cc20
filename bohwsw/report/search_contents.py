"""What a report tells of a search: its course, what it was refused, what its models know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from bohwsw.acquisition import non_dominated, volume_steps
from bohwsw.report.objectives import TrialValues
from bohwsw.report.repairs import nearest_repair
from bohwsw.space import Categorical, Ordinal, Parameter, Real, Space
from bohwsw.strategies import (
    OBJECTIVE,
    BayesianStrategy,
    Outcome,
    TrialState,
    explain_run,
)
from bohwsw.study import Trial

MOST_MODELLED = 300
"""Trials that the models of the audit are told: the last ones."""

LAST = 50
"""How many trials 'the last trials' are."""

LISTED_VALUES = 40
"""Different numbers up to which a parameter counts as one of listed values."""

NONE = "(absent)"
"""The value of a conditional parameter where it does not exist."""


def search_contents(
    trials: Sequence[Trial], values: TrialValues, asked: int | None, space: Space | None = None
) -> dict[str, Any]:
    """The trials of a search as plain data.

    Args:
        trials: all of them.
        values: what their figures are.
        asked: how many there were to be; None if nobody said.
        space: of their points, if it is known.
    """
    ended = sorted(
        (x for x in trials if x.outcome is not None), key=lambda x: (x.finish_order or 0, x.number)
    )
    states = Counter(trial.state for trial in trials)
    return {
        "asked": asked,
        "states": dict(sorted(states.items())),
        "best": _course(ended, values),
        "last": _last(ended, values),
        "refused": _refused(ended, values, space),
        "failed": [
            list(x) for x in Counter(_failure(x) for x in ended if _failure(x)).most_common()
        ],
        "spent": _spent(ended),
        "front": _front(ended, values),
        "trials": _table(ended, values),
    }


def _course(ended: Sequence[Trial], values: TrialValues) -> list[list[float]]:
    """How the best value, or the hypervolume of several objectives, grew: trials ended, value."""
    counted = [(n, trial) for n, trial in enumerate(ended, start=1) if values.counts(trial)]
    if not counted or not values.objectives:
        return []
    if len(values.objectives) > 1:
        return volume_steps([(n, minimised(trial, values)) for n, trial in counted])[1]
    (objective,) = values.objectives
    steps: list[list[float]] = []
    for count, trial in counted:
        value = values.of(trial)[objective.figure]
        if not steps or objective.is_better(value, steps[-1][1]):
            steps.append([count, value])
    return steps


def minimised(trial: Trial, values: TrialValues) -> list[float]:
    """The objectives of a trial that counts, less is better; logarithms of those of ratios."""
    known = values.of(trial)
    row = []
    for objective in values.objectives:
        value = known[objective.figure]
        value = float(np.log(value)) if objective.logarithmic and value > 0 else value
        row.append(-value if objective.maximised else value)
    return row


def _front(ended: Sequence[Trial], values: TrialValues) -> list[int]:
    """Numbers of the trials that no other dominates."""
    counted = [trial for trial in ended if values.counts(trial)]
    if not counted or not values.objectives:
        return []
    kept = non_dominated(np.array([minimised(trial, values) for trial in counted]))
    return [trial.number for trial, is_kept in zip(counted, kept.tolist(), strict=True) if is_kept]


def _last(ended: Sequence[Trial], values: TrialValues) -> dict[str, Any] | None:
    """The best before the last trials and after them."""
    course = _course(ended, values)
    first = max(len(ended) - LAST, len(ended) // 2)
    before = [value for count, value in course if count <= first]
    if not before:
        return None
    return {"trials": len(ended) - first, "before": before[-1], "after": course[-1][1]}


def _refused(
    ended: Sequence[Trial], values: TrialValues, space: Space | None
) -> list[dict[str, Any]]:
    """For each constraint: how many trials broke it, by how little, and how that is repaired."""
    found: dict[str, list[tuple[float, Trial, Mapping[str, Any]]]] = {}
    for trial in ended:
        if trial.state != TrialState.INFEASIBLE:
            continue
        details = trial.details or ({"constraint": (trial.reason or "unknown").split(":")[0]},)
        for detail in {str(x.get("constraint")): x for x in details}.values():
            place = [str(detail["constraint"]), *(detail[k] for k in ("level",) if detail.get(k))]
            ratio = detail.get("ratio")
            entry = (float("inf") if ratio is None else float(ratio), trial, detail)
            found.setdefault(" of ".join(place), []).append(entry)
    rows = []
    for text, entries in sorted(found.items(), key=lambda item: (-len(item[1]), item[0])):
        ratio, trial, detail = min(entries, key=lambda entry: (entry[0], entry[1].number))
        nearest = {key: detail.get(key) for key in ("value", "limit", "layer")}
        nearest |= {"trial": trial.number, "ratio": None if ratio == float("inf") else ratio}
        repair = nearest_repair(trial, str(detail["constraint"]), ended, values, space)
        rows.append(
            {"constraint": text, "trials": len(entries), "nearest": nearest, "repair": repair}
        )
    return rows


def _failure(trial: Trial) -> str:
    return (trial.reason or "unknown")[:200] if trial.state == TrialState.FAILED else ""


def _spent(ended: Sequence[Trial]) -> dict[str, Any]:
    """Seconds, and of measured accuracies how many at which cost."""
    asked = [x.artifacts["accuracy"] for x in ended if "accuracy" in x.artifacts]
    data = {
        "proposing_seconds": round(sum(x.proposing_seconds for x in ended), 3),
        "evaluating_seconds": round(sum(x.seconds for x in ended), 3),
    }
    if not asked:
        return data
    return data | {
        "measured": sum(not x["reused"] for x in asked),
        "known_before": sum(x["reused"] for x in asked),
        "partly": sum(bool(x.get("partial")) for x in asked),
        "trainings": sum(x["trainings"] for x in asked),
        "accuracy_seconds": round(sum(x["seconds"] for x in asked), 3),
    }


def _table(ended: Sequence[Trial], values: TrialValues) -> dict[str, Any]:
    """All trials, column by column: number, state, figures, parameters."""
    figures = list(dict.fromkeys(name for trial in ended for name in values.of(trial)))
    parameters = list(dict.fromkeys(name for trial in ended for name in trial.point))
    rows = []
    for trial in ended:
        known = values.of(trial)
        rows.append(
            [
                trial.number,
                trial.state,
                *(known.get(name) for name in figures),
                *(trial.point.get(name) for name in parameters),
            ]
        )
    return {"figures": figures, "parameters": parameters, "rows": rows}


# -- models ----------------------------------------------------------------------------------------


def model_contents(trials: Sequence[Trial], values: TrialValues) -> dict[str, Any] | None:
    """What Gaussian processes learn from the trials: importance and calibration.

    They see the parameters as they were tried, whatever strategy it was. None where there are too
    few trials to tell.
    """
    told = modelled(trials, values)
    space = _space_of(told)
    if space is None or sum(values.counts(trial) for trial in told) < 5 or not values.objectives:
        return None
    names = [objective.name for objective in values.objectives]
    model, measures = model_of(space, told, values, _as_told)
    found = explain_run(model)
    objectives = dict(zip(names, (found.objectives[x] for x in measures), strict=True))
    return {
        "trials": len(told),
        "objectives": {
            name: {"importance": dict(x.weights), "calibration": asdict(x.calibration)}
            for name, x in objectives.items()
        },
        "feasibility": found.feasibility
        and {
            "importance": dict(found.feasibility.weights),
            "calibration": asdict(found.feasibility.calibration),
        },
        "knows_nothing": found.knows_nothing,
    }


def modelled(trials: Sequence[Trial], values: TrialValues) -> list[Trial]:
    """The trials that models are told: those that count and those that were infeasible."""
    told = [x for x in trials if x.state == TrialState.INFEASIBLE or values.counts(x)]
    return told[-MOST_MODELLED:]


def model_of(
    space: Space,
    trials: Sequence[Trial],
    values: TrialValues,
    point_of: Callable[[Mapping[str, Any], Space], Mapping[str, Any]],
) -> tuple[BayesianStrategy, list[str]]:
    """A strategy that was told trials, and what it calls the objectives."""
    names = [objective.name for objective in values.objectives]
    measures = [OBJECTIVE] if len(names) == 1 else names
    model = BayesianStrategy(space, 0, objectives=measures)
    for trial in trials:
        if trial.state == TrialState.INFEASIBLE:
            outcome = Outcome(TrialState.INFEASIBLE, reason=trial.reason or "infeasible")
        else:
            row = minimised(trial, values)
            several = dict(zip(measures, row, strict=True)) if len(row) > 1 else {}
            objective = row[0] if len(row) == 1 else None
            outcome = Outcome(TrialState.COMPLETED, objective, metrics=several)
        model.tell(point_of(trial.point, space), outcome)
    return model, measures


def _space_of(trials: Sequence[Trial]) -> Space | None:
    """The values that were tried, as a space; parameters that never changed left out."""
    names = dict.fromkeys(name for trial in trials for name in trial.point)
    parameters = [_parameter(name, [trial.point.get(name) for trial in trials]) for name in names]
    varied = [parameter for parameter in parameters if parameter is not None]
    return Space(varied) if varied else None


def _parameter(name: str, tried: Sequence[Any]) -> Parameter | None:
    distinct = list(dict.fromkeys(_plain(value) for value in tried))
    if len(distinct) < 2:
        return None
    if any(isinstance(value, str | bool) for value in distinct):
        return Categorical(name, sorted(map(str, distinct)))
    if len(distinct) <= LISTED_VALUES or all(isinstance(x, int) for x in distinct):
        return Ordinal(name, sorted(distinct))
    return Real(name, float(min(distinct)), float(max(distinct)))


def _plain(value: Any) -> Any:
    if value is None:
        return NONE
    return value if isinstance(value, bool | int | float | str) else str(value)


def _as_told(point: Mapping[str, Any], space: Space) -> dict[str, Any]:
    told = {}
    for parameter in space.parameters:
        value = _plain(point.get(parameter.name))
        told[parameter.name] = str(value) if isinstance(parameter, Categorical) else value
    return told
