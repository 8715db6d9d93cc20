"""Engines on FPGA boards as spaces: figures, limits, storage, files, what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import bohwsw
from bohwsw.codesign import (
    Design,
    FpgaMachine,
    Problem,
    Rejection,
    load_design,
    load_space,
    save_design,
    space_on_board,
)
from bohwsw.errors import ResultFolderError, SpecError
from bohwsw.fpga import convolution_engines, folded_run, grouped_run
from bohwsw.tech import MatrixVectorUnit, best_partition, finn_r_usage
from bohwsw.workload import CountedLayer, Layer, Network

BITS = {"weights_bits": 4, "inputs_bits": 6}
NETWORK = Network(
    "net",
    (
        CountedLayer(Layer("first", K=6, C=2, P=4, Q=4, R=3, S=3, **BITS)),
        CountedLayer(Layer("second", K=4, C=6, P=4, Q=4, weights_bits=2, inputs_bits=8), 2),
    ),
)


LARGE = {"tm": {"values": [64]}, "tn": {"values": [64]}}


def designed(board: str, engine: str, point: dict[str, Any], **space: Any) -> Design | Rejection:
    machines = space_on_board({"board": board, "engine": engine, **space})
    return Problem(machines, NETWORK, "latency").evaluate(machines.with_point(point))[1]


def test_lu2019_has_the_bits_of_its_layers_and_the_best_partition() -> None:
    engines = convolution_engines(NETWORK)
    assert [(e.activation.bits, e.result.bits, e.weight.bits) for e in engines] == [
        (6, 8, 4),
        (8, 8, 2),
        (8, 8, 2),
    ]
    found = designed("pynq-z1", "lu2019", {"lut_share": 0.5}, limits={"luts": 900})
    assert isinstance(found, Design)
    least = best_partition(engines, 450)
    assert (found.figure("luts"), found.figure("latency_cycles")) == (least.luts, least.cycles)
    assert found.figure("images_per_s") == pytest.approx(1e8 / least.cycles)
    assert found.figure("energy_pj") is found.figure("dsps") is None
    few = grouped_run(NETWORK, 1)
    assert few.usage.luts > 1  # what the least takes, for a limit to speak of


def test_finn_r_folds_for_the_shortest_cycle_within_its_luts() -> None:
    """Each pipeline of all foldings of two layers, by brute force."""
    network = Network("net", NETWORK.nodes[:1])
    every = [
        finn_r_usage(MatrixVectorUnit(pe, simd, 18, 6, 4, 6, vectors=16))
        for pe in (1, 2, 3, 6)
        for simd in (1, 2, 3, 6, 9, 18)
    ]
    for most in (600, 1000, 2000, 5000):
        fits = [(x.cycles, x.luts) for x in every if x.luts <= most]
        found = folded_run(network, most).usage
        assert (found.cycles, found.luts) == min(fits)
    whole = folded_run(NETWORK, 3000, "dsp48", "uram")
    assert whole.usage.dsps > 0
    assert whole.usage.urams == 5
    assert len(whole.layers) == 3
    with pytest.raises(SpecError, match="not for matrix-vector units"):
        folded_run(Network("g", (CountedLayer(Layer("grouped", G=2, **BITS)),)), 1000)


def test_what_a_board_has_is_a_limit_with_value_limit_and_ratio() -> None:
    found = designed("pynq-z1", "finn_r", {"weights": "uram"}, limits={"luts": 3000})
    assert isinstance(found, Rejection)
    (violation,) = found.violations
    assert (violation.constraint, violation.value, violation.limit) == ("urams", 3, 0)
    slow = designed("pynq-z1", "lu2019", {}, limits={"luts": 9, "images_per_s": 1e7})
    assert isinstance(slow, Rejection)
    assert {x.constraint for x in slow.violations} == {"luts", "images_per_s"}
    assert slow.measured["luts"] > 9
    tiled = designed("pynq-z1", "hotnas2020", {"tm": 8, "tn": 4})
    assert isinstance(tiled, Design)
    assert tiled.figure("dsps") == 32
    assert space_on_board({"board": "zcu102"}).spec.constraints == (
        "tm * tn <= 2520",
        "16 * (weight_port + input_port + output_port) <= 512",
    )


def test_a_search_is_stored_goes_on_and_its_designs_come_back(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("board: pynq-z1\nparameters: {tm: {values: [2, 4, 8]}, tn: {values: [1, 2]}}\n")
    options: dict[str, Any] = {"objective": "latency,dsps", "recipe": "joint", "strategy": "random"}
    options["out"] = tmp_path / "study"
    first = bohwsw.codesign_network(str(file), NETWORK, trials=3, **options)
    assert load_space(file).name == "pynq-z1-hotnas2020"
    again = bohwsw.codesign_network(str(file), NETWORK, trials=6, resume=True, **options)
    assert [t.point for t in again.trials[:3]] == [t.point for t in first.trials]
    data = again.to_data()
    assert len(data["front"]) == len(again.designs) > 1
    for number, design in enumerate(again.designs, start=1):
        loaded = load_design(tmp_path / f"study/front-{number}.yaml")
        assert loaded.figures() == design.figures()
        assert loaded.fpga == design.fpga
    assert data["front"][0]["fpga"]["layers"][0]["binds"]


def test_a_study_does_not_go_on_after_its_board_has_changed(tmp_path: Path) -> None:
    board, file = tmp_path / "board.yaml", tmp_path / "mine.yaml"
    file.write_text("board: board.yaml\nparameters: {tm: {values: [2, 4]}, tn: {values: [1, 2]}}\n")
    options: dict[str, Any] = {"recipe": "joint", "strategy": "random", "out": tmp_path / "study"}
    for dsps, clock in ((220, 100), (100, 100), (220, 150)):
        board.write_text(f"name: b\nluts: 9\ndsps: {dsps}\nbram18: 280\nclock_mhz: {clock}\n")
        if (dsps, clock) == (220, 100):
            bohwsw.codesign_network(str(file), NETWORK, trials=2, **options)
            continue
        changed = "limits .*220.*not .*100" if dsps == 100 else "clock_mhz.: 100(?s:.*) 150"
        with pytest.raises(ResultFolderError, match=changed):
            bohwsw.codesign_network(str(file), NETWORK, trials=3, resume=True, **options)


def test_patterns_of_pruned_filters_are_what_a_density_says(tmp_path: Path) -> None:
    layer = Layer("conv", K=64, C=64, P=8, Q=8, R=3, S=3, weights_density=4 / 9)
    network = Network("net", (CountedLayer(layer),))
    cycles = {}
    for patterns in (False, True):
        machines = space_on_board({"board": "zcu102", "patterns": patterns})
        problem = Problem(machines, network, "latency")
        design = problem.evaluate(machines.with_point({"weight_port": 20}))[1]
        assert isinstance(design, Design)
        cycles[patterns] = design.figure("latency_cycles")
        path = tmp_path / f"{patterns}.yaml"
        save_design(design, path, space="", technology="")
        assert load_design(path).figure("latency_cycles") == cycles[patterns]
    assert cycles[True] == pytest.approx(cycles[False] * 4 / 9)


@pytest.mark.parametrize(
    ("data", "key_path", "problem"),
    [
        ({"board": "pynq"}, None, "unknown board"),
        ({"board": "pynq-z1", "engine": "hotnas"}, "engine", "unknown engine"),
        ({"board": {"name": "bare", "luts": 9, "dsps": 0, "bram18": 4}}, "board.dsps", "no dsps"),
        ({"board": "pynq-z1", "parameters": {"tx": {"values": [1]}}}, None, "parameter of the eng"),
        ({"board": "pynq-z1", "limits": {"lut": 1}}, "limits.lut", "unknown figure"),
        ({"board": "pynq-z1", "parameters": LARGE}, "constraints", "no point"),
    ],
)
def test_what_is_refused(data: dict[str, Any], key_path: str | None, problem: str) -> None:
    with pytest.raises(SpecError) as caught:
        space_on_board(data)
    assert problem in str(caught.value)
    if key_path is not None:
        assert caught.value.key_path == key_path


def test_figures_that_no_model_knows_are_no_objectives() -> None:
    machines = space_on_board({"board": "pynq-z1", "engine": "lu2019"})
    assert isinstance(machines.baseline(), FpgaMachine)
    assert "53,200 LUTs" in str(machines)
    with pytest.raises(SpecError, match="'edp'"):
        Problem(machines, NETWORK)
    with pytest.raises(SpecError, match="does not say the bits"):
        machines.baseline().run(Network("n", (CountedLayer(Layer("l", K=2)),)))
