"""The benchmark of joint searches on a toy: what it counts, and its page."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from toy_model import Asked, toy_problem

from benchmarks.joint import headroom, runner
from benchmarks.joint.method import Reached, interval, search, volumes, worst
from benchmarks.joint.problem import Budget
from bohwsw.joint import JointProblem


def make(budget: Budget, seed: int) -> JointProblem:
    return toy_problem(Asked(), budget.trials, measurements=budget.measurements)


def reached(accuracy: list[float], cost: list[float]) -> Reached:
    return Reached(np.array(accuracy), np.array(cost), np.array(cost), 0, 0, 0, 0.0)


def test_a_search_is_told_by_its_feasible_designs() -> None:
    found = search(make(Budget(10, 3, 1), 0), "joint")
    assert found.measurements <= 3
    assert found.over_limits == 0
    assert len(found.accuracy) == len(found.cost) == len(found.energy) > 0
    assert found.least(found.accuracy.max()) >= found.cost.min()
    assert found.least(101.0) == math.inf
    none = search(toy_problem(Asked(), 2, limits={"latency_ms": 1e-9}), "random")
    assert none.trials == 2
    assert not len(none.cost)


def test_costs_at_equal_accuracy_and_volumes() -> None:
    joint, other = reached([90.0, 80.0], [math.e, 1.0]), reached([89.0, 70.0], [8.0, 4.0])
    assert runner._ratio([other], [joint], 0.5, "cost") == pytest.approx(8.0 / math.e)
    assert runner._ratio([reached([], [])], [joint], 0.5, "cost") is None
    reference = worst([joint, other])
    assert reference.tolist() == [-70.0, math.log(8.0)]
    assert volumes([joint], reference)[0] > volumes([other], reference)[0] == 0.0
    mean, half = interval([1.0, 3.0])
    assert (mean, half) == (2.0, pytest.approx(12.71))


def test_the_page_has_every_method() -> None:
    compared: dict[str, Any] = runner._compared("toy", make, Budget(4, 3, 2), 0.5, lambda _: None)
    assert {row["trials"] for row in compared["methods"]} <= {3, 4}
    row = {"method": "joint", "measurements": 6, "trials": 12, "share": 0.98, "half": 0.01}
    tabled = {"networks": 600, "points_of_true_front": 9}
    results = {
        "benchmark": "joint",
        "quick": True,
        "provenance": {"machine": "m", "date": "d", "commit": "c"},
        "trained": compared,
        "tabled": {**tabled, "methods": [{**row, "least_share": 0.97, "accuracy_regret": 0.1}]},
        "nahas": {**compared, "predicted_within": {"accuracy_percent": 0.17}},
        "seconds": 1.0,
        "processor_seconds": 0.5,
    }
    page = runner.markdown(results)
    for name in ("joint", "network-first", "fixed-hardware", "random"):
        assert page.count(f"| {name} |") >= 2
    assert "98.0%" in page
    assert "0.17" in page


def test_no_machine_saves_more_than_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    known = headroom.networks()
    assert [knobs["depth_1"] for knobs in known.values()] == [2, 3, 4]
    assert known["middle"]["kernel_1_4"] == 3  # of an absent block the least
    monkeypatch.setattr(headroom, "networks", lambda: {"smallest": known["smallest"]})
    (row,) = headroom.bounds(0.5)
    assert 1.0 < row["most"] == row["energy_uj"] / row["least_uj"] < 1.0 / row["dram"]
    assert row["accuracy"] < 74
