"""A problem of several objectives: its true front, and how much of it a run has missed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.optimizers.problem import INFEASIBLE, Evaluation, Problem
from benchmarks.optimizers.problems.listing import blocks
from bohwsw.acquisition import hypervolume, non_dominated
from bohwsw.space import Point, Space

Array = npt.NDArray[Any]
Ask = Callable[[Array], tuple[Array, Mapping[str, Array]]]
"""From rows of codes ``[n, n_columns]`` to objectives ``[n, m]`` and constraints by name ``[n]``;
at most 0 is met."""

MARGIN = 0.1
"""How far the reference point lies behind the worst of the front, as a share of its range."""

TRIALS = 60
LISTED = "front by enumeration"


@dataclass(frozen=True, kw_only=True, eq=False)
class FrontProblem(Problem):
    """Objectives to minimise, whose front is known.

    Attributes:
        front: the objectives ``[k, m]`` of the Pareto front of all feasible points.
    """

    front: Array

    def missing(self, found: Sequence[Sequence[float]]) -> float:
        """The share of the true hypervolume that objectives ``[n, m]`` lack: this is the regret.

        Objectives are scaled by the front's ranges; the reference point lies `MARGIN` of them
        behind the front's worst values.
        """
        if not found:
            return 1.0
        return 1.0 - self._volume(np.asarray(found, dtype=np.float64)) / self._whole

    @cached_property
    def _whole(self) -> float:
        return self._volume(self.front)

    def _volume(self, values: Array) -> float:
        low, high = self.front.min(axis=0), self.front.max(axis=0)
        return hypervolume((values - low) / (high - low), np.full(len(low), 1.0 + MARGIN))


def front_problem(
    name: str,
    kind: str,
    space: Space,
    evaluate: Callable[[Point], Evaluation],
    front: Array,
    source: str,
    *,
    constraint_names: Sequence[str] = (),
    hidden: bool = False,
) -> FrontProblem:
    """A problem of which a front is known; its optimum is to miss nothing."""
    return FrontProblem(
        name=name,
        kind=kind,
        space=space,
        evaluate=evaluate,
        optimum=0.0,
        optimal_point=None,
        n_trials=TRIALS,
        hidden=hidden,
        source=source,
        constraint_names=tuple(constraint_names),
        n_objectives=front.shape[1],
        front=front,
    )


def judged(
    values: Iterable[float], constraints: Mapping[str, float], *, hidden: bool
) -> Evaluation:
    """An evaluation that tells everything, or of broken constraints only that they are."""
    first, *further = (float(value) for value in values)
    feasible = all(value <= 0.0 for value in constraints.values())
    if hidden:
        return Evaluation(True, first, {}, tuple(further)) if feasible else INFEASIBLE
    told = {name: float(value) for name, value in constraints.items()}
    return Evaluation(feasible, first, told, tuple(further))


def listed(
    name: str, kind: str, space: Space, ask: Ask, source: str, *, hidden: bool = True
) -> FrontProblem:
    """A problem of a space without reals that can be listed."""
    front = np.zeros((0, 0))
    for rows in blocks(space):
        values, constraints = ask(rows)
        kept = values[np.all([value <= 0.0 for value in constraints.values()], axis=0)]
        front = front_of(np.concatenate([front.reshape(-1, values.shape[1]), kept]))

    def evaluate(point: Point) -> Evaluation:
        values, constraints = ask(space.row(point)[None])
        return judged(values[0], {n: v[0] for n, v in constraints.items()}, hidden=hidden)

    names = () if hidden else tuple(ask(space.sample_rows(1, np.random.default_rng(0)))[1])
    return front_problem(
        name, kind, space, evaluate, front, source, constraint_names=names, hidden=hidden
    )


def front_of(values: Array) -> Array:
    """The Pareto front ``[k, m]`` of objectives ``[n, m]``, all minimised."""
    if values.shape[1] == 2:
        ordered = values[np.lexsort((values[:, 1], values[:, 0]))]
        least = np.minimum.accumulate(np.append(np.inf, ordered[:, 1]))
        return np.asarray(ordered[ordered[:, 1] < least[:-1]])
    front = values[:0]
    order = np.argsort(values.sum(axis=1))
    for start in range(0, len(order), 1000):
        both = np.concatenate([front, values[order[start : start + 1000]]])
        front = both[non_dominated(both)]
    return front
