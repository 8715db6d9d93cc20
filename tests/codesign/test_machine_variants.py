"""What would change a layer's cost: against brute force, and where nothing can help."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from bohwsw.arch import Architecture, MacArray, StorageLevel
from bohwsw.codesign import load_space
from bohwsw.codesign import machine_variants as module
from bohwsw.codesign.machine_variants import Variant, variants, what_if
from bohwsw.mapper.branch_and_bound import BranchAndBoundMapper
from bohwsw.mapper.goal import Goal
from bohwsw.mapper.mapper import MapperResult
from bohwsw.mapping.dataflow import Dataflow, LevelDataflow
from bohwsw.mapping.mapspace import MapSpace
from bohwsw.mapping.nest import LevelNest, Mapping
from bohwsw.simulator.costs import Costs, costs_of
from bohwsw.simulator.reference import simulate
from bohwsw.tech.catalogue import technology
from bohwsw.testing.small_map_spaces import costs, tiny_space, valid_mappings
from bohwsw.workload import DATA_SPACES, Layer


def optimum(space: MapSpace, prices: Costs) -> float:
    """The least EDP of all mappings."""
    return min(
        Goal("edp").of(simulate(space.layer, space.architecture, mapping, prices))
        for mapping in valid_mappings(space)
    )


def small(glb: int = 5, **bandwidth: float) -> MapSpace:
    """K4 P3 on DRAM, a buffer that is too small, and two MACs on X."""
    levels = (StorageLevel("DRAM", kind="dram"), StorageLevel("GLB", entries=glb, **bandwidth))
    machine = Architecture("small", levels, MacArray(16, 2, 1))
    return MapSpace(Layer("small", K=4, P=3, C=2), machine)


def named(changes: Any) -> dict[tuple[str, str], Any]:
    return {(change.variant.change, change.variant.levels[0]): change for change in changes}


def test_doubling_a_buffer_helps_as_much_as_brute_force_says() -> None:
    space, prices = small(), costs(2)
    answers = what_if(space, prices, gap=0.0, seconds=60.0)
    best = optimum(space, prices)
    assert answers.before.objective == pytest.approx(best)
    for change in answers.changes:
        variant = change.variant
        there = optimum(dataclasses.replace(space, architecture=variant.architecture), prices)
        assert change.after.objective == pytest.approx(there), variant.change
        assert change.ratio == pytest.approx(there / best)
        assert change.least_ratio == pytest.approx(there / best)
        assert change.after.proven
    assert named(answers.changes)["capacity", "GLB"].ratio < 0.95
    ratios = [change.ratio for change in answers.changes]
    assert ratios == sorted(ratios)


def test_nothing_helps_a_layer_that_takes_one_cycle() -> None:
    levels = (
        StorageLevel("DRAM", kind="dram"),
        StorageLevel("GLB", entries=100, read_words_per_cycle=50, write_words_per_cycle=50),
    )
    machine = Architecture("roomy", levels, MacArray(16, 2, 2))
    answers = what_if(MapSpace(Layer("cycle", K=2, C=2), machine), costs(2), objective="latency")
    assert answers.before.objective == 1.0
    assert len(answers.changes) == 5
    for change in answers.changes:
        assert (change.ratio, change.least_ratio) == (1.0, 1.0)
        assert change.after.proven
        assert not change.ratio < 1.0 - 1e-9


def test_doubling_the_bandwidth_that_binds_halves_the_latency() -> None:
    """Two MACs and nothing but a slow buffer between: more of anything else is of no use."""
    space = small(glb=100, read_words_per_cycle=0.125)
    dataflow = Dataflow({"GLB": LevelDataflow(keep=frozenset(DATA_SPACES))})
    space = dataclasses.replace(space, dataflow=dataflow)
    answers = what_if(space, costs(2), objective="latency", gap=0.0, seconds=60.0)
    first = answers.changes[0]
    assert (first.variant.change, first.variant.levels) == ("read_bandwidth", ("GLB",))
    assert first.ratio == pytest.approx(0.5, abs=0.02)
    assert first.ratio < 1.0 - 1e-9
    assert named(answers.changes)["capacity", "GLB"].ratio == 1.0


def test_a_known_mapping_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """The searches end early; the optimum that is handed in counts as before, and after."""
    space, prices = tiny_space(), costs(3)
    known = BranchAndBoundMapper().search(space, prices)
    best = Goal("edp").of(known.evaluation)
    whole = LevelNest((("K", 4), ("P", 3), ("R", 2)))
    poor = Mapping((whole, LevelNest(keep=frozenset()), LevelNest(keep=frozenset())))

    def search(self: Any, space: MapSpace, prices: Costs, **_: Any) -> MapperResult:
        return dataclasses.replace(known, mapping=poor, lower_bound=2 * best)

    monkeypatch.setattr(module.BranchAndBoundMapper, "search", search)
    answers = what_if(space, prices, mapping=known.mapping)
    assert answers.before.objective == best
    assert answers.before.lower_bound == best  # no bound is above what is there
    assert all(change.ratio == 1.0 for change in answers.changes)
    assert what_if(space, prices).before.objective > best


def test_a_better_mapping_alone_is_no_credit_to_a_change(monkeypatch: pytest.MonkeyPatch) -> None:
    """A search that fails on the machine as it is, and on one variant does not."""
    space, prices = small(read_words_per_cycle=1e6), costs(2)
    poor = Mapping((LevelNest((("K", 4), ("P", 3), ("C", 2))), LevelNest(keep=frozenset())))
    good = BranchAndBoundMapper().search(space, prices)

    def search(self: Any, space: MapSpace, prices: Costs, **_: Any) -> MapperResult:
        faster = space.architecture.levels[1].read_words_per_cycle != 1e6
        mapping = good.mapping if faster else poor
        evaluation = simulate(space.layer, space.architecture, mapping, prices)
        return dataclasses.replace(
            good, mapping=mapping, evaluation=evaluation, lower_bound=2.0 if faster else 1.0
        )

    monkeypatch.setattr(module.BranchAndBoundMapper, "search", search)
    answers = what_if(space, prices)
    assert answers.before.objective == Goal("edp").of(good.evaluation)
    assert all(change.ratio == 1.0 for change in answers.changes)
    assert answers.before.lower_bound == 2.0  # the faster machine's: it can only do better
    assert named(answers.changes)["mesh_x", "MAC"].after.lower_bound == 1.0
    assert not answers.before.proven


def by_change(machine: Architecture, prices: Costs, *args: Any) -> dict[Any, Variant]:
    return {(v.change, v.levels): v for v in variants(machine, prices, *args)}


def test_variants_differ_in_one_thing() -> None:
    hardware = load_space("eyeriss-168").baseline(free=True)
    machine = hardware.architecture
    found = by_change(machine, hardware.costs)
    spads = ("InputSpad", "WeightSpad", "OutputSpad")
    expected = {("capacity", (name,)) for name in ("GLB", *spads)}
    for port in ("read_bandwidth", "write_bandwidth"):
        expected |= {(port, (name,)) for name in ("GLB", *spads)}
    expected |= {(axis, (*spads, "MAC")) for axis in ("mesh_x", "mesh_y")}
    assert set(found) == expected
    wider = found["mesh_x", (*spads, "MAC")]
    assert [wider.architecture.mesh(i) for i in range(6)] == [(1, 1)] * 2 + [(28, 12)] * 4
    assert (wider.before, wider.after, wider.pricing) == (14, 28, "kept")
    larger = found["capacity", ("GLB",)]
    assert larger.architecture.levels[1].entries == 2 * (machine.levels[1].entries or 0)
    assert larger.architecture.levels[2:] == machine.levels[2:]
    assert (larger.pricing, larger.costs) == ("not priced again", hardware.costs)
    faster = found["write_bandwidth", ("GLB",)].architecture.levels[1]
    assert faster == dataclasses.replace(machine.levels[1], write_words_per_cycle=32.0)


def test_only_a_doubled_capacity_is_priced_again() -> None:
    hardware = load_space("eyeriss-168").baseline(free=True)
    tech = technology("timeloop-pat")
    for variant in variants(hardware.architecture, hardware.costs, tech):
        if variant.change != "capacity":
            assert variant.costs is hardware.costs
            continue
        assert variant.pricing == "priced again"
        names = [level.name for level in variant.architecture.levels]
        expected = costs_of(variant.architecture, tech).storage
        for name, new, old, there in zip(
            names, variant.costs.storage, hardware.costs.storage, expected, strict=True
        ):
            assert new == (there if name in variant.levels else old)
    glb = by_change(hardware.architecture, hardware.costs, tech)["capacity", ("GLB",)]
    assert glb.costs.storage[1].read_pj > hardware.costs.storage[1].read_pj


@pytest.mark.parametrize(
    ("mesh", "doubled"),
    [((1, 1), ("MAC",)), ((2, 1), ("Spad", "MAC")), ((4, 2), ("MAC",))],
)
def test_a_wider_y_axis_takes_the_levels_of_its_mesh_along(
    mesh: tuple[int, int], doubled: tuple[str, ...]
) -> None:
    """The scratchpads stand 2 x 1 where there are several MACs."""
    spad = StorageLevel("Spad", entries=4, mesh_x=min(2, mesh[0]))
    machine = Architecture("m", (StorageLevel("DRAM"), spad), MacArray(16, *mesh))
    (wider,) = (v for v in variants(machine, costs(2)) if v.change == "mesh_y")
    assert wider.levels == doubled
    assert wider.architecture.mac == MacArray(16, mesh[0], 2 * mesh[1])
    assert wider.architecture.levels[1].mesh_y == (2 if "Spad" in doubled else 1)
    assert wider.architecture.mesh(0) == (1, 1)
