"""What a search has spent at which fidelity, and what that tells of the target."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from bohwsw.arrays import Values
from bohwsw.space import Point
from bohwsw.strategies.fidelity import SpaceFidelity

MOST_LEVELS = 12
"""Different fidelities that are listed each; of more, neighbours are counted together."""


@dataclass(frozen=True)
class Spending:
    """Trials at one fidelity, or at several neighbouring ones."""

    fidelity: Mapping[str, Any]  # the values, those of the dearest one where they are several
    trials: int  # how many ended there
    cost: float  # of all of them, in the unit of the costs
    correlation: float | None
    """Of the first objective there with that at the target, before anything is seen of a design, as
    the model has it; None while there is no model."""


@dataclass(frozen=True)
class FidelityExplanation:
    """Where the budget went."""

    cost: float  # of all trials
    levels: tuple[Spending, ...]  # by rising cost of a trial


def spending(
    fidelity: SpaceFidelity,
    points: Sequence[Point],
    correlation: Callable[[Values, Values], float] | None = None,
) -> FidelityExplanation:
    """What the trials at some points cost, by fidelity.

    Args:
        fidelity: which parameters are fidelities, and what they cost.
        points: of trials.
        correlation: of the first objective at two encoded points ``[1, d]``, where it is modelled.
    """
    space, names = fidelity.space, [parameter.name for parameter in fidelity.parameters]
    by_values: dict[tuple[Any, ...], list[tuple[float, Point]]] = {}
    if points:
        costs = fidelity.cost(np.array([space.row(point) for point in points]))
        for point, cost in zip(points, costs, strict=True):
            key = tuple(point[name] for name in names)
            by_values.setdefault(key, []).append((float(cost), point))
    ranked = sorted(by_values.values(), key=lambda group: float(np.mean([c for c, _ in group])))
    edges = np.linspace(0, len(ranked), min(len(ranked), MOST_LEVELS) + 1).astype(int)
    levels = []
    for low, high in pairwise(edges):
        group = [pair for same in ranked[low:high] for pair in same]
        point = max(group, key=lambda pair: pair[0])[1]
        values = {name: point[name] for name in names}
        near = None
        if correlation is not None:
            x = space.encode([point])
            near = correlation(x, fidelity.encoded_at_target(x))
        levels.append(Spending(values, len(group), sum(c for c, _ in group), near))
    return FidelityExplanation(sum(level.cost for level in levels), tuple(levels))
