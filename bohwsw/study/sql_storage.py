"""Studies in SQLite or PostgreSQL: a row a trial, with unique keys for claims and the order."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from bohwsw.strategies.outcome import outcome_from_data
from bohwsw.study.database import Database
from bohwsw.study.schema import studies, trials
from bohwsw.study.storage import ClaimedError, Storage, StorageError
from bohwsw.study.trial import RUNNING, Trial, with_findings

FINDINGS = ("metrics", "details", "artifacts", "seconds", "proposing_seconds")
"""Fields of a trial that stand together in a column."""


class SqlStorage(Storage):
    """Studies in a database.

    Args:
        where: a path of an SQLite file, made if it does not exist, or a URL; see `Database`.

    Raises:
        SpecError: it is neither.
        MissingExtraError: the driver for such a database is not installed.
        StorageError: it cannot be opened, or was written by a newer version of bohwsw.
    """

    def __init__(self, where: str | Path) -> None:
        self.database = Database(where)
        self.name = self.database.name

    def studies(self) -> list[str]:
        """Their names."""
        with self.database.reading() as connection:
            return list(connection.execute(select(studies.c.name)).scalars())

    def create(self, study: str, definition: Mapping[str, Any]) -> None:
        """Add a study without trials; if there is one of that name, nothing happens."""
        row = {"name": study, "definition": json.dumps(definition), "created_at": time.time()}
        with suppress(IntegrityError), self.database.writing() as connection:
            connection.execute(insert(studies).values(row))

    def delete(self, study: str) -> None:
        """Remove a study with all its trials; if there is none of that name, nothing happens."""
        with self.database.writing() as connection:
            connection.execute(delete(studies).where(studies.c.name == study))

    @contextmanager
    def transaction(self, study: str, *, writes: bool) -> Iterator[SqlStudy]:
        """The study; see `Storage.transaction`."""
        query = select(studies.c.id).where(studies.c.name == study)
        if writes and not self.database.is_sqlite:  # which locks the whole file in any case
            query = query.with_for_update()
        with self.database.writing() if writes else self.database.reading() as connection:
            key = connection.execute(query).scalar()
            if key is None:
                raise StorageError(f"{self.name}: there is no study {study!r} (any more)")
            yield SqlStudy(connection, int(key))

    def close(self) -> None:
        """Let go of all connections."""
        self.database.close()


class SqlStudy:
    """A study within a transaction of a database.

    Args:
        connection: in a transaction.
        key: of the study's row.
    """

    def __init__(self, connection: Connection, key: int) -> None:
        self._connection = connection
        self._key = key

    def definition(self) -> dict[str, Any]:
        """What the study is about."""
        query = select(studies.c.definition).where(studies.c.id == self._key)
        return dict(json.loads(self._connection.execute(query).scalar_one()))

    def define(self, definition: Mapping[str, Any]) -> None:
        """Replace the definition."""
        mine = update(studies).where(studies.c.id == self._key)
        self._connection.execute(mine.values(definition=json.dumps(dict(definition))))

    def trials(self, ended_after: int | None = None) -> list[Trial]:
        """All trials; or those that run and those that ended after a place in the order."""
        wanted = []
        if ended_after is not None:
            # One statement, or a trial that ends meanwhile could be in neither part.
            wanted.append(or_(trials.c.finish_order > ended_after, trials.c.state == RUNNING))
        return [_trial(row) for row in self._rows(*wanted)]

    def get(self, number: int) -> Trial | None:
        """One trial; None if there is none of that number."""
        return next((_trial(row) for row in self._rows(trials.c.number == number)), None)

    def count(self) -> int:
        """How many trials there are."""
        query = select(func.count()).select_from(trials).where(self._mine())
        return int(self._connection.execute(query).scalar_one())

    def next_number(self) -> int:
        """One more than the largest number of a trial; 0 if there is none."""
        last = self._largest(trials.c.number)
        return 0 if last is None else last + 1

    def last_finish_order(self) -> int:
        """The largest place in the order; 0 if no trial has ended."""
        return self._largest(trials.c.finish_order) or 0

    def insert(self, trial: Trial) -> None:
        """Add a trial, running or ended, unless its point is claimed."""
        row = {
            "study_id": self._key,
            "number": trial.number,
            "source": trial.source,
            "parameters": json.dumps(dict(trial.point)),
            "claim": trial.claim,
            **_columns(vars(trial)),
        }
        try:
            self._connection.execute(insert(trials).values(row))
        except IntegrityError:
            raise ClaimedError(f"{dict(trial.point)} was given to another worker") from None

    def update(self, number: int, **changes: Any) -> None:
        """Change fields of a trial that runs."""
        one = update(trials).where(self._mine(trials.c.number == number))
        self._connection.execute(one.values(_columns(changes)))

    def _rows(self, *conditions: ColumnElement[bool]) -> list[Row[Any]]:
        query = select(trials).where(self._mine(*conditions))
        return list(self._connection.execute(query).all())

    def _largest(self, column: ColumnElement[Any]) -> int | None:
        query = select(func.max(column)).where(self._mine())
        found = self._connection.execute(query).scalar()
        return None if found is None else int(found)

    def _mine(self, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
        return and_(trials.c.study_id == self._key, *conditions)


def _columns(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of fields of a trial that may change."""
    plain = ("name", "finish_order", "started_at", "worker", "alive_at", "deaths")
    columns = {name: fields[name] for name in plain if name in fields}
    if "outcome" in fields:
        outcome = fields["outcome"]
        columns["state"] = RUNNING if outcome is None else outcome.state.value
        if outcome is not None:
            columns["outcome"] = json.dumps(outcome.as_data())
            columns["finished_at"] = time.time()
            found = Trial(0, {}, **{name: fields[name] for name in FINDINGS if name in fields})
            columns["findings"] = json.dumps(found.findings())
    return columns


def _trial(row: Row[Any]) -> Trial:
    """A trial from its row."""
    is_old = row.findings is None and row.finished_at is not None
    trial = Trial(
        number=row.number,
        point=json.loads(row.parameters),
        outcome=None if row.outcome is None else outcome_from_data(json.loads(row.outcome)),
        seconds=row.finished_at - row.started_at if is_old else 0.0,
        source=row.source,
        name=row.name,
        finish_order=row.finish_order,
        started_at=row.started_at,
        worker=row.worker,
        alive_at=row.alive_at,
        deaths=row.deaths,
    )
    return trial if row.findings is None else with_findings(trial, json.loads(row.findings))
