"""The scalar simulator on nests small enough to count on paper, and on what it must refuse."""

from __future__ import annotations

import math

import pytest

from bohwsw.arch import Architecture, MacArray, StorageLevel
from bohwsw.errors import SpecError
from bohwsw.mapping.nest import LevelNest, Mapping
from bohwsw.simulator.costs import Costs, area_mm2
from bohwsw.simulator.reference import simulate
from bohwsw.tech.technology import StorageCost
from bohwsw.workload import Layer

SPADS = (("InputSpad", "Inputs", 12), ("WeightSpad", "Weights", 192), ("OutputSpad", "Outputs", 16))


def machine(mesh_x: int = 14, mesh_y: int = 12) -> Architecture:
    array = {"mesh_x": mesh_x, "mesh_y": mesh_y}
    spads = [StorageLevel(name, entries=entries, **array) for name, _, entries in SPADS]
    outer = (StorageLevel("DRAM", kind="dram", block_size=4), StorageLevel("GLB", entries=65536))
    return Architecture("eyeriss", (*outer, *spads), MacArray(**array))


def flat_costs(depth: int, price: float = 1.0) -> Costs:
    return Costs((StorageCost(price, price, price, None),) * depth, (0.0,) * depth, 1.0)


# A worked example; Timeloop 3.0.3 prints exactly these counts.
LAYER = Layer("hand", R=3, S=3, P=8, Q=8, C=4, K=8)
EXAMPLE = Mapping(
    (
        LevelNest(temporal=(("C", 2), ("K", 2))),
        LevelNest(
            temporal=(("Q", 2), ("P", 8)),
            spatial_x=(("Q", 4),),
            spatial_y=(("S", 3),),
            keep=frozenset({"Inputs", "Outputs"}),
        ),
        LevelNest(keep=frozenset({"Inputs"})),
        LevelNest(keep=frozenset({"Weights"})),
        LevelNest(temporal=(("C", 2), ("R", 3), ("K", 4)), keep=frozenset({"Outputs"})),
    )
)


@pytest.mark.parametrize(
    ("level", "space", "counts"),
    [
        ("DRAM", "Weights", (288, 0, 0)),
        ("DRAM", "Outputs", (512, 0, 1024)),
        ("GLB", "Inputs", (960, 400, 0)),
        ("GLB", "Outputs", (512, 512, 1024)),
        ("InputSpad", "Inputs", (1536, 160, 0)),
        ("WeightSpad", "Weights", (1536, 96, 0)),
        ("OutputSpad", "Outputs", (1408, 128, 1536)),
    ],
)
def test_worked_example(level: str, space: str, counts: tuple[int, int, int]) -> None:
    evaluation = simulate(LAYER, machine(), EXAMPLE, flat_costs(5))
    result = next(x for x in evaluation.levels if x.name == level).data_spaces[space]
    assert (result.reads, result.fills, result.updates) == counts


def test_cycles_energy_and_edp_of_the_worked_example() -> None:
    evaluation = simulate(LAYER, machine(), EXAMPLE, flat_costs(5))
    assert evaluation.latency_cycles == 1536
    assert evaluation.utilisation == LAYER.macs / (1536 * 168)
    assert evaluation.mac_energy_pj == LAYER.macs == 18432
    dram = evaluation.levels[0]
    assert dram.energy_pj == (288 + 400 + 512 + 1024) / 4  # blocks of four words
    spads = evaluation.levels[2]
    assert spads.instances == 12
    assert spads.energy_pj == 12 * (1536 + 160)
    assert evaluation.energy_pj == sum(x.energy_pj for x in evaluation.levels) + 18432
    assert evaluation.edp_pj_cycles == evaluation.energy_pj * 1536


def test_a_narrow_level_sets_the_pace() -> None:
    layer = Layer("slow", K=8)
    mapping = Mapping((LevelNest(temporal=(("K", 8),)),))
    # Per cycle one weight and one input are read; outputs are read never, written once.
    for bandwidth, cycles in ((4.0, 8), (2.0, 8), (1.0, 16), (0.5, 32)):
        level = StorageLevel("DRAM", read_words_per_cycle=bandwidth)
        evaluation = simulate(
            layer, Architecture("flat", (level,), MacArray()), mapping, flat_costs(1)
        )
        assert evaluation.latency_cycles == cycles
    level = StorageLevel("DRAM", write_words_per_cycle=0.25)
    evaluation = simulate(layer, Architecture("flat", (level,), MacArray()), mapping, flat_costs(1))
    assert evaluation.latency_cycles == 32


