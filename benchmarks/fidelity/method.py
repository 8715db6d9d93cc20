"""Methods: ways to spend a budget on a problem."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.fidelity.problem import Problem
from bohwsw.space import Point
from bohwsw.strategies import BayesianStrategy, SpaceFidelity, Strategy
from bohwsw.strategies import strategy as build


@dataclass(frozen=True)
class Step:
    """What stands after an evaluation.

    Attributes:
        spent: so far.
        is_final: whether the evaluation was at the target.
        believed: gives the designs believed to be best.
        measured: gives those that were measured to be best, at the target.
    """

    spent: float
    is_final: bool
    believed: Callable[[], list[Point]]
    measured: Callable[[], list[Point]]


Method = Callable[[Problem, int, int], Iterator[Step]]


def _goals(problem: Problem) -> dict[str, Any]:
    return {"objectives": problem.objectives, "outcome_constraints": problem.limits}


def _at_target(name: str) -> Method:
    """A strategy that knows the target only; what it measures is exact, so it believes in that."""

    def steps(problem: Problem, seed: int, n_initial: int) -> Iterator[Step]:
        options = {"n_initial": n_initial} if name == "bayesian" else {}
        search = build(name, problem.space(with_fidelity=False), seed, **_goals(problem), **options)
        bound, spent = _bound(problem), 0.0
        while True:
            (point,) = search.ask()
            whole = {**point, **problem.target}
            search.tell(point, problem.outcome(whole))
            spent += _cost(bound, whole)
            yield Step(spent, True, lambda: _front(search), lambda: _front(search))

    return steps


def _with_fidelity(**options: Any) -> Method:
    """The Bayesian strategy over designs and fidelities."""

    def steps(problem: Problem, seed: int, n_initial: int) -> Iterator[Step]:
        search = BayesianStrategy(
            problem.space(with_fidelity=True),
            seed,
            fidelity=problem.fidelity,
            n_initial=n_initial,
            **_goals(problem),
            **options,
        )
        bound, spent = _bound(problem), 0.0
        while True:
            (point,) = search.ask()
            search.tell(point, problem.outcome(point))
            spent += _cost(bound, point)
            is_final = problem.target.items() <= point.items()
            yield Step(
                spent, is_final, lambda: _designs(search.recommended()), lambda: _front(search)
            )

    return steps


def _bound(problem: Problem) -> SpaceFidelity:
    return SpaceFidelity(problem.fidelity, problem.space(with_fidelity=True))


def _cost(bound: SpaceFidelity, point: Point) -> float:
    return float(bound.cost(np.array([bound.space.row(point)]))[0])


def _front(search: Strategy) -> list[Point]:
    return _designs([told.point for told in search.pareto_front])


def _designs(points: list[Point]) -> list[Point]:
    return [{name: value for name, value in p.items() if name != "s"} for p in points]


METHODS: dict[str, Method] = {
    "ours, fidelities": _with_fidelity(),
    "ours, target only": _at_target("bayesian"),
    "random, target only": _at_target("random"),
}
