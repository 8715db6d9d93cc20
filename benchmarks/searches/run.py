"""One search: a strategy on a problem with a seed."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from benchmarks.searches.problem import Problem
from bohwsw.strategies import SpaceExhaustedError, TrialState, strategy


@dataclass
class Run:
    """What came of it, trial by trial.

    Attributes:
        errors: of networks that were trained; None for those over the limit.
        seconds: CPU-seconds of the strategy alone.
    """

    errors: list[float | None] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def trainings(self) -> int:
        """How many trials kept the limit, so that they were trained."""
        return sum(error is not None for error in self.errors)

    @property
    def best(self) -> float:
        """The lowest error; infinite if nothing kept the limit."""
        return min((error for error in self.errors if error is not None), default=float("inf"))

    def best_after_trainings(self, n: int) -> float:
        """The lowest error of the first ``n`` networks that were trained."""
        trained = [error for error in self.errors if error is not None]
        return min(trained[:n], default=float("inf"))

    def trainings_to(self, error: float) -> int | None:
        """How many trainings it took to reach an error; None if it was not reached."""
        trained = [found for found in self.errors if found is not None]
        return next((k for k, found in enumerate(trained, start=1) if found <= error), None)


def search(
    problem: Problem, name: str, seed: int, evaluations: int | None = None, **options: Any
) -> Run:
    """Ask, evaluate and tell, one by one; a space that is used up ends it."""
    run = Run()
    start = time.process_time()
    given = {"outcome_constraints": [problem.constraint], **options}
    chosen = strategy(name, problem.space, seed, **given)
    for _ in range(evaluations or problem.evaluations):
        try:
            (point,) = chosen.ask()
        except SpaceExhaustedError:
            break
        spent = time.process_time()
        outcome = problem.evaluate(point)
        start += time.process_time() - spent
        chosen.tell(point, outcome)
        run.errors.append(outcome.objective if outcome.state is TrialState.COMPLETED else None)
    run.seconds = time.process_time() - start
    return run
