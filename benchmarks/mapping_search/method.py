"""The searches compared: our optimiser on three encodings, random draws, annealing."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.mapping_search.problem import SearchProblem, search_problems
from bohwsw.mapper.annealing import AnnealingMapper
from bohwsw.mapping_search import Encoding
from bohwsw.strategies import Outcome, TrialState, strategy

OPTIMUM_EVALUATIONS = 1_000_000
"""Budget of the annealing mapper, whose best stands for the optimum of a map space."""


@dataclass(frozen=True)
class Task:
    """One search.

    Attributes:
        space_name: the map space.
        layer: the layer.
        method: a key of `METHODS`, or ``annealing``.
        seed: of all random draws.
        evaluations: the budget.
    """

    space_name: str
    layer: str
    method: str
    seed: int
    evaluations: int


@dataclass(frozen=True)
class Trace:
    """What came of one search.

    Attributes:
        task: the search.
        best_edp_pj_cycles: the best after each evaluation (annealing: at the end only).
        seconds: CPU-seconds, simulations included.
    """

    task: Task
    best_edp_pj_cycles: list[float]
    seconds: float


def by_strategy(name: str, encoding: Encoding) -> Callable[[SearchProblem, Task], list[float]]:
    """A search by ask and tell; the objective told is the logarithm of the EDP."""

    def search(problem: SearchProblem, task: Task) -> list[float]:
        space = problem.space(encoding)
        asked = strategy(name, space, task.seed)
        best: list[float] = []
        for _ in range(task.evaluations):
            point = asked.ask()[0]
            result = space.evaluate(space.row(point)[None, :], problem.costs)
            edp = float(result.edp_pj_cycles[0])
            asked.tell(point, Outcome(TrialState.COMPLETED, math.log(edp)))
            best.append(min(edp, best[-1]) if best else edp)
        return best

    return search


def by_annealing(problem: SearchProblem, task: Task) -> list[float]:
    """The end of a long search by the annealing mapper."""
    found = AnnealingMapper().search(
        problem.map_space, problem.costs, evaluations=task.evaluations, seed=task.seed
    )
    return [found.evaluation.edp_pj_cycles or math.inf]


METHODS: dict[str, Callable[[SearchProblem, Task], list[float]]] = {
    "bayesian, features": by_strategy("bayesian", "features"),
    "bayesian, usage": by_strategy("bayesian", "usage"),
    "bayesian, raw": by_strategy("bayesian", "raw"),
    "random": by_strategy("random", "raw"),
}


def run_task(task: Task) -> Trace:
    """Run one search."""
    problem = search_problems()[task.space_name, task.layer]
    search = by_annealing if task.method == "annealing" else METHODS[task.method]
    start = time.process_time()
    best = search(problem, task)
    return Trace(task, best, time.process_time() - start)
