"""One run: one method on one problem with one seed."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Any

from benchmarks.optimizers.method import Candidate, Method
from benchmarks.optimizers.problem import INFEASIBLE, Evaluation, Problem


@dataclass(frozen=True)
class Trace:
    """What happened, trial by trial.

    Attributes:
        objective: of feasible points; None for the others.
        duplicate: whether the point had been evaluated before in the run.
        seconds: CPU-seconds of suggestion and learning together, without the evaluation.
        error: why the method broke before its evaluations were spent; None if it did not. What
            it found until then counts.
    """

    objective: tuple[float | None, ...]
    duplicate: tuple[bool, ...]
    seconds: tuple[float, ...]
    error: str | None = None

    @property
    def infeasible(self) -> int:
        """How many evaluations were spent on infeasible points."""
        return sum(value is None for value in self.objective)

    def best(self, n: int) -> float:
        """The best feasible objective of the first ``n`` trials; infinite if there is none."""
        return min((v for v in self.objective[:n] if v is not None), default=math.inf)

    def trials_within(self, seconds: float, evaluation_seconds: float) -> int:
        """How many trials end within a time if each evaluation takes ``evaluation_seconds``."""
        used = 0.0
        for n, own in enumerate(self.seconds):
            used += own + evaluation_seconds
            if used > seconds:
                return n
        return len(self.seconds)


def run(problem: Problem, method: Method, n_trials: int | None = None) -> Trace:
    """Let a method spend its evaluations.

    A suggestion that breaks a constraint known beforehand costs a trial but is not evaluated.

    Args:
        problem: what to minimise.
        method: built for this problem.
        n_trials: instead of the problem's own number.
    """
    objectives: list[float | None] = []
    duplicates: list[bool] = []
    seconds: list[float] = []
    seen: set[Any] = set()
    error = None
    for _ in range(n_trials or problem.n_trials):
        try:
            start = time.process_time()
            candidate = method.suggest()
            spent = time.process_time() - start
            evaluation = evaluate(problem, candidate)
            start = time.process_time()
            method.observe(candidate, evaluation)
            seconds.append(spent + time.process_time() - start)
        except Exception as problem_of_method:  # whatever a tool may raise ends its run only
            error = f"{type(problem_of_method).__name__}: {problem_of_method}"[:500]
            break
        objectives.append(evaluation.objective if evaluation.feasible else None)
        key = identity(problem, candidate)
        duplicates.append(key in seen)
        seen.add(key)
    return Trace(tuple(objectives), tuple(duplicates), tuple(seconds), error)


def evaluate(problem: Problem, candidate: Candidate) -> Evaluation:
    """What comes of a suggestion; one that breaks what is known beforehand is not evaluated."""
    if candidate.point is None or not candidate.can_be_evaluated:
        return INFEASIBLE
    return problem.evaluate(candidate.point)


def identity(problem: Problem, candidate: Candidate) -> Any:
    """Equal for the same point."""
    if candidate.point is not None:
        return problem.space.key(candidate.point)
    return tuple(sorted((candidate.code or {}).items()))
