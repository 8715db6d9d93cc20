"""Studies in SQLite or PostgreSQL: a row a trial, with unique keys for claims and the order."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from bohwsw.strategies import outcome_from_data
from bohwsw.study.database import Database, studies, trials
from bohwsw.study.storage import ClaimedError, Storage, StorageError, Transaction
from bohwsw.study.trial import FINDINGS, RUNNING, Trial, with_findings

# Statements are built once: that is most of what they cost. Their parameters have no column's name.
_FIND_STUDY = select(studies.c.id).where(studies.c.name == bindparam("of_name"))
_LOCK_STUDY = _FIND_STUDY.with_for_update()
_THIS_STUDY = studies.c.id == bindparam("of_study")
_OF_STUDY = trials.c.study_id == bindparam("of_study")
_TRIALS = select(trials).where(_OF_STUDY)
_TRIAL = _TRIALS.where(trials.c.number == bindparam("of_number"))
# One statement, or a trial that ends meanwhile could be in neither part.
_TRIALS_SINCE = _TRIALS.where(
    or_(trials.c.finish_order > bindparam("ended_after"), trials.c.state == RUNNING)
)
_COUNT = select(func.count()).select_from(trials).where(_OF_STUDY)
_LAST_NUMBER = select(func.max(trials.c.number)).where(_OF_STUDY)
_LAST_ORDER = select(func.max(trials.c.finish_order)).where(_OF_STUDY)
_INSERT = insert(trials)
_UPDATE = update(trials).where(_OF_STUDY, trials.c.number == bindparam("of_number"))


class SqlStorage(Storage):
    """Studies in a database; see `Database` for the place and for errors."""

    def __init__(self, where: str | Path) -> None:
        self.database = Database(where)
        self.name = self.database.name

    def studies(self) -> list[str]:
        with self.database.reading() as connection:
            return list(connection.execute(select(studies.c.name)).scalars())

    def create(self, study: str, definition: Mapping[str, Any]) -> None:
        row = {"name": study, "definition": json.dumps(definition), "created_at": time.time()}
        with suppress(IntegrityError), self.database.writing() as connection:
            connection.execute(insert(studies).values(row))

    def delete(self, study: str) -> None:
        with self.database.writing() as connection:
            connection.execute(delete(studies).where(studies.c.name == study))

    @contextmanager
    def transaction(self, study: str, *, writes: bool) -> Iterator[SqlStudy]:
        # SQLite locks the whole file in any case.
        query = _LOCK_STUDY if writes and not self.database.is_sqlite else _FIND_STUDY
        with self.database.writing() if writes else self.database.reading() as connection:
            key = connection.execute(query, {"of_name": study}).scalar()
            if key is None:
                raise StorageError(f"{self.name}: there is no study {study!r} (any more)")
            yield SqlStudy(connection, int(key))

    def close(self) -> None:
        self.database.close()


class SqlStudy(Transaction):
    """A study within a transaction of a database, by the key of its row."""

    def __init__(self, connection: Connection, key: int) -> None:
        self._connection = connection
        self._key = {"of_study": key}

    def definition(self) -> dict[str, Any]:
        return dict(json.loads(self._scalar(select(studies.c.definition).where(_THIS_STUDY))))

    def define(self, definition: Mapping[str, Any]) -> None:
        changed = update(studies).where(_THIS_STUDY).values(definition=json.dumps(dict(definition)))
        self._connection.execute(changed, self._key)

    def trials(self, ended_after: int | None = None) -> list[Trial]:
        if ended_after is None:
            return self._rows(_TRIALS)
        return self._rows(_TRIALS_SINCE, ended_after=ended_after)

    def get(self, number: int) -> Trial | None:
        return next(iter(self._rows(_TRIAL, of_number=number)), None)

    def count(self) -> int:
        return int(self._scalar(_COUNT))

    def next_number(self) -> int:
        last = self._scalar(_LAST_NUMBER)
        return 0 if last is None else int(last) + 1

    def last_finish_order(self) -> int:
        return int(self._scalar(_LAST_ORDER) or 0)

    def insert(self, trial: Trial) -> None:
        row = {
            "study_id": self._key["of_study"],
            "number": trial.number,
            "source": trial.source,
            "parameters": json.dumps(dict(trial.point)),
            "claim": trial.claim,
            **_columns(vars(trial)),
        }
        try:
            self._connection.execute(_INSERT, row)
        except IntegrityError:
            raise ClaimedError(f"{dict(trial.point)} was given to another worker") from None

    def update(self, number: int, **changes: Any) -> None:
        parameters = {**self._key, "of_number": number, **_columns(changes)}
        self._connection.execute(_UPDATE, parameters)

    def _rows(self, query: Select[Any], **parameters: int) -> list[Trial]:
        found = self._connection.execute(query, {**self._key, **parameters})
        return [_trial(row) for row in found]

    def _scalar(self, query: Select[Any]) -> Any:
        return self._connection.execute(query, self._key).scalar()


def _columns(fields: Mapping[str, Any]) -> dict[str, Any]:
    plain = ("name", "finish_order", "started_at", "worker", "alive_at", "deaths")
    columns = {name: fields[name] for name in plain if name in fields}
    if "outcome" in fields:
        outcome = fields["outcome"]
        columns["state"] = RUNNING if outcome is None else outcome.state.value
        if outcome is not None:
            columns["outcome"] = json.dumps(outcome.as_data())
            columns["finished_at"] = time.time()
            found = Trial(0, {}, **{name: fields[name] for name in FINDINGS})
            columns["findings"] = json.dumps(found.findings())
    return columns


def _trial(row: Row[Any]) -> Trial:
    trial = Trial(
        number=row.number,
        point=json.loads(row.parameters),
        outcome=None if row.outcome is None else outcome_from_data(json.loads(row.outcome)),
        source=row.source,
        name=row.name,
        finish_order=row.finish_order,
        started_at=row.started_at,
        worker=row.worker,
        alive_at=row.alive_at,
        deaths=row.deaths,
    )
    return trial if row.findings is None else with_findings(trial, json.loads(row.findings))
