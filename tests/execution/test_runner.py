"""Runners and metrics: trials that run somewhere else."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bohwsw import Client, IMetric, Infeasible, IRunner, RangeParameterConfig, TrialStatus
from bohwsw.errors import SpecError


class Farm(IRunner):
    """Runs trials for so many seconds; knows how many it had at a time, and which it stopped."""

    def __init__(self, seconds: float = 0.0, said: Mapping[int, Any] | None = None) -> None:
        self.seconds, self.said = seconds, said or {}
        self.running: dict[int, float] = {}
        self.most, self.stopped = 0, []
        self.started = threading.Event()
        self.turn = threading.Lock()

    def run_trial(self, trial_index: int, parameterization: Mapping[str, Any]) -> dict[str, Any]:
        with self._alone():
            if isinstance(self.said.get(trial_index), Exception):
                raise self.said[trial_index]
            self.running[trial_index] = time.monotonic()
            self.most = max(self.most, len(self.running))
            self.started.set()
            return {"x": parameterization["x"]}

    def poll_trial(self, trial_index: int, trial_metadata: Mapping[str, Any]) -> Any:
        with self._alone():
            if trial_index in self.said:
                return self.said[trial_index]
            if time.monotonic() - self.running[trial_index] < self.seconds:
                return TrialStatus.RUNNING
            del self.running[trial_index]
            return TrialStatus.COMPLETED

    def stop_trial(self, trial_index: int, trial_metadata: Mapping[str, Any]) -> dict[str, Any]:
        with self._alone():
            self.stopped.append((trial_index, trial_metadata["x"]))
            return {}

    def _alone(self) -> Any:
        assert not self.turn.locked()
        return self.turn


class Value(IMetric):
    def fetch(self, trial_index: int, trial_metadata: Mapping[str, Any]) -> Any:
        return 0, (float(trial_metadata["x"]), 0.5)


def client_of(runner: Any, storage: str | None = None) -> Client:
    client = Client(storage)
    client.configure_experiment([RangeParameterConfig("x", (0, 1000), "int")])
    client.configure_optimization("-cost")
    client.configure_generation_strategy("random_search")
    client.configure_runner(runner)
    client.configure_metrics([Value("cost")])
    return client


def test_several_at_a_time_each_asked_alone() -> None:
    farm = Farm(0.2)
    client = client_of(farm)
    statistics = client.run_trials(6, parallelism=3, initial_seconds_between_polls=0.01)
    assert (statistics.evaluations, farm.most) == (6, 3)
    assert statistics.wall_seconds < 6 * 0.2
    table = client.summarize()
    assert list(table.cost) == list(table.x)


def test_what_a_runner_may_say() -> None:
    said = {
        0: TrialStatus.INFEASIBLE,
        1: TrialStatus.EARLY_STOPPED,
        2: "fine",
        3: OSError("no licence"),
        4: Infeasible("area: 13 mm2 of 12"),
    }
    client = client_of(Farm(said=said))
    client.run_trials(6, initial_seconds_between_polls=0)
    table = client.summarize()
    states = ["INFEASIBLE", "ABANDONED", "FAILED", "FAILED", "INFEASIBLE", "COMPLETED"]
    assert list(table.trial_status) == states
    assert "'fine'" in table.status_reason[2]
    assert "no licence" in table.status_reason[3]
    assert table.status_reason[4] == "area: 13 mm2 of 12"


def test_a_trial_that_takes_too_long_is_stopped() -> None:
    farm = Farm(60.0)
    client = client_of(farm)
    client.run_trials(2, initial_seconds_between_polls=0, timeout_seconds=0.1)
    table = client.summarize()
    assert list(table.trial_status) == ["FAILED", "FAILED"]
    assert "no end within 0.1" in table.status_reason[0]
    assert farm.stopped == list(zip([0, 1], table.x, strict=True))


def test_ctrl_c_stops_what_runs_and_gives_it_back(tmp_path: Path) -> None:
    farm = Farm(60.0)
    client = client_of(farm, str(tmp_path / "study.db"))

    def interrupt() -> None:
        farm.started.wait(30)
        time.sleep(0.1)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        client.run_trials(4, parallelism=2)
    table = client.summarize()
    assert sorted(farm.stopped) == list(enumerate(table.x))
    farm.seconds = 0.0
    client.run_trials(len(table))
    assert list(client.summarize().trial_status) == ["COMPLETED"] * len(table)
    assert list(client.summarize().x) == list(table.x)


def test_what_is_neither_runner_nor_metric_is_refused() -> None:
    client = client_of(Farm())
    with pytest.raises(SpecError, match="run_trial"):
        client.configure_runner(print)
    with pytest.raises(SpecError, match="fetch"):
        client.configure_metrics([len])
    with pytest.raises(SpecError, match="metrics"):
        client.configure_metrics(Value("cost"))  # type: ignore[arg-type]
    with pytest.raises(SpecError, match="executor"):
        client.run_trials(1, executor=print)  # type: ignore[arg-type]
    for seconds in ({"initial_seconds_between_polls": -1}, {"timeout_seconds": 0}):
        with pytest.raises(SpecError, match=next(iter(seconds))):
            client.run_trials(1, **seconds)
    bare = Client()
    bare.configure_experiment([RangeParameterConfig("x", (0, 9), "int")])
    bare.configure_optimization("-x")
    with pytest.raises(SpecError, match="configure_runner"):
        bare.run_trials(1)
    assert len(client.summarize()) == 0
