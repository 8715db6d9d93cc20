"""Mapper: simulated annealing, several chains from random mappings, or from given ones."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bohwsw.arch import Architecture, MacArray, StorageLevel
from bohwsw.clock import NO_LIMIT, Clock
from bohwsw.errors import SpecError
from bohwsw.mapper.annealing_kernel import Chain, ChainMemory, Problem, anneal
from bohwsw.mapper.mapper import TRACE_POINTS, MapperResult, Objective, check_search
from bohwsw.mapping import (
    Mapping,
    MappingBatch,
    MapSpace,
    batch_of,
    empty_batch,
    find_start,
    new_workspace,
    space_arrays,
)
from bohwsw.simulator import Costs, hardware_batch, new_scratch, simulate
from bohwsw.tech import StorageCost
from bohwsw.workload import DIMENSION_INDEX, Layer


class Annealed(NamedTuple):
    """What a chain found: the best score and mapping, and how many of its steps were valid."""

    score: float
    valid: int
    steps: int
    best: MappingBatch
    trace: npt.NDArray[np.float64]


@dataclass(frozen=True)
class AnnealingMapper:
    """Simulated annealing on the compiled simulator.

    The chains of a large budget begin with those of a small one: more budget is never worse. With
    warm starts, every other chain, the first included, starts from one, less hot: in turn from the
    best of them all and from the next of each, the last first, so that one that leads nowhere
    further does not draw all. The other chains stay as they are: a poor start does no harm that
    chance would not repair.

    Attributes:
        chain_steps: evaluations of one chain once the budget is large enough; the first chains are
            shorter, so that a small budget, too, ends with a chain that has cooled down.
    """

    chain_steps: int = 8_000
    name: str = "annealing"

    def search(
        self,
        space: MapSpace,
        costs: Costs,
        *,
        objective: Objective = "edp",
        evaluations: int = 1_000_000,
        seed: int = 0,
        threads: int = 1,
        warm_starts: Sequence[Mapping] = (),
        clock: Clock = NO_LIMIT,
    ) -> MapperResult:
        """Find a good mapping; see ``Mapper.search``.

        No chain but the first begins that would not end before the clock, by the time that those
        before it took.
        """
        code = check_search(objective, evaluations, seed, threads)
        depth = space.architecture.depth
        _require_depth(warm_starts, depth)
        problem = _problem(space, costs, code, evaluations)
        chains = list(self.chains(evaluations))
        seeds = np.random.SeedSequence(seed).generate_state(len(chains))
        step_seconds = 0.0

        def run(number: int) -> Annealed | None:
            nonlocal step_seconds
            chain = chains[number]
            if number and chain.steps * step_seconds > clock.left:
                return None
            began = time.perf_counter()
            given = _given(warm_starts, number, depth)
            memory = _memory(problem, evaluations)
            score, valid = anneal(problem, given, chain, int(seeds[number]), memory)
            step_seconds = (time.perf_counter() - began) / chain.steps
            return Annealed(score, valid, chain.steps, memory.best, memory.trace)

        if threads > 1:
            with ThreadPoolExecutor(threads) as pool:
                tried = list(pool.map(run, range(len(chains))))
        else:
            tried = [run(number) for number in range(len(chains))]
        results = [result for result in tried if result is not None]
        evaluated = sum(result.steps for result in results)
        mapping = min(results, key=lambda result: result.score).best.mapping(0)
        return MapperResult(
            mapping=mapping,
            evaluation=simulate(space.layer, space.architecture, mapping, costs),
            evaluations=evaluated,
            valid_share=sum(result.valid for result in results) / evaluated,
            trace=np.exp(np.minimum.accumulate(np.min([x.trace for x in results], axis=0))),
        )

    def chains(self, evaluations: int) -> Iterator[Chain]:
        """The chains of a budget: two of 1/16 of ``chain_steps``, then doubled up to all of it."""
        first = 0
        schedule = shortest = max(1, self.chain_steps // 16)
        while first < evaluations:
            yield Chain(first, schedule, min(schedule, evaluations - first))
            first += schedule
            if first > shortest:
                schedule = min(2 * schedule, self.chain_steps)

    def warm_up(self) -> None:
        """Compile what a search needs, or load it from the cache."""
        level = StorageLevel("DRAM", kind="dram")
        machine = Architecture("one MAC", (level,), MacArray())
        costs = Costs((StorageCost(1.0, 1.0, 1.0, None),), (0.0,), 1.0)
        self.search(MapSpace(Layer("one"), machine), costs, evaluations=1)


def _problem(space: MapSpace, costs: Costs, objective: int, budget: int) -> Problem:
    arrays = space_arrays(space)
    hardware = hardware_batch([(space.architecture, costs)]).seen_by(space.layer)
    fixed = [DIMENSION_INDEX[dim] for dim in [space.layer.sequential] if dim is not None]
    return Problem(
        space=arrays,
        start=find_start(space, arrays),
        hardware=hardware,
        dims=np.setdiff1d(arrays.prime_dim, fixed),
        hops_cost=costs.hops_cost,
        objective=objective,
        budget=budget,
    )


def _memory(problem: Problem, evaluations: int) -> ChainMemory:
    now, new, best = (empty_batch(1, len(problem.start)) for _ in range(3))
    trace = np.full(min(TRACE_POINTS, evaluations), np.inf)
    workspace = new_workspace(problem.space)
    return ChainMemory(now, new, best, trace, new_scratch(problem.hardware), workspace)


def _require_depth(mappings: Sequence[Mapping], depth: int) -> None:
    for mapping in mappings:
        if len(mapping.levels) != depth:
            raise SpecError(
                "a warm start is for another machine",
                got=f"{len(mapping.levels)} levels",
                expected=f"{depth} levels",
            )


def _given(warm_starts: Sequence[Mapping], number: int, depth: int) -> MappingBatch:
    """What a chain, by its number, may start from."""
    if not warm_starts or number % 2 == 1:
        return empty_batch(0, depth)
    if number % 4 == 0:
        return batch_of(warm_starts)
    return batch_of([warm_starts[-1 - number // 4 % len(warm_starts)]])
