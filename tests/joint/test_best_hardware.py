"""The best machine for a network beside all machines, and searches that take it."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest
from small_space import changed_space
from toy_model import toy_model

import bohwsw
from bohwsw.codesign import Design, Problem, joint_recipe, space_from_dict, space_on_board
from bohwsw.errors import SpecError
from bohwsw.joint.exact_hardware import best_hardware
from bohwsw.workload import load_model

TILES = {"tm": {"values": [4, 8, 16]}, "tn": {"values": [1, 2, 4]}, "tr": {"values": [4, 8]}}
FEW = {"weight_port": {"values": [1, 4]}, "input_port": {"values": [1, 4]}}


def board(**more: Any) -> dict[str, Any]:
    fixed = {"tc": {"values": [8]}, "output_port": {"values": [2]}}
    return {"board": "pynq-z1", "parameters": {**TILES, **FEW, **fixed}, **more}


def least(problem: Problem, objective: str) -> float | None:
    """By trying every machine."""
    machines = problem.hardware_space
    assert machines.space is not None
    rows = machines.space.all_rows(1000)
    assert rows is not None
    every = [problem.evaluate(machines.space.point(row))[1] for row in rows]
    values = [found.minimised(objective) for found in every if isinstance(found, Design)]
    return min(values, default=None)


@pytest.mark.parametrize(
    ("space", "objective"),
    [
        (board(), "latency"),
        (board(limits={"dsps": 40}), "time"),
        (board(limits={"images_per_s": 2000}), "images_per_s"),
        (board(limits={"images_per_s": 1e9}), "latency"),
        (board(), "dsps"),
        ({"board": "pynq-z1", "engine": "lu2019", "limits": {"luts": 3000}}, "latency"),
        ({"board": "pynq-z1", "engine": "finn_r", "limits": {"luts": 9000}}, "luts"),
    ],
)
def test_engines_equal_enumeration(space: dict[str, Any], objective: str) -> None:
    model = load_model("digits-cnn")
    network = model.network(model.with_point({"width": 6}))
    problem = Problem(space_on_board(space), network, objective)
    point, wanted = best_hardware(problem, {}), least(problem, objective)
    if wanted is None:
        assert point is None
        return
    assert point is not None
    found = problem.evaluate(point)[1]
    assert isinstance(found, Design)
    assert found.minimised(objective) == pytest.approx(wanted, rel=1e-12)


def test_machines_by_the_bound_equal_enumeration(monkeypatch: pytest.MonkeyPatch) -> None:
    machines = space_from_dict(changed_space("constraints", ["mesh_x * mesh_y <= 8"]))
    network = toy_model().network({"width": 4, "depth": 1, "weight_bits": 8})
    problem = Problem(machines, network, "latency", joint_recipe().changed(evaluations=60))
    fixed = {"buffer_kb": 4, "entries": 4, "flow": "weights", "row_whole": False}
    wanted = []
    for x, y in itertools.product((1, 2, 4, 8), repeat=2):
        if x * y <= 8:
            found = problem.evaluate({"mesh_x": x, "mesh_y": y, **fixed})[1]
            wanted.append(found.minimised("latency") if isinstance(found, Design) else math.inf)
    tried: list[Any] = []
    evaluate = Problem.evaluate
    monkeypatch.setattr(Problem, "evaluate", lambda *x: tried.append(x) or evaluate(*x))
    point = best_hardware(problem, fixed)
    assert point is not None
    assert wanted[0] > min(wanted) == evaluate(problem, point)[1].minimised("latency")  # type: ignore[union-attr]
    assert len(tried) < len(wanted)


def test_a_joint_search_suggests_the_best_engine_of_each_network() -> None:
    machines = space_on_board(board(limits={"images_per_s": 3000}))
    result = bohwsw.codesign_joint(
        machines,
        "digits-cnn",
        "table",
        accuracy_options={"path": "digits-cnn"},
        joint=bohwsw.Joint(knobs={"operator": "conv"}, parameters={"tr": 8}),
        objective="accuracy",
        strategy="exact_hardware",
        trials=14,
    )
    states = [trial.state for trial in result.trials[1:]]  # the first is the baseline
    assert set(states) == {"completed"}
    assert all(trial.point["tr"] == 8 for trial in result.trials[1:])
    assert len({trial.metrics["latency_cycles"] for trial in result.trials[1:]}) > 3


def test_too_many_machines_are_refused() -> None:
    problem = Problem(space_on_board({"board": "zcu102"}), load_model("dqn").network({}), "dsps")
    with pytest.raises(SpecError, match="too many machines"):
        best_hardware(problem, {})
