"""Counting map spaces: against Timeloop's printed sizes and against brute force."""

from __future__ import annotations

import math
from random import Random

import numpy as np
import pytest
from random_nests import random_layer

from bohwsw.arch import Architecture, MacArray, StorageLevel
from bohwsw.errors import SpecError
from bohwsw.mapping.dataflow import Dataflow, LevelDataflow
from bohwsw.mapping.mapspace import MapSpace, ordered_factorisations
from bohwsw.testing.small_map_spaces import (
    factorisations,
    keeps,
    machine,
    random_space,
    splits,
    tiny_space,
)
from bohwsw.workload import DIMENSION_INDEX, DIMENSIONS, Layer


def eight_slots() -> Architecture:
    """Six levels in time and a fan-out on both axes below one of them."""
    levels = [StorageLevel("L0", kind="dram")]
    levels += [
        StorageLevel(f"L{i}", mesh_x=1 + 15 * (i > 2), mesh_y=1 + 15 * (i > 2)) for i in range(1, 6)
    ]
    return Architecture("eight slots", tuple(levels), MacArray(16, 16, 16))


def test_timeloops_printed_size() -> None:
    """NVlabs/timeloop issue 19: the map space of a 3x3 layer without constraints."""
    layer = Layer("3x3", K=256, C=256, P=56, Q=56, R=3, S=3)
    space = MapSpace(layer, eight_slots(), Dataflow(single_axis=False))
    options = {dim: space.count_factorisations(dim) for dim in DIMENSIONS}
    assert options == {"R": 8, "S": 8, "P": 960, "Q": 960, "C": 6435, "K": 6435, "N": 1, "G": 1}
    assert space.size().factorisations == 2_442_415_472_640_000


def test_one_axis_at_a_time_leaves_fewer() -> None:
    layer = Layer("3x3", K=256)
    free = MapSpace(layer, eight_slots(), Dataflow(single_axis=False))
    single = MapSpace(layer, eight_slots())
    both = sum(math.comb(8 - x - y + 5, 5) for x in range(1, 8) for y in range(1, 8) if x + y <= 8)
    assert free.count_factorisations("K") - single.count_factorisations("K") == both


@pytest.mark.parametrize("seed", range(40))
def test_counts_equal_brute_force(seed: int) -> None:
    rng = Random(seed)
    layer = random_layer(rng, 60, sizes=(1, 2, 3, 4, 5, 6, 8, 12))
    space = random_space(rng, layer, machine(mesh=rng.choice(((1, 1), (2, 1), (3, 4)))))
    for dim, size in layer.sizes.items():
        if size > 1:
            assert space.count_factorisations(dim) == len(splits(space, dim)), (dim, space.dataflow)
    assert space.size().bypasses == len(list(keeps(space)))


def test_size_of_a_tiny_space() -> None:
    space = tiny_space()
    size = space.size()
    assert size.factorisations == len(list(factorisations(space))) == 350
    assert size.permutations == math.factorial(3) ** 3
    assert size.bypasses == 2**5
    assert size.total == 350 * 216 * 32


def test_a_stationary_data_space_leaves_fewer_orders() -> None:
    dataflow = Dataflow({"GLB": LevelDataflow(stationary="Weights")})
    space = tiny_space(dataflow, Layer("tiny", K=2, C=2, P=3, R=2))
    weights_first = math.factorial(3) * math.factorial(1)  # K, C, R in any order around P
    assert space.size().permutations == math.factorial(4) ** 2 * weights_first


def test_orders_are_settled_without_another_change() -> None:
    dataflow = Dataflow({"GLB": LevelDataflow(stationary="Weights")})
    space = tiny_space(dataflow, Layer("tiny", K=2, C=2, P=3, R=2))
    order = np.random.default_rng(0).permuted(np.tile(np.arange(8), (50, 3, 3, 1)), axis=-1)
    settled = space.settle_orders(order)
    inside = {DIMENSION_INDEX[dim] for dim in "NPQ"}
    for before, after in zip(order[:, 1, 0].tolist(), settled[:, 1, 0].tolist(), strict=True):
        assert after[:5] == [d for d in before if d not in inside]
        assert after[5:] == [d for d in before if d in inside]
    settled[:, 1, 0] = order[:, 1, 0]
    np.testing.assert_array_equal(settled, order)


def test_nothing_free_is_one_mapping() -> None:
    space = MapSpace(Layer("one"), Architecture("flat", (StorageLevel("DRAM"),), MacArray()))
    assert space.size().total == 1


def test_a_dimension_may_have_one_place_only() -> None:
    rule = LevelDataflow(temporal=frozenset(), spatial_x=frozenset({"K"}), spatial_y=frozenset())
    barred = LevelDataflow(temporal=frozenset())
    dataflow = Dataflow({"DRAM": barred, "GLB": rule, "Spad": barred})
    space = MapSpace(Layer("only K", K=12), machine(), dataflow)
    assert space.size().factorisations == 1


def test_factorisations_without_a_slot() -> None:
    assert ordered_factorisations(1, 0, 0) == 1
    assert ordered_factorisations(2, 0, 0) == 0
    assert ordered_factorisations(6, 0, 1) == 2


def test_a_port_so_slow_that_cycles_cannot_be_counted_is_refused() -> None:
    def space(words_per_cycle: float) -> MapSpace:
        levels = (
            StorageLevel("DRAM", "dram", write_words_per_cycle=words_per_cycle),
            StorageLevel("Buffer", entries=8),
        )
        machine = Architecture("slow", levels, MacArray())
        return MapSpace(Layer("large", K=2**25, C=2**25), machine)

    with pytest.raises(SpecError, match="more work than 64-bit"):
        MapSpace(Layer("huge", K=2**31, C=2**31), space(1.0).architecture)
    assert space(2**-12).layer.macs == 2**50
    with pytest.raises(SpecError, match="more cycles than can be counted") as caught:
        space(2**-13)
    assert caught.value.key_path == "write_words_per_cycle"
    assert "0.0002441" in str(caught.value.expected)