def test_an_invalid_mapping_is_answered_with_each_violated_constraint() -> None:
    layer = Layer("wide", K=256, C=32, P=16)
    mapping = Mapping(
        (
            LevelNest(),
            LevelNest(spatial_x=(("K", 16),), spatial_y=(("C", 16),)),
            LevelNest(keep=frozenset({"Inputs"})),
            LevelNest(keep=frozenset({"Weights"})),
            LevelNest(temporal=(("K", 16), ("C", 2), ("P", 16)), keep=frozenset({"Outputs"})),
        )
    )
    evaluation = simulate(layer, machine(), mapping, flat_costs(5))
    assert not evaluation.valid
    broken = {(v.constraint, v.level, v.data_space): v for v in evaluation.violations}
    assert set(broken) == {
        ("fanout_x", "GLB", None),
        ("fanout_y", "GLB", None),
        ("capacity", "InputSpad", "Inputs"),
        ("capacity", "OutputSpad", "Outputs"),
    }
    outputs = broken["capacity", "OutputSpad", "Outputs"]
    assert (outputs.value, outputs.limit, outputs.ratio) == (256, 16, 16.0)
    across = broken["fanout_x", "GLB", None]
    assert (across.value, across.limit, across.ratio) == (16, 14, 16 / 14)
    assert (evaluation.energy_pj, evaluation.latency_cycles, evaluation.edp_pj_cycles) == (
        None,
        None,
        None,
    )
    assert evaluation.levels == ()


def test_malformed_mappings_are_errors_not_violations() -> None:
    one_level = Mapping((LevelNest(temporal=(("K", 8),)),))
    with pytest.raises(SpecError, match="differ in depth"):
        simulate(Layer("k", K=8), machine(), one_level, flat_costs(5))
    flat = Architecture("flat", (StorageLevel("DRAM"),), MacArray())
    with pytest.raises(SpecError, match="do not multiply"):
        simulate(Layer("k", K=9), flat, one_level, flat_costs(1))
    bypassing = Mapping((LevelNest((("K", 8),), keep=frozenset({"Weights"})),))
    with pytest.raises(SpecError, match="keeps every data space"):
        simulate(Layer("k", K=8), flat, bypassing, flat_costs(1))


def test_counts_are_whole_numbers_however_large() -> None:
    layer = Layer("huge", K=2**20, C=2**20, P=2**20, Q=2**20)
    loops = tuple((dim, 2**20) for dim in "KCPQ")
    flat = Architecture("flat", (StorageLevel("DRAM"),), MacArray())
    evaluation = simulate(layer, flat, Mapping((LevelNest(temporal=loops),)), flat_costs(1))
    assert evaluation.levels[0].data_spaces["Outputs"].updates == 2**80
    assert evaluation.energy_pj is not None
    assert math.isfinite(evaluation.energy_pj)


def test_area_is_unknown_unless_every_part_is_known() -> None:
    chip = Architecture(
        "chip",
        (
            StorageLevel("DRAM", kind="dram"),
            StorageLevel("GLB", entries=64, mesh_x=2),
            StorageLevel("RF", entries=4, mesh_x=4, mesh_y=2),
        ),
        MacArray(mesh_x=8, mesh_y=2),
    )
    known = (StorageCost(1, 1, 1, None), StorageCost(1, 1, 1, 0.5), StorageCost(1, 1, 1, 0.25))
    costs = Costs(known, (0.0,) * 3, 1.0, mac_area_mm2=0.125)
    assert area_mm2(chip, costs) == 2 * 0.5 + 8 * 0.25 + 16 * 0.125  # DRAM is off the chip
    assert area_mm2(chip, Costs(known, (0.0,) * 3, 1.0)) is None
    assert area_mm2(chip, Costs((known[0],) * 3, (0.0,) * 3, 1.0, 0.125)) is None
