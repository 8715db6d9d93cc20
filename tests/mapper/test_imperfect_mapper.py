"""Imperfect factors: rounded-up layers, mapped and counted as they are."""

from __future__ import annotations

import numpy as np
import pytest
from executor import execute
from small_map_spaces import costs, machine

from bohwsw.mapper.branch_and_bound import BranchAndBoundMapper
from bohwsw.mapper.imperfect_mapper import ImperfectMapper, rounded_sizes
from bohwsw.mapping.mapspace import MapSpace
from bohwsw.simulator.imperfect import simulate_imperfect
from bohwsw.workload import DIMENSION_INDEX, Layer

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
    assert better.lower_bound == 0.0
    assert better.gap == float("inf")
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
    sizes = rounded_sizes(space)
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
