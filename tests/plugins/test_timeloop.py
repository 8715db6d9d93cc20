"""Running Timeloop: what it answers, what becomes of its faults, and what is kept from it.

`tests/data/stand_ins/timeloop_model.py` stands in for the executable: it knows the files alone.
"""

from __future__ import annotations

import math
import os
import pickle
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from timeloop_cases import ACCEPTED, LAYER, MACHINE, PRICES, STATS, accepted, nest, timeloop

from bohwsw.arch import Architecture, MacArray
from bohwsw.codesign import Design, Hardware, MappedLayer, MappedNetwork, Rejection
from bohwsw.errors import SpecError
from bohwsw.execution import evaluate
from bohwsw.mapping.dataflow import FREE
from bohwsw.mapping.nest import LevelNest
from bohwsw.mapping.nest import Mapping as Nest
from bohwsw.plugins.other_simulator import (
    RejectedMappingError,
    SimulatorError,
    SimulatorEvaluator,
)
from bohwsw.plugins.timeloop import OTHER_COUNTS, Timeloop, read_stats, relative_differences
from bohwsw.simulator.costs import Costs
from bohwsw.simulator.reference import simulate
from bohwsw.strategies import Outcome, TrialState
from bohwsw.tech.technology import StorageCost
from bohwsw.testing.small_map_spaces import machine
from bohwsw.workload import CountedLayer


def design(architecture: Architecture = MACHINE) -> Design:
    """A layer that runs three times and one that runs once, with two mappings."""
    layers = (
        MappedLayer(CountedLayer(LAYER, 3), nest(1), simulate(LAYER, MACHINE, nest(1), PRICES)),
        MappedLayer(CountedLayer(LAYER, 1), nest(2), simulate(LAYER, MACHINE, nest(2), PRICES)),
    )
    network = MappedNetwork("net", layers)
    return Design(Hardware({}, architecture, FREE, PRICES), (network,))


def designer(parameters: Mapping[str, Any]) -> Design | Rejection:
    if parameters["spad"] == 0:
        return Rejection("no room", None, ())
    return design(machine(glb=100, spad=parameters["spad"]))


def times(factor: float) -> Costs:
    """All prices, cheaper or dearer alike."""
    storage = [StorageCost(*(factor * cost.read_pj,) * 3, None) for cost in PRICES.storage]
    hops = tuple(factor * hop for hop in PRICES.hop_energy_pj)
    return Costs(tuple(storage), hops, factor * PRICES.mac_energy_pj)


@pytest.mark.parametrize("factor", [1.0, 1e-9, 1e-300, 1e25])
def test_energies_have_six_digits_whatever_the_prices(factor: float) -> None:
    """Timeloop prints pJ with two decimals: a nanojoule's billionth would come back as nothing."""
    prices = times(factor)
    ours = simulate(LAYER, MACHINE, nest(), prices)
    found = timeloop().evaluate(LAYER, MACHINE, nest(), prices)
    assert all(abs(d) < 1e-6 for d in relative_differences(found, ours).values())
    networks = sum(level.network_energy_pj for level in ours.levels)
    assert found.network_energy_pj == pytest.approx(networks, rel=1e-6)


def test_free_machines_and_prices_far_apart() -> None:
    free = timeloop().evaluate(LAYER, MACHINE, nest(), times(0.0))
    assert (free.energy_pj, free.edp_pj_cycles) == (0.0, 0.0)
    apart = replace(times(1e-150), mac_energy_pj=1e150)
    found = timeloop().evaluate(LAYER, MACHINE, nest(), apart)
    assert found.energy_pj == pytest.approx(LAYER.macs * 1e150)


REPLAY = """
import pathlib, shutil, sys
folder, *names = map(pathlib.Path, sys.argv[1:])
for name in names:
    assert name.read_text().startswith((folder / name).read_text())
shutil.copy(folder / "timeloop-model.stats.txt", ".")
"""


