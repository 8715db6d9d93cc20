"""How each mapper is run, and one run timed."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from benchmarks.mapper.problem import MappingProblem, NetworkProblem
from bohwsw.mapper.annealing import AnnealingMapper
from bohwsw.mapper.branch_and_bound import BranchAndBoundMapper
from bohwsw.mapper.imperfect_mapper import ImperfectMapper
from bohwsw.mapper.mapper import Mapper
from bohwsw.mapper.network_mapper import map_layers
from bohwsw.mapper.random_search import RandomMapper

NEAR, NEAR_SECONDS = 0.05, 10.0
EXACT_SECONDS = 60.0
NETWORK_GAP, NETWORK_SECONDS = 0.05, 120.0


@dataclass(frozen=True)
class Contender:
    """A mapper without bounds, with its budget.

    Attributes:
        mapper: the mapper.
        evaluations: its budget for each layer.
    """

    mapper: Mapper
    evaluations: int


def contenders(quick: bool) -> list[Contender]:
    """Budgets that end within 5 s a layer on one core; random search is given more time."""
    share = 10 if quick else 1
    return [
        Contender(AnnealingMapper(), 1_000_000 // share),
        Contender(RandomMapper(), 300_000 // share),
    ]


@dataclass(frozen=True)
class Outcome:
    """A contender's searches of one problem, one for each seed.

    Attributes:
        edp_pj_cycles: what each found.
        seconds: CPU-seconds that each took, on one thread.
    """

    edp_pj_cycles: list[float]
    seconds: list[float]

    @property
    def median_edp_pj_cycles(self) -> float:
        """The middle one."""
        return float(np.median(self.edp_pj_cycles))


def search(contender: Contender, problem: MappingProblem, seeds: Iterable[int]) -> Outcome:
    """Run a contender once for each seed."""
    edps, seconds = [], []
    for seed in seeds:
        start = time.process_time()
        result = contender.mapper.search(
            problem.space, problem.costs, evaluations=contender.evaluations, seed=seed
        )
        seconds.append(time.process_time() - start)
        edps.append(result.evaluation.edp_pj_cycles or float("inf"))
    return Outcome(edps, seconds)


@dataclass(frozen=True)
class Proof:
    """What branch and bound found and proved.

    Attributes:
        edp_pj_cycles: the best found.
        bound_edp_pj_cycles: no mapping has less.
        gap: how far the one may be above the other, as a share.
        seconds: what that took on one thread.
    """

    edp_pj_cycles: float
    bound_edp_pj_cycles: float
    gap: float
    seconds: float


def prove(problem: MappingProblem, gap: float, seconds: float) -> Proof:
    """Branch and bound until a gap is proven or time is over."""
    start = time.perf_counter()
    mapper = BranchAndBoundMapper(gap=gap, seconds=seconds)
    result = mapper.search(problem.space, problem.costs)
    took = time.perf_counter() - start
    return Proof(result.evaluation.edp_pj_cycles or 0.0, result.lower_bound, result.gap, took)


def improve(problem: MappingProblem) -> tuple[Proof, Proof]:
    """The best with perfect factors, and with imperfect ones, with a bound on these.

    The seconds of the second are those of both.
    """
    start = time.perf_counter()
    mapper = BranchAndBoundMapper(gap=0.0, seconds=EXACT_SECONDS)
    perfect = mapper.search(problem.space, problem.costs)
    half_way = time.perf_counter() - start
    better = ImperfectMapper().improve(problem.space, problem.costs, perfect)
    took = time.perf_counter() - start
    edps = [result.evaluation.edp_pj_cycles or 0.0 for result in (perfect, better)]
    return (
        Proof(edps[0], perfect.lower_bound, perfect.gap, half_way),
        Proof(edps[1], better.lower_bound, better.gap, took),
    )


def prove_network(problem: NetworkProblem) -> Proof:
    """The same for a whole network."""
    start = time.perf_counter()
    result = map_layers(problem.layers, problem.costs, gap=NETWORK_GAP, seconds=NETWORK_SECONDS)
    took = time.perf_counter() - start
    edp = result.energy_pj * result.latency_cycles
    return Proof(edp, result.lower_bound, result.gap, took)
