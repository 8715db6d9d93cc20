"""Spatial unrollings against brute force."""

from __future__ import annotations

import itertools
import math
from random import Random

import numpy as np
import pytest

from bohwsw.arch import Architecture, MacArray, StorageLevel
from bohwsw.divisors import divisors
from bohwsw.errors import SpecError
from bohwsw.mapping import unrolling as unrolling_module
from bohwsw.mapping.dataflow import FREE, Dataflow, LevelDataflow
from bohwsw.mapping.mapspace import MapSpace
from bohwsw.mapping.unrolling import Factors, Unrollings, distinct_unrollings, unrollings
from bohwsw.testing.small_map_spaces import places, random_dataflow
from bohwsw.workload import DIMENSION_INDEX, DIMENSIONS, Layer

AXES = ("spatial_x", "spatial_y")
NAMES = ["DRAM", "GLB", "Spad"]
Products = tuple[int, ...]


def fanned(*meshes: tuple[int, int]) -> Architecture:
    """Three levels; the instances of each, and of the MACs, stand on these meshes."""
    levels = tuple(
        StorageLevel(name, mesh_x=x, mesh_y=y)
        for name, (x, y) in zip(NAMES, ((1, 1), *meshes[:2]), strict=True)
    )
    return Architecture("fanned", levels, MacArray(16, *meshes[2]))


def spreads(space: MapSpace, dim: str) -> list[Factors]:
    """All factors (L x 2) of one dimension on the mesh axes."""
    size, depth = space.layer.sizes[dim], space.architecture.depth
    where = [(level, AXES.index(kind)) for level, kind in places(space, dim) if kind in AXES]
    found = []
    for factors in itertools.product(divisors(size), repeat=len(where)):
        spread = np.ones((depth, 2), dtype=np.int64)
        for place, factor in zip(where, factors, strict=True):
            spread[place] = factor
        crossed = space.dataflow.single_axis and (spread > 1).all(axis=1).any()
        if size % math.prod(factors) == 0 and not crossed:
            found.append(spread)
    return found


def fits(space: MapSpace, unrolling: Factors) -> bool:
    """Whether the children used below each level are there."""
    fan_outs = [space.architecture.fanout(level) for level in range(space.architecture.depth)]
    return bool((unrolling.prod(axis=2) <= np.array(fan_outs)).all())


def products(unrolling: Factors) -> Products:
    return tuple(unrolling.prod(axis=1).ravel().tolist())


def brute_force(space: MapSpace) -> set[Products]:
    chosen = itertools.product(*(spreads(space, dim) for dim in DIMENSIONS))
    everything = (np.stack(spread, axis=-1) for spread in chosen)
    return {products(unrolling) for unrolling in everything if fits(space, unrolling)}


def check(space: MapSpace) -> set[Products]:
    """Each set of products once, in an arrangement that fits."""
    found, expected = unrollings(space), brute_force(space)
    assert sorted(map(products, found)) == sorted(expected)
    for unrolling in found:
        assert fits(space, unrolling)
        for d, dim in enumerate(DIMENSIONS):
            assert any((unrolling[:, :, d] == spread).all() for spread in spreads(space, dim))
    return expected


MACHINES = {
    "one": fanned((1, 1), (4, 2), (4, 2)),
    "two": fanned((1, 1), (2, 2), (4, 4)),
    "three": fanned((2, 1), (2, 3), (6, 3)),
    "none": fanned((1, 1), (1, 1), (1, 1)),
}


@pytest.mark.parametrize("single_axis", [True, False])
@pytest.mark.parametrize("name", MACHINES)
def test_all_that_fit(name: str, single_axis: bool) -> None:
    layer = Layer("small", K=4, C=2, P=3, R=2)
    check(MapSpace(layer, MACHINES[name], Dataflow(single_axis=single_axis)))


def test_random_dataflows() -> None:
    restricted = 0
    for seed in range(50):
        rng = Random(seed)
        layer = Layer("small", K=rng.choice((2, 4)), C=rng.choice((1, 2)), S=4)
        machine = MACHINES[rng.choice(("one", "two", "three"))]
        try:
            space = MapSpace(layer, machine, random_dataflow(rng, NAMES))
        except SpecError:
            continue
        free = MapSpace(layer, machine, Dataflow(single_axis=space.dataflow.single_axis))
        restricted += len(check(space)) < len(unrollings(free))
    assert restricted > 10


def test_an_inner_level_has_its_own_children_only() -> None:
    """Two of the four columns stand below each GLB, if one of these is used as well."""
    space = MapSpace(Layer("wide", K=4), fanned((2, 1), (4, 1), (4, 1)))
    k = DIMENSION_INDEX["K"]
    found = {tuple(u[:, :, k].prod(axis=1).tolist()) for u in unrollings(space)}
    assert found == {(1, 1, 1), (1, 2, 1), (2, 1, 1), (2, 2, 1)}