def test_the_case_that_timeloop_has_run_goes_out_and_comes_back_as_it_was() -> None:
    """In pJ, for there are enough of them. The files are looked at: other prices do not pass."""
    replayed = Timeloop([sys.executable, "-c", REPLAY, str(ACCEPTED)])
    found = replayed.evaluate(*accepted())
    assert found == read_stats(STATS, 3)
    layer, architecture, mapping, prices = accepted()
    cheap = Costs(prices.storage, (1e-3,) * 3, prices.mac_energy_pj)
    with pytest.raises(SimulatorError, match="AssertionError"):
        replayed.evaluate(layer, architecture, mapping, cheap)


def test_the_users_environment_does_not_change_the_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in OTHER_COUNTS:
        monkeypatch.setenv(name, "1")
    monkeypatch.setenv("TIMELOOP_DISABLE_LINK_TRANSFERS", "0")
    assert timeloop().evaluate(LAYER, MACHINE, nest(), PRICES).latency_cycles == 12
    assert os.environ["TIMELOOP_DISABLE_LINK_TRANSFERS"] == "0"


def test_what_timeloop_does_not_check_is_infeasible_all_the_same() -> None:
    """It knows nothing of what a level may keep, and the scratchpads may not keep Outputs."""
    blocks = (*nest().levels[:2], replace(nest().levels[2], keep=frozenset({"Outputs"})))
    with pytest.raises(RejectedMappingError, match=r"Timeloop takes it, but Spad Outputs: keep"):
        timeloop().evaluate(LAYER, MACHINE, Nest(blocks), PRICES)


def test_more_children_than_a_level_has_are_infeasible_though_timeloop_takes_them() -> None:
    """It looks at the product over all levels, and two buffers have four scratchpads together."""
    dram, buffer, spad = MACHINE.levels
    levels = (dram, replace(buffer, mesh_x=2), replace(spad, mesh_x=4, mesh_y=1))
    wide = Architecture("wide", levels, MacArray(16, 4, 1))
    for used in (2, 4):
        layer = replace(LAYER, K=used, C=1)
        shared = LevelNest((("P", 3),), (("K", used),))
        mapping = Nest((LevelNest(), shared, LevelNest((("R", 2),), keep=frozenset({"Weights"}))))
        if used == 2:
            assert timeloop().evaluate(layer, wide, mapping, PRICES).latency_cycles == 6
            continue
        with pytest.raises(
            RejectedMappingError, match="takes it, but GLB: fanout_x 4 of at most 2"
        ):
            timeloop().evaluate(layer, wide, mapping, PRICES)


def test_a_whole_design() -> None:
    evaluator = pickle.loads(pickle.dumps(SimulatorEvaluator(designer, timeloop())))
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
    evaluator = SimulatorEvaluator(designer, timeloop())
    assert evaluate(evaluator, {"spad": 0}) == Outcome(TrialState.INFEASIBLE, reason="no room")
    outcome = evaluate(evaluator, {"spad": 2})
    assert outcome.state is TrialState.INFEASIBLE
    said = "layer 'conv': Timeloop couldn't map level L2_Spad: mapped tile size 4 exceeds buffer"
    assert said in (outcome.reason or "")
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
    outcome = evaluate(SimulatorEvaluator(dear_designer, timeloop(fault)), {})
    assert outcome.state is TrialState.FAILED
    assert reason in (outcome.reason or "")


def dear_designer(parameters: Mapping[str, Any]) -> Design:
    prices = type(PRICES)(PRICES.storage, PRICES.hop_energy_pj, 1e6)
    return Design(Hardware({}, MACHINE, FREE, prices), design().networks)


def test_a_time_out_is_a_failure() -> None:
    outcome = evaluate(SimulatorEvaluator(designer, timeloop("hang", seconds=0.5)), {"spad": 50})
    assert outcome.state is TrialState.FAILED
    assert "took more than 0.5 seconds" in (outcome.reason or "")


def test_without_timeloop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SpecError, match=r"(?s)no such program.*no Python package.*on PATH"):
        Timeloop()


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
