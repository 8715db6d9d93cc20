"""Designs are exported as one folder each, whole or not at all."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

import bohwsw
from bohwsw.codesign import Design, scheduled_design
from bohwsw.errors import ResultFolderError, SpecError
from bohwsw.exporters import EXPORTERS, export_design
from bohwsw.scheduling import schedule_by_core
from bohwsw.workload import CountedLayer, Layer, Network


@pytest.fixture(scope="module")
def design() -> Design:
    layer = Layer("conv/1", K=4, C=2, P=6, Q=6, R=3, S=3)
    return bohwsw.map_layer(layer, "eyeriss-168", mapper="random", evaluations=50)


@pytest.mark.parametrize("to", sorted(EXPORTERS))
def test_each_target_writes_one_folder_that_says_how_to_run_it(
    design: Design, to: str, tmp_path: Path
) -> None:
    folder = export_design(design, to, tmp_path / "out")
    readme = (folder / "README.md").read_text()
    assert "## Lost in translation" in readme
    assert len([x for x in folder.rglob("*") if x.is_file()]) >= 2
    assert [x.name for x in tmp_path.iterdir()] == ["out"]


def test_that_steps_wait_is_lost_except_in_json(tmp_path: Path) -> None:
    layer = Layer("steps", K=4, C=2, P=6, sequential="P")
    design = bohwsw.map_layer(layer, "eyeriss-168", mapper="random", evaluations=50)
    for to in ("timeloop", "zigzag", "c", "table", "json"):
        readme = (export_design(design, to, tmp_path / to) / "README.md").read_text()
        assert ("wait for one another (steps along P)" in readme) == (to != "json")
    data = json.loads((tmp_path / "json" / "design.json").read_text())
    assert data["sizes"]["steps"]["sequential"] == "P"


def test_what_is_padding_is_lost_except_in_tables_and_json(tmp_path: Path) -> None:
    layer = Layer("conv", K=4, C=2, P=6, Q=4, R=3, S=3, input_width=6, input_height=5)
    design = bohwsw.map_layer(layer, "eyeriss-168", mapper="random", evaluations=50)
    for to in ("timeloop", "accelforge", "zigzag", "c", "table", "json"):
        readme = (export_design(design, to, tmp_path / to) / "README.md").read_text()
        assert ("padding among the Inputs (conv 6 x 5)" in readme) == (to not in ("table", "json"))
    data = json.loads((tmp_path / "json" / "design.json").read_text())
    assert data["sizes"]["conv"]["input_height"] == 5
    (row,) = csv.DictReader((tmp_path / "table" / "layers.csv").read_text().splitlines())
    assert (row["input_width"], row["input_height"]) == ("6", "5")
    case = json.loads((tmp_path / "json" / "cases.jsonl").read_text())
    assert (case["layer"]["input_width"], case["layer"]["input_height"]) == (6, 5)


def test_json_and_table_tell_the_figures(design: Design, tmp_path: Path) -> None:
    data = json.loads((export_design(design, "json", tmp_path / "j") / "design.json").read_text())
    assert data["edp_pj_cycles"] == design.edp_pj_cycles
    table = (export_design(design, "table", tmp_path / "t") / "layers.csv").read_text()
    (row,) = csv.DictReader(table.splitlines())
    assert float(row["energy_pj"]) == design.energy_pj
    assert (row["K"], row["C"], row["macs"]) == ("4", "2", str(4 * 2 * 36 * 9))


def test_timeloop_gets_the_accepted_files(design: Design, tmp_path: Path) -> None:
    folder = export_design(design, "timeloop", tmp_path / "out")
    (layer,) = (x for x in folder.iterdir() if x.is_dir())
    assert layer.name == "1-conv_1"
    problem = yaml.safe_load((layer / "problem.yaml").read_text())["problem"]
    assert problem["instance"]["K"] == 4
    assert "TIMELOOP_DISABLE_LINK_TRANSFERS=1" in (folder / "README.md").read_text()


def test_what_is_there_is_not_replaced(design: Design, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("text")
    with pytest.raises(ResultFolderError, match="new or empty folder"):
        export_design(design, "json", tmp_path / "out")
    with pytest.raises(ResultFolderError, match="there is no folder"):
        export_design(design, "json", tmp_path / "missing" / "out")
    with pytest.raises(SpecError, match="format to export to"):
        export_design(design, "timelop", tmp_path / "new")
    assert sorted(x.name for x in tmp_path.iterdir()) == ["out"]


@pytest.mark.parametrize("to", ["zigzag", "stream"])
def test_files_are_of_the_core_that_runs_the_layer(to: str, tmp_path: Path) -> None:
    layer = Layer("conv", K=4, C=2, P=6, Q=6, R=3, S=3)
    spaces = ("eyeriss-168", "eyeriss-256")
    alone = [bohwsw.map_layer(layer, s, mapper="random", evaluations=50) for s in spaces]
    first, second = (design.hardware for design in alone)
    chip = replace(first, others=(second,))
    network = Network("net", (CountedLayer(layer),))
    schedule = schedule_by_core([network], lambda *_: second.architecture.name)
    mappings = {second.architecture.name: alone[1].mappings()[alone[1].network]}
    design = scheduled_design(chip, [network], schedule, mappings)
    folder = export_design(design, to, tmp_path / "out")
    (hardware,) = folder.rglob("hardware.yaml")
    assert yaml.safe_load(hardware.read_text())["name"] == second.architecture.name
