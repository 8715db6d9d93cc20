"""Layers whose steps wait for one another: weights stay on the chip if they fit, else not."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import numpy as np
import pytest

from bohwsw.arch import Architecture, MacArray, StorageLevel
from bohwsw.errors import NoValidMappingError
from bohwsw.mapper import AnnealingMapper, BranchAndBoundMapper, Mapper, RandomMapper
from bohwsw.mapper.imperfect_mapper import ImperfectMapper
from bohwsw.mapping import LevelNest, Mapping, MapSpace, sample, sample_uniform, violations
from bohwsw.mapping_search import MappingSpace, SequentialMapper
from bohwsw.simulator import hardware_batch, simulate, simulate_batch
from bohwsw.testing.small_map_spaces import (
    costs,
    machine,
    random_space,
    tiny_space,
    valid_mappings,
)
from bohwsw.workload import Layer

STEPS = 5
LAYER = Layer("recurrent", K=6, C=4, P=STEPS, sequential="P")
"""A matrix of 24 words; a step takes 4 and makes 6."""


def buffers(*entries: int, mesh: int = 1) -> Architecture:
    """DRAM and buffers, the last of them once for each of ``mesh`` units."""
    levels = [StorageLevel("DRAM", kind="dram")]
    for position, size in enumerate(entries):
        width = mesh if position == len(entries) - 1 else 1
        levels.append(StorageLevel(f"B{position}", entries=size, mesh_x=width))
    return Architecture("buffers", tuple(levels), MacArray(mesh_x=mesh))


def weights_read(architecture: Architecture, layer: Layer = LAYER) -> int:
    """Words of Weights that the proven best mapping reads from DRAM."""
    space = MapSpace(layer, architecture)
    found = BranchAndBoundMapper(gap=0.0).search(
        space, costs(architecture.depth), objective="energy", evaluations=500
    )
    assert found.gap == 0.0
    return int(found.evaluation.levels[0].data_spaces["Weights"].reads)


@pytest.mark.parametrize(
    ("architecture", "times"),
    [
        (buffers(24 + 4 + 6), 1),
        (buffers(12), STEPS),
        (buffers(24 + 4 + 6, 3), 1),
        (buffers(4 + 6, 6 + 4 + 6, mesh=4), 1),
        (buffers(4 + 6, 8, mesh=2), STEPS),
    ],
    ids=["all fits", "half", "outer buffer", "spread", "too few"],
)
def test_weights_that_fit_are_read_once_others_at_each_step(
    architecture: Architecture, times: int
) -> None:
    """By hand: the matrix has 24 words, in the last but one case 6 of them beside each unit."""
    assert weights_read(architecture) == 24 * times


@pytest.mark.parametrize(
    ("architecture", "times"),
    [
        (buffers(6), 1),
        (buffers(5), 4),
        (buffers(6, 1), 1),
        (buffers(5, 5), 4),
        (buffers(1, 3, mesh=2), 1),
        (buffers(5, 2, mesh=2), 4),
    ],
)
def test_no_mapping_reads_weights_less_often(architecture: Architecture, times: int) -> None:
    """A matrix of 6 words in 4 steps, over all mappings there are."""
    layer = Layer("small", K=3, C=2, Q=4, sequential="Q")
    prices = costs(architecture.depth)
    reads = [
        simulate(layer, architecture, mapping, prices).levels[0].data_spaces["Weights"].reads
        for mapping in valid_mappings(MapSpace(layer, architecture))
    ]
    assert min(reads) == 6 * times


def test_steps_that_do_not_wait_may_share_a_tile_of_weights() -> None:
    """That is what the field forbids: half of the matrix, for all steps, then the other half."""
    free = Layer("free", K=6, C=4, P=STEPS)
    nest = Mapping(
        (LevelNest((("K", 2),)), LevelNest((("K", 3), ("C", 4), ("P", STEPS)))),
    )
    architecture, prices = buffers(12 + 20 + 15), costs(2)
    found = simulate(free, architecture, nest, prices)
    assert found.levels[0].data_spaces["Weights"].reads == 24
    (broken,) = simulate(LAYER, architecture, nest, prices).violations
    assert (broken.constraint, broken.value) == ("steps_at_once", STEPS)


@pytest.mark.parametrize("seed", range(6))
def test_all_that_samples_or_searches_stays_in_the_map_space(seed: int) -> None:
    rng = Random(seed)
    dim = rng.choice("NPQ")
    layer = Layer("r", **{dim: 3, "K": 2, rng.choice("CG"): 2}, sequential=dim)
    space = random_space(rng, layer, machine(rng.choice((None, 9)), 6, (2, 1)))
    allowed = valid_mappings(space)
    if not allowed:
        with pytest.raises(NoValidMappingError):
            sample(space, 1, seed)
        return
    batches = [sample(space, 60, seed), sample_uniform(space, 30, seed)[0]]
    for batch in batches:
        assert {batch.mapping(row) for row in range(batch.size)} <= allowed
    searches: list[Callable[[], Mapper]] = [RandomMapper, AnnealingMapper, BranchAndBoundMapper]
    free = Layer("free", **layer.sizes)
    other = sample(MapSpace(free, space.architecture), 3, seed)
    starts = [other.mapping(row) for row in range(3)]
    for mapper in searches:
        found = mapper().search(space, costs(3), evaluations=600, seed=seed, warm_starts=starts)
        assert found.mapping in allowed


def test_scalar_and_batch_agree_on_what_is_valid() -> None:
    free = Layer("free", K=2, N=2, P=4)
    layer = Layer("r", K=2, N=2, P=4, sequential="P")
    architecture = machine(20, 6, (2, 2))
    batch = sample(MapSpace(free, architecture), 300, seed=1)
    found = simulate_batch(
        layer, hardware_batch([(architecture, costs(3))]), batch, with_counts=True
    )
    counts, valid = found.counts, 0
    assert counts is not None
    for row in range(batch.size):
        scalar = simulate(layer, architecture, batch.mapping(row), costs(3))
        broken = violations(layer, architecture, batch.mapping(row))
        assert found.valid[row] == scalar.valid == (not broken)
        assert found.latency_cycles[row] == (scalar.latency_cycles or 0)
        if broken:
            assert found.worst_ratio[row] == max(x.ratio for x in broken)
            assert not counts[row].any()
        valid += scalar.valid
    assert 0 < valid < batch.size


def test_a_mapping_space_has_no_parameter_for_the_steps() -> None:
    architecture = machine(60, 6, (2, 2))
    space = MappingSpace(LAYER, architecture)
    assert not any("P" in parameter.name.split("_")[1:] for parameter in space.parameters)
    for point in space.sample(20, np.random.default_rng(3)):
        assert not violations(LAYER, architecture, space.mapping_of(point))
    nest = sample(MapSpace(LAYER, architecture), 1, seed=0).mapping(0)
    assert space.mapping_of(space.point_of(nest)).levels[0].temporal[0] == ("P", STEPS)
    result = SequentialMapper(strategy="random").search(
        MapSpace(LAYER, architecture), costs(3), evaluations=15
    )
    assert result.evaluation.valid


def test_imperfect_factors_leave_the_steps_alone() -> None:
    space = MapSpace(Layer("r", K=5, C=3, P=4, sequential="P"), machine(60, 6, (2, 2)))
    found = BranchAndBoundMapper().search(space, costs(3), evaluations=500)
    better = ImperfectMapper(roundings=3).improve(space, costs(3), found)
    assert better.evaluation.valid
    assert better.mapping.levels[0].temporal[0] == ("P", 4)
    assert better.evaluation.edp_pj_cycles <= found.evaluation.edp_pj_cycles


def test_the_size_of_the_map_space_counts_what_is_there() -> None:
    free, waits = tiny_space(layer=Layer("r", K=2, P=3)), Layer("r", K=2, P=3, sequential="P")
    space = tiny_space(layer=waits)
    assert space.size().factorisations == free.count_factorisations("K")
    assert space.size().permutations == 1 * 2 * 2
    assert free.size().permutations == 2 * 2 * 2
    assert all(x.levels[0].temporal[0] == ("P", 3) for x in valid_mappings(space))
