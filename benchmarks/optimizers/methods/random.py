"""Valid points drawn by our own space, none twice: what every method must beat."""

from __future__ import annotations

from benchmarks.optimizers.method import Candidate, Method
from benchmarks.optimizers.problem import Evaluation, Problem
from bohwsw.strategies import Outcome, TrialState, strategy


class RandomValid(Method):
    """Random search over valid points."""

    packages = ("bohwsw",)

    def __init__(self, problem: Problem, seed: int) -> None:
        self._strategy = strategy("random", problem.space, seed)

    def suggest(self) -> Candidate:
        """A valid point."""
        return Candidate(self._strategy.ask()[0])

    def observe(self, candidate: Candidate, evaluation: Evaluation) -> None:
        """Only remembers the point."""
        assert candidate.point is not None
        self._strategy.tell(candidate.point, Outcome(TrialState.ABANDONED))
