"""Whether a map space holds a valid mapping: proofs, and reasons where there is none."""

from __future__ import annotations

import itertools
from random import Random

import pytest
from random_nests import random_layer

from bohwsw.arch import Architecture, MacArray, StorageLevel
from bohwsw.errors import NoValidMappingError
from bohwsw.mapping.batch import empty_batch
from bohwsw.mapping.dataflow import Dataflow, LevelDataflow
from bohwsw.mapping.mapspace import MapSpace
from bohwsw.mapping.nest import LevelNest, Mapping
from bohwsw.mapping.sampling import sample, space_arrays
from bohwsw.mapping.start import MAX_START_NODES, find_start
from bohwsw.mapping.tiles import tiles_of
from bohwsw.mapping.validity import Violation, limits_broken
from bohwsw.testing.small_map_spaces import KINDS, machine, places, random_space, splits
from bohwsw.workload import DATA_SPACES, DIMENSIONS, Layer


def least_bad(space: MapSpace) -> float:
    """The lowest worst ratio of any placement of the pinned dimensions; at most 1 if all fits."""
    pinned = [
        dim
        for dim in DIMENSIONS
        if space.layer.sizes[dim] > 1 and (0, "temporal") not in places(space, dim)
    ]
    keep = [
        frozenset(s for s, must in zip(DATA_SPACES, row, strict=True) if must)
        for row in space.keep_must
    ]
    lowest = float("inf")
    for chosen in itertools.product(*(splits(space, dim) for dim in pinned)):
        nest = []
        for level in range(space.architecture.depth):
            loops = {
                kind: tuple(
                    (dim, where[level, kind])
                    for dim, where in zip(pinned, chosen, strict=True)
                    if (level, kind) in where
                )
                for kind in KINDS
            }
            nest.append(LevelNest(**loops, keep=keep[level]))
        mapping = Mapping(tuple(nest))
        broken = limits_broken(
            space.layer, space.architecture, mapping, tiles_of(space.layer, mapping)
        )
        lowest = min(lowest, max((violation.ratio for violation in broken), default=0.0))
    return lowest


def random_tight_space(seed: int) -> MapSpace:
    rng = Random(seed)
    mesh = rng.choice(((2, 2), (3, 1)))
    tight = machine(glb=rng.randint(2, 8), spad=rng.randint(1, 4), mesh=mesh)
    return random_space(rng, random_layer(rng, 150, sizes=(2, 3, 4, 6)), tight)


def test_verdict_and_reason_equal_brute_force() -> None:
    hopeless = 0
    for seed in range(80):
        space = random_tight_space(seed)
        lowest = least_bad(space)
        if lowest <= 1.0:
            batch = empty_batch(1, 3)
            batch.factors[0] = find_start(space, space_arrays(space))
            batch.keep[0] = space.keep_must
            mapping, tiles = batch.mapping(0), tiles_of(space.layer, batch.mapping(0))
            assert not list(limits_broken(space.layer, space.architecture, mapping, tiles))
        else:
            hopeless += 1
            with pytest.raises(NoValidMappingError) as error:
                sample(space, 3, seed)
            assert max(v.ratio for v in error.value.violations) == pytest.approx(lowest)
    assert 10 < hopeless < 70


def test_the_reason_names_level_value_limit_and_ratio() -> None:
    rule = LevelDataflow(whole=frozenset({"R", "S"}), keep=frozenset({"Weights"}))
    layer = Layer("7x7", K=64, R=7, S=7)
    space = MapSpace(layer, machine(spad=12), Dataflow({"Spad": rule}))
    with pytest.raises(NoValidMappingError) as error:
        sample(space, 1, 0)
    assert error.value.layer == "7x7"
    assert error.value.violations == (Violation("capacity", "Spad", "Weights", 49, 12),)
    assert error.value.violations[0].ratio == pytest.approx(49 / 12)
    assert "layer '7x7' has no valid mapping on 'small'" in str(error.value)
    assert "Spad Weights: capacity 49 of at most 12 words (4.08 times)" in str(error.value)
    assert "gave up" not in str(error.value)


def test_what_must_be_kept_may_not_fit_even_with_one_word_each() -> None:
    rule = LevelDataflow(keep=frozenset({"Weights", "Inputs"}))
    space = MapSpace(Layer("one"), machine(spad=1), Dataflow({"Spad": rule}))
    with pytest.raises(NoValidMappingError) as error:
        sample(space, 1, 0)
    assert error.value.violations == (Violation("capacity", "Spad", "Weights+Inputs", 2, 1),)


def test_a_fan_out_can_be_the_reason() -> None:
    nowhere, on_x = LevelDataflow(temporal=frozenset()), frozenset({"K"})
    glb = LevelDataflow(temporal=frozenset(), spatial_x=on_x, spatial_y=frozenset())
    dataflow = Dataflow({"DRAM": nowhere, "GLB": glb, "Spad": nowhere})
    with pytest.raises(NoValidMappingError) as error:
        sample(MapSpace(Layer("wide", K=5), machine(), dataflow), 1, 0)
    assert error.value.violations[0] == Violation("fanout_x", "GLB", None, 5, 2)


def test_a_hopeless_search_ends_and_says_that_it_gave_up() -> None:
    """Twenty primes over eighteen places of two, in more ways than can be looked at."""
    levels = [StorageLevel("L0", kind="dram")]
    levels += [StorageLevel(f"L{i}", mesh_x=2**i, mesh_y=2**i) for i in range(1, 9)]
    deep = Architecture("deep", tuple(levels), MacArray(16, 2**9, 2**9))
    no_time = dict.fromkeys([x.name for x in levels], LevelDataflow(temporal=frozenset()))
    space = MapSpace(Layer("wide", K=2**10, C=2**10), deep, Dataflow(no_time, single_axis=False))
    with pytest.raises(NoValidMappingError, match=f"gave up after {MAX_START_NODES}") as error:
        sample(space, 1, 0)
    assert {v.constraint for v in error.value.violations} <= {"fanout_x", "fanout_y"}
    assert error.value.violations


def test_what_has_no_place_further_out_is_proved_hopeless_without_search() -> None:
    whole = LevelDataflow(whole=frozenset("KCPQ"), keep=frozenset({"Weights"}))
    layer = Layer("huge", K=2**10, C=2**10, P=2**20, Q=2**20)
    with pytest.raises(NoValidMappingError) as error:
        sample(MapSpace(layer, machine(glb=2**19), Dataflow({"GLB": whole})), 1, 0)
    assert error.value.violations[0] == Violation("capacity", "GLB", "Weights", 2**20, 2**19)
    assert "gave up" not in str(error.value)
