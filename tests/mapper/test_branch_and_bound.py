"""The branch-and-bound mapper: optimal in exact mode, and its bound never above the optimum."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any, get_args

import numpy as np
import pytest
from random_problems import Problem, random_problem

from bohwsw.arch import Architecture, MacArray, StorageLevel
from bohwsw.errors import NoValidMappingError
from bohwsw.mapper import branch_and_bound
from bohwsw.mapper.annealing import AnnealingMapper
from bohwsw.mapper.branch_and_bound import BranchAndBoundMapper
from bohwsw.mapper.mapper import OBJECTIVES, MapperResult, Objective
from bohwsw.mapper.skeleton_search import units_moved
from bohwsw.mapping.dataflow import Dataflow, LevelDataflow
from bohwsw.mapping.mapspace import MapSpace
from bohwsw.mapping.nest import LevelNest, Mapping
from bohwsw.simulator.costs import Costs
from bohwsw.simulator.reference import simulate
from bohwsw.tech.technology import StorageCost
from bohwsw.testing.mappers import LAYER, MapperConformance, same, value
from bohwsw.testing.small_map_spaces import costs, machine
from bohwsw.workload import DATA_SPACES, Layer

PROBLEMS, BLOCK = 210, 15
ROUNDING = 1e-9
CONV = MapSpace(LAYER, machine(200, 12, (4, 2)))


class TestBranchAndBoundMapper(MapperConformance):
    mapper = BranchAndBoundMapper(gap=0.0)
    stops_at_budget = False


def search(problem: Problem, objective: Objective, seed: int = 0, **settings: Any) -> MapperResult:
    """A search that starts from one random mapping."""
    mapper = BranchAndBoundMapper(**{"start_evaluations": 1, "gap": 0.0, **settings})
    return mapper.search(problem.space, problem.costs, objective=objective, seed=seed)


def check(problem: Problem, objective: Objective, result: MapperResult) -> float:
    """Mapping, value and bound belong together; returns the value over the optimum."""
    space, best = problem.space, float(problem.values(objective).min())
    found = simulate(space.layer, space.architecture, result.mapping, problem.costs)
    assert found.valid
    assert found == result.evaluation
    assert result.trace[-1] == pytest.approx(value(found, objective), rel=ROUNDING)
    assert 0.0 < result.lower_bound <= best * (1 + ROUNDING)
    return value(found, objective) / best


@pytest.mark.parametrize("block", range(PROBLEMS // BLOCK))
def test_against_brute_force(block: int) -> None:
    """Exact, within a gap, and stopped at once, for every objective."""
    for seed in range(block * BLOCK, (block + 1) * BLOCK):
        problem = random_problem(seed)
        for objective in get_args(Objective):
            case = (seed, objective)
            if not problem.results.valid.any():
                with pytest.raises(NoValidMappingError):
                    search(problem, objective, seed)
                continue
            exact = search(problem, objective, seed)
            assert check(problem, objective, exact) == pytest.approx(1.0, rel=ROUNDING), case
            assert exact.gap == pytest.approx(0.0, abs=ROUNDING), case
            near = search(problem, objective, seed, gap=0.1)
            assert check(problem, objective, near) <= 1.1 * (1 + ROUNDING), case
            assert near.gap <= 0.1 + ROUNDING, case
            hasty = search(problem, objective, seed, seconds=0.0)
            assert check(problem, objective, hasty) >= 1.0 - ROUNDING, case


def test_brute_force_leaves_something_to_find() -> None:
    """What searches start from is seldom the optimum, and their first bound seldom tight."""
    started = []
    for seed in range(60):
        problem = random_problem(seed)
        if problem.results.valid.any():
            result = search(problem, "edp", seed, seconds=0.0)
            best = problem.values("edp").min()
            started.append((float(result.trace[-1]) / best, result.lower_bound / best))
    values, bounds = np.array(started).T
    assert np.mean(values > 1.01) > 0.6
    assert np.mean(bounds < 0.99) > 0.2


def test_hops_leave_the_bound_valid() -> None:
    loose = 0
    for seed in range(20):
        problem = random_problem(seed, hops=True)
        for objective in get_args(Objective):
            if problem.results.valid.any():
                result = search(problem, objective, seed)
                over = check(problem, objective, result)
                assert over >= 1.0 - ROUNDING, (seed, objective)
                assert not result.hops_in_bound
                loose += result.gap > 0.01
                if objective == "latency":
                    assert over <= 1.0 + ROUNDING, seed
    assert loose > 0


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_the_gap_says_how_far_the_result_may_be_off(objective: Objective) -> None:
    exact = BranchAndBoundMapper(gap=0.0).search(CONV, costs(3), objective=objective)
    best = value(exact.evaluation, objective)
    bounds, evaluations = [], []
    for gap in (10.0, 0.5, 0.1, 0.01, 0.0):
        mapper = BranchAndBoundMapper(gap=gap, start_evaluations=1)
        result = mapper.search(CONV, costs(3), objective=objective)
        found = value(result.evaluation, objective)
        assert result.gap == pytest.approx(found / result.lower_bound - 1.0, abs=ROUNDING)
        assert result.gap <= gap + ROUNDING
        assert result.lower_bound <= best * (1 + ROUNDING) <= found * (1 + 2 * ROUNDING)
        bounds.append(result.lower_bound)
        evaluations.append(result.evaluations)
    assert bounds == sorted(bounds)
    assert evaluations == sorted(evaluations)
    assert evaluations[0] < evaluations[-1]


def test_stopped_at_once_it_returns_where_it_starts() -> None:
    start = AnnealingMapper().search(CONV, costs(3), evaluations=50, seed=3)
    mapper = BranchAndBoundMapper(seconds=0.0, start_evaluations=50)
    result = mapper.search(CONV, costs(3), seed=3)
    assert result.mapping == start.mapping
    assert result.evaluations == 50
    assert 0.0 < result.gap < math.inf
    assert start.gap == math.inf


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_no_other_mapper_does_better(objective: Objective) -> None:
    mapper = BranchAndBoundMapper(start_evaluations=1, gap=0.0)
    exact = mapper.search(CONV, costs(3), objective=objective)
    assert exact.gap <= ROUNDING
    for seed in range(3):
        other = AnnealingMapper().search(
            CONV, costs(3), objective=objective, evaluations=30_000, seed=seed
        )
        assert value(other.evaluation, objective) >= exact.lower_bound * (1 - ROUNDING)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_no_valid_mapping_whatever_the_time(objective: Objective) -> None:
    rule = LevelDataflow(whole=frozenset({"R"}), keep=frozenset({"Weights"}))
    space = MapSpace(Layer("row", R=9), machine(spad=8), Dataflow({"Spad": rule}))
    for mapper in (BranchAndBoundMapper(seconds=0.0), BranchAndBoundMapper(gap=5.0)):
        with pytest.raises(NoValidMappingError):
            mapper.search(space, costs(3), objective=objective)


def test_loops_that_move_inputs_to_and_fro() -> None:
    """P advances while R goes back, K inside: the input stays, as the counting rules have it."""
    levels = (StorageLevel("DRAM", kind="dram"), StorageLevel("buffer", entries=1))
    space = MapSpace(Layer("conv", K=2, P=2, R=2), Architecture("two", levels, MacArray()))
    prices = (StorageCost(10.0, 10.0, 1.0, None), StorageCost(1.0, 0.0, 0.0, None))
    mapper = BranchAndBoundMapper(start_evaluations=1, gap=0.0)
    result = mapper.search(space, Costs(prices, (0.0, 0.0), 0.5), objective="energy")
    assert (result.evaluation.energy_pj, result.lower_bound) == (170.0, 170.0)
    assert [dim for dim, _ in result.mapping.levels[0].temporal] == ["P", "R", "K"]


class Pool:
    """In place of threads: all at once, or each when the one before has been taken up."""

    eager: bool

    def __init__(self, threads: int) -> None:
        self.threads = threads

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *problem: object) -> None:
        pass

    def map(self, step: Callable[[Any], Any], batch: Iterable[Any]) -> Iterable[Any]:
        return [step(x) for x in batch] if self.eager else map(step, batch)


class Eager(Pool):
    eager = True


class Lazy(Pool):
    eager = False


def test_the_result_does_not_depend_on_when_threads_run(monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(40):
        problem = random_problem(seed)
        if not problem.results.valid.any():
            continue
        results = []
        for pool in (Eager, Lazy):
            monkeypatch.setattr(branch_and_bound, "ThreadPoolExecutor", pool)
            results.append(search(problem, "edp", seed))
        assert same(*results), seed


def test_units_moved() -> None:
    """Two PEs each hold four Weights and two Inputs; DRAM sends Inputs to both at once."""
    mapping = Mapping(
        (
            LevelNest(keep=frozenset(DATA_SPACES)),
            LevelNest(spatial_x=(("K", 2),), keep=frozenset()),
            LevelNest(temporal=(("C", 2), ("K", 2)), keep=frozenset({"Weights", "Inputs"})),
        )
    )
    layer, two_pes = Layer("small", K=4, C=2), machine(spad=6)
    evaluation = simulate(layer, two_pes, mapping, costs(3))
    moved = units_moved(layer, two_pes, evaluation)
    assert moved.tolist() == [[8 + 2 + 4, 8], [0, 0], [2 * 8, 2 * (4 + 2)]]
