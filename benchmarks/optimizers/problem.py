"""A problem: a space, a black box over its points, and the best value that there is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bohwsw.space import Point, Space


@dataclass(frozen=True)
class Evaluation:
    """What came of evaluating a point.

    Attributes:
        feasible: whether the point keeps all constraints.
        objective: the value to be minimised; None if the evaluation gave none.
        constraints: outcome constraints by name; at most 0 is met. Empty where a problem only
            says yes or no, and where a point could not be evaluated.
        further: values of further objectives, all to be minimised; none without a value.
    """

    feasible: bool
    objective: float | None
    constraints: Mapping[str, float] = field(default_factory=dict)
    further: tuple[float, ...] = ()


INFEASIBLE = Evaluation(False, None)
"""The answer of a problem that only says no."""


@dataclass(frozen=True)
class Problem:
    """Something to minimise.

    Attributes:
        name: its name in tables.
        kind: ``engineering``, ``combinatorial``, ``hidden``, ``mapping``, ``networks``, ``mixed``,
            ``flags``, ``thin`` or ``trees``.
        space: parameters and the constraints known beforehand.
        evaluate: the black box; takes valid points of the space only.
        optimum: the lowest objective of a feasible point.
        optimal_point: a point that has it; None if only the value is known.
        n_trials: how many evaluations an optimiser may spend.
        hidden: whether a point that breaks a constraint is answered by "no" alone.
        constraint_names: outcome constraints whose values are told; empty if hidden.
        source: where the problem and its optimum come from.
        best_of_random: what random search finds in ``n_trials`` different points, in the exact
            median over all draws of them; infinite if nothing feasible, None if nobody knows.
        n_objectives: how many objectives.
    """

    name: str
    kind: str
    space: Space
    evaluate: Callable[[Point], Evaluation]
    optimum: float
    optimal_point: Point | None
    n_trials: int
    hidden: bool
    source: str
    constraint_names: tuple[str, ...] = ()
    best_of_random: float | None = None
    n_objectives: int = 1

    def regret(self, objective: float) -> float:
        """How far an objective is above the optimum, as a share of it unless it is 0."""
        return (objective - self.optimum) / (abs(self.optimum) or 1.0)
