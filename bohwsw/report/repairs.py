"""The nearest repair of a candidate that was refused: the fewest changes that make it feasible."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any

from bohwsw.report.objectives import TrialValues
from bohwsw.space import ListedParameter, Point, Space
from bohwsw.study import Trial


def nearest_repair(
    refused: Trial,
    constraint: str,
    trials: Sequence[Trial],
    values: TrialValues,
    space: Space | None,
) -> dict[str, Any] | None:
    """What to change of a point that was refused, as plain data; None where that is not known.

    Where it breaks known constraints (the area is one): one step of a parameter, or two, after
    which all of them are met, which is computed. Otherwise the feasible trial with the fewest
    other parameters, of those the one with the smallest relative changes.

    Args:
        refused: the trial.
        constraint: what it breaks; if that is a figure, its value after the repair is told.
        trials: of the study.
        values: what their figures are.
        space: of the points, with known constraints; None if that is unknown.
    """
    point = dict(refused.point)
    if space is not None and set(point) == set(space.names) and space.violations(point):
        other = next((x for x in _steps(space, point) if not space.violations(x)), None)
        if other is not None:
            return {"changes": _changes(point, other), "trial": None, "value": None}
    feasible = [x for x in trials if values.counts(x) and x.point.keys() == point.keys()]
    if not feasible:
        return None
    nearest = min(feasible, key=lambda x: (*_distance(_changes(point, x.point)), x.number))
    value = values.of(nearest).get(constraint)
    return {"changes": _changes(point, nearest.point), "trial": nearest.number, "value": value}


def _steps(space: Space, point: Point) -> Iterator[Point]:
    """Points one step of a parameter away, then those two steps away."""
    near: list[tuple[str, Any]] = []
    far: list[tuple[str, Any]] = []
    for parameter in space:
        if isinstance(parameter, ListedParameter) and point.get(parameter.name) in parameter.values:
            known = list(parameter.values)
            place = known.index(point[parameter.name])
            for steps, into in ((1, near), (2, far)):
                into += [
                    (parameter.name, known[k])
                    for k in (place - steps, place + steps)
                    if 0 <= k < len(known)
                ]
    yield from ({**point, name: value} for name, value in near)
    yield from ({**point, name: value} for name, value in far)
    for one, other in combinations(near, 2):
        if one[0] != other[0]:
            yield {**point, one[0]: one[1], other[0]: other[1]}


def _changes(point: Point, other: Point) -> list[list[Any]]:
    return [[name, x, other[name]] for name, x in point.items() if other[name] != x]


def _distance(changes: Sequence[Sequence[Any]]) -> tuple[int, float]:
    """How many parameters change, and by how much of their larger values together."""
    shares = [
        abs(a - b) / max(abs(a), abs(b))
        if isinstance(a, int | float) and isinstance(b, int | float)
        else 1.0
        for _, a, b in changes
    ]
    return len(changes), sum(shares)
