"""A storage that somebody else has written: one class, the tests that ship, and it is used."""

from __future__ import annotations

import pickle
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

from test_codesign_study import problem, told

from bohwsw import Client, RangeParameterConfig
from bohwsw.study import ClaimedError, Storage, StorageError, Transaction, Trial, run_codesign
from bohwsw.testing import StorageConformance

LOCK = threading.RLock()


class PickledStudy(Transaction):
    """What is pickled of a study."""

    def __init__(self, definition: Mapping[str, Any]) -> None:
        self.about = dict(definition)
        self.found: dict[int, Trial] = {}

    def definition(self) -> dict[str, Any]:
        return deepcopy(self.about)

    def define(self, definition: Mapping[str, Any]) -> None:
        self.about = dict(definition)

    def trials(self, ended_after: int | None = None) -> list[Trial]:
        after = -1 if ended_after is None else ended_after
        return [
            t for t in self.found.values() if t.outcome is None or (t.finish_order or 0) > after
        ]

    def insert(self, trial: Trial) -> None:
        if trial.claim and any(trial.claim == other.claim for other in self.found.values()):
            raise ClaimedError("somebody else has it")
        self.found[trial.number] = trial

    def update(self, number: int, **changes: Any) -> None:
        self.found[number] = replace(self.found[number], **changes)


class PickleStorage(Storage):
    """A file a study, for the threads of one process."""

    def __init__(self, folder: Path) -> None:
        self.name = str(folder)
        self._folder = folder

    def studies(self) -> list[str]:
        return [path.stem for path in self._folder.glob("*.pickle")]

    def create(self, study: str, definition: Mapping[str, Any]) -> None:
        with LOCK:
            if study not in self.studies():
                self._file(study).write_bytes(pickle.dumps(PickledStudy(definition)))

    def delete(self, study: str) -> None:
        self._file(study).unlink(missing_ok=True)

    @contextmanager
    def transaction(self, study: str, *, writes: bool) -> Iterator[PickledStudy]:
        with LOCK:
            if study not in self.studies():
                raise StorageError(f"no study {study!r}")
            stored = pickle.loads(self._file(study).read_bytes())
            yield stored
            if writes:
                self._file(study).write_bytes(pickle.dumps(stored))

    def _file(self, study: str) -> Path:
        return self._folder / f"{study}.pickle"


class TestPickleStorage(StorageConformance):
    def opened(self, place: Path) -> Storage:
        return PickleStorage(place)


def test_clients_and_co_design_use_it(tmp_path: Path) -> None:
    client = Client(PickleStorage(tmp_path))
    client.configure_experiment([RangeParameterConfig("x", (0, 9), "int")], name="mine")
    client.configure_optimization("-y")
    client.run_trials(3, evaluator=lambda point: {"y": point["x"]})
    again = Client.load_from_database("mine", PickleStorage(tmp_path))
    assert len(again.summarize()) == 3
    one = problem(2, strategy="random")
    assert told(run_codesign(one, storage=PickleStorage(tmp_path))) == told(run_codesign(one))
    assert sorted(PickleStorage(tmp_path).studies()) == ["eyeriss-168-tiny", "mine"]
