"""The benchmark of exported designs: what tools print is read and set beside our figures."""

from __future__ import annotations

from pathlib import Path

import pytest

import bohwsw
from benchmarks.exports.runner import (
    MACHINES,
    compared,
    energy_as_accelforge_counts,
    figures,
    markdown,
    run,
)
from bohwsw.codesign import Design
from bohwsw.workload import Layer


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


def test_outputs_are_read_once_more_when_they_leave_a_level(design: Design) -> None:
    architecture, (mapped,) = design.hardware.architecture, design.layers
    added = 0.0
    for index, level in enumerate(mapped.evaluation.levels):
        if index and "Outputs" in level.data_spaces:
            found = level.data_spaces["Outputs"]
            price = design.hardware.costs.storage[index].read_pj
            words = found.fills + found.updates - found.reads
            assert words > 0
            added += level.instances * words * price / architecture.levels[index].block_size
    assert energy_as_accelforge_counts(design) == pytest.approx(design.energy_pj + added)
    assert added > 0


def test_the_page_has_a_row_for_each_machine(tmp_path: Path) -> None:
    python = interpreter(tmp_path, "echo energy_pj 5.5 latency_cycles 7")
    results = run(True, lambda line: None, {"zigzag": python})
    assert [row["machine"] for row in results["rows"]] == list(MACHINES)
    page = markdown(results)
    assert "3 of 3 designs are read and run" in page
    assert page.count("| matmul |") == 3
