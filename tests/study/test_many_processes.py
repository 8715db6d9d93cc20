"""Several processes on one study, and killed ones: nothing is lost, nothing given twice."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from loops import cost, open_study
from sqlalchemy import text

from bohwsw.study.client import Client
from bohwsw.study.database import Database
from bohwsw.study.loop import lost_trials
from bohwsw.study.storage import StoredStudy
from bohwsw.study.storage_config import StorageConfig, open_storage

LOOPS = Path(__file__).with_name("loops.py")


def start(loop: str, url: str, n_trials: int) -> subprocess.Popen[str]:
    command = [sys.executable, str(LOOPS), loop, url, str(n_trials)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def stored(url: str) -> StoredStudy:
    return StoredStudy(open_storage(url), "shared")


def test_five_processes_on_one_study(url: str) -> None:
    processes = [start("ask_and_tell", url, 15) for _ in range(5)]
    printed = []
    for process in processes:
        out, error = process.communicate(timeout=300)
        assert process.returncode == 0, error
        printed += [int(line) for line in out.split()]
    trials = stored(url).trials()
    assert sorted(printed) == [trial.number for trial in trials] == list(range(75))
    assert len({tuple(trial.point.items()) for trial in trials}) == 75
    assert sorted(trial.finish_order or 0 for trial in trials) == list(range(1, 76))
    for trial in trials:
        assert trial.outcome is not None
        assert trial.outcome.values == cost(trial.point)


KILLS = 4
"""Here; `python -m benchmarks.study` does it 200 times."""


def test_processes_killed_at_random_moments(url: str) -> None:
    rng = random.Random(0)
    finished = 0
    open_study(url)
    for _ in range(KILLS):
        process = start("run", url, 10_000)
        assert process.stdout is not None
        process.stdout.readline()  # the first trial has ended
        time.sleep(rng.uniform(0.0, 0.3))
        process.kill()
        out, _ = process.communicate()
        whole = out.splitlines() if out.endswith("\n") else out.splitlines()[:-1]
        finished += 1 + len(whole)
        assert process.returncode == -signal.SIGKILL
        states = [trial.state for trial in stored(url).trials()]
        assert states.count("completed") >= finished
        assert states.count("running") <= 1
    client = open_study(url)
    before = len(client.summarize())
    client.run_trials(3, evaluator=cost)
    trials = stored(url).trials()
    assert {trial.state for trial in trials} == {"completed"}
    assert len(trials) - before in (2, 3)  # the last one that was killed went back to the queue
    assert sorted(trial.finish_order or 0 for trial in trials) == list(range(1, len(trials) + 1))
    if url.startswith("sqlite"):
        with Database(url).reading() as connection:
            assert connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"


@pytest.mark.parametrize("lost_trials", ["requeue", "fail"])
def test_a_trial_whose_worker_died(tmp_path: Path, lost_trials: str) -> None:
    url = f"sqlite:///{tmp_path / 'studies.db'}"
    client = open_study(url)
    (number,) = client.get_next_trials(1, watched=True)
    study = stored(url)
    assert study.take_over(60.0, lambda worker: False, "other", limit=9, deaths=2) == []
    config = StorageConfig(url, silent_seconds=1e-6, lost_trials=lost_trials, deaths=2)  # type: ignore[arg-type]

    def next_trial() -> int:
        """What a worker is given that has just started."""
        time.sleep(0.01)
        (found,) = Client.load_from_database("shared", config).get_next_trials(1, watched=True)
        return found

    if lost_trials == "fail":
        assert next_trial() != number
        assert study.get(number).state == "failed"
        return
    assert next_trial() == number
    assert next_trial() != number  # it has lost two workers
    outcome = study.get(number).outcome
    assert outcome is not None
    assert outcome.reason == "2 of its workers died"


def test_a_trial_that_is_not_watched_stays_with_who_has_it(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'studies.db'}"
    client = open_study(url, silent_seconds=1e-6)
    (number,) = client.get_next_trials(1)
    time.sleep(0.01)
    client.run_trials(2, evaluator=cost)
    assert stored(url).get(number).state == "running"


def test_a_worker_that_works_long_is_heard_of(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'studies.db'}"
    client = open_study(url, silent_seconds=0.4)
    others = open_study(url, silent_seconds=0.4)
    taken: list[int] = []

    def slow(parameters: dict[str, int]) -> dict[str, float]:
        for _ in range(4):
            time.sleep(0.2)
            taken.extend(lost_trials(others._stored, others.storage, others._worker, 9))
        return cost(parameters)

    client.run_trials(1, evaluator=slow)
    assert taken == []
    assert stored(url).get(0).deaths == 0


def test_what_ctrl_c_leaves_goes_back_to_the_queue(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'studies.db'}"
    client = open_study(url)

    def interrupted(parameters: dict[str, int]) -> dict[str, float]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        client.run_trials(3, evaluator=interrupted)
    assert stored(url).get(0).state == "running"
    open_study(url).run_trials(1, evaluator=cost)
    trial = stored(url).get(0)
    assert (trial.state, trial.deaths) == ("completed", 0)
