"""What is written for Timeloop, what is read from it, and what becomes of its faults.

`tests/data/stand_ins/timeloop_model.py` stands in for the executable: it knows the files alone.
"""

from __future__ import annotations

import math
import pickle
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from simulator.golden import golden
from small_map_spaces import costs, machine

from bohwsw.arch import Architecture
from bohwsw.codesign.design import Design, MappedLayer, Rejection
from bohwsw.codesign.hardware_space import Hardware
from bohwsw.errors import SpecError
from bohwsw.mapping.dataflow import FREE
from bohwsw.mapping.nest import LevelNest
from bohwsw.mapping.nest import Mapping as Nest
from bohwsw.plugins.timeloop import (
    RejectedMappingError,
    Timeloop,
    TimeloopEvaluator,
    relative_differences,
)
from bohwsw.plugins.timeloop_files import TimeloopError, input_files, read_stats
from bohwsw.simulator.reference import simulate
from bohwsw.strategies import Outcome, TrialState
from bohwsw.study.evaluator import evaluate
from bohwsw.workload import CountedLayer, Layer

STAND_IN = Path(__file__).parents[1] / "data" / "stand_ins" / "timeloop_model.py"
LAYER = Layer("conv", K=4, C=2, P=3, R=2)
MACHINE = machine(glb=100, spad=50)
PRICES = costs(3, hop_energy_pj=0.5)
WEIGHTS_INPUTS = frozenset({"Weights", "Inputs"})


def timeloop(*faults: str, seconds: float = 60.0) -> Timeloop:
    return Timeloop([sys.executable, str(STAND_IN), *faults], seconds)


