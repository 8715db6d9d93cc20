"""What AccelForge is given, and what becomes of its answers.

`tests/data/stand_ins/packages/accelforge.py` stands in for it: the script that is run is the real
one, in this interpreter, and finds the stand-in where it looks for the package.
"""

from __future__ import annotations

import json
import pickle
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bohwsw.codesign import Design, Hardware, MappedLayer, MappedNetwork, Rejection
from bohwsw.errors import SpecError
from bohwsw.execution import evaluate
from bohwsw.exporters.accelforge_target import accelforge_files
from bohwsw.mapping.dataflow import FREE
from bohwsw.mapping.nest import LevelNest
from bohwsw.mapping.nest import Mapping as Nest
from bohwsw.plugins.accelforge import AccelForge
from bohwsw.plugins.other_simulator import (
    LayerFigures,
    RejectedMappingError,
    SimulatorEvaluator,
)
from bohwsw.simulator.reference import simulate
from bohwsw.strategies import Outcome, TrialState
from bohwsw.testing.small_map_spaces import costs, machine
from bohwsw.workload import CountedLayer, Layer

PACKAGES = Path(__file__).parents[1] / "data" / "stand_ins" / "packages"
LAYER = Layer("product", K=4, C=2, P=3)
MACHINE = machine(glb=100, spad=50)
PRICES = costs(3)
FILES = ("architecture.yaml", "workload.yaml", "mapping.yaml")
ACCELFORGE = AccelForge(sys.executable, seconds=60)


@pytest.fixture(autouse=True)
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(PACKAGES))
    monkeypatch.delenv("STAND_IN_FAULT", raising=False)


def nest(dim: str = "K") -> Nest:
    """K over the array; P, then the rest of K, in the buffer; C in the scratchpads."""
    spread = LevelNest((("P", 3), ("K", 2)), ((dim, 2),))
    keep = frozenset({"Weights", "Inputs"})
    return Nest((LevelNest(), spread, LevelNest((("C", 2),), keep=keep)))


def design(spad: int) -> Design:
    mapped = MappedLayer(CountedLayer(LAYER, 3), nest(), simulate(LAYER, MACHINE, nest(), PRICES))
    network = MappedNetwork("net", (mapped, mapped))
    return Design(Hardware({}, machine(100, spad), FREE, PRICES), (network,))


def designer(parameters: Mapping[str, Any]) -> Design | Rejection:
    if parameters["spad"] == 0:
        return Rejection("no room", None, ())
    return design(parameters["spad"])


def mapping_lines(layer: Layer, mapping: Nest) -> list[str]:
    """The nodes of a mapping file: storage by level and tensors, loops by kind, name and tile."""
    lines = accelforge_files(layer, MACHINE, mapping, PRICES)["mapping.yaml"].splitlines()[2:]
    found = []
    for tag, entries in (line.strip(" -").split(" ", 1) for line in lines):
        values = json.loads(entries).values()
        found.append(
            " ".join([tag[1:], *("".join(v) if type(v) is list else str(v) for v in values)])
        )
    return found


def test_tiles_stand_above_the_loops_that_leave_them_in_place() -> None:
    assert mapping_lines(LAYER, nest()) == [
        "Storage L0_DRAM WIO",
        "Storage L1_GLB WIO",
        "Spatial k 2 X below_L1_GLB",
        "Temporal p 1",
        "Storage L2_Spad I",
        "Temporal k 1",
        "Storage L2_Spad W",
        "Temporal c 1",
        "Compute Layer MAC",
    ]


def test_what_is_measured_by_hand() -> None:
    # Tiles in words of W, I, O: 8, 6, 12 in DRAM (200 pJ) and in the buffer (20 pJ); in a
    # scratchpad (2 pJ) 2 of I, then 2 of W.
    expected = 26 * 200 + 26 * 20 + 4 * 2 + 24 * 1
    found = ACCELFORGE.evaluate(LAYER, MACHINE, nest(), PRICES)
    assert found == LayerFigures(pytest.approx(expected), 12)
    assert found.edp_pj_cycles == pytest.approx(12 * expected)