def test_both_axes_make_a_longer_unrolling() -> None:
    machine = fanned((1, 1), (2, 2), (2, 2))
    most = [
        unrollings(MapSpace(Layer("wide", K=4), machine, Dataflow(single_axis=single)))
        .prod(axis=(1, 2, 3))
        .max()
        for single in (True, False)
    ]
    assert most == [2, 4]


@pytest.mark.parametrize("name", ["one", "two", "three"])
@pytest.mark.parametrize("at_least", [2, 3, 4, 6, 8])
def test_at_least(name: str, at_least: int) -> None:
    space = MapSpace(Layer("small", K=4, C=2, P=3), MACHINES[name])
    used = [p for p in brute_force(space) if math.prod(p) >= at_least]
    assert sorted(map(products, unrollings(space, at_least))) == sorted(used)
    assert used


@pytest.mark.parametrize("name", MACHINES)
def test_more_than_there_are(name: str) -> None:
    space = MapSpace(Layer("small", K=4, C=2, P=3), MACHINES[name])
    assert unrollings(space, 10**6).shape == (0, 3, 2, 8)


SQUARE = Layer("square", K=2, P=4, Q=4, R=2, S=2)
SWAP = {"P": "Q", "Q": "P", "R": "S", "S": "R"}


def exchanged(kind: Products) -> Products:
    """The same products, width and height exchanged."""
    rows = np.array(kind).reshape(-1, len(DIMENSIONS))
    return tuple(rows[:, [DIMENSION_INDEX[SWAP.get(d, d)] for d in DIMENSIONS]].ravel().tolist())


@pytest.mark.parametrize(
    "dataflow", [FREE, Dataflow({"GLB": LevelDataflow(spatial_x=frozenset("PQK"))})]
)
def test_one_of_each_exchanged_pair(dataflow: Dataflow) -> None:
    space = MapSpace(SQUARE, MACHINES["two"], dataflow)
    everything = unrollings(space)
    kept = list(map(products, distinct_unrollings(space, everything)))
    kinds = set(map(products, everything))
    assert len(kept) == len(set(kept)) < len(kinds)
    assert set(kept) <= kinds
    assert {min(kind, exchanged(kind)) for kind in kinds} == {min(k, exchanged(k)) for k in kept}
    assert len(kept) == len({min(kind, exchanged(kind)) for kind in kinds})


@pytest.mark.parametrize(
    ("layer", "dataflow"),
    [
        (Layer("tall", K=2, P=2, Q=4, R=2, S=2), FREE),
        (Layer("row", K=2, P=4, Q=4, R=2), FREE),
        (Layer("stride", K=2, P=4, Q=4, R=2, S=2, stride_w=2), FREE),
        (Layer("dilation", K=2, P=4, Q=4, R=2, S=2, dilation_h=2), FREE),
        (SQUARE, Dataflow({"Spad": LevelDataflow(temporal=frozenset("KCPR"))})),
        (SQUARE, Dataflow({"GLB": LevelDataflow(whole=frozenset("S"))})),
        (SQUARE, Dataflow({"GLB": LevelDataflow(spatial_x=frozenset("PK"))})),
    ],
    ids=["size", "taps", "stride", "dilation", "loops in time", "whole", "axis"],
)
def test_not_merged_where_an_exchange_matters(layer: Layer, dataflow: Dataflow) -> None:
    space = MapSpace(layer, MACHINES["two"], dataflow)
    everything = unrollings(space)
    assert np.array_equal(distinct_unrollings(space, everything), everything)


@pytest.mark.parametrize("name", ["one", "two", "three"])
def test_pieces_of_any_size_are_the_same_in_all(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    space = MapSpace(Layer("small", K=4, C=2, P=3, R=2), MACHINES[name])
    monkeypatch.setattr(unrolling_module, "PIECE", 3)
    monkeypatch.setattr(unrolling_module, "PAIRS", 7)
    source = Unrollings(space)
    pieces = list(source)
    assert source.complete
    assert max(map(len, pieces)) <= 7
    assert sorted(products(u) for piece in pieces for u in piece) == sorted(brute_force(space))


def test_too_many_blocks_leave_out_those_of_few_children(monkeypatch: pytest.MonkeyPatch) -> None:
    space = MapSpace(Layer("small", K=4, C=2, P=3, R=2), MACHINES["one"])
    most = max(map(math.prod, brute_force(space)))
    monkeypatch.setattr(unrolling_module, "MOST_BLOCKS", 5)
    monkeypatch.setattr(unrolling_module, "PIECE", 3)
    source = Unrollings(space)
    found = np.concatenate(list(source))
    assert not source.complete
    assert len(found) == 5
    assert found[0].prod() == most


def test_stopped_in_between_it_is_not_complete() -> None:
    source = Unrollings(MapSpace(SQUARE, MACHINES["two"]))
    next(iter(source))
    assert not source.complete
