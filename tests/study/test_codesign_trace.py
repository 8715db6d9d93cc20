"""What a search does not do twice: make machines of points, and data of mappings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bohwsw.codesign import (
    FirstLook,
    Hardware,
    HardwareSpace,
    Problem,
    load_space,
    named_recipe,
    plain_data,
)
from bohwsw.study.codesign_study import run_codesign
from bohwsw.workload import Layer, network_from_layers

NETWORK = network_from_layers(
    "tiny", [(Layer("a", K=16, C=8, P=14, Q=14, R=3, S=3), 2), (Layer("b", K=32, C=16), 1)]
)
TRIALS = 6


def counted(name: str, real: Callable[..., Any], calls: Counter[str]) -> Callable[..., Any]:
    def call(*given: Any) -> Any:
        calls[name] += 1
        return real(*given)

    return call


def test_a_point_becomes_a_machine_once_and_mappings_stay_objects(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    machines: Counter[tuple[Any, ...]] = Counter()
    calls: Counter[str] = Counter()
    make = HardwareSpace.hardware

    def hardware(space: HardwareSpace, point: Any) -> Hardware:
        machines[tuple(point.items())] += 1
        return make(space, point)

    monkeypatch.setattr(HardwareSpace, "hardware", hardware)
    for name in ("mapping_data", "mapping_of"):
        monkeypatch.setattr(plain_data, name, counted(name, getattr(plain_data, name), calls))
    chosen = named_recipe("best").changed(trials=TRIALS, evaluations=500)
    chosen = replace(chosen, first_look=FirstLook(100, 0.5), final_gap=0.5)
    problem = Problem(load_space("eyeriss-168"), NETWORK, recipe=chosen)
    result = run_codesign(problem)
    completed = [trial for trial in result.trials if trial.mappings]
    assert completed
    assert machines == {tuple(trial.point.items()): 1 for trial in result.trials}
    assert len(machines) == TRIALS
    assert calls == {"mapping_data": len(completed) * len(NETWORK.unique_layers())}