def test_a_whole_design() -> None:
    evaluator = pickle.loads(pickle.dumps(SimulatorEvaluator(designer, ACCELFORGE)))
    one = ACCELFORGE.evaluate(LAYER, MACHINE, nest(), PRICES)
    outcome = evaluate(evaluator, {"spad": 50})
    assert outcome.values == {
        "energy_pj": 6 * one.energy_pj,
        "latency_cycles": 6 * one.latency_cycles,
        "edp_pj_cycles": 36 * one.edp_pj_cycles,
    }


def test_what_does_not_fit_is_infeasible() -> None:
    evaluator = SimulatorEvaluator(designer, ACCELFORGE)
    assert evaluate(evaluator, {"spad": 0}) == Outcome(TrialState.INFEASIBLE, reason="no room")
    full = Outcome(TrialState.INFEASIBLE, reason="layer 'product': 64 bits in L2_Spad")
    assert evaluate(evaluator, {"spad": 2}) == full
    with pytest.raises(RejectedMappingError, match="too many instances along X"):
        ACCELFORGE.evaluate(LAYER, machine(100, 50, (1, 4)), nest(), PRICES)


def test_faults_are_failures_with_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    evaluator = SimulatorEvaluator(designer, ACCELFORGE)
    monkeypatch.setenv("STAND_IN_FAULT", "raise")
    broken = evaluate(evaluator, {"spad": 50})
    assert broken.state is TrialState.FAILED
    assert "RuntimeError: nobody knows why" in (broken.reason or "")
    monkeypatch.setenv("STAND_IN_FAULT", "hang")
    hasty = SimulatorEvaluator(designer, AccelForge(sys.executable, seconds=0.5))
    slow = evaluate(hasty, {"spad": 50})
    assert slow.state is TrialState.FAILED
    assert "took more than 0.5 seconds" in (slow.reason or "")
    monkeypatch.setenv("PYTHONPATH", "")
    absent = evaluate(evaluator, {"spad": 50})
    assert absent.state is TrialState.FAILED
    assert "No module named 'accelforge'" in (absent.reason or "")


def test_an_interpreter_that_is_none() -> None:
    with pytest.raises(SpecError, match=r"(?s)no such program.*pip install accelforge"):
        AccelForge("/no/such/python")


def test_all_files_are_yaml_of_the_whole_problem() -> None:
    layer = Layer("conv", N=2, K=4, C=2, P=3, R=2, stride_w=2, dilation_w=3)
    blocks = (LevelNest((("N", 2), ("R", 2))), *nest().levels[1:])
    files = accelforge_files(layer, MACHINE, Nest(blocks), PRICES)
    assert tuple(files) == FILES
    einsum = json.loads(files["workload.yaml"])["workload"]
    assert einsum["rank_sizes"]["W"] == 2 * 2 + 3 * 1 + 1
    projection = einsum["einsums"][0]["tensor_accesses"][1]["projection"]
    assert projection["W"] == "2 * p + 3 * r"
    assert '"size": "inf"' in files["architecture.yaml"]


def test_what_the_files_cannot_express() -> None:
    with pytest.raises(SpecError, match="no network"):
        accelforge_files(LAYER, MACHINE, nest(), costs(3, hop_energy_pj=0.5))
    uneven = replace(PRICES, storage=(replace(PRICES.storage[0], update_pj=1.0),) * 3)
    with pytest.raises(SpecError, match="DRAM has two"):
        accelforge_files(LAYER, MACHINE, nest(), uneven)
    with pytest.raises(SpecError, match="says its bits"):
        accelforge_files(replace(LAYER, weights_bits=4), MACHINE, nest(), PRICES)
    with pytest.raises(SpecError, match="do not multiply to its size"):
        accelforge_files(Layer("odd", K=5), MACHINE, nest(), PRICES)


def test_a_tile_inside_a_fan_out_is_stored_inside_it() -> None:
    """P goes on in DRAM: the scratchpads keep their Weights, while the buffer's tiles change."""
    blocks = (
        LevelNest((("P", 3),)),
        LevelNest(spatial_x=(("K", 2),)),
        LevelNest((("K", 2), ("C", 2)), keep=frozenset({"Weights"})),
    )
    lines = mapping_lines(LAYER, Nest(blocks))
    assert lines[-5:-3] == ["Spatial k 2 X below_L1_GLB", "Storage L2_Spad W"]
