"""Cheapest loops in time of a skeleton, against all mappings of it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from random import Random

import numpy as np
import numpy.typing as npt
import pytest
from random_problems import Problem, random_problem

from bohwsw.mapper.goal import Goal
from bohwsw.mapper.path_walk_kernel import Tables
from bohwsw.mapper.skeletons import BYPASS, KEEP
from bohwsw.mapper.tile_lattice import STAYING, halo_dimensions
from bohwsw.mapper.tile_paths import Path, TilePaths
from bohwsw.mapping.nest import Mapping
from bohwsw.mapping.unrolling import Factors, unrollings
from bohwsw.simulator.reference import simulate
from bohwsw.workload import DIMENSION_INDEX, DIMENSIONS

Amounts = npt.NDArray[np.float64]
PROBLEMS, SKELETONS, MOST_MAPPINGS = 60, 5, 100
ROUNDING = 1e-9


@dataclass(frozen=True)
class Case:
    """A skeleton, its valid mappings (energies, cycles, words, M x L x 3 x 3) and multipliers."""

    seed: int
    problem: Problem
    unrolling: Factors
    choice: Factors
    energies: Amounts
    cycles: Amounts
    words: Amounts
    multiplier: Amounts
    mappings: list[Mapping]

    @property
    def paths(self) -> TilePaths:
        return TilePaths(self.problem.space, self.problem.costs)

    @property
    def halo(self) -> bool:
        return bool(halo_dimensions(self.problem.space.layer))

    def solve(self, **settings: Amounts | bool) -> Path:
        path = self.paths.solve(self.unrolling, self.choice, **settings)  # type: ignore[arg-type]
        assert path is not None
        return path

    def ports(self) -> Amounts:
        """Words of each mapping that all instances of a level (read, write), M x L x 2."""
        totals = self.words.sum(axis=2)
        return np.stack([totals[..., 0], totals[..., 1] + totals[..., 2]], axis=-1)

    def through(self) -> Amounts:
        """The most words of one data space and action through each port, M x L x 2."""
        most = self.words.max(axis=2)
        return np.stack([most[..., 0], np.maximum(most[..., 1], most[..., 2])], axis=-1)


def case(seed: int, problem: Problem, rng: Random) -> Case:
    paths = TilePaths(problem.space, problem.costs)
    unrolling = rng.choice(list(unrollings(problem.space)))
    choice = rng.choice(list(paths.choices(range(paths.choice_count))))
    batch, results = problem.mappings, problem.results
    inside = batch.factors[:, :, 1:].prod(axis=2) == unrolling.prod(axis=1)
    kept = np.where(choice == KEEP, batch.keep, np.where(choice == BYPASS, ~batch.keep, True))
    rows = results.valid & inside.all(axis=(1, 2)) & kept.all(axis=(1, 2))
    instances = np.cumprod([1, *unrolling.prod(axis=(1, 2))[:-1]])
    assert results.counts is not None
    multiplier = [[rng.choice((0.0, rng.uniform(0, 50))) for _ in "rw"] for _ in choice]
    return Case(
        seed,
        problem,
        unrolling,
        choice,
        results.energy_pj[rows],
        results.latency_cycles[rows].astype(np.float64),
        results.counts[rows] * instances[:, None, None].astype(np.float64),
        np.array(multiplier),
        [batch.mapping(row) for row in np.flatnonzero(rows)[:MOST_MAPPINGS]],
    )


@lru_cache(maxsize=1)
def all_cases() -> list[Case]:
    return cases(random_problem)


def aimed_cases() -> list[Case]:
    """Loops along one axis of Inputs move tiles to and fro."""
    return cases(partial(random_problem, often=("KPR", "PR", "KQS", "KPRC")))


def cases(draw: Callable[[int], Problem]) -> list[Case]:
    found = []
    for seed in range(PROBLEMS):
        problem, rng = draw(seed), Random(seed)
        found += [case(seed, problem, rng) for _ in range(SKELETONS)]
    return found


def least(values: Amounts) -> float:
    return float(values.min(initial=math.inf))


def agree(found: float, expected: float, exact: bool) -> bool:
    """Equal, or no more than expected where a halo may be counted at its best."""
    if math.isinf(found) or math.isinf(expected):
        return found == expected
    near = found == pytest.approx(expected, rel=ROUNDING)
    return near or (not exact and found < expected)


def test_cases_cover_what_they_should() -> None:
    cases = all_cases()
    halos = sum(x.halo and len(x.energies) > 0 for x in cases)
    plain = sum(not x.halo and len(x.energies) > 0 for x in cases)
    assert min(halos, plain, sum(len(x.energies) == 0 for x in cases)) > 5


def test_the_cheapest_mapping() -> None:
    """Where halos do not count, the optimum; else never above it, and mostly equal."""
    near = []
    for x in all_cases():
        path = x.solve()
        assert agree(path.cost, least(x.energies), not x.halo), x.seed
        if x.halo and path.mapping is not None:
            near.append(agree(path.cost, least(x.energies), exact=True))
    assert np.mean(near) > 0.8


def test_its_mapping_costs_what_the_path_says() -> None:
    for x in all_cases():
        path, space = x.solve(), x.problem.space
        assert (path.mapping is None) == math.isinf(path.cost), x.seed
        if path.mapping is not None:
            found = simulate(space.layer, space.architecture, path.mapping, x.problem.costs)
            assert found.energy_pj is not None, x.seed
            assert agree(path.cost, found.energy_pj, not x.halo), x.seed
            assert found.energy_pj >= least(x.energies) * (1 - ROUNDING), x.seed


@pytest.mark.parametrize(
    "goal", [Goal("edp"), Goal("energy"), Goal("energy", cycle_price_pj=30.0), Goal("latency")]
)
def test_quick_bounds_are_never_above(goal: Goal) -> None:
    """Of the objective, the energy and the latency."""
    for x in all_cases():
        choices = x.choice[None]
        bound, energy, cycles = x.paths.least(x.unrolling[None], choices, goal)[0, 0]
        values = map(goal.value, x.energies.tolist(), x.cycles.tolist())
        assert bound <= min(values, default=math.inf) * (1 + ROUNDING), x.seed
        assert energy <= least(x.energies) * (1 + ROUNDING), x.seed
        assert cycles <= least(x.cycles), x.seed
        assert min(bound, energy, cycles) > 0.0, x.seed


@pytest.mark.parametrize(
    "goal", [Goal("edp"), Goal("energy"), Goal("energy", cycle_price_pj=30.0)], ids=repr
)
def test_bounds_with_what_is_fetched_again_are_never_above(goal: Goal) -> None:
    """Of the objective, the energy and the latency; and they say more than quick ones."""
    tighter = 0
    for x in all_cases() + aimed_cases():
        found = x.paths.tightened(x.unrolling, x.choice[None], goal)[0]
        quick = x.paths.least(x.unrolling[None], x.choice[None], goal)[0, 0]
        best = least(goal.value(x.energies, x.cycles))
        assert found[0] <= best * (1 + ROUNDING), x.seed
        assert found[1] <= least(x.energies) * (1 + ROUNDING), x.seed
        assert found[2] <= least(x.cycles), x.seed
        assert (found >= quick * (1 - ROUNDING)).all(), x.seed
        tighter += bool(found[0] > quick[0] * 1.05)
        limit = (quick[0] + best) / 2 if math.isfinite(best) else 2 * quick[0]
        limited = x.paths.tightened(x.unrolling, x.choice[None], goal, limit)[0]
        assert limited[0] == pytest.approx(min(limit, found[0]), rel=ROUNDING), x.seed
    assert tighter > 30


def test_guessed_halos_are_never_above_exact_ones() -> None:
    near = []
    for x in all_cases():
        exact, guessed = x.solve(), x.solve(guess_halo=True)
        if x.halo and exact.mapping is not None:
            assert guessed.cost <= exact.cost * (1 + ROUNDING), x.seed
            near.append(guessed.cost > exact.cost * 0.9)
        else:
            assert guessed.cost == exact.cost, x.seed
    assert np.mean(near) > 0.8


def test_tolls_are_paid_for_every_word() -> None:
    dearer = 0
    for x in all_cases():
        with_multipliers = x.energies + (x.ports() * x.multiplier).sum(axis=(1, 2))
        cost = x.solve(multiplier=x.multiplier).cost
        assert agree(cost, least(with_multipliers), not x.halo), x.seed
        dearer += math.isfinite(cost) and cost > x.solve().cost
    assert dearer > 50


def test_tolls_alone() -> None:
    for x in all_cases():
        paths = TilePaths(x.problem.space, x.problem.costs, with_energy=False)
        path = paths.solve(x.unrolling, x.choice, multiplier=x.multiplier)
        assert path is not None
        assert agree(path.cost, least((x.ports() * x.multiplier).sum(axis=(1, 2))), not x.halo), (
            x.seed
        )


def limits(x: Case) -> Iterator[Amounts]:
    """Limits that exclude some mappings."""
    for port in np.ndindex(x.multiplier.shape):
        words = x.through()[(slice(None), *port)]
        for most in sorted({*words.tolist()})[:2]:
            limit = np.full(x.multiplier.shape, np.inf)
            limit[port] = most
            yield limit


def test_limits_leave_out_what_moves_more() -> None:
    dearer = 0
    for x in all_cases()[::3]:
        for limit in limits(x):
            within = (x.through() <= limit).all(axis=(1, 2))
            cost = x.solve(limit=limit).cost
            assert agree(cost, least(x.energies[within]), not x.halo), x.seed
            dearer += cost > x.solve().cost
    assert dearer > 20


def label_of(paths: TilePaths, tables: Tables, outside: list[tuple[int, int]]) -> int:
    """The label of an arrival inside some loops (dimension, bound), outermost first."""
    space = int(STAYING[outside[-1][0]]) if outside else -1
    if space < 0:
        return 0
    lattice, (dim, bound) = tables.lattice, outside[-1]
    trailing = itertools.takewhile(lambda loop: STAYING[loop[0]] == space, reversed(outside))
    run = math.prod(bound for _, bound in trailing)
    fits = (lattice.space == space) & (lattice.runs[space][lattice.run] == run)
    if dim in halo_dimensions(paths.space.layer):
        fits &= (lattice.dim == dim) & (lattice.divisor[dim][lattice.bound] == bound)
    else:
        fits &= lattice.dim < 0
    (label,) = np.flatnonzero(fits)
    return int(label)


def path_costs(x: Case) -> Iterator[tuple[Amounts, Amounts]]:
    """For each valid mapping what its path costs without and with multipliers, and its cost."""
    paths, layer = x.paths, x.problem.space.layer
    multipliers = [np.zeros(x.multiplier.shape), x.multiplier]
    walk = paths.walk(
        x.unrolling, x.choice, multipliers=multipliers, slopes=[0.0, 0.0], cycles=1.0, limit=None
    )
    simulated = np.stack(
        [x.energies, x.energies + (x.ports() * x.multiplier).sum(axis=(1, 2))], axis=1
    )
    for row, (mapping, cost) in enumerate(zip(x.mappings, simulated, strict=False)):
        inside = {dim: math.prod(x.unrolling[:, :, d].ravel()) for d, dim in enumerate(DIMENSIONS)}
        extents = np.array([layer.sizes[dim] // inside[dim] for dim in DIMENSIONS])
        outside: list[tuple[int, int]] = []
        total = walk.state.spent[0].copy()
        for level, block in enumerate(mapping.levels[:-1], 1):
            loops = [(DIMENSION_INDEX[dim], bound) for dim, bound in block.temporal]
            outside += loops
            for d, bound in loops:
                extents[d] //= bound
            (node,) = np.flatnonzero((walk.tables.lattice.extent == extents).all(axis=1))
            label = label_of(paths, walk.tables, outside)
            total += walk.tables.arrivals[:, level, node, label]
        assert np.isfinite(total).all(), (x.seed, row)
        yield total, cost


def test_no_path_costs_more_than_the_mappings_that_it_stands_for() -> None:
    """Whatever the order of their loops; what the last levels keep is left to the path."""
    equal = []
    for x in aimed_cases():
        for cost, simulated in path_costs(x):
            assert (cost <= simulated * (1 + ROUNDING)).all(), x.seed
            equal.append(agree(cost[0], simulated[0], exact=True))
    assert len(equal) > 1000
    assert np.mean(equal) > 0.2
