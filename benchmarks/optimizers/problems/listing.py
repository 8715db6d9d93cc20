"""Problems whose optimum is found by asking about every point of their space at once."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.optimizers.problem import INFEASIBLE, Evaluation, Problem
from bohwsw.space import Point, Space

Array = npt.NDArray[Any]
Ask = Callable[[Array], tuple[Array, Mapping[str, Array]]]
"""From rows of codes ``[n, n_columns]`` to objectives ``[n]`` and constraints by name ``[n]``; at
most 0 is met."""

MADE = "made for this benchmark; optimum by enumeration"
BLOCK = 1 << 17


def listed(
    name: str,
    kind: str,
    space: Space,
    ask: Ask,
    n_trials: int,
    *,
    hidden: bool = True,
    source: str = MADE,
) -> Problem:
    """A problem of a space that can be listed.

    Args:
        name: its name.
        kind: of the problem.
        space: without reals.
        ask: what is asked about points.
        n_trials: how many evaluations an optimiser may spend.
        hidden: whether broken constraints are answered by "no" alone.
        source: where it comes from.
    """
    best, where, total, feasible = np.inf, None, 0, []
    for rows in blocks(space):
        objective, constraints = ask(rows)
        met = np.all([value <= 0.0 for value in constraints.values()], axis=0)
        feasible.append(objective[met])
        total += len(rows)
        objective = np.where(met, objective, np.inf)
        least = int(np.argmin(objective))
        if objective[least] < best:
            best, where = float(objective[least]), space.point(rows[least])
    if where is None:
        raise ValueError(f"{name} has no feasible point")
    return Problem(
        name,
        kind,
        space,
        _evaluation(space, ask, hidden),
        best,
        where,
        n_trials,
        hidden,
        source,
        () if hidden else tuple(ask(space.row(where)[None])[1]),
        best_of_random(np.concatenate(feasible), total, n_trials),
    )


def best_of_random(feasible: Array, total: int, n: int) -> float:
    """The median, over all draws of ``n`` different points, of the best value; infinite if none.

    Exact: a draw has none of the ``r`` best feasible points with the probability
    ``C(total - r, n) / C(total, n)``.

    Args:
        feasible: objectives of the feasible points, in any order.
        total: how many points there are.
        n: how many are drawn.
    """
    left = total - np.arange(n)

    def is_likely(best: int) -> bool:
        return float(np.prod(np.maximum(1.0 - best / left, 0.0))) <= 0.5

    rank = bisect_left(range(len(feasible) + 1), True, key=is_likely)
    return float(np.partition(feasible, rank - 1)[rank - 1]) if rank <= len(feasible) else math.inf


def _evaluation(space: Space, ask: Ask, hidden: bool) -> Callable[[Point], Evaluation]:
    def evaluate(point: Point) -> Evaluation:
        objective, constraints = ask(space.row(point)[None])
        told = {name: float(value[0]) for name, value in constraints.items()}
        feasible = all(value <= 0.0 for value in told.values())
        if hidden:
            return Evaluation(True, float(objective[0])) if feasible else INFEASIBLE
        return Evaluation(feasible, float(objective[0]), told)

    return evaluate


def blocks(space: Space) -> Iterator[Array]:
    """Every valid row, some at a time."""
    if len(space.groups) < len(space.names):
        rows = space.all_rows(2_000_000)
        if rows is None:
            raise ValueError("the space cannot be listed")
        yield from (rows[i : i + BLOCK] for i in range(0, len(rows), BLOCK))
        return
    sizes = [parameter.columns[0].n_values for parameter in space.parameters]
    total = int(np.prod(sizes))
    for begin in range(0, total, BLOCK):
        codes = np.unravel_index(np.arange(begin, min(begin + BLOCK, total)), sizes)
        yield np.stack(codes, axis=1).astype(np.int32)
