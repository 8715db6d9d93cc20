"""Imperfect factors: rounded-up layers, mapped and counted as they are."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from random import Random

import numpy as np
import pytest
from executor import execute

from bohwsw.clock import Clock
from bohwsw.errors import NoValidMappingError
from bohwsw.mapper.branch_and_bound import BranchAndBoundMapper
from bohwsw.mapper.imperfect_mapper import ImperfectMapper, rounded_sizes
from bohwsw.mapper.mapper import MapperResult
from bohwsw.mapping.dataflow import Dataflow, LevelDataflow
from bohwsw.mapping.mapspace import MapSpace
from bohwsw.mapping.nest import LevelNest, Mapping
from bohwsw.simulator.imperfect import simulate_imperfect
from bohwsw.testing.small_map_spaces import KINDS, Place, costs, machine, places
from bohwsw.workload import DATA_SPACES, DIMENSION_INDEX, Layer

PRICES = costs(3)
FIVE_ROWS = machine(glb=200, spad=12, mesh=(5, 1))


def space_of(**sizes: int) -> MapSpace:
    return MapSpace(Layer("uneven", **sizes), FIVE_ROWS)


def test_a_dimension_that_does_not_divide_fills_the_array() -> None:
    space = space_of(K=9, C=3)
    found = BranchAndBoundMapper(gap=0.0).search(space, PRICES)
    better = ImperfectMapper().improve(space, PRICES, found)
    assert found.mapping.compute_cycles == 9  # 3 of 5 rows
    assert better.evaluation.latency_cycles == 6
    assert (better.evaluation.edp_pj_cycles or 0) < (found.evaluation.edp_pj_cycles or 0)
    assert better.mapping.factor_products() != space.layer.sizes
    assert 0.0 < better.lower_bound <= (better.evaluation.edp_pj_cycles or 0)
    assert better.gap < 0.5
    counted = simulate_imperfect(space.layer, space.architecture, better.mapping, PRICES)
    assert better.evaluation == counted


def test_the_result_is_never_worse_and_valid() -> None:
    for sizes in ({"K": 5}, {"K": 10, "P": 5}, {"K": 7, "C": 2, "P": 3, "R": 2}):
        space = space_of(**sizes)
        found = BranchAndBoundMapper(gap=0.0).search(space, PRICES)
        better = ImperfectMapper().improve(space, PRICES, found)
        assert better.evaluation.valid
        assert (better.evaluation.edp_pj_cycles or 0) <= (found.evaluation.edp_pj_cycles or 0)
        if better.mapping.factor_products() == space.layer.sizes:
            assert better.mapping == found.mapping


def test_roundings_need_fewer_cycles_first_and_leave_the_layer_out() -> None:
    space = space_of(K=8, C=3)
    sizes = rounded_sizes(space, 1000)
    own = [*space.layer.sizes.values()]
    assert not (sizes == own).all(axis=1).any()
    assert (sizes >= own).all()
    least = [-(-int(np.prod(row)) // 5) for row in sizes]
    assert least[0] == min(least)
    assert [8, 10] in [sorted((8, int(row[DIMENSION_INDEX["K"]]))) for row in sizes]


@pytest.mark.parametrize("outputs", [3, 4, 7])
def test_counts_are_those_of_step_by_step_execution(outputs: int) -> None:
    space = space_of(K=8, P=outputs)
    found = BranchAndBoundMapper(gap=0.0).search(space, PRICES)
    better = ImperfectMapper().improve(space, PRICES, found)
    executed = execute(space.layer, better.mapping, "advance")
    assert executed.executed == executed.distinct == space.layer.macs
    for index, level in enumerate(better.evaluation.levels):
        for data_space, counts in level.data_spaces.items():
            spots = executed.accesses[index, data_space]
            busiest = spots[next(iter(spots))]
            assert (counts.reads, counts.fills, counts.updates) == busiest


def imperfect_splits(size: int, slots: list[Place]) -> Iterator[dict[Place, int]]:
    """All ways to split a dimension over slots, innermost first, each loop rounded up."""
    if not slots:
        if size == 1:
            yield {}
        return
    for factor in range(1, size + 1):
        for rest in imperfect_splits(-(-size // factor), slots[1:]):
            yield {slots[0]: factor, **rest} if factor > 1 else rest


def all_imperfect_mappings(space: MapSpace) -> Iterator[Mapping]:
    """Every mapping of a machine with all fan-out on X where all that can be kept is kept."""
    dims = [dim for dim, size in space.layer.sizes.items() if size > 1]
    depth = space.architecture.depth
    inwards = sorted(places(space, dims[0]), key=lambda place: (place[0], place[1] != "temporal"))
    for splits in itertools.product(
        *(imperfect_splits(space.layer.sizes[dim], inwards[::-1]) for dim in dims)
    ):
        loops = [
            [(dim, where[slot]) for dim, where in zip(dims, splits, strict=True) if slot in where]
            for slot in itertools.product(range(depth), KINDS)
        ]
        for ordered in itertools.product(*map(itertools.permutations, loops)):
            yield Mapping(
                tuple(
                    LevelNest(*ordered[3 * i : 3 * i + 3], keep=level.keeps)
                    for i, level in enumerate(space.architecture.levels)
                )
            )


def test_against_brute_force_it_seldom_misses_the_optimum() -> None:
    """It proves nothing, but on tiny layers, where all can be counted, it finds most optima."""
    rows = {"GLB": DATA_SPACES, "Spad": ("Weights", "Inputs")}
    dataflow = Dataflow({name: LevelDataflow(keep=frozenset(x)) for name, x in rows.items()})
    over, perfect_over = [], []
    for seed in range(12):
        rng = Random(seed)
        layer = Layer("tiny", **{dim: rng.choice((2, 3, 5)) for dim in rng.sample("KCPR", 2)})
        chip = machine(rng.choice((12, 20, 40)), rng.choice((5, 9, 14)), (rng.randint(2, 5), 1))
        space = MapSpace(layer, chip, dataflow)
        every = (simulate_imperfect(layer, chip, m, PRICES) for m in all_imperfect_mappings(space))
        optimum = min(x.edp_pj_cycles or 0.0 for x in every if x.valid)
        found = BranchAndBoundMapper(gap=0.0).search(space, PRICES)
        better = ImperfectMapper().improve(space, PRICES, found)
        assert better.lower_bound <= optimum
        over.append((better.evaluation.edp_pj_cycles or 0.0) / optimum)
        perfect_over.append((found.evaluation.edp_pj_cycles or 0.0) / optimum)
    assert min(over) >= 1.0 - 1e-9
    assert np.mean(np.array(over) < 1.0 + 1e-9) >= 0.8
    assert np.mean(np.array(perfect_over) > 1.1) >= 0.25


def test_the_first_roundings_of_many_are_those_of_all() -> None:
    space = space_of(K=8, C=3, P=5)
    every = rounded_sizes(space, 1000)
    assert len(every) > 4
    assert np.array_equal(rounded_sizes(space, 4), every[:4])


def test_no_time_leaves_the_perfect_mapping() -> None:
    space = space_of(K=5)
    found = BranchAndBoundMapper(gap=0.0).search(space, PRICES)
    hasty = ImperfectMapper().improve(space, PRICES, found, clock=Clock.of(0.0))
    assert hasty.mapping == found.mapping


class TooLarge(BranchAndBoundMapper):
    """Finds nothing, as where a layer rounded up does not fit."""

    def search(self, *args: object, **settings: object) -> MapperResult:
        raise NoValidMappingError("too large", "uneven", ())


def test_roundings_that_do_not_fit_are_passed_over() -> None:
    space = space_of(K=9, C=3)
    found = BranchAndBoundMapper(gap=0.0).search(space, PRICES)
    kept = ImperfectMapper(inner=TooLarge()).improve(space, PRICES, found)
    assert kept.mapping == found.mapping
