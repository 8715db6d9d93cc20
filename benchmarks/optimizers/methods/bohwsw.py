"""Ours: the Bayesian strategy, with its defaults unless told otherwise."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from benchmarks.optimizers.method import Candidate, Method
from benchmarks.optimizers.problem import Evaluation, Problem
from bohwsw.space import Point
from bohwsw.strategies import BayesianStrategy, Outcome, TrialState


class Bohwsw(Method):
    """The Bayesian strategy; told constraint values where there are any, else only yes or no.

    Args:
        problem: what to minimise.
        seed: of the strategy.
        deviation: told with every measured objective; None tells none.
        **options: of the strategy, instead of its defaults.
    """

    packages = ("bohwsw",)

    def __init__(
        self, problem: Problem, seed: int, deviation: float | None = None, **options: Any
    ) -> None:
        if problem.constraint_names:
            options["outcome_constraints"] = [f"{name} <= 0" for name in problem.constraint_names]
        if problem.n_objectives > 1:
            options["objectives"] = [f"objective_{i}" for i in range(problem.n_objectives)]
        self._deviation = deviation
        self._strategy = BayesianStrategy(problem.space, seed, **options)

    def suggest(self) -> Candidate:
        """What the strategy asks for; valid by construction."""
        return Candidate(self._strategy.ask()[0])

    def observe(self, candidate: Candidate, evaluation: Evaluation) -> None:
        """Tell it."""
        assert candidate.point is not None
        outcome = outcome_of(evaluation)
        if outcome.objective is not None:
            outcome = replace(outcome, deviation=self._deviation)
        self._strategy.tell(candidate.point, outcome)

    def recommended(self) -> Point | None:
        """The feasible trial that its model believes to be best."""
        return next(iter(self._strategy.recommended()), None)


def outcome_of(evaluation: Evaluation) -> Outcome:
    """An evaluation in the words of our strategies.

    Where constraint values are told, the strategy itself judges them: the trial is completed.
    """
    if evaluation.further:
        values = (evaluation.objective, *evaluation.further)
        goals = {f"objective_{i}": v for i, v in enumerate(values) if v is not None}
        return Outcome(TrialState.COMPLETED, metrics={**goals, **evaluation.constraints})
    if evaluation.constraints:
        return Outcome(
            TrialState.COMPLETED, evaluation.objective, metrics=dict(evaluation.constraints)
        )
    if evaluation.feasible:
        return Outcome(TrialState.COMPLETED, evaluation.objective)
    return Outcome(TrialState.INFEASIBLE)
