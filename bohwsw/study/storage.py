"""Studies and where they are stored: trials are given out once, finished once, and never lost.

What may happen to a trial stands here, once, in `StoredStudy`. A `Storage` only keeps definitions
and trials, in transactions; ``bohwsw.testing`` has the tests that each must pass.

Several processes may work on one study. A suggested point is claimed by whoever inserts it first;
a trial that has ended has a place in the order in which all strategies are told, so every process
learns the same history.
"""

from __future__ import annotations

import json
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from bohwsw.errors import BohwswError, SpecError, unknown_name
from bohwsw.strategies import Outcome, TrialState
from bohwsw.study.trial import FINDINGS, Trial

RELEASED = 0.0
"""`Trial.alive_at` of a trial that its worker has given back."""

NO_ENDED_ONES = 2**31 - 1
"""A place in the order of trials that none comes after."""


class StorageError(BohwswError):
    """A storage cannot be opened, read or written; nothing in it was changed."""


class ClaimedError(BohwswError):
    """Somebody else was given this point a moment ago."""


class StudyFullError(BohwswError):
    """A study has as many trials as it was to have."""


class TrialStateError(BohwswError):
    """A trial is not in the state that the call needs: it is finished, or does not exist."""


class Transaction(ABC):
    """One study within a transaction of a storage.

    What is not abstract may be overridden by something faster.
    """

    @abstractmethod
    def definition(self) -> dict[str, Any]:
        """What the study is about."""

    @abstractmethod
    def define(self, definition: Mapping[str, Any]) -> None:
        """Replace the definition."""

    @abstractmethod
    def trials(self, ended_after: int | None = None) -> list[Trial]:
        """All trials; or those that run and those that ended after a place in the order."""

    @abstractmethod
    def insert(self, trial: Trial) -> None:
        """Add a trial, running or ended.

        Raises:
            ClaimedError: there is one of the same `Trial.claim`, unless that is None.
        """

    @abstractmethod
    def update(self, number: int, **changes: Any) -> None:
        """Change fields of a trial that runs; all but number, point and source may change."""

    def get(self, number: int) -> Trial | None:
        """One trial; None if there is none of that number."""
        return next((trial for trial in self.trials() if trial.number == number), None)

    def count(self) -> int:
        """How many trials there are."""
        return len(self.trials())

    def next_number(self) -> int:
        """One more than the largest number of a trial; 0 if there is none."""
        return max((trial.number + 1 for trial in self.trials()), default=0)

    def last_finish_order(self) -> int:
        """The largest place in the order; 0 if no trial has ended."""
        return max((trial.finish_order or 0 for trial in self.trials()), default=0)


class Storage(ABC):
    """Keeps studies by name."""

    name: str

    @abstractmethod
    def studies(self) -> list[str]:
        """Their names."""

    @abstractmethod
    def create(self, study: str, definition: Mapping[str, Any]) -> None:
        """Add a study without trials; if there is one of that name, nothing happens."""

    @abstractmethod
    def delete(self, study: str) -> None:
        """Remove a study with all its trials; if there is none of that name, nothing happens."""

    @abstractmethod
    def transaction(self, study: str, *, writes: bool) -> AbstractContextManager[Transaction]:
        """What is written within is stored when it ends, or not at all if it fails.

        A study has one transaction that ``writes`` at a time; one that reads sees one state.

        Raises:
            StorageError: the storage cannot be used, or has no such study (any more).
        """

    def close(self) -> None:  # noqa: B027 - some hold nothing
        """Let go of files and connections."""


