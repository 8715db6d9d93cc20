"""A whole study as one JSON file, and back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bohwsw.atomicfile import atomic_write
from bohwsw.errors import SpecError
from bohwsw.strategies import outcome_from_data
from bohwsw.study.experiment import Experiment, experiment_from_data
from bohwsw.study.storage import RELEASED, Storage, StoredStudy
from bohwsw.study.trial import ATTACHED, Trial


def write_study(study: StoredStudy, path: Path) -> None:
    """Write a study to a file, whole or not at all."""
    trials = [
        {
            "name": trial.name,
            "source": trial.source,
            "parameters": trial.point,
            "finish_order": trial.finish_order,
            "outcome": trial.outcome.as_data() if trial.outcome else None,
            "watched": trial.alive_at is not None,
        }
        for trial in study.trials()
    ]
    data = {"definition": study.definition, "trials": trials}
    atomic_write(path, json.dumps(data, indent=1) + "\n")


def read_study(storage: Storage, path: Path) -> StoredStudy:
    """Store the study of a file: all of it, or nothing.

    A SpecError if it holds none, or the storage has one of that name with trials or another aim.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        definition = data["definition"]
        experiment = experiment_from_data(definition)
        entries = [_entry(experiment, k, entry) for k, entry in enumerate(data["trials"])]
    except OSError as error:
        raise SpecError("cannot be read", file=str(path), got=error.strerror) from None
    except SpecError as error:
        raise error.within(file=str(path)) from None
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise SpecError("holds no study", file=str(path), got=str(error)) from None
    points = [json.dumps(e.point, sort_keys=True) for e in entries if e.source != ATTACHED]
    orders = [entry.finish_order or 0 for entry in entries if entry.outcome is not None]
    if len(set(points)) < len(points) or sorted(orders) != list(range(1, len(orders) + 1)):
        raise SpecError("trials are in it twice, or missing", file=str(path))
    study = StoredStudy(storage, experiment.name, definition)
    if study.definition != definition:
        problem = "the storage has another study of that name"
        raise SpecError(problem, file=storage.name, got=experiment.name)
    study.fill(entries)
    return study


def _entry(experiment: Experiment, number: int, data: Any) -> Trial:
    parameters = dict(data["parameters"])
    experiment.search_space.point(parameters)
    outcome = None if data["outcome"] is None else outcome_from_data(data["outcome"])
    return Trial(
        number=number,
        name=str(data["name"]),
        source=str(data["source"]),
        point=parameters,
        outcome=outcome,
        finish_order=None if outcome is None else int(data["finish_order"]),
        alive_at=RELEASED if data["watched"] else None,
    )
