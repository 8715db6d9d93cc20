"""What JSON, tables and ZigZag's files carry of a design can be read from them."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from exporters.random_designs import random_designs
from importers.timeloop_files import running

from bohwsw.codesign import Design
from bohwsw.errors import SpecError
from bohwsw.exporters import EXPORTERS
from bohwsw.exporters.zigzag_target import LOOPS
from bohwsw.simulator import read_cases, simulate
from bohwsw.workload import Layer
from bohwsw.yamlfile import LOADER

DESIGNS = 200


@pytest.fixture(scope="module")
def designs() -> list[Design]:
    return random_designs(1, DESIGNS)


def test_json_gives_equal_designs(designs: list[Design], tmp_path: Path) -> None:
    for design in designs:
        (mapped,) = design.layers
        (tmp_path / "cases.jsonl").write_text(str(EXPORTERS["json"](design).files["cases.jsonl"]))
        (case,) = read_cases(tmp_path / "cases.jsonl")
        assert case.layer == mapped.entry.layer
        assert case.architecture == design.hardware.architecture
        assert running(case.mapping) == running(mapped.mapping)
        assert case.costs == design.hardware.costs
        again = simulate(case.layer, case.architecture, case.mapping, case.costs)
        assert again.energy_pj == mapped.evaluation.energy_pj
        assert again.latency_cycles == mapped.evaluation.latency_cycles


def test_tables_give_equal_layers_and_figures(designs: list[Design]) -> None:
    for design in designs:
        (mapped,) = design.layers
        text = str(EXPORTERS["table"](design).files["layers.csv"])
        (row,) = csv.DictReader(text.splitlines())
        steps = ("stride_w", "stride_h", "dilation_w", "dilation_h")
        sizes = {key: int(row[key]) for key in (*"NKCPQRSG", *steps)}
        assert Layer(row["layer"], **sizes) == mapped.entry.layer
        assert int(row["count"]) == mapped.entry.count
        assert float(row["energy_pj"]) == mapped.evaluation.energy_pj
        assert int(row["latency_cycles"]) == mapped.evaluation.latency_cycles


def test_zigzags_files_give_the_layer_its_loops_and_the_sizes_of_memories(
    designs: list[Design],
) -> None:
    held = 0
    for design in designs:
        try:
            files = EXPORTERS["zigzag"](design).files
        except SpecError:  # more fan-outs than ZigZag's array has dimensions
            continue
        held += 1
        (mapped,) = design.layers
        read = {
            name.split("/")[-1]: yaml.load(text, LOADER)
            for name, text in files.items()
            if name.endswith("yaml")
        }
        (workload,) = read["workload.yaml"]
        assert layer_of(workload) == mapped.entry.layer
        (mapping,) = read["mapping.yaml"]
        in_time = [
            (dim, factor)
            for nest in mapped.mapping.levels
            for dim, factor in nest.temporal
            if factor > 1
        ]
        ours = {theirs: dim for dim, theirs in LOOPS.items()}
        assert [(ours[dim], n) for dim, n in mapping["temporal_ordering"]] == in_time[::-1]
        sizes = [memory["size"] for memory in read["hardware.yaml"]["memories"].values()]
        levels = zip(design.hardware.architecture.levels, mapped.mapping.levels, strict=True)
        kept = [level for level, nest in levels if nest.keep]
        assert sizes[::-1] == [
            level.entries * level.word_bits if level.entries else 10**10 for level in kept
        ]
    assert held > DESIGNS // 2


def layer_of(workload: dict[str, Any]) -> Layer:
    """The layer that an entry of ZigZag's workload is."""
    ours = {theirs: dim for dim, theirs in LOOPS.items()}
    sizes = {
        ours[dim]: n for dim, n in zip(workload["loop_dims"], workload["loop_sizes"], strict=True)
    }
    for relation, axis in zip(workload["dimension_relations"], "wh", strict=True):
        found = re.match(r"i[xy]=(\d+)\*o[xy]\+(\d+)\*f[xy]", relation)
        assert found is not None
        sizes |= {f"stride_{axis}": int(found[1]), f"dilation_{axis}": int(found[2])}
    return Layer(workload["name"], **sizes)
