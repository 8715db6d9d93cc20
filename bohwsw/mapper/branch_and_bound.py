"""Mapper: branch and bound, with a proven lower bound on the objective.

A mapping is a *skeleton* (spatial factors, and what each level keeps) and loops in time. Skeletons
are enumerated; a quick bound discards most. For each one left, the cheapest loops in time are a
shortest path over tile sizes (``tile_path_kernel``), which gives both a bound and a mapping. Where
bandwidth limits that mapping, multipliers on words tighten the bound (``lagrangian``). Skeletons
are taken up in the order of their bounds, so that at any time the smallest is a bound for all.

The division of the map space and the pruning of loop orders to what they leave in place follow
published ideas: the Turbo-Charged Mapper of AccelForge, Interstellar (Yang et al.,
ASPLOS 2020), CoSA (Huang et al., ISCA 2021). ``docs/mapper.md`` has the theorem and its proof.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from bohwsw.clock import Clock
from bohwsw.mapper.annealing import AnnealingMapper
from bohwsw.mapper.compilation import warm_up
from bohwsw.mapper.goal import Goal
from bohwsw.mapper.mapper import MapperResult, Objective, check_search
from bohwsw.mapper.skeleton_search import SkeletonSearch
from bohwsw.mapping import Mapping, MapSpace
from bohwsw.simulator import Costs

STARTING = 0.25
"""Share of the time after which the annealing at the start ends."""


@dataclass(frozen=True)
class BranchAndBoundMapper:
    """Branch and bound over skeletons, shortest paths inside.

    Attributes:
        gap: stop when the best mapping is proven to be within this share of the optimum; 0 goes on
            until nothing is left to prove.
        seconds: stop after this time with what there is; the bound holds for what is not looked at.
        start_evaluations: mappings that annealing tries first; a budget below it cuts it short.
        evaluations_a_step: how many evaluations of the budget a step on one skeleton counts for;
            unlike a time, this ends a search alike on every machine. 0 does not limit the steps.
    """

    gap: float = 0.01
    seconds: float = math.inf
    start_evaluations: int = 100_000
    evaluations_a_step: int = 0
    name: str = "branch-and-bound"

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
    ) -> MapperResult:
        """Find a good mapping and a bound; see ``Mapper.search``.

        ``evaluations`` limits the annealing at the start, and the steps if they count.
        """
        check_search(objective, evaluations, seed, threads)
        clock = Clock.of(self.seconds)
        start = AnnealingMapper().search(
            space,
            costs,
            objective=objective,
            evaluations=min(evaluations, self.start_evaluations),
            seed=seed,
            threads=threads,
            warm_starts=warm_starts,
            clock=clock.share(STARTING),
        )
        counted = self.evaluations_a_step
        found = replace(self, seconds=clock.left).refine(
            space,
            costs,
            Goal(objective),
            start,
            steps=evaluations // counted if counted else math.inf,
            threads=threads,
        )
        if counted or found.gap <= self.gap or not math.isfinite(clock.left) or clock.over:
            return found
        # Nothing is left to try, though skeletons are open: those too large for tables.
        more = AnnealingMapper().search(
            space,
            costs,
            objective=objective,
            evaluations=evaluations,
            seed=seed + 1,
            threads=threads,
            warm_starts=[found.mapping],
            clock=clock,
        )
        return found.improved(more)

    def refine(
        self,
        space: MapSpace,
        costs: Costs,
        goal: Goal,
        start: MapperResult,
        *,
        steps: float = math.inf,
        threads: int = 1,
    ) -> MapperResult:
        """Find a better mapping than a given one, and a bound.

        ``start`` is valid, however good; ``steps`` are those after which to stop, each on one
        skeleton. For the others see ``search``.
        """
        clock = Clock.of(self.seconds)
        search = SkeletonSearch(space, costs, goal, start, clock)
        with ThreadPoolExecutor(threads) as pool:  # starts no thread before it is asked to
            run_all = pool.map if threads > 1 else map
            while not (search.proven(self.gap) or search.steps >= steps or clock.over):
                search.advance(run_all)
        return search.result()

    def warm_up(self) -> None:
        """Compile what a search needs, or load it from the cache; see ``warm_up``."""
        warm_up()
