"""What every storage of studies must do: a test class that the tests of each storage subclass."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from bohwsw.errors import SpecError
from bohwsw.strategies import Outcome, TrialState
from bohwsw.study import (
    ATTACHED,
    ClaimedError,
    Storage,
    StorageError,
    StoredStudy,
    StudyFullError,
    Trial,
    TrialStateError,
)

DEFINITION = {"about": ["x", "é", 1.5, None], "seed": 2**62}
DONE = Outcome(TrialState.COMPLETED, 1.5, metrics={"area": 2.0}, deviation={"area": 0.25})
TOO_LARGE = Outcome(TrialState.INFEASIBLE, reason="area: 9 > 4", metrics={"area": 9.0})


class StorageConformance:
    """Subclass it and override ``opened``, and ``is_shared`` if nobody else can open the place."""

    is_shared = True
    """Whether a second storage of the same place has the same studies."""

    def opened(self, place: Any) -> Storage:
        """The storage at a place; each call makes another object."""
        raise NotImplementedError

    @pytest.fixture
    def place(self, tmp_path: Any) -> Any:
        """Where a test may store; empty."""
        return tmp_path

    @pytest.fixture
    def storage(self, place: Any) -> Iterator[Storage]:
        opened = self.opened(place)
        yield opened
        opened.close()

    @pytest.fixture
    def study(self, storage: Storage) -> StoredStudy:
        return StoredStudy(storage, "one", DEFINITION)

    def same(self, study: StoredStudy, place: Any) -> StoredStudy:
        """The study as another process would see it."""
        return StoredStudy(self.opened(place), study.name) if self.is_shared else study

    def test_a_study_is_made_once_and_found_by_its_name(
        self, storage: Storage, study: StoredStudy, place: Any
    ) -> None:
        StoredStudy(storage, "one", {"about": "something else"})
        StoredStudy(storage, "two", {})
        assert study.definition == self.same(study, place).definition == DEFINITION
        assert sorted(storage.studies()) == ["one", "two"]
        with pytest.raises(SpecError, match="one"):
            StoredStudy(storage, "onne")

    def test_a_definition_changes_only_while_there_are_no_trials(
        self, study: StoredStudy, place: Any
    ) -> None:
        study.redefine(lambda old: {**old, "about": "y"})
        assert self.same(study, place).definition == {**DEFINITION, "about": "y"}
        study.add({"x": 1}, source="random")
        study.redefine(lambda old: old)
        with pytest.raises(TrialStateError, match="final"):
            study.redefine(lambda old: {**old, "about": "z"})
        assert study.definition["about"] == "y"

    def test_a_study_that_is_deleted_is_gone(
        self, storage: Storage, study: StoredStudy, place: Any
    ) -> None:
        other = self.same(study, place)
        study.add({"x": 1}, source="random")
        StoredStudy(storage, "two", {}).add({"x": 1}, source="random")
        storage.delete("one")
        storage.delete("none of that name")
        assert storage.studies() == ["two"]
        for gone in (study, other):
            with pytest.raises(StorageError, match="one"):
                gone.trials()
            with pytest.raises(StorageError, match="one"):
                gone.add({"x": 2}, source="random")
        assert StoredStudy(storage, "one", DEFINITION).trials() == []

    def test_a_trial_keeps_what_was_found(self, study: StoredStudy, place: Any) -> None:
        point = {"x": 1, "tile": [2, 3], "flag": True, "share": 0.1, "name": "ü"}
        added = study.add(point, source="random", worker="me")
        assert (added.number, added.state, added.name) == (0, "running", "0_0")
        found = Trial(
            0,
            {},
            DONE,
            metrics={"energy_pj": 3.25, "area_mm2": None},
            details=({"value": 9, "limit": 4},),
            seconds=2.5,
            proposing_seconds=0.125,
            artifacts={"mappings": {"net": [[{"level": "DRAM", "temporal": [["K", 2]]}]]}},
        )
        ended = study.finish(found)
        stored = self.same(study, place).get(0)
        for trial in (ended, stored):
            assert trial.point == point
            assert (trial.outcome, trial.finish_order, trial.source) == (DONE, 1, "random")
            for name in ("metrics", "details", "seconds", "proposing_seconds", "artifacts"):
                assert getattr(trial, name) == getattr(found, name)
        assert study.trials() == [study.get(0)]

    def test_measured_values_of_an_infeasible_trial_are_kept(
        self, study: StoredStudy, place: Any
    ) -> None:
        study.add({"x": 1}, source="random")
        study.finish(Trial(0, {}, TOO_LARGE))
        (trial,) = self.same(study, place).trials()
        assert trial.outcome == TOO_LARGE
        assert trial.values == {"area": 9.0}

    def test_without_seconds_they_are_counted_from_the_start(self, study: StoredStudy) -> None:
        study.add({"x": 1}, source="random")
        time.sleep(0.05)
        study.finish(Trial(0, {}, DONE))
        assert 0.04 < study.get(0).seconds < 60.0

    def test_a_trial_ends_once(self, study: StoredStudy, place: Any) -> None:
        study.add({"x": 1}, source="random")
        self.same(study, place).finish(Trial(0, {}, DONE))
        with pytest.raises(TrialStateError, match="completed already"):
            study.finish(Trial(0, {}, TOO_LARGE))
        with pytest.raises(TrialStateError, match="no trial 7"):
            study.finish(Trial(7, {}, DONE))
        with pytest.raises(TrialStateError, match="no trial 1"):
            study.get(1)
        assert study.get(0).outcome == DONE

    def test_a_point_is_given_out_once_but_may_be_attached_again(
        self, study: StoredStudy, place: Any
    ) -> None:
        study.add({"x": 1, "y": 2}, source="random")
        with pytest.raises(ClaimedError):
            self.same(study, place).add({"y": 2, "x": 1}, source="random")
        for name in ("mine", None):
            study.add({"x": 1, "y": 2}, source=ATTACHED, name=name)
        assert [trial.name for trial in study.trials()] == ["0_0", "mine", "2_0"]

    def test_no_more_trials_than_wanted(self, study: StoredStudy) -> None:
        for x in range(3):
            study.add({"x": x}, source="random", most=3)
        with pytest.raises(StudyFullError):
            study.add({"x": 3}, source="random", most=3)
        assert len(study.trials()) == 3

    def test_news_come_in_the_order_of_the_ends(self, study: StoredStudy, place: Any) -> None:
        for x in range(5):
            study.add({"x": x}, source="random")
        for number in (3, 1, 2):
            study.finish(Trial(number, {}, DONE))
        for seen in (study, self.same(study, place)):
            assert [t.number for t in seen.news(0)] == [3, 1, 2, 0, 4]
            assert [t.number for t in seen.news(2)] == [2, 0, 4]
            assert [t.finish_order for t in seen.news(1)] == [2, 3, None, None]

    def test_what_fails_leaves_nothing_behind(self, study: StoredStudy, place: Any) -> None:
        study.add({"x": 0}, source="random")

        def write_and_break() -> None:
            with study.storage.transaction("one", writes=True) as stored:
                stored.insert(Trial(1, {"x": 1}, source="random", name="1_0"))
                stored.update(0, worker="somebody")
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            write_and_break()
        for seen in (study, self.same(study, place)):
            assert [(t.number, t.worker) for t in seen.trials()] == [(0, None)]
        assert study.add({"x": 1}, source="random").number == 1

    def test_trials_of_another_storage_come_all_or_not_at_all(
        self, storage: Storage, study: StoredStudy, place: Any
    ) -> None:
        trials = [
            Trial(0, {"x": 0}, DONE, source="random", name="0_0", finish_order=2),
            Trial(1, {"x": 1}, TOO_LARGE, source="random", name="1_0", finish_order=1),
            Trial(2, {"x": 2}, source="random", name="2_0", alive_at=1.0, worker="far"),
        ]
        study.fill(trials)
        assert [t.number for t in self.same(study, place).news(0)] == [1, 0, 2]
        assert [t.number for t in self.lost(study, "me")] == [2]
        with pytest.raises(SpecError, match="already"):
            study.fill(trials)
        two = StoredStudy(storage, "two", {})
        with pytest.raises(ClaimedError):
            two.fill([trials[0], Trial(1, {"x": 0}, source="random", name="1_0")])
        assert self.same(two, place).trials() == []

    def lost(self, study: StoredStudy, worker: str, **options: Any) -> list[Trial]:
        given = {"limit": 9, "deaths": 2, "silent_seconds": 60.0, **options}
        return study.take_over(
            given.pop("silent_seconds"), lambda name: name == "dead", worker, **given
        )

    def test_trials_of_dead_workers_go_to_others(self, study: StoredStudy, place: Any) -> None:
        for x, worker in enumerate(("living", "dead", "silent", "given back", "unwatched")):
            study.add({"x": x}, source="random", worker=worker, watched=worker != "unwatched")
        study.release("given back")
        other = self.same(study, place)
        assert [t.number for t in self.lost(other, "me", limit=1)] == [1]
        assert [(t.number, t.worker) for t in self.lost(other, "me")] == [(3, "me")]
        assert self.lost(other, "me") == []
        with study.storage.transaction("one", writes=True) as stored:
            for number in (0, 2):  # as if nobody had heard of them for long
                stored.update(number, alive_at=1.0)
        study.renew("living")
        assert [t.number for t in self.lost(other, "me")] == [2]
        assert [t.deaths for t in study.trials()] == [0, 1, 1, 0, 0]

    def test_a_trial_that_loses_worker_after_worker_fails(
        self, study: StoredStudy, place: Any
    ) -> None:
        study.add({"x": 0}, source="random", worker="dead", watched=True)
        assert [t.deaths for t in self.lost(study, "dead")] == []  # its own are not lost to it
        assert [t.deaths for t in self.lost(study, "me", deaths=1)] == []
        trial = self.same(study, place).get(0)
        assert (trial.state, trial.finish_order, trial.deaths) == ("failed", 1, 1)
        assert trial.reason == "1 of its workers died"
        with pytest.raises(TrialStateError):
            study.finish(Trial(0, {}, DONE))

    def test_many_threads_and_storages_give_each_number_once(
        self, study: StoredStudy, place: Any
    ) -> None:
        threads, each = 4, 10
        start = threading.Barrier(threads)

        def work(thread: int) -> int:
            mine, claimed = self.same(study, place), 0
            start.wait()
            for step in range(each):
                own = {"x": step, "thread": thread}
                mine.finish(Trial(mine.add(own, source="random").number, {}, DONE))
                try:
                    mine.add({"x": step}, source="random")
                except ClaimedError:
                    claimed += 1
            return claimed

        with ThreadPoolExecutor(threads) as pool:
            claimed = sum(pool.map(work, range(threads)))
        trials = study.trials()
        assert [t.number for t in trials] == list(range(threads * each + each))
        assert claimed == threads * each - each
        orders = [t.finish_order or math.inf for t in trials]
        assert sorted(orders)[: threads * each] == list(range(1, threads * each + 1))
