"""Explained layers: figures add up, and hand-made cases name the resource that binds."""

from __future__ import annotations

import math
from dataclasses import replace
from random import Random

import pytest
from random_nests import random_layer, random_machine, random_mapping

from bohwsw.arch import Architecture, MacArray, StorageLevel
from bohwsw.errors import SpecError
from bohwsw.mapping.nest import LevelNest, Mapping
from bohwsw.simulator.evaluation import Evaluation
from bohwsw.simulator.explanation import Explanation, explain
from bohwsw.simulator.reference import simulate
from bohwsw.testing.small_map_spaces import costs
from bohwsw.workload import DATA_SPACES, Layer
from bohwsw.workload.dataspace import tensor_words


def random_case(seed: int) -> tuple[Layer, Architecture, Mapping, Evaluation]:
    """A valid mapping with bandwidths, bypasses and a network that costs energy."""
    rng = Random(seed)
    while True:
        layer = random_layer(rng, 400)
        mapping = random_mapping(rng, layer, rng.choice((2, 3, 4)))
        machine = random_machine(rng, layer, [mapping])
        prices = costs(machine.depth, hop_energy_pj=0.5)
        evaluation = simulate(layer, machine, mapping, prices)
        if evaluation.valid:
            return layer, machine, mapping, evaluation


@pytest.mark.parametrize("seed", range(60))
def test_figures_add_up(seed: int) -> None:
    layer, machine, mapping, evaluation = random_case(seed)
    explanation = explain(layer, machine, mapping, evaluation)
    parts = explanation.energy_parts
    assert math.fsum(part.energy_pj for part in parts) == pytest.approx(evaluation.energy_pj)
    assert math.fsum(part.share for part in parts) == pytest.approx(1.0)
    assert list(parts) == sorted(parts, key=lambda part: -part.energy_pj)
    assert explanation.edp_pj_cycles == evaluation.edp_pj_cycles
    for level, result in zip(explanation.levels, evaluation.levels, strict=True):
        assert [use.data_space for use in level.data_spaces] == list(result.data_spaces)
        for use in level.data_spaces:
            counted = result.data_spaces[use.data_space]
            of_one = counted.reads, counted.fills, counted.updates
            assert (use.reads, use.fills, use.updates) == tuple(
                result.instances * words for words in of_one
            )
        cycles = explanation.latency_cycles
        reads, writes = level.read_bandwidth.used * cycles, level.write_bandwidth.used * cycles
        moved = sum(use.reads + use.fills + use.updates for use in level.data_spaces)
        assert (reads + writes) * result.instances == pytest.approx(moved)


@pytest.mark.parametrize("seed", range(60))
def test_reuse_and_multicast_multiply_to_the_operations_per_word(seed: int) -> None:
    layer, machine, mapping, evaluation = random_case(seed)
    explanation = explain(layer, machine, mapping, evaluation)
    for space in DATA_SPACES:
        uses = [u for level in explanation.levels for u in level.data_spaces]
        product = math.prod(u.reuse * u.multicast for u in uses if u.data_space == space)
        assert product == pytest.approx(layer.macs / tensor_words(layer, space))


@pytest.mark.parametrize("seed", range(60))
def test_what_binds_takes_as_long_as_the_layer(seed: int) -> None:
    layer, machine, mapping, evaluation = random_case(seed)
    machine = replace(
        machine,
        levels=tuple(
            replace(level, read_words_per_cycle=1.3, write_words_per_cycle=0.7)
            for level in machine.levels
        ),
    )
    evaluation = simulate(layer, machine, mapping, costs(machine.depth))
    explanation = explain(layer, machine, mapping, evaluation)
    cycles = {binding.latency_cycles for binding in explanation.binding}
    assert cycles == {evaluation.latency_cycles}
    throttled = evaluation.latency_cycles != mapping.compute_cycles
    slow = {r.name for r in evaluation.levels if r.latency_cycles == evaluation.latency_cycles}
    assert {binding.level for binding in explanation.binding} == (slow if throttled else {"MAC"})
    for level in explanation.levels:
        for port in (level.read_bandwidth, level.write_bandwidth):
            assert port.share is not None
            assert port.share <= 1.0 + 1e-12


def hand_made(
    *, read: float | None = None, write: float | None = None, entries: int = 20
) -> Explanation:
    """K4 C2 on one MAC: GLB reads 8 weights, 8 inputs, 4 of 8 partial sums; 2.5 words a cycle."""
    levels = (
        StorageLevel("DRAM", kind="dram"),
        StorageLevel(
            "GLB", entries=entries, read_words_per_cycle=read, write_words_per_cycle=write
        ),
    )
    machine = Architecture("hand-made", levels, MacArray())
    layer = Layer("hand-made", K=4, C=2)
    mapping = Mapping((LevelNest(), LevelNest((("K", 4), ("C", 2)))))
    return explain(layer, machine, mapping, simulate(layer, machine, mapping, costs(2)))


