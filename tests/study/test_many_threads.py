"""One client in many threads, and many clients on one file: nothing is lost, nothing is torn."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from bohwsw import Client, RangeParameterConfig

THREADS = 8


def configured(where: str | None = None, strategy: str = "random") -> Client:
    client = Client(where)
    client.configure_experiment([RangeParameterConfig("x", (0, 99_999), "int")])
    client.configure_optimization("-y")
    client.configure_generation_strategy(strategy=strategy)
    return client


def at_once(work: Callable[[int], Any], threads: int = THREADS) -> list[Any]:
    """Call it in threads that start together; raises what one of them raises."""
    start = threading.Barrier(threads)

    def started(thread: int) -> Any:
        start.wait()
        return work(thread)

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(started, range(threads)))


def work_on(client: Client, trials: int) -> None:
    for step in range(trials):
        for number, point in client.get_next_trials(1).items():
            if step % 7 == 3:
                client.mark_trial_infeasible(number, "x: too large")
            elif step % 7 == 5:
                client.mark_trial_failed(number)
            else:
                client.complete_trial(number, {"y": point["x"]})


@pytest.mark.parametrize("place", ["memory", "file"])
def test_no_result_of_a_shared_client_is_lost(place: str, tmp_path: Path) -> None:
    client = configured(None if place == "memory" else str(tmp_path / "studies.db"))
    at_once(lambda _: work_on(client, 200))
    table = client.summarize()
    assert list(table.trial_index) == list(range(THREADS * 200))
    assert len(set(table.x)) == THREADS * 200  # nobody was given what another one had
    assert table[table.trial_status == "COMPLETED"].y.notna().all()
    each = [sum(step % 7 == k for step in range(200)) * THREADS for k in (3, 5)]
    states = table.trial_status.value_counts()
    assert each == [states.INFEASIBLE, states.FAILED]
    assert THREADS * 200 - sum(each) == states.COMPLETED
    assert client.get_best_parameterization()[1]["y"][0] == table.y.min()


def test_models_are_not_torn_and_questions_may_come_at_any_time() -> None:
    client = configured(strategy="bayesian")
    work_on(client, 4)

    def work(thread: int) -> None:
        for _ in range(2):
            if thread % 2:
                work_on(client, 1)
            else:
                client.predict([{"x": 5}])
                client.summarize()
                client.get_best_parameterization()

    at_once(work, 4)
    assert len(client.summarize()) == 8


def test_runs_of_one_client_in_several_threads_share_no_trial() -> None:
    client = configured()
    seen: list[int] = []

    def evaluator(point: dict[str, Any]) -> dict[str, Any]:
        seen.append(point["x"])
        return {"y": point["x"]}

    at_once(lambda _: client.run_trials(25, evaluator=evaluator), 4)
    table = client.summarize()
    assert list(table.trial_status) == ["COMPLETED"] * 100
    assert sorted(seen) == sorted(table.x)


def test_many_clients_on_one_new_file(tmp_path: Path) -> None:
    """Each thread opens the file itself, and so may be the one that makes the tables."""
    at_once(lambda _: work_on(configured(str(tmp_path / "studies.db")), 10))
    table = configured(str(tmp_path / "studies.db")).summarize()
    assert list(table.trial_index) == list(range(THREADS * 10))
    assert "RUNNING" not in set(table.trial_status)


def test_many_threads_make_a_file_each(tmp_path: Path) -> None:
    at_once(lambda thread: work_on(configured(str(tmp_path / f"{thread}.db")), 1))
    for thread in range(THREADS):
        assert len(configured(str(tmp_path / f"{thread}.db")).summarize()) == 1
