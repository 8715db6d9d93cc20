"""Tiles against the indices that the loops really visit."""

from __future__ import annotations

import itertools
from random import Random

from random_nests import random_layer, random_mapping

from bohwsw.mapping.nest import LevelNest, Mapping
from bohwsw.mapping.tiles import tiles_of
from bohwsw.workload import DATA_SPACES, DIMENSIONS, Layer, tensor_words, tile_words


def test_worked_by_hand() -> None:
    layer = Layer("hand", K=8, C=4, P=6, R=3, stride_w=2)
    mapping = Mapping(
        (
            LevelNest(temporal=(("K", 2), ("P", 3))),
            LevelNest(temporal=(("C", 2),), spatial_x=(("K", 4), ("P", 2))),
            LevelNest(temporal=(("C", 2), ("R", 3))),
        )
    )
    tiles = tiles_of(layer, mapping)
    assert [e["P"] for e in tiles.extents] == [6, 2, 1, 1]
    assert [e["C"] for e in tiles.extents] == [4, 4, 2, 1]
    assert [e["K"] for e in tiles.child_extents] == [4, 4, 1]
    assert [w["Inputs"] for w in tiles.words] == [4 * 13, 4 * 5, 2 * 3, 1]
    assert [w["Inputs"] for w in tiles.union_words] == [4 * 5, 2 * 5, 1]
    assert [w["Weights"] for w in tiles.words] == [96, 48, 6, 1]


def test_extents_count_the_indices_inside() -> None:
    for seed in range(60):
        rng = Random(seed)
        layer = random_layer(rng, most_macs=200)
        mapping = random_mapping(rng, layer, rng.randint(1, 5))
        tiles = tiles_of(layer, mapping)
        assert tiles.extents[0] == layer.sizes
        for level in range(len(mapping.levels)):
            for extents, words, own in (
                (tiles.extents[level], tiles.words[level], True),
                (tiles.child_extents[level], tiles.union_words[level], False),
            ):
                assert extents == visited(mapping, level, own_temporal=own)
                assert words == {s: tile_words(layer, s, extents) for s in DATA_SPACES}
        assert tiles.words[0] == {s: tensor_words(layer, s) for s in DATA_SPACES}


def visited(mapping: Mapping, level: int, own_temporal: bool) -> dict[str, int]:
    """For each dimension, the number of different indices of the loops in blocks >= level."""
    counts = {}
    for dim in DIMENSIONS:
        bounds = []
        for index in range(level, len(mapping.levels)):
            block = mapping.levels[index]
            loops = (block.temporal if own_temporal or index > level else ()) + block.spatial
            bounds += [factor for name, factor in loops if name == dim]
        counts[dim] = len(list(itertools.product(*(range(bound) for bound in bounds))))
    return counts
