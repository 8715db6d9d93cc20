"""One search: a strategy on a problem with a seed."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from benchmarks.searches.problem import Problem
from bohwsw.strategies import SpaceExhaustedError, Strategy, TrialState, strategy

TRAINING = 100.0
"""What training a network costs, where looking at its hardware costs 1. One that was trained, on
another machine, is not trained again."""

MOST = 3
"""Times the evaluations after which a search is ended that has not spent its cost by then."""


@dataclass
class Run:
    """What came of it, trial by trial.

    Attributes:
        errors: of networks within the limit; None for those over it, which are not trained.
        costs: of each trial.
        seconds: CPU-seconds of the strategy alone.
    """

    errors: list[float | None] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def trainings(self) -> int:
        """How many trials kept the limit."""
        return sum(error is not None for error in self.errors)

    @property
    def best(self) -> float:
        """The lowest error; infinite if nothing kept the limit."""
        return self.best_of(len(self.errors))

    def best_of(self, n: int) -> float:
        """The lowest error of the first ``n`` trials."""
        return min((e for e in self.errors[:n] if e is not None), default=float("inf"))

    def trials_for(self, cost: float) -> int:
        """How many trials a cost pays for."""
        spent = 0.0
        for n, own in enumerate(self.costs):
            spent += own
            if spent > cost:
                return n
        return len(self.costs)

    def trainings_to(self, error: float) -> int | None:
        """How many trainings it took to reach an error; None if it was not reached."""
        trained = [found for found in self.errors if found is not None]
        return next((k for k, found in enumerate(trained, start=1) if found <= error), None)


def budget(problem: Problem, evaluations: int) -> float:
    """The cost that is the same for all: a third of the evaluations end in a training."""
    return evaluations + (TRAINING * (evaluations // 3) if problem.trains else 0.0)


def search(
    problem: Problem,
    name: str,
    seed: int,
    evaluations: int | None = None,
    *,
    cost: float = 0.0,
    **options: Any,
) -> Run:
    """Ask, evaluate and tell, one by one; a space that is used up ends it.

    Args:
        evaluations: how many at least.
        cost: goes on until so much is spent, for `MOST` times the evaluations at most.
        **options: of the strategy.
    """
    run, known = Run(), set[tuple[Any, ...]]()
    n = evaluations or problem.evaluations
    start = time.process_time()
    chosen = _built(problem, name, seed, n, options)
    while len(run.errors) < n or (sum(run.costs) < cost and len(run.errors) < MOST * n):
        try:
            (point,) = chosen.ask()
        except SpaceExhaustedError:
            break
        spent = time.process_time()
        outcome = problem.evaluate(point)
        start += time.process_time() - spent
        chosen.tell(point, outcome)
        is_within = outcome.state is TrialState.COMPLETED
        network = tuple(value for key, value in point.items() if key not in problem.hardware)
        is_trained = problem.trains and is_within and network not in known
        known |= {network} if is_within else set()
        run.errors.append(outcome.objective if is_within else None)
        run.costs.append(1.0 + TRAINING * is_trained)
    run.seconds = time.process_time() - start
    return run


def _built(problem: Problem, name: str, seed: int, n: int, options: dict[str, Any]) -> Strategy:
    """All are told the limit; some take which knobs are hardware, or how long it goes, too."""
    given: dict[str, Any] = {}
    if problem.constraint:
        given["outcome_constraints"] = [problem.constraint]
    if name in ("two_level", "exact_hardware"):
        given["hardware"] = problem.hardware
    if name == "exact_hardware":
        given["solve"] = problem.best_machine
    if name in ("two_stage", "shrinking_evolution"):
        given["budget"] = n
    if name == "reusing":
        given["costly"] = [x for x in problem.space.names if x not in problem.hardware]
    return strategy(name, problem.space, seed, **{**given, **options})