class StoredStudy:
    """One study of a storage, by name; without a definition it must be there, or a SpecError."""

    def __init__(
        self, storage: Storage, name: str, definition: Mapping[str, Any] | None = None
    ) -> None:
        self.storage = storage
        self.name = name
        if definition is not None:
            storage.create(name, definition)
        elif name not in (names := storage.studies()):
            raise unknown_name("study", name, names).within(file=storage.name)

    @property
    def definition(self) -> dict[str, Any]:
        """What the study is about, as it was stored."""
        with self._reading() as stored:
            return stored.definition()

    def redefine(self, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        """Change the definition; a TrialStateError once there are trials, whose meaning it is."""
        with self._writing() as stored:
            old = stored.definition()
            new = json.loads(json.dumps(change(old)))
            if new == old:
                return
            if stored.count():
                raise TrialStateError(f"study {self.name!r} has trials: its definition is final")
            stored.define(new)

    def fill(self, trials: Sequence[Trial]) -> None:
        """Put trials of another storage into a study that has none: all of them, or none.

        Those that run and whose worker says that it lives go to the next that asks here.
        """
        with self._writing() as stored:
            if stored.count():
                problem = "the study is in the database already"
                raise SpecError(problem, file=self.storage.name, got=self.name)
            now = time.time()
            for trial in trials:
                alive_at = None if trial.alive_at is None else RELEASED
                stored.insert(replace(trial, started_at=now, alive_at=alive_at))

    def trials(self) -> list[Trial]:
        """All trials by number."""
        with self._reading() as stored:
            return sorted(stored.trials(), key=lambda trial: trial.number)

    def get(self, number: int) -> Trial:
        """One trial, which there must be."""
        with self._reading() as stored:
            return self._existing(stored, number)

    def news(self, finish_order: int) -> list[Trial]:
        """Trials that ended after a place in the order, in that order, then those that run."""
        with self._reading() as stored:
            found = stored.trials(ended_after=finish_order)
        return sorted(found, key=lambda trial: (trial.finish_order or NO_ENDED_ONES, trial.number))

    def add(
        self,
        point: Mapping[str, Any],
        *,
        source: str,
        name: str | None = None,
        worker: str | None = None,
        watched: bool = False,
        most: int | None = None,
    ) -> Trial:
        """Start a trial at a point, plain data, which nobody else is given unless it is attached.

        Args:
            watched: whether the worker will say that it lives, see `renew`.
            most: how many trials the study may have.

        Raises:
            ClaimedError: somebody else was given it first.
            StudyFullError: there are as many already.
        """
        with self._writing() as stored:
            if most is not None and stored.count() >= most:
                raise StudyFullError(f"study {self.name!r} has {most} trials")
            number, now = stored.next_number(), time.time()
            trial = Trial(
                number,
                dict(point),
                source=source,
                name=name or f"{number}_0",
                started_at=now,
                worker=worker,
                alive_at=now if watched else None,
            )
            stored.insert(trial)
        return trial

    def finish(self, trial: Trial) -> Trial:
        """End a trial that runs; it is stored when this returns, and comes back as it is stored.

        Raises:
            TrialStateError: it does not run (any more).
        """
        assert trial.outcome is not None
        with self._writing() as stored:
            known = self._existing(stored, trial.number)
            if known.outcome is not None:
                raise TrialStateError(
                    f"study {self.name!r}: trial {trial.number} is {known.state} already"
                )
            return _end(stored, known, trial)

    def renew(self, worker: str) -> None:
        """Say that a worker lives, and with it the watched trials that it runs."""
        self._set_alive(worker, time.time())

    def release(self, worker: str) -> None:
        """Give back the watched trials that a worker runs: whoever asks next gets them."""
        self._set_alive(worker, RELEASED)

    def take_over(
        self,
        silent_seconds: float,
        is_gone: Callable[[str | None], bool],
        worker: str,
        *,
        limit: int,
        deaths: int,
    ) -> list[Trial]:
        """At most so many watched trials without a living worker, now this worker's.

        A worker is dead if it was silent for so long, or is known to be gone. A trial that has lost
        as many workers as ``deaths`` is marked failed instead.
        """
        with self._reading() as stored:  # there is hardly ever any
            if not _watched(stored):
                return []
        now = time.time()
        taken: list[Trial] = []
        with self._writing() as stored:
            for trial in _watched(stored):
                alive_at = trial.alive_at or RELEASED
                is_released = alive_at == RELEASED
                is_dead = trial.worker != worker and (
                    alive_at < now - silent_seconds or is_gone(trial.worker)
                )
                if len(taken) == limit or not (is_released or is_dead):
                    continue
                died = trial.deaths + (0 if is_released else 1)
                if not is_released and died >= deaths:
                    outcome = Outcome(TrialState.FAILED, reason=f"{died} of its workers died")
                    _end(stored, replace(trial, deaths=died), replace(trial, outcome=outcome))
                    continue
                changes: dict[str, Any] = {"worker": worker, "alive_at": now, "deaths": died}
                stored.update(trial.number, **changes)
                taken.append(replace(trial, **changes))
        return taken

    def _set_alive(self, worker: str, alive_at: float) -> None:
        with self._writing() as stored:
            for trial in _watched(stored):
                if trial.worker == worker:
                    stored.update(trial.number, alive_at=alive_at)

    def _existing(self, stored: Transaction, number: int) -> Trial:
        trial = stored.get(number)
        if trial is None:
            raise TrialStateError(f"study {self.name!r} has no trial {number!r}")
        return trial

    def _reading(self) -> AbstractContextManager[Transaction]:
        return self.storage.transaction(self.name, writes=False)

    def _writing(self) -> AbstractContextManager[Transaction]:
        return self.storage.transaction(self.name, writes=True)


def _watched(stored: Transaction) -> list[Trial]:
    """Trials that run and whose worker says that it lives, by number."""
    running = stored.trials(ended_after=NO_ENDED_ONES)
    return sorted((t for t in running if t.alive_at is not None), key=lambda trial: trial.number)


def _end(stored: Transaction, known: Trial, found: Trial) -> Trial:
    """End a trial that runs: the next in the order."""
    changes = {name: getattr(found, name) for name in ("outcome", *FINDINGS)}
    if not found.seconds and known.started_at:
        changes["seconds"] = time.time() - known.started_at
    order = stored.last_finish_order() + 1
    changes |= {"finish_order": order, "alive_at": None, "deaths": known.deaths}
    stored.update(known.number, **changes)
    return replace(known, **changes)
