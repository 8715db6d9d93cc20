"""A loop that drives a study as somebody else's would, for processes that are killed."""

from __future__ import annotations

import sys
from typing import Any

from bohwsw.execution import InProcessExecutor
from bohwsw.study.client import Client
from bohwsw.study.parameter_configs import RangeParameterConfig
from bohwsw.study.storage_config import StorageConfig


def open_study(url: str, silent_seconds: float = 60.0, method: str = "random_search") -> Client:
    """The study that all processes share."""
    client = Client(StorageConfig(url, silent_seconds=silent_seconds, deaths=1000))
    client.configure_experiment(
        [RangeParameterConfig("x", (0, 500), "int"), RangeParameterConfig("y", (0, 500), "int")],
        ["x * y <= 50_000"],
        name="shared",
    )
    client.configure_optimization("-cost")
    client.configure_generation_strategy(method)
    return client


def cost(parameters: dict[str, Any]) -> dict[str, float]:
    """What the study measures."""
    return {"cost": (parameters["x"] - 70.0) ** 2 + parameters["y"]}


def ask_and_tell(url: str, n_trials: int) -> None:
    """By hand."""
    client = open_study(url)
    for _ in range(n_trials):
        for number, parameters in client.get_next_trials(1).items():
            client.complete_trial(number, cost(parameters))
            print(number, flush=True)


def run(url: str, n_trials: int) -> None:
    """By `Client.run_trials`; what is printed has been finished."""
    client = open_study(url)
    client.run_trials(
        n_trials,
        evaluator=cost,
        executor=InProcessExecutor(),
        progress=lambda done, _, state: print(done, state, flush=True),
    )


if __name__ == "__main__":
    {"ask_and_tell": ask_and_tell, "run": run}[sys.argv[1]](sys.argv[2], int(sys.argv[3]))
