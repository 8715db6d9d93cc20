"""Designs of several cores: figures are those of the schedule, and files bring them back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bohwsw.arch import Architecture, MacArray, StorageLevel
from bohwsw.codesign import (
    Design,
    Hardware,
    design_data,
    load_design,
    save_design,
    scheduled_design,
)
from bohwsw.errors import SpecError
from bohwsw.mapping import FREE, LevelNest, Mapping
from bohwsw.scheduling import Schedule, Step, schedule_by_core
from bohwsw.simulator import costs_of
from bohwsw.tech import technology_of
from bohwsw.workload import CountedLayer, Edge, Layer, Network, Operator

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
    for chip in (CHIP, replace(CHIP, dram_bits_per_cycle=0.5)):
        written = scheduled_design(chip, [FORK, LONE], STEPS, MAPPINGS)
        file = tmp_path / "design.yaml"
        save_design(written, file, space="", technology=TECHNOLOGY)
        read = load_design(file)
        assert design_data(read) == design_data(written)
        assert read.schedule == STEPS
        assert read.hardware.chip == chip.chip


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