def test_a_read_bandwidth_binds() -> None:
    explanation = hand_made(read=1.0)
    (binding,) = explanation.binding
    assert (binding.resource, binding.level) == ("read_bandwidth", "GLB")
    assert (binding.demand, binding.limit, binding.slowdown) == (2.5, 1.0, 2.5)
    assert binding.latency_cycles == explanation.latency_cycles == 20
    assert explanation.levels[1].read_bandwidth.share == 1.0
    assert explanation.levels[0].read_bandwidth.share is None
    assert explanation.mac.utilisation == 8 / 20


def test_a_write_bandwidth_binds_where_it_is_asked_for_more() -> None:
    """Fills of 8 weights and 2 inputs, 8 updates: 18 words in 8 cycles."""
    (binding,) = hand_made(read=2.4, write=1.0).binding
    assert (binding.resource, binding.demand) == ("write_bandwidth", 18 / 8)
    assert binding.latency_cycles == 18


def test_both_ports_bind_where_they_take_equally_long() -> None:
    ports = hand_made(read=2.5 / 4, write=18 / 8 / 4).binding
    assert {binding.resource for binding in ports} == {"read_bandwidth", "write_bandwidth"}
    assert {binding.latency_cycles for binding in ports} == {32}


def test_compute_binds_where_bandwidth_just_suffices() -> None:
    explanation = hand_made(read=2.5, write=2.25)
    (binding,) = explanation.binding
    assert (binding.resource, binding.level, binding.slowdown) == ("compute", "MAC", 1.0)
    assert explanation.mac.utilisation == 1.0
    assert all(axis.filled and not axis.limited_by_shape for axis in explanation.axes)


def test_reuse_and_capacity_by_hand() -> None:
    glb = hand_made(entries=15).levels[1]
    assert {use.data_space: use.reuse for use in glb.data_spaces} == {
        "Weights": 1.0,
        "Inputs": 4.0,
        "Outputs": 2.0,
    }
    assert [use.tile_words for use in glb.data_spaces] == [8, 2, 4]
    assert (glb.capacity.used, glb.capacity.available) == (14, 15)
    assert glb.nearly_full
    assert [level.name for level in hand_made(entries=15).nearly_full] == ["GLB"]
    assert not hand_made(entries=16).nearly_full


def array_use(layer: Layer, block: LevelNest, mesh: tuple[int, int]) -> Explanation:
    machine = Architecture("array", (StorageLevel("DRAM", kind="dram"),), MacArray(16, *mesh))
    mapping = Mapping((block,))
    return explain(layer, machine, mapping, simulate(layer, machine, mapping, costs(1)))


def test_an_axis_left_empty_that_the_layer_could_fill() -> None:
    block = LevelNest(temporal=(("C", 6),), spatial_x=(("K", 4),))
    explanation = array_use(Layer("empty", K=4, C=6), block, (4, 3))
    x, y = explanation.axes
    assert x.filled
    assert [(fanout.level, fanout.loops) for fanout in x.fanouts] == [("DRAM", (("K", 4),))]
    assert (y.axis, y.used, y.available, y.reachable) == ("Y", 1, 3, 3)
    assert not y.filled
    assert not y.limited_by_shape
    assert y.fanouts[0].loops == ()
    assert explanation.mac.utilisation == pytest.approx(1 / 3)
    assert (explanation.mac.instances.used, explanation.mac.instances.available) == (4, 12)
    assert explanation.binding[0].resource == "compute"


def test_an_axis_that_no_factors_of_the_layer_fill() -> None:
    """Six of 12 operations would fit on X, but not beside the three on Y."""
    block = LevelNest(spatial_x=(("K", 4),), spatial_y=(("C", 3),))
    x, y = array_use(Layer("shape", K=4, C=3), block, (7, 5)).axes
    assert (x.used, x.reachable, x.limited_by_shape) == (4, 4, True)
    assert (y.used, y.reachable, y.limited_by_shape) == (3, 3, True)


def test_what_cannot_be_explained_is_refused() -> None:
    layer, machine, mapping, evaluation = random_case(0)
    with pytest.raises(SpecError, match="only a valid mapping"):
        explain(layer, machine, mapping, replace(evaluation, latency_cycles=None))
    with pytest.raises(SpecError, match="not one of machine"):
        explain(layer, machine, mapping, replace(evaluation, levels=evaluation.levels[1:]))
    with pytest.raises(SpecError, match="factors of dimension"):
        explain(replace(layer, K=layer.K * 2), machine, mapping, evaluation)