def nest(middle: int = 2) -> Nest:
    """K is split over the array, P runs in the buffer; C and R run in the scratchpads."""
    return Nest(
        (
            LevelNest(temporal=(("K", 2 // middle),)),
            LevelNest((("P", 3), ("K", middle)), (("K", 2),), (("C", 2),)),
            LevelNest((("R", 2),), keep=WEIGHTS_INPUTS),
        )
    )


def design(architecture: Architecture = MACHINE) -> Design:
    """A layer that runs three times and one that runs once, with two mappings."""
    layers = [
        MappedLayer(CountedLayer(LAYER, 3), nest(1), simulate(LAYER, MACHINE, nest(1), PRICES)),
        MappedLayer(CountedLayer(LAYER, 1), nest(2), simulate(LAYER, MACHINE, nest(2), PRICES)),
    ]
    return Design("net", Hardware({}, architecture, FREE, PRICES), layers)


def designer(parameters: Mapping[str, Any]) -> Design | Rejection:
    if parameters["spad"] == 0:
        return Rejection("no room", None, ())
    return design(machine(glb=100, spad=parameters["spad"]))


def expressible(name: str, n: int) -> list[Any]:
    """Some golden cases of a file; those that spread where the machine has no fan-out are not."""
    found = []
    for case, raw in golden(name)[:: max(1, len(golden(name)) // (2 * n))]:
        try:
            input_files(case.layer, case.architecture, case.mapping, case.costs)
        except SpecError:
            continue
        found.append((case, raw["expected"]["base"]))
    return found[:n]


@pytest.mark.parametrize("name", ["golden_dev", "golden_hier_dev", "golden_hier_small"])
def test_the_files_say_all_that_the_answer_depends_on(name: str) -> None:
    cases = expressible(name, 2)
    assert len(cases) == 2
    for case, expected in cases:
        found = timeloop().evaluate(case.layer, case.architecture, case.mapping, case.costs)
        assert found.latency_cycles == pytest.approx(expected["cycles"], abs=1)
        assert found.energy_pj == pytest.approx(expected["energy_pj"], rel=1e-5, abs=0.1)
        ours = simulate(case.layer, case.architecture, case.mapping, case.costs)
        assert all(abs(d) < 1e-3 for d in relative_differences(found, ours).values())


def test_every_case_that_timeloop_counted_is_expressible() -> None:
    for name in ("golden_dev", "golden_small", "golden_hier_dev", "golden_hier_small"):
        for case, _ in golden(name):
            files = input_files(case.layer, case.architecture, case.mapping, case.costs)
            check_factors(case.layer, files["mapping.yaml"]["mapping"])


def check_factors(layer: Layer, directives: list[dict[str, Any]]) -> None:
    """Each dimension's factors multiply to its size; each order has every dimension once."""
    products = dict.fromkeys(layer.sizes, 1)
    for directive in directives:
        if directive["type"] == "bypass":
            continue
        assert sorted(directive["permutation"]) == sorted(products)
        for text in directive["factors"].split():
            products[text[0]] *= int(text[1:])
    assert products == layer.sizes


def test_a_mapping_file_by_hand() -> None:
    directives = input_files(LAYER, MACHINE, nest(), PRICES)["mapping.yaml"]["mapping"]
    assert [d["type"] for d in directives] == [
        *("bypass", "temporal"),
        *("bypass", "temporal", "spatial"),
        *("bypass", "temporal"),
    ]
    buffer, spatial, spad = directives[3], directives[4], directives[5]
    assert buffer["target"] == spatial["target"] == "L1_GLB"
    assert buffer["factors"] == "N1 K2 C1 P3 Q1 R1 S1 G1"
    assert buffer["permutation"].startswith("KP")  # the innermost comes first
    assert spatial["permutation"].startswith("KC")
    assert spatial["split"] == 1
    assert spad == {
        "target": "L2_Spad",
        "type": "bypass",
        "keep": ["Weights", "Inputs"],
        "bypass": ["Outputs"],
    }


@pytest.mark.parametrize(
    ("block", "message"),
    [
        (LevelNest((("P", 3),), (("K", 2),), (("K", 2), ("C", 2))), "on one axis"),
        (LevelNest((("P", 3), ("K", 2)), (("C", 2),)), "do not multiply to its size"),
    ],
)
def test_mappings_that_the_files_cannot_express(block: LevelNest, message: str) -> None:
    mapping = Nest((LevelNest(), block, LevelNest((("R", 2),), keep=WEIGHTS_INPUTS)))
    with pytest.raises(SpecError, match=message):
        input_files(LAYER, MACHINE, mapping, PRICES)


def test_spreading_without_fan_out() -> None:
    mapping = Nest((LevelNest(spatial_x=(("K", 2),)), nest().levels[1], nest().levels[2]))
    with pytest.raises(SpecError, match="no fan-out"):
        input_files(Layer("conv", K=8, C=2, P=3, R=2), MACHINE, mapping, PRICES)


def test_a_whole_design() -> None:
    evaluator = pickle.loads(pickle.dumps(TimeloopEvaluator(designer, timeloop())))
    outcome = evaluate(evaluator, {"spad": 50})
    ours = design()
    assert outcome.state is TrialState.COMPLETED
    assert outcome.values == pytest.approx(
        {
            "energy_pj": ours.energy_pj,
            "latency_cycles": ours.latency_cycles,
            "edp_pj_cycles": ours.edp_pj_cycles,
        },
        rel=1e-4,
    )


def test_what_does_not_fit_is_infeasible() -> None:
    evaluator = TimeloopEvaluator(designer, timeloop())
    assert evaluate(evaluator, {"spad": 0}) == Outcome(TrialState.INFEASIBLE, reason="no room")
    outcome = evaluate(evaluator, {"spad": 2})
    assert outcome.state is TrialState.INFEASIBLE
    assert "couldn't map level L2_Spad: mapped capacity" in (outcome.reason or "")
    with pytest.raises(RejectedMappingError):
        timeloop().evaluate(LAYER, machine(100, 2), nest(), PRICES)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("exit", "ended with exit code 1: ERROR: parsing mapping: nobody knows why"),
        ("silent", "timeloop-model.stats.txt cannot be read"),
        ("garble", "add up to"),
        ("short", "no line like"),
        ("nan", "not a figure: -nan"),
    ],
)
def test_faults_are_failures_with_a_reason(fault: str, reason: str) -> None:
    # A price of the units that the summary shows.
    outcome = evaluate(TimeloopEvaluator(dear_designer, timeloop(fault)), {})
    assert outcome.state is TrialState.FAILED
    assert reason in (outcome.reason or "")


def dear_designer(parameters: Mapping[str, Any]) -> Design:
    prices = type(PRICES)(PRICES.storage, PRICES.hop_energy_pj, 1e6)
    return Design("net", Hardware({}, MACHINE, FREE, prices), design().layers)


def test_a_time_out_is_a_failure() -> None:
    outcome = evaluate(TimeloopEvaluator(designer, timeloop("hang", seconds=0.5)), {"spad": 50})
    assert outcome.state is TrialState.FAILED
    assert "took more than 0.5 seconds" in (outcome.reason or "")


def test_without_timeloop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SpecError, match=r"(?s)no such program.*no Python package.*on PATH"):
        Timeloop()


def test_stats_of_another_depth() -> None:
    with pytest.raises(TimeloopError, match="0 levels instead of 3"):
        read_stats("no statistics", 2)


def test_differences_are_shares_of_ours() -> None:
    ours = simulate(LAYER, MACHINE, nest(), PRICES)
    found = timeloop().evaluate(LAYER, MACHINE, nest(), PRICES)
    doubled = type(found)(2 * found.energy_pj, found.latency_cycles, (1.0, 0.0, 0.0), 0.0, 0.0)
    differences = relative_differences(doubled, ours)
    assert differences["energy_pj"] == pytest.approx(1.0)
    assert differences["latency_cycles"] == 0.0
    assert differences["edp_pj_cycles"] == pytest.approx(1.0)
    assert differences["GLB"] == -1.0
    assert math.isfinite(differences["DRAM"])
