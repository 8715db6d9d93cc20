"""Mappings packed into arrays and unpacked again."""

from __future__ import annotations

from random import Random

import numpy as np
from random_nests import random_layer, random_mapping

from bohwsw.mapping.batch import SPATIAL_Y, TEMPORAL, batch_of, empty_batch
from bohwsw.mapping.nest import LevelNest, Mapping
from bohwsw.workload import DIMENSION_INDEX


def test_packing_loses_nothing() -> None:
    for seed in range(30):
        rng = Random(seed)
        depth = rng.randint(1, 6)
        mappings = [random_mapping(rng, random_layer(rng, 500), depth) for _ in range(5)]
        batch = batch_of(mappings)
        assert (batch.size, batch.depth) == (5, depth)
        assert [batch.mapping(row) for row in range(5)] == mappings
        rows = np.array([3, 1])
        assert [batch.select(rows).mapping(row) for row in range(2)] == [mappings[3], mappings[1]]


def test_layout() -> None:
    nest = LevelNest(temporal=(("C", 3), ("K", 2)), spatial_y=(("P", 4),), keep=frozenset())
    batch = batch_of([Mapping((LevelNest(), nest))])
    assert batch.factors.shape == batch.order.shape == (1, 2, 3, 8)
    assert batch.factors[0, 1, TEMPORAL, DIMENSION_INDEX["C"]] == 3
    assert batch.factors[0, 1, SPATIAL_Y, DIMENSION_INDEX["P"]] == 4
    assert batch.factors.prod() == 24
    assert list(batch.order[0, 1, TEMPORAL, -2:]) == [DIMENSION_INDEX["C"], DIMENSION_INDEX["K"]]
    assert sorted(batch.order[0, 1, TEMPORAL]) == list(range(8))
    assert batch.keep.tolist() == [[[True] * 3, [False] * 3]]


def test_loops_of_one_are_left_out() -> None:
    mapping = Mapping((LevelNest(temporal=(("C", 1), ("K", 2))),))
    assert batch_of([mapping]).mapping(0) == Mapping((LevelNest(temporal=(("K", 2),)),))


def test_empty() -> None:
    assert batch_of([]).size == 0
    assert empty_batch(3, 2).mapping(0) == Mapping((LevelNest(), LevelNest()))
