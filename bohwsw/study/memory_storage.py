"""Studies in memory: those of one process, gone with it."""

from __future__ import annotations

import threading
from bisect import insort
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import replace
from typing import Any

from bohwsw.study.storage import ClaimedError, Storage, StorageError, Transaction
from bohwsw.study.trial import Trial


class MemoryStudy(Transaction):
    """A study in memory, and the transaction of it."""

    def __init__(self, definition: Mapping[str, Any]) -> None:
        self._definition = deepcopy(dict(definition))
        self._trials: dict[int, Trial] = {}
        self._ended: list[Trial] = []
        self._running: dict[int, Trial] = {}
        self._claims: set[str] = set()
        self._next_number = 0
        self.begin()

    def begin(self) -> None:
        """Begin a transaction: remember how everything is that it changes."""
        self._before: dict[int, Trial | None] = {}
        self._definition_before: dict[str, Any] | None = None

    def undo(self) -> None:
        """Forget what the current transaction has written."""
        definition = self._definition_before or self._definition
        trials = [t for t in (self._trials | self._before).values() if t is not None]
        self.__init__(definition)  # type: ignore[misc]
        for trial in trials:
            self.insert(trial)
        self.begin()

    def changed_trials(self) -> list[Trial]:
        """What the current transaction has written, as it is now."""
        return [self._trials[number] for number in self._before]

    @property
    def is_redefined(self) -> bool:
        """Whether the current transaction has changed the definition."""
        return self._definition_before is not None

    def definition(self) -> dict[str, Any]:
        return deepcopy(self._definition)

    def define(self, definition: Mapping[str, Any]) -> None:
        self._definition_before = self._definition
        self._definition = deepcopy(dict(definition))

    def trials(self, ended_after: int | None = None) -> list[Trial]:
        return [*self._ended[ended_after or 0 :], *self._running.values()]

    def get(self, number: int) -> Trial | None:
        return self._trials.get(number)

    def count(self) -> int:
        return len(self._trials)

    def next_number(self) -> int:
        return self._next_number

    def last_finish_order(self) -> int:
        return len(self._ended)

    def insert(self, trial: Trial) -> None:
        if (claim := trial.claim) is not None:
            if claim in self._claims:
                raise ClaimedError(f"{dict(trial.point)} was given to another worker")
            self._claims.add(claim)
        self._next_number = max(self._next_number, trial.number + 1)
        self._before.setdefault(trial.number, None)
        self._put(trial)

    def update(self, number: int, **changes: Any) -> None:
        before = self._trials[number]
        self._before.setdefault(number, before)
        self._put(replace(before, **changes))

    def load(self, trial: Trial) -> None:
        """Take a trial over as it is, a new one or one that runs; else a `ClaimedError`."""
        known = self._trials.get(trial.number)
        if known is None:
            self.insert(trial)
        elif known.outcome is None and known.claim == trial.claim:
            self._put(replace(trial, started_at=known.started_at, worker=known.worker))
        else:
            raise ClaimedError(f"trial {trial.number} is {known.state} already")

    def _put(self, trial: Trial) -> None:
        self._trials[trial.number] = trial
        if trial.outcome is None:
            self._running[trial.number] = trial
        else:
            self._running.pop(trial.number, None)
            insort(self._ended, trial, key=lambda ended: ended.finish_order or 0)


class MemoryStorage(Storage):
    """Studies in memory; any number of threads may use them, one transaction at a time."""

    name = "memory"

    def __init__(self) -> None:
        self._studies: dict[str, MemoryStudy] = {}
        self._turn = threading.RLock()

    def studies(self) -> list[str]:
        with self._turn:
            return list(self._studies)

    def create(self, study: str, definition: Mapping[str, Any]) -> None:
        with self._turn:
            self._studies.setdefault(study, MemoryStudy(definition))

    def delete(self, study: str) -> None:
        with self._turn:
            self._studies.pop(study, None)

    @contextmanager
    def transaction(self, study: str, *, writes: bool) -> Iterator[MemoryStudy]:
        with self._turn:
            stored = self._existing(study)
            stored.begin()
            try:
                yield stored
            except BaseException:
                stored.undo()
                raise

    def _existing(self, study: str) -> MemoryStudy:
        if study not in self._studies:
            raise StorageError(f"{self.name}: there is no study {study!r} (any more)")
        return self._studies[study]
