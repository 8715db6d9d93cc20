"""Designs are exported as one folder each, whole or not at all."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

import bohwsw
from bohwsw.arch import Architecture, MacArray, StorageLevel
from bohwsw.codesign import Design, Hardware, MappedLayer, scheduled_design
from bohwsw.errors import ResultFolderError, SpecError
from bohwsw.exporters import EXPORTERS, export_design
from bohwsw.exporters.export import counted_with_padding
from bohwsw.mapping import Dataflow, LevelNest, Mapping
from bohwsw.scheduling import schedule_by_core
from bohwsw.simulator import Costs, simulate
from bohwsw.tech.technology import StorageCost
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


def test_a_mapping_that_fits_without_padding_only_is_refused() -> None:
    layer = Layer("conv", P=4, R=3, input_width=4)
    machine = Architecture(
        "two", (StorageLevel("DRAM"), StorageLevel("GLB", entries=11)), MacArray()
    )
    costs = Costs((StorageCost(1.0, 1.0, 1.0, None),) * 2, (0.0, 0.0), 1.0)
    core = Hardware({}, machine, Dataflow(), costs)
    mapping = Mapping((LevelNest(), LevelNest(temporal=(("P", 4), ("R", 3)))))
    mapped = MappedLayer(CountedLayer(layer, 1), mapping, simulate(layer, machine, mapping, costs))
    with pytest.raises(SpecError, match="fits without padding only") as refused:
        counted_with_padding(mapped, core)
    assert "13 of at most 11 words" in str(refused.value)


def test_that_steps_wait_is_lost_except_in_json(tmp_path: Path) -> None:
    layer = Layer("steps", K=4, C=2, P=6, sequential="P")
    design = bohwsw.map_layer(layer, "eyeriss-168", mapper="random", evaluations=50)
    for to in ("timeloop", "zigzag", "c", "table", "json"):
        readme = (export_design(design, to, tmp_path / to) / "README.md").read_text()
        assert ("wait for one another (steps along P)" in readme) == (to != "json")
    data = json.loads((tmp_path / "json" / "design.json").read_text())
    assert data["sizes"]["steps"]["sequential"] == "P"


def test_what_is_padding_is_lost_except_in_tables_and_json(tmp_path: Path) -> None:
    layer = Layer("conv", K=4, C=2, P=28, Q=28, R=3, S=3, input_width=28, input_height=27)
    design = bohwsw.map_layer(layer, "eyeriss-168", mapper="random", evaluations=50)
    for to in ("timeloop", "accelforge", "zigzag", "c", "table", "json"):
        readme = (export_design(design, to, tmp_path / to) / "README.md").read_text()
        assert ("padding among the Inputs (conv 28 x 27: " in readme) == (
            to not in ("table", "json")
        )
    padded = replace(layer, input_width=None, input_height=None)
    core, mapped = design.hardware, design.layers[0]
    counted = simulate(padded, core.architecture, mapped.mapping, core.costs)
    assert counted.energy_pj is not None
    assert mapped.energy_pj < counted.energy_pj
    timeloop = (tmp_path / "timeloop" / "README.md").read_text()
    assert f"with padding {counted.energy_pj:,.1f}; " in timeloop
    data = json.loads((tmp_path / "json" / "design.json").read_text())
    assert data["sizes"]["conv"]["input_height"] == 27
    (row,) = csv.DictReader((tmp_path / "table" / "layers.csv").read_text().splitlines())
    assert (row["input_width"], row["input_height"]) == ("28", "27")
    case = json.loads((tmp_path / "json" / "cases.jsonl").read_text())
    assert (case["layer"]["input_width"], case["layer"]["input_height"]) == (28, 27)


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
