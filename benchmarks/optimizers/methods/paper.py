"""The recipe of Shi et al. ("Learned hardware/software co-design", arXiv:2010.02075, section 4).

Our `LinearStrategy`: a linear surrogate with noise on features (here the raw encoding), a pool of
150 random valid points, the lower confidence bound with kappa = 1 weighted by the probability of
feasibility of a Gaussian-process classifier.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from benchmarks.optimizers.method import Candidate, Method
from benchmarks.optimizers.problem import Evaluation, Problem
from bohwsw.strategies import Outcome, TrialState, strategy


class Paper(Method):
    """Linear model, random pool, confidence bound; knows yes or no only."""

    packages = ("bohwsw",)
    settings: ClassVar[Mapping[str, Any]] = {"pool": 150, "kappa": 1.0, "n_initial": 5}

    def __init__(self, problem: Problem, seed: int) -> None:
        self._strategy = strategy("linear", problem.space, seed, **self.settings)

    def suggest(self) -> Candidate:
        """The best of the pool."""
        return Candidate(self._strategy.ask()[0])

    def observe(self, candidate: Candidate, evaluation: Evaluation) -> None:
        """Keep the objective if feasible."""
        assert candidate.point is not None
        outcome = Outcome(TrialState.INFEASIBLE)
        if evaluation.feasible:
            outcome = Outcome(TrialState.COMPLETED, evaluation.objective)
        self._strategy.tell(candidate.point, outcome)
