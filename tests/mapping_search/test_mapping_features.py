"""Features of mappings: each against its definition on the scalar form of a mapping."""

from __future__ import annotations

import math
from random import Random

import numpy as np
import pytest

from bohwsw.arch import Architecture
from bohwsw.mapping.batch import batch_of
from bohwsw.mapping.mapspace import MapSpace
from bohwsw.mapping.nest import LevelNest, Mapping
from bohwsw.mapping.sampling import sample
from bohwsw.mapping.tiles import tiles_of
from bohwsw.mapping_search import MappingCodec
from bohwsw.mapping_search.mapping_features import (
    feature_names,
    mapping_features,
    passing_tiles,
    refetches,
)
from bohwsw.testing.small_map_spaces import machine
from bohwsw.workload import DATA_SPACES, RELEVANT_DIMENSIONS, Layer

LAYER = Layer("strided", K=8, C=6, P=6, Q=4, R=3, S=2, stride_w=2)
ALL = frozenset(DATA_SPACES)


def roomy() -> Architecture:
    return machine(glb=300, spad=40, mesh=(4, 3))


def refetch_by_walking(mapping: Mapping, level: int, data_space: str) -> int:
    """How often a tile of a level is brought in: all loops but those inside the last that moves."""
    loops = [loop for block in mapping.levels[:level] for loop in block.temporal if loop[1] > 1]
    while loops and loops[-1][0] not in RELEVANT_DIMENSIONS[data_space]:
        loops.pop()
    return math.prod(factor for _, factor in loops)


def instances_by_walking(mapping: Mapping, level: int, data_space: str) -> int:
    """How many instances of a level hold different words: by the loops in space outside it."""
    loops = [
        loop for block in mapping.levels[:level] for loop in (*block.spatial_x, *block.spatial_y)
    ]
    return math.prod(factor for dim, factor in loops if dim in RELEVANT_DIMENSIONS[data_space])


def test_refetches_tiles_and_words_equal_their_definitions() -> None:
    space = MapSpace(LAYER, roomy())
    batch = sample(space, 60, seed=1)
    often = np.exp2(refetches(batch))
    passing = passing_tiles(LAYER, batch)
    total = np.zeros((batch.size, batch.depth))
    bypassed = spread = 0
    for row in range(batch.size):
        mapping = batch.mapping(row)
        words = tiles_of(LAYER, mapping).words
        for position, name in enumerate(DATA_SPACES):
            tile, refetch = 1.0, float(mapping.compute_cycles)
            instances = instances_by_walking(mapping, batch.depth, name)
            for level in range(batch.depth - 1, -1, -1):
                walked = refetch_by_walking(mapping, level, name)
                assert often[row, level, position] == pytest.approx(walked)
                if name in mapping.levels[level].keep:
                    tile, refetch = words[level][name], walked
                    instances = instances_by_walking(mapping, level, name)
                    spread += instances > 1
                else:
                    bypassed += 1
                assert 2.0 ** passing.tile[row, level, position] == pytest.approx(tile)
                assert 2.0 ** passing.refetch[row, level, position] == pytest.approx(refetch)
                assert 2.0 ** passing.instances[row, level, position] == pytest.approx(instances)
                total[row, level] += tile * refetch * instances
    np.testing.assert_allclose(np.exp2(passing.words), total)
    assert bypassed > 20
    assert spread > 20


def test_a_mapping_read_by_hand() -> None:
    layer = Layer("tiny", K=4, C=4, P=2)
    mapping = Mapping(
        (
            LevelNest(temporal=(("C", 2), ("K", 2))),
            LevelNest(
                temporal=(("K", 2),), spatial_x=(("C", 2),), keep=frozenset({"Inputs", "Outputs"})
            ),
            LevelNest(temporal=(("P", 2),), keep=frozenset({"Weights"})),
        )
    )
    codec = MappingCodec(MapSpace(layer, machine()))
    values = mapping_features(codec, batch_of([mapping]))[0]
    found = dict(zip(feature_names(codec), values.tolist(), strict=True))
    # The global buffer holds Inputs of 2 channels x 2 columns and brings them in twice (C), not
    # again for K; Weights pass it by, so theirs are the scratchpad's: 1 word for C, K and K again.
    assert found["tile_GLB_Inputs"] == 2.0
    assert found["refetch_GLB_Inputs"] == 1.0
    assert found["tile_GLB_Outputs"] == 2.0
    assert found["refetch_GLB_Outputs"] == 2.0
    assert found["tile_GLB_Weights"] == found["tile_Spad_Weights"] == 0.0
    assert found["refetch_GLB_Weights"] == found["refetch_Spad_Weights"] == 3.0
    # Inputs pass the scratchpad by: one word of them, every cycle.
    assert (found["tile_Spad_Inputs"], found["refetch_Spad_Inputs"]) == (0.0, 4.0)
    # Past the global buffer: 4 words twice, 4 words four times; of the Weights 8 different ones for
    # each of the 2 columns (which split C). Past the scratchpad: Weights as before, one word of
    # Inputs and of Outputs every cycle, Inputs different in each column, Outputs not.
    assert 2.0 ** found["words_GLB"] == pytest.approx(4 * 2 + 4 * 4 + 8 * 2)
    assert 2.0 ** found["words_Spad"] == pytest.approx(8 * 2 + 16 * 2 + 16)
    assert [found[name] for name in ("columns_used", "rows_used", "units_used")] == [1.0, 0.0, 1.0]
    assert found["factor_DRAM_C"] == found["factor_array_C"] == found["factor_inside_P"] == 1.0
    assert found["factor_inside_K"] == 0.0
    assert found["keep_GLB_Weights"] == 0.0
    assert found["keep_GLB_Inputs"] == 1.0


def test_words_can_be_left_out() -> None:
    codec = MappingCodec(MapSpace(LAYER, roomy()))
    batch = sample(codec.space, 5, seed=1)
    names, short = feature_names(codec), feature_names(codec, words=False)
    assert set(names) - set(short) == {"words_GLB", "words_Spad"}
    kept = [names.index(name) for name in short]
    np.testing.assert_array_equal(
        mapping_features(codec, batch, words=False), mapping_features(codec, batch)[:, kept]
    )


@pytest.mark.parametrize("seed", range(3))
def test_shape_and_independence_of_the_batch(seed: int) -> None:
    rng = Random(seed)
    layer = Layer("any", K=rng.choice([1, 6]), C=rng.choice([2, 5]), P=4, R=3, stride_w=2)
    codec = MappingCodec(MapSpace(layer, roomy()))
    batch = sample(codec.space, 20, seed)
    values = mapping_features(codec, batch)
    assert values.shape == (20, len(feature_names(codec)))
    assert len(set(feature_names(codec))) == values.shape[1]
    assert np.isfinite(values).all()
    np.testing.assert_array_equal(values[[7]], mapping_features(codec, batch.select(np.array([7]))))
    assert mapping_features(codec, batch.select(np.arange(0))).shape == (0, values.shape[1])


def test_loops_of_factor_one_do_not_matter() -> None:
    codec = MappingCodec(MapSpace(LAYER, roomy()))
    batch = sample(codec.space, 50, seed=3)
    plain = batch_of([batch.mapping(row) for row in range(batch.size)])
    np.testing.assert_allclose(mapping_features(codec, batch), mapping_features(codec, plain))
