"""The mappers compared, their budgets, and one search timed."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from benchmarks.mapper.problem import MappingProblem
from bohwsw.mapper.annealing import AnnealingMapper
from bohwsw.mapper.mapper import Mapper
from bohwsw.mapper.random_search import RandomMapper


@dataclass(frozen=True)
class Contender:
    """A mapper with its budget.

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
