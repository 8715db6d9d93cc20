"""The benchmark of exported designs: what tools print is read and set beside our figures."""

from __future__ import annotations

from pathlib import Path

import pytest

import bohwsw
from benchmarks.exports.accelforge_counts import as_accelforge_counts
from benchmarks.exports.runner import (
    MACHINES,
    compared,
    figures,
    leaving_outputs_pj,
    markdown,
    run,
)
from bohwsw.arch import Architecture, MacArray, StorageLevel
from bohwsw.codesign import Design, Hardware, MappedLayer, MappedNetwork
from bohwsw.mapping import FREE, LevelNest, Mapping
from bohwsw.simulator import Costs, simulate
from bohwsw.tech import StorageCost
from bohwsw.workload import CountedLayer, Layer

Loops = tuple[tuple[str, int], ...]


@pytest.fixture(scope="module")
def design() -> Design:
    layer = Layer("product", K=8, C=8, P=8)
    return bohwsw.map_layer(layer, "eyeriss-168", mapper="random", evaluations=50)


def interpreter(folder: Path, *lines: str) -> str:
    path = folder / "python"
    path.write_text("\n".join(("#!/bin/sh", *lines)) + "\n")
    path.chmod(0o755)
    return str(path)


def test_what_a_tool_prints_last_is_read(design: Design, tmp_path: Path) -> None:
    python = interpreter(tmp_path, "echo hello", "ls $2 >&2", "echo energy_pj 5.5 latency_cycles 7")
    assert figures(design, "accelforge", python) == (5.5, 7.0)
    row = compared(design, "accelforge", python)
    assert row["energy_ratio"] == 5.5 / design.energy_pj
    assert row["latency_ratio"] == 7.0 / design.latency_cycles
    assert row["failure"] is None


def test_a_tool_that_fails_says_why(design: Design, tmp_path: Path) -> None:
    python = interpreter(tmp_path, "echo went wrong >&2", "exit 1")
    row = compared(design, "zigzag", python)
    assert row["failure"] == "went wrong"
    assert row["energy_ratio"] is row["latency_ratio"] is None


def small(layer: Layer, outer: Loops, inner: Loops) -> Design:
    """A layer on a DRAM and one buffer, no blocks, with these loops in time."""
    levels = (StorageLevel("DRAM", kind="dram"), StorageLevel("GLB", entries=100))
    machine = Architecture("small", levels, MacArray(16))
    storage = (StorageCost(200.0, 200.0, 200.0, None), StorageCost(2.0, 2.0, 2.0, None))
    prices = Costs(storage, (0.0, 0.0), 1.0)
    nest = Mapping((LevelNest(outer), LevelNest(inner)))
    mapped = MappedLayer(CountedLayer(layer), nest, simulate(layer, machine, nest, prices))
    return Design(Hardware({}, machine, FREE, prices), (MappedNetwork("small", (mapped,)),))


def test_outputs_are_read_once_more_when_they_leave_a_level() -> None:
    """Without windows and parts of blocks that is all that AccelForge's rules add."""
    layer = Layer("product", K=4, C=6, P=3)
    design = small(layer, (("C", 3), ("K", 2)), (("P", 3), ("K", 2), ("C", 2)))
    leaving = 3 * 12  # each of 12 outputs once for each of 3 parts of C
    assert leaving_outputs_pj(design) == leaving * 2.0
    energy_pj, cycles = as_accelforge_counts(design)
    assert energy_pj == pytest.approx(design.energy_pj + leaving * 2.0, rel=1e-12)
    assert cycles == design.latency_cycles


def test_inputs_of_overlapping_windows_are_fetched_for_each_tile() -> None:
    """Two tiles of two outputs: 4 inputs each, 2 of them the same; we fetch 6, they fetch 8."""
    layer = Layer("window", P=4, R=3)
    design = small(layer, (("P", 2),), (("P", 2), ("R", 3)))
    assert design.layers[0].evaluation.levels[0].data_spaces["Inputs"].reads == 6
    difference = as_accelforge_counts(design)[0] - design.energy_pj - leaving_outputs_pj(design)
    assert difference == pytest.approx(2 * (200 + 2))


def test_the_page_has_a_row_for_each_machine(tmp_path: Path) -> None:
    python = interpreter(tmp_path, "echo energy_pj 5.5 latency_cycles 7")
    results = run(True, lambda line: None, {"zigzag": python})
    assert [row["machine"] for row in results["rows"]] == list(MACHINES)
    page = markdown(results)
    assert "3 of 3 designs are read and run" in page
    assert page.count("| matmul |") == 3
