"""Studies in a database: trials are given out once, finished once, and never lost.

Several processes may work on one study. A suggested point is claimed by a unique key, so nobody
else gets it; a trial that is finished keeps its outcome and gets its place in the order in which
all strategies are told, so every process learns the same history.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, insert, select, union_all, update
from sqlalchemy.exc import IntegrityError

from bohwsw.errors import BohwswError, SpecError, unknown_name
from bohwsw.strategies.outcome import Outcome, TrialState
from bohwsw.study.database import Database
from bohwsw.study.schema import studies, trials
from bohwsw.study.stored_trial import StoredTrial, stored

RUNNING = "running"
ATTACHED = "attached"
"""Source of a trial that nobody suggested."""

RELEASED = 0.0
"""Time of life of a trial that its worker has given back."""


class ClaimedError(BohwswError):
    """Somebody else was given this point a moment ago."""


class TrialStateError(BohwswError):
    """A trial is not in the state that the call needs: it is finished, or does not exist."""


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
        self, database: Database, name: str, definition: Mapping[str, Any] | None = None
    ) -> None:
        self.database = database
        self.name = name
        if definition is not None:
            row = {"name": name, "definition": json.dumps(definition), "created_at": time.time()}
            with suppress(IntegrityError), database.writing() as connection:
                connection.execute(insert(studies).values(row))
        with database.reading() as connection:
            key = select(studies.c.id).where(studies.c.name == name)
            found = connection.execute(key).scalar()
            names = [] if found else list(connection.execute(select(studies.c.name)).scalars())
        if found is None:
            raise unknown_name("study", name, names).within(file=database.name)
        self._id = int(found)

    @property
    def definition(self) -> dict[str, Any]:
        """What the study is about, as it was stored."""
        with self.database.reading() as connection:
            text = connection.execute(
                select(studies.c.definition).where(studies.c.id == self._id)
            ).scalar_one()
        return dict(json.loads(text))

    def redefine(self, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        """Change the definition of a study that has no trials yet.

        Args:
            change: makes the new definition from the one that is stored. If it gives it back as it
                was, nothing is done.

        Raises:
            TrialStateError: there are trials: they would no longer mean what they say.
        """
        with self._writing() as connection:
            mine = studies.c.id == self._id
            text = connection.execute(select(studies.c.definition).where(mine)).scalar_one()
            new = json.dumps(change(json.loads(text)))
            if json.loads(new) == json.loads(text):
                return
            if self._count(connection):
                raise TrialStateError(f"study {self.name!r} has trials: its definition is final")
            connection.execute(update(studies).where(mine).values(definition=new))

    def fill(self, entries: Sequence[StoredTrial]) -> None:
        """Put trials of another database into a study that has none: all of them, or none.

        Those that run and are watched there go to the next that asks here.

        Raises:
            SpecError: the study has trials.
        """
        with self._writing() as connection:
            if self._count(connection):
                raise SpecError(
                    "the study is in the database already", file=self.database.name, got=self.name
                )
            for number, entry in enumerate(entries):
                row = self._row(number, entry.parameters, entry.source, entry.name)
                ended: dict[str, Any] = {}
                if entry.outcome is not None:
                    ended = {
                        "state": entry.outcome.state.value,
                        "outcome": json.dumps(entry.outcome.as_data()),
                        "finish_order": entry.finish_order,
                        "finished_at": row["started_at"],
                    }
                elif entry.is_watched:
                    ended = {"alive_at": RELEASED}
                connection.execute(insert(trials).values({**row, **ended}))

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
            found = [stored(row) for row in connection.execute(both)]
        ended = [trial for trial in found if trial.finish_order is not None]
        running = [trial for trial in found if trial.finish_order is None]
        return [
            *sorted(ended, key=lambda trial: trial.finish_order or 0),
            *sorted(running, key=lambda trial: trial.number),
        ]

    def add(
        self,
        parameters: Mapping[str, Any],
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
        try:
            with self._writing() as connection:
                number = self._count(connection)
                row = self._row(number, parameters, source, name, claim=claim)
                row |= {"worker": worker, "alive_at": row["started_at"] if watched else None}
                connection.execute(insert(trials).values(row))
        except IntegrityError:
            raise ClaimedError(
                f"study {self.name!r}: {dict(parameters)} was given to another worker"
            ) from None
        return StoredTrial(
            number=number,
            name=row["name"],
            source=source,
            parameters=dict(parameters),
            state="running",
            worker=worker,
            is_watched=watched,
        )

    def _row(
        self,
        number: int,
        parameters: Mapping[str, Any],
        source: str,
        name: str | None,
        *,
        claim: bool | None = None,
    ) -> dict[str, Any]:
        """A trial that starts now; suggested points are claimed unless it is said otherwise."""
        key = json.dumps(dict(parameters), sort_keys=True)
        is_claimed = source != ATTACHED if claim is None else claim
        return {
            "study_id": self._id,
            "number": number,
            "name": name or f"{number}_0",
            "source": source,
            "parameters": json.dumps(dict(parameters)),
            "claim": hashlib.sha256(key.encode()).hexdigest() if is_claimed else None,
            "state": RUNNING,
            "deaths": 0,
            "started_at": time.time(),
        }

    def finish(self, number: int, outcome: Outcome) -> None:
        """End a trial that runs; it is stored when this returns.

        Raises:
            TrialStateError: it does not run (any more).
        """
        with self._writing() as connection:
            done = self._end(connection, number, outcome)
        if not done:
            state = self.get(number).state
            raise TrialStateError(f"study {self.name!r}: trial {number} is {state} already")

    def _end(self, connection: Connection, number: int, outcome: Outcome) -> bool:
        """End a trial; False if it does not run."""
        last = connection.execute(select(func.max(trials.c.finish_order)).where(self._mine()))
        done = connection.execute(
            update(trials)
            .where(self._mine(trials.c.number == number, trials.c.state == RUNNING))
            .values(
                state=outcome.state.value,
                outcome=json.dumps(outcome.as_data()),
                finish_order=(last.scalar() or 0) + 1,
                finished_at=time.time(),
                alive_at=None,
            )
        )
        return bool(done.rowcount)

    def renew(self, worker: str) -> None:
        """Say that a worker lives, and with it the watched trials that it runs."""
        self._watched(worker, time.time())

    def release(self, worker: str) -> None:
        """Give back the watched trials that a worker runs: whoever asks next gets them."""
        self._watched(worker, RELEASED)

    def take_over(
        self,
        silent_seconds: float,
        is_gone: Callable[[str | None], bool],
        worker: str,
        *,
        limit: int,
        deaths: int,
    ) -> list[StoredTrial]:
        """Watched trials without a living worker, now this worker's.

        Args:
            silent_seconds: a worker that was not heard of for so long is dead.
            is_gone: whether a worker is known to be dead without waiting for that.
            worker: who takes them.
            limit: how many at most.
            deaths: a trial that has lost so many workers is marked failed instead.
        """
        watched = self._mine(trials.c.state == RUNNING, trials.c.alive_at.is_not(None))
        with self.database.reading() as connection:  # there is hardly ever any
            if connection.execute(select(trials.c.number).where(watched).limit(1)).first() is None:
                return []
        now = time.time()
        taken: list[StoredTrial] = []
        with self._writing() as connection:
            for row in connection.execute(select(trials).where(watched).order_by("number")).all():
                is_released = row.alive_at == RELEASED
                is_dead = row.worker != worker and (
                    row.alive_at < now - silent_seconds or is_gone(row.worker)
                )
                if len(taken) == limit or not (is_released or is_dead):
                    continue
                died = row.deaths + (0 if is_released else 1)
                if not is_released and died >= deaths:
                    reason = f"{died} of its workers died"
                    self._end(connection, row.number, Outcome(TrialState.FAILED, reason=reason))
                    continue
                mine = {"worker": worker, "alive_at": now, "deaths": died}
                connection.execute(
                    update(trials).where(self._mine(trials.c.number == row.number)).values(mine)
                )
                taken.append(replace(stored(row), worker=worker, deaths=died))
        return taken

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
            return [stored(row) for row in connection.execute(query)]
