"""Designs of several cores: figures are those of the schedule, and files bring them back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from broken_specs import NEVER_VALID, broken_trees, result_or_error
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from bohwsw.api import explain_design
from bohwsw.arch import Architecture, MacArray, StorageLevel
from bohwsw.cli.app import app
from bohwsw.codesign import (
    Design,
    Hardware,
    design_data,
    design_from_dict,
    load_design,
    mappings_data,
    save_design,
    scheduled_design,
)
from bohwsw.errors import SpecError
from bohwsw.exporters import export_design
from bohwsw.mapping import FREE, LevelNest, Mapping
from bohwsw.plugins.other_simulator import evaluate_design
from bohwsw.scheduling import Schedule, Step, schedule_by_core
from bohwsw.simulator import case_result, costs_of, read_cases
from bohwsw.tech import technology_of
from bohwsw.workload import CountedLayer, Edge, Layer, Network, Operator
from bohwsw.yamlfile import parse_yaml

TECHNOLOGY = "timeloop-pat"
A, B, C = Layer("a", K=8, C=4), Layer("b", K=8, C=8), Layer("c", K=8, C=8, P=2)
NODES = (CountedLayer(A), CountedLayer(B), CountedLayer(replace(B, name="b2")))
FORK = Network(
    "fork",
    (*NODES, Operator("sum", "add")),
    tuple(Edge(*pair) for pair in (("a", "b"), ("a", "b2"), ("b", "sum"), ("b2", "sum"))),
)
LONE = Network("lone", (CountedLayer(C, 3),))


def core(name: str, pes: int) -> Hardware:
    levels = (StorageLevel("DRAM", "dram"), StorageLevel("buffer", entries=256))
    machine = Architecture(name, levels, MacArray(mesh_x=pes))
    return Hardware({}, machine, FREE, costs_of(machine, technology_of(TECHNOLOGY)))


BIG, LITTLE = core("big", 4), core("little", 1)
CHIP = replace(BIG, others=(LITTLE,))


def nest(layer: Layer, pes: int) -> Mapping:
    """All loops in the buffer, K over the PEs."""
    inner = [("K", layer.K // pes), ("C", layer.C), ("P", layer.P)]
    return Mapping((LevelNest(), LevelNest(tuple(inner), spatial_x=(("K", pes),))))


MAPPINGS = {
    "big": {layer: nest(layer, 4) for layer in (A, B)},
    "little": {layer: nest(layer, 1) for layer in (B, C)},
}
STEPS = Schedule(
    (
        Step("fork", "a", "big"),
        Step("fork", "b", "big"),
        Step("fork", "b2", "little"),
        Step("lone", "c", "little"),
    )
)


@pytest.fixture(scope="module")
def design() -> Design:
    return scheduled_design(CHIP, [FORK, LONE], STEPS, MAPPINGS)


@pytest.fixture(scope="module")
def text(design: Design, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("design") / "design.yaml"
    save_design(design, path, space="", technology=TECHNOLOGY)
    return path.read_text(encoding="utf-8")


def test_figures_are_those_of_the_schedule_by_hand(design: Design) -> None:
    """a 8 cycles on big; then b 16 on big, b2 64 on little; then c three times 128 on little."""
    timeline = design.timeline
    assert timeline is not None
    times = {node.node: (node.start_cycle, node.end_cycle) for node in timeline.nodes}
    assert times == {"a": (0, 8), "b": (8, 24), "b2": (8, 72), "sum": (72, 72), "c": (72, 456)}
    assert design.latency_cycles == 456
    assert timeline.latency_of("fork") == 72
    once = [mapped.evaluation.energy_pj or 0.0 for mapped in design.layers]
    assert [mapped.core for mapped in design.layers] == ["big", "big", "little", "little"]
    assert design.energy_pj == pytest.approx(once[0] + once[1] + once[2] + 3 * once[3], rel=1e-12)
    assert design.edp_pj_cycles == design.energy_pj * 456
    assert design.objective("edp") == design.edp_pj_cycles
    areas = [each.area_mm2 for each in CHIP.cores]
    assert None in areas or design.area_mm2 == sum(area for area in areas if area)


def test_one_core_costs_what_the_network_costs_without_a_schedule() -> None:
    mappings = {"big": {layer: nest(layer, 4) for layer in (A, B)}}
    on_one = schedule_by_core([FORK], lambda network, node: "big")
    scheduled = scheduled_design(BIG, [FORK], on_one, mappings)
    plain = replace(scheduled, schedule=None)
    assert scheduled.schedule is not None
    expected = {name: x for name, x in plain.figures().items() if x is not None}
    found = {name: x for name, x in scheduled.figures().items() if x is not None}
    assert found == pytest.approx(expected, rel=1e-12)
    assert {"energy_pj", "latency_cycles", "edp_pj_cycles"} <= set(found)


def test_a_shared_dram_delays_everything(design: Design) -> None:
    bits = design.timeline.dram_bits if design.timeline else 0
    slow = replace(CHIP, dram_bits_per_cycle=bits / 4560)
    delayed = scheduled_design(slow, [FORK, LONE], STEPS, MAPPINGS)
    assert delayed.latency_cycles == pytest.approx(4560)
    assert delayed.energy_pj == design.energy_pj


def test_data_has_what_a_gantt_chart_is_drawn_from(design: Design) -> None:
    data = design_data(design)
    assert data["latency_cycles"] == 456
    assert data["schedule"]["latency_cycles"] == {"fork": 72, "lone": 456}
    assert [node["node"] for node in data["schedule"]["nodes"]] == ["a", "b", "b2", "sum", "c"]
    assert set(data["schedule"]["cores"]) == {"big", "little"}
    assert [layer["core"] for layer in data["layers"]] == ["big", "big", "little", "little"]


def test_files_bring_back_chip_networks_and_schedule(design: Design, tmp_path: Path) -> None:
    timed = replace(
        CHIP,
        point={"x": 1},
        clock_mhz=200.0,
        others=(replace(LITTLE, point={"x": 2}, clock_mhz=200.0),),
    )
    for chip in (CHIP, replace(CHIP, dram_bits_per_cycle=0.5), timed):
        written = scheduled_design(chip, [FORK, LONE], STEPS, MAPPINGS)
        file = tmp_path / "design.yaml"
        save_design(written, file, space="", technology=TECHNOLOGY)
        read = load_design(file)
        assert design_data(read) == design_data(written)
        assert read.schedule == STEPS
        assert [x.point for x in read.hardware.cores] == [x.point for x in chip.cores]
        assert read.hardware.chip == chip.chip
    assert read.figures()["power_mw"] is not None


def test_what_does_not_fit_is_named(tmp_path: Path, design: Design) -> None:
    with pytest.raises(SpecError, match="'c' of 'lone' is not mapped onto 'little'"):
        scheduled_design(CHIP, [FORK, LONE], STEPS, {**MAPPINGS, "little": {B: nest(B, 1)}})
    with pytest.raises(SpecError, match="runs on no core"):
        scheduled_design(CHIP, [FORK, LONE], Schedule(STEPS.steps[:-1]), MAPPINGS)
    with pytest.raises(SpecError, match="core name used twice"):
        scheduled_design(replace(BIG, others=(BIG,)), [FORK, LONE], STEPS, MAPPINGS)
    file = tmp_path / "design.yaml"
    save_design(design, file, space="", technology=TECHNOLOGY)
    for old, new, place in (
        ("core: little", "core: litle", "layers[2].core"),
        ("b2, little", "b2, litle", "schedule.steps[2]"),
    ):
        assert old in file.read_text(), file.read_text()
        broken = tmp_path / "broken.yaml"
        broken.write_text(file.read_text().replace(old, new, 1))
        with pytest.raises(SpecError) as caught:
            load_design(broken)
        assert (caught.value.key_path, caught.value.nearest) == (place, "little")


def test_a_schedule_on_one_core_is_kept_in_files(tmp_path: Path) -> None:
    on_one = schedule_by_core([FORK, LONE], lambda network, node: "big")
    mappings = {"big": {layer: nest(layer, 4) for layer in (A, B, C)}}
    written = scheduled_design(BIG, [FORK, LONE], on_one, mappings)
    save_design(written, tmp_path / "one.yaml", space="", technology=TECHNOLOGY)
    assert design_data(load_design(tmp_path / "one.yaml")) == design_data(written)
    data = parse_yaml((tmp_path / "one.yaml").read_text(), file="one.yaml")
    assert isinstance(data, dict)
    for key in ("schedule", "models", "core"):
        with pytest.raises(SpecError):
            design_from_dict({k: value for k, value in data.items() if k != key})


def test_each_network_alone_has_its_own_figures(design: Design) -> None:
    assert [design.alone(name).latency_cycles for name in ("fork", "lone")] == [72, 3 * 128]
    parts = [design.alone(name).energy_pj for name in ("fork", "lone")]
    assert design.energy_pj == pytest.approx(sum(parts), rel=1e-12)


def test_a_mapping_that_does_not_fit_is_kept_with_its_violations(
    design: Design, tmp_path: Path
) -> None:
    file = tmp_path / "design.yaml"
    save_design(design, file, space="", technology=TECHNOLOGY)
    file.write_text(file.read_text().replace("entries: 256", "entries: 60", 1))
    data = design_data(load_design(file))
    assert (data["valid"], data["latency_cycles"], data["schedule"]) == (False, None, None)
    found = {(x["network"], x["name"], x["core"]): x["valid"] for x in data["layers"]}
    assert found.pop(("fork", "a", "big")) is True
    assert found.pop(("fork", "b", "big")) is False
    assert found == {("fork", "b2", "little"): True, ("lone", "c", "little"): True}


def test_imperfect_factors_are_brought_back(tmp_path: Path) -> None:
    """K = 8 over 3 PEs in 3 rounds."""
    wide = replace(core("wide", 3), others=(LITTLE,))
    ruby = Mapping((LevelNest(), LevelNest((("K", 3), ("C", 4)), spatial_x=(("K", 3),))))
    lone = Network("lone", (CountedLayer(A),))
    steps = schedule_by_core([lone], lambda network, node: "wide")
    written = scheduled_design(wide, [lone], steps, {"wide": {A: ruby}})
    assert written.layers[0].imperfect
    assert written.latency_cycles == 12
    save_design(written, tmp_path / "design.yaml", space="", technology=TECHNOLOGY)
    assert design_data(load_design(tmp_path / "design.yaml")) == design_data(written)


def test_what_cores_share_is_one(tmp_path: Path) -> None:
    other = replace(LITTLE, clock_mhz=500.0)
    with pytest.raises(SpecError, match="cores share one clock"):
        scheduled_design(replace(BIG, others=(other,)), [FORK, LONE], STEPS, MAPPINGS)
    costs = costs_of(LITTLE.architecture, technology_of("eyeriss-65nm"))
    mixed = replace(BIG, others=(replace(LITTLE, costs=costs),))
    design = scheduled_design(mixed, [FORK, LONE], STEPS, MAPPINGS)
    with pytest.raises(SpecError, match="core 'little' has other prices"):
        save_design(design, tmp_path / "mixed.yaml", space="", technology=TECHNOLOGY)


def test_nodes_that_wait_for_one_another_are_refused_at_once() -> None:
    steps = Schedule(tuple(STEPS.steps[index] for index in (1, 0, 2, 3)))
    with pytest.raises(SpecError, match="wait for one another for ever"):
        scheduled_design(CHIP, [FORK, LONE], steps, MAPPINGS)


def test_each_layer_goes_out_on_the_core_that_runs_it(tmp_path: Path) -> None:
    """The cores differ in depth, so that the other one's levels would not do."""
    deep = Architecture(
        "deep", (*BIG.architecture.levels, StorageLevel("spad", entries=128)), MacArray()
    )
    costs = costs_of(deep, technology_of(TECHNOLOGY))
    hops = replace(costs, hop_energy_pj=(0.0, 0.5, 0.0))
    chip = replace(BIG, others=(Hardware({}, deep, FREE, costs),))
    in_spad = Mapping((*nest(C, 1).levels[:1], LevelNest(), nest(C, 1).levels[1]))
    steps = schedule_by_core([FORK, LONE], lambda name, _: "big" if name == "fork" else "deep")
    mappings = {"big": MAPPINGS["big"], "deep": {C: in_spad}}
    design = scheduled_design(chip, [FORK, LONE], steps, mappings)
    assert not design.hardware.costs.hops_cost
    costly = replace(chip, others=(Hardware({}, deep, FREE, hops),))
    assert (design.hops_in_bound, replace(design, hardware=costly).hops_in_bound) == (True, False)
    explained = explain_design(design, "eyeriss-168", seconds=0.05)
    assert [len(explanation.levels) for explanation, _ in explained] == [2, 2, 3]
    folder = export_design(design, "loops", tmp_path / "loops")
    assert "spad" in (folder / "3-c.txt").read_text()
    assert "spad" not in (folder / "1-a.txt").read_text()
    save_design(design, tmp_path / "design.yaml", space="", technology=TECHNOLOGY)
    cases = tmp_path / "cases.jsonl"
    options = ["evaluate", str(tmp_path / "design.yaml"), "--as-cases", str(cases)]
    shown = CliRunner().invoke(app, options)
    assert shown.exit_code == 0, shown.output
    assert "c on deep" in shown.output
    results = [case_result(case) for case in read_cases(cases)]
    assert [x["energy_pj"] for x in results] == [x.evaluation.energy_pj for x in design.layers]
    with pytest.raises(SpecError, match="add layers up"):
        evaluate_design(None, design)  # type: ignore[arg-type]
    with pytest.raises(SpecError, match="mappings without their cores"):
        mappings_data(design)


@settings(max_examples=100)
@given(data=st.data())
def test_broken_files_are_refused_or_evaluated(text: str, data: st.DataObject) -> None:
    broken = data.draw(broken_trees(text))
    result = result_or_error(lambda: design_from_dict(broken.data, file="broken.yaml"))
    if isinstance(result, SpecError):
        assert result.file == "broken.yaml"
        return
    design_data(result)
    is_open = "point" in broken.path or broken.kind in (
        "text for a number",
        "a fraction for a whole number",
    )
    assert is_open or broken.kind not in NEVER_VALID
