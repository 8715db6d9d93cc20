"""Studies in a database: trials are given out once, finished once, and never lost.

Several processes may work on one study. A suggested point is claimed by a unique key, so nobody
else gets it; a trial that is finished keeps its outcome and gets its place in the order in which
all strategies are told, so every process learns the same history.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from collections.abc import Mapping as Dictionary
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Row, and_, func, insert, select, union_all, update
from sqlalchemy.exc import IntegrityError

from bohwsw.errors import BohwswError, unknown_name
from bohwsw.strategies.outcome import Outcome, outcome_from_data
from bohwsw.study.database import Database
from bohwsw.study.schema import studies, trials

RUNNING = "running"
ATTACHED = "attached"
"""Source of a trial that nobody suggested."""

RELEASED = 0.0
"""Time of life of a trial that its worker has given back."""

State = Literal["running", "completed", "infeasible", "failed", "abandoned"]


class ClaimedError(BohwswError):
    """Somebody else was given this point a moment ago."""


class TrialStateError(BohwswError):
    """A trial is not in the state that the call needs: it is finished, or does not exist."""


@dataclass(frozen=True)
class StoredTrial:
    """A trial as the database has it.

    Attributes:
        number: 0 for the first of the study.
        name: for people; ``3_0`` by default, as Ax calls the only arm of trial 3.
        source: the strategy that suggested it, or ``attached``.
        parameters: its point, as plain data.
        state: ``running`` or how it ended.
        outcome: what came of it; None while it runs.
        finish_order: 1 for the first of the study that ended; None while it runs.
        worker: who works on it.
        deaths: how many workers died of it, or with it.
        seconds: from its start to its end; None while it runs.
    """

    number: int
    name: str
    source: str
    parameters: dict[str, Any]
    state: State
    outcome: Outcome | None
    finish_order: int | None
    worker: str | None
    deaths: int
    seconds: float | None


class StoredStudy:
    """One study of a database.

    Args:
        database: where it is.
        name: its name there.
        definition: what it is about, plain data; needed if there is none of that name yet.

    Raises:
        SpecError: there is no such study and no definition.
        StorageError: the database cannot be used.
    """

    def __init__(
        self, database: Database, name: str, definition: Dictionary[str, Any] | None = None
    ) -> None:
        self.database = database
        self.name = name
        with database.writing() as connection:
            found = connection.execute(
                select(studies.c.id, studies.c.definition).where(studies.c.name == name)
            ).one_or_none()
            if found is None and definition is None:
                names = connection.execute(select(studies.c.name)).scalars()
                raise unknown_name("study", name, names).within(file=database.name)
            if found is None:
                text = json.dumps(definition)
                row = {"name": name, "definition": text, "created_at": time.time()}
                key = connection.execute(insert(studies).values(row)).inserted_primary_key
                assert key is not None
                self._id = int(key[0])
            else:
                self._id = int(found.id)

    @property
    def definition(self) -> dict[str, Any]:
        """What the study is about, as it was stored."""
        with self.database.reading() as connection:
            text = connection.execute(
                select(studies.c.definition).where(studies.c.id == self._id)
            ).scalar_one()
        return dict(json.loads(text))

    def redefine(self, definition: Dictionary[str, Any]) -> None:
        """Replace the definition of a study that has no trials yet.

        Raises:
            TrialStateError: it has some: they would no longer mean what they say.
        """
        with self._writing() as connection:
            if self._count(connection):
                raise TrialStateError(f"study {self.name!r} has trials: its definition is final")
            connection.execute(
                update(studies)
                .where(studies.c.id == self._id)
                .values(definition=json.dumps(definition))
            )

    def all(self) -> list[StoredTrial]:
        """All trials by number."""
        return self._select()

    def get(self, number: int) -> StoredTrial:
        """One trial.

        Raises:
            TrialStateError: there is none of that number.
        """
        found = self._select(trials.c.number == number)
        if not found:
            raise TrialStateError(f"study {self.name!r} has no trial {number!r}")
        return found[0]

    def news(self, finish_order: int) -> list[StoredTrial]:
        """Trials that ended after a place in the order, in that order, then those that run."""
        ended_since = self._mine(trials.c.finish_order > finish_order)
        running_now = self._mine(trials.c.state == RUNNING)
        # One statement, or a trial that ends meanwhile could be in neither part.
        both = union_all(select(trials).where(ended_since), select(trials).where(running_now))
        with self.database.reading() as connection:
            found = [_stored(row) for row in connection.execute(both)]
        ended = [trial for trial in found if trial.finish_order is not None]
        running = [trial for trial in found if trial.finish_order is None]
        return [
            *sorted(ended, key=lambda trial: trial.finish_order or 0),
            *sorted(running, key=lambda trial: trial.number),
        ]

    def add(
        self,
        parameters: Dictionary[str, Any],
        *,
        source: str,
        name: str | None = None,
        claim: bool = True,
        worker: str | None = None,
        watched: bool = False,
    ) -> StoredTrial:
        """Start a trial.

        Args:
            parameters: its point, plain data.
            source: what suggested it.
            name: for people.
            claim: whether nobody else may be given the same point.
            worker: who works on it.
            watched: whether the worker will say that it lives, see `renew`.

        Raises:
            ClaimedError: somebody else was given it first.
        """
        now = time.time()
        key = json.dumps(dict(parameters), sort_keys=True)
        try:
            with self._writing() as connection:
                number = self._count(connection)
                row = {
                    "study_id": self._id,
                    "number": number,
                    "name": name or f"{number}_0",
                    "source": source,
                    "parameters": json.dumps(dict(parameters)),
                    "claim": hashlib.sha256(key.encode()).hexdigest() if claim else None,
                    "state": RUNNING,
                    "worker": worker,
                    "alive_at": now if watched else None,
                    "deaths": 0,
                    "started_at": now,
                }
                connection.execute(insert(trials).values(row))
        except IntegrityError:
            raise ClaimedError(f"study {self.name!r}: {key} was given to another worker") from None
        return StoredTrial(
            number,
            str(row["name"]),
            source,
            dict(parameters),
            "running",
            None,
            None,
            worker,
            0,
            None,
        )

    def finish(self, number: int, outcome: Outcome) -> None:
        """End a trial that runs; it is stored when this returns.

        Raises:
            TrialStateError: it does not run (any more).
        """
        with self._writing() as connection:
            last = connection.execute(
                select(func.max(trials.c.finish_order)).where(trials.c.study_id == self._id)
            ).scalar()
            done = connection.execute(
                update(trials)
                .where(self._mine(trials.c.number == number, trials.c.state == RUNNING))
                .values(
                    state=outcome.state.value,
                    outcome=json.dumps(outcome.as_data()),
                    finish_order=(last or 0) + 1,
                    finished_at=time.time(),
                    alive_at=None,
                )
            )
        if not done.rowcount:
            state = self.get(number).state
            raise TrialStateError(f"study {self.name!r}: trial {number} is {state} already")

    def renew(self, worker: str) -> None:
        """Say that a worker lives, and with it the watched trials that it runs."""
        self._watched(worker, time.time())

    def release(self, worker: str) -> None:
        """Give back the watched trials that a worker runs: whoever asks next gets them."""
        self._watched(worker, RELEASED)

    def take_over(
        self, silent_seconds: float, is_gone: Callable[[str | None], bool], worker: str, limit: int
    ) -> list[StoredTrial]:
        """Watched trials without a living worker, now this worker's.

        Args:
            silent_seconds: a worker that was not heard of for so long is dead.
            is_gone: whether a worker is known to be dead without waiting for that.
            worker: who takes them.
            limit: how many at most.
        """
        watched = self._mine(trials.c.state == RUNNING, trials.c.alive_at.is_not(None))
        with self.database.reading() as connection:  # there is hardly ever any
            if connection.execute(select(trials.c.number).where(watched).limit(1)).first() is None:
                return []
        now = time.time()
        taken: list[int] = []
        columns = (trials.c.number, trials.c.worker, trials.c.alive_at, trials.c.deaths)
        with self._writing() as connection:
            query = select(*columns).where(watched).order_by(trials.c.number)
            for row in connection.execute(query).all():
                released = row.alive_at == RELEASED
                dead = row.alive_at < now - silent_seconds or is_gone(row.worker)
                if len(taken) == limit or not (released or dead):
                    continue
                deaths = row.deaths + (0 if released else 1)
                connection.execute(
                    update(trials)
                    .where(self._mine(trials.c.number == row.number))
                    .values(worker=worker, alive_at=now, deaths=deaths)
                )
                taken.append(row.number)
        return [self.get(number) for number in taken]

    def _watched(self, worker: str, alive_at: float) -> None:
        mine = self._mine(
            trials.c.worker == worker, trials.c.state == RUNNING, trials.c.alive_at.is_not(None)
        )
        with self._writing() as connection:
            connection.execute(update(trials).where(mine).values(alive_at=alive_at))

    def _mine(self, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
        return and_(trials.c.study_id == self._id, *conditions)

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """A transaction that has the study to itself."""
        with self.database.writing() as connection:
            if not self.database.is_sqlite:  # which locks the whole file in any case
                connection.execute(
                    select(studies.c.id).where(studies.c.id == self._id).with_for_update()
                )
            yield connection

    def _count(self, connection: Connection) -> int:
        last = connection.execute(
            select(func.max(trials.c.number)).where(trials.c.study_id == self._id)
        ).scalar()
        return 0 if last is None else int(last) + 1

    def _select(self, *conditions: ColumnElement[bool]) -> list[StoredTrial]:
        query = select(trials).where(self._mine(*conditions)).order_by(trials.c.number)
        with self.database.reading() as connection:
            return [_stored(row) for row in connection.execute(query)]


def _stored(row: Row[Any]) -> StoredTrial:
    return StoredTrial(
        number=row.number,
        name=row.name,
        source=row.source,
        parameters=json.loads(row.parameters),
        state=row.state,
        outcome=None if row.outcome is None else outcome_from_data(json.loads(row.outcome)),
        finish_order=row.finish_order,
        worker=row.worker,
        deaths=row.deaths,
        seconds=None if row.finished_at is None else row.finished_at - row.started_at,
    )
