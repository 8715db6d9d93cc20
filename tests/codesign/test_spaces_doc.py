"""What docs/spaces.md says is so: its example, its messages, its table, and every key is there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from bohwsw.codesign import (
    HardwareSpace,
    Problem,
    best_recipe,
    load_space,
    space_from_dict,
)
from bohwsw.errors import SpecError
from bohwsw.expressions import functions
from bohwsw.shipped import shipped_names
from bohwsw.workload import load_network
from bohwsw.yamlfile import parse_yaml

QUICK = best_recipe().changed(evaluations=50)

DOC = (Path(__file__).parents[2] / "docs" / "spaces.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", DOC, re.DOTALL)


@pytest.fixture(scope="module")
def example() -> HardwareSpace:
    (text,) = blocks("yaml")
    return space_from_dict(parse_yaml(text, file="docs/spaces.md"))


def test_the_example_has_the_points_it_says(example: HardwareSpace) -> None:
    assert example.space is not None
    assert f"It has {example.space.size()} valid points" in DOC


def test_the_example_is_infeasible_where_and_why_it_says(example: HardwareSpace) -> None:
    problem = Problem(example, load_network("resnet18"), recipe=QUICK)
    outcome, _ = problem.evaluate(example.with_point({"filter_row_whole": True}))
    assert outcome.reason == blocks("text")[0].strip()


def test_the_message_of_a_constraint_left_out(example: HardwareSpace) -> None:
    tree: Any = {
        "name": "mine",
        "technology": "cacti-45nm",
        "parameters": {"n": {"values": [2, 3, 4]}},
        "architecture": {
            "levels": [
                {"name": "DRAM", "kind": "dram"},
                {"name": "Buffer", "kind": "sram", "entries": "65536 / n"},
            ]
        },
        "baseline": {"point": {"n": 2}},
    }
    with pytest.raises(SpecError) as caught:
        space_from_dict(tree, file="mine.yaml")
    assert str(caught.value) == blocks("text")[1].strip()
    tree["constraints"] = ["65536 % n == 0"]
    assert space_from_dict(tree).space is not None


def test_every_function_of_expressions_is_named() -> None:
    assert f"`{' '.join(functions())}`" in DOC


def test_the_table_of_shipped_spaces() -> None:
    rows = re.findall(
        r"^\| `([a-z0-9-]+)` \| .* \| (\d+) \| ([\d.]+) \| .* \| (\S+) \|$", DOC, re.M
    )
    assert sorted(row[0] for row in rows) == shipped_names("spaces")
    for name, macs, area_mm2, points in rows:
        space = load_space(name)
        baseline = space.baseline()
        assert space.space is not None
        assert baseline.area_mm2 is not None
        assert (macs, points) == (
            str(baseline.architecture.macs),
            f"{space.space.size().count:.1e}",
        )
        assert area_mm2 == f"{baseline.area_mm2:.2g}"


def test_the_python_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    (code,) = blocks("python")
    exec(compile(code, "docs/spaces.md", "exec"), {})
    area_mm2, macs = capsys.readouterr().out.split()
    assert float(area_mm2) == load_space("gemmini-like").baseline().area_mm2
    assert macs == "256"


def test_the_example_is_yaml_for_other_readers_too() -> None:
    (text,) = blocks("yaml")
    assert yaml.safe_load(text) == parse_yaml(text, file="docs/spaces.md")


@pytest.mark.parametrize(
    "condition", ["rows == 'chanels'", "weight_entries == 9", "mesh_x == 4 or 8"]
)
def test_what_it_says_of_literal_values(condition: str) -> None:
    (text,) = blocks("yaml")
    tree: Any = parse_yaml(text, file="docs/spaces.md")
    tree["dataflow"]["Buffer"]["spatial_y"]["C"] = condition
    with pytest.raises(SpecError) as caught:
        space_from_dict(tree)
    assert caught.value.key_path == "dataflow.Buffer.spatial_y.C"
