"""A whole study as one JSON file, and back."""

from __future__ import annotations

import json
from pathlib import Path

from bohwsw.errors import SpecError
from bohwsw.strategies.outcome import outcome_from_data
from bohwsw.study.database import Database
from bohwsw.study.experiment import experiment_from_data
from bohwsw.study.storage import ATTACHED, StoredStudy
from bohwsw.wholefile import write_whole


def write_study(study: StoredStudy, path: Path) -> None:
    """Write a study to a file, whole or not at all.

    Raises:
        ResultFolderError: the file cannot be written.
    """
    trials = [
        {
            "name": trial.name,
            "source": trial.source,
            "parameters": trial.parameters,
            "finish_order": trial.finish_order,
            "outcome": trial.outcome.as_data() if trial.outcome else None,
        }
        for trial in study.all()
    ]
    data = {"definition": study.definition, "trials": trials}
    write_whole(path, json.dumps(data, indent=1) + "\n")


def read_study(database: Database, path: Path) -> StoredStudy:
    """Store the study of a file in a database that has none of its name.

    Raises:
        SpecError: the file cannot be read or holds no study, or the database has it already.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        definition, trials = data["definition"], data["trials"]
        name = experiment_from_data(definition).name
        outcomes = [e["outcome"] and outcome_from_data(e["outcome"]) for e in trials]
        ended = sorted((e["finish_order"], n) for n, e in enumerate(trials) if outcomes[n])
        points = [(dict(e["parameters"]), str(e["source"]), str(e["name"])) for e in trials]
    except OSError as error:
        raise SpecError("cannot be read", file=str(path), got=error.strerror) from None
    except (KeyError, TypeError, ValueError) as error:
        raise SpecError("holds no study", file=str(path), got=str(error)) from None
    study = StoredStudy(database, name, definition)
    if study.all():
        raise SpecError("the study is in the database already", file=database.name, got=name)
    for parameters, source, label in points:
        study.add(parameters, source=source, name=label, claim=source != ATTACHED)
    for _, number in ended:
        study.finish(number, outcomes[number])
    return study
