"""Small spaces of all kinds of parameters, and a black box over them."""

from __future__ import annotations

import math

from bohwsw.space import (
    Categorical,
    Conditional,
    Factorisation,
    Integer,
    Ordinal,
    Permutation,
    Point,
    Predicate,
    Real,
    Space,
)
from bohwsw.strategies import Outcome, TrialState


def every_kind_space() -> Space:
    """All kinds of parameters under text constraints and a predicate; a continuum."""
    return Space(
        [
            Real("volt", 0.6, 1.2),
            Permutation("order", ["a", "b", "c"]),
            Factorisation("tile", 12, 2),
            Categorical("cache", ["none", "banked", "shared"]),
            Conditional(Integer("banks", 1, 4), "cache == 'banked'"),
            Ordinal("size", [1, 2, 4, 8]),
            Integer("pes", 1, 8),
        ],
        [
            "tile[0] * pes <= 24",
            "position(order, 'a') < position(order, 'c')",
            "banks <= size",
            "volt * pes <= 6",
            Predicate(lambda c: (c["size"] + c["pes"]) % 3 != 0, ["size", "pes"], "not by three"),
        ],
    )


def sixteen_points_space() -> Space:
    """All kinds but the real one; 16 points."""
    return Space(
        [
            Permutation("order", ["a", "b", "c"]),
            Factorisation("tile", 4, 2),
            Categorical("cache", ["none", "banked"]),
            Conditional(Integer("banks", 1, 2), "cache == 'banked'"),
            Ordinal("size", [1, 2]),
            Integer("pes", 1, 2),
        ],
        [
            "tile[0] * pes == 4",
            "order[0] == 'a'",
            "banks <= size",
            Predicate(lambda c: (c["size"] > 1) | (c["pes"] > 1), ["size", "pes"], "not tiny"),
        ],
    )


def completed(value: float) -> Outcome:
    """A completed trial that has whatever goals may speak of."""
    return Outcome(TrialState.COMPLETED, value, metrics={"energy": value, "area": 1.0 - value / 2})


def measured(point: Point) -> tuple[float, float]:
    """Energy and area of a point: smooth, and at odds with each other."""
    banks = point["banks"] or 0
    energy = point["volt"] ** 2 * (1 + point["tile"][1] / 4) + 0.3 * (point["order"][0] != "a")
    area = point["pes"] / 2 + point["size"] / 4 + banks / 2 + (point["cache"] == "shared")
    return energy, area


def judged(point: Point) -> Outcome:
    """Completed, infeasible, failed or abandoned, by the point alone."""
    energy, area = measured(point)
    if point["tile"][0] == 3:
        return Outcome(TrialState.FAILED, reason="time-out")
    if point["cache"] == "shared" and point["size"] == 8:
        return Outcome(TrialState.ABANDONED)
    if point["pes"] + point["size"] > 11:
        return Outcome(TrialState.INFEASIBLE, reason="hidden", metrics={"area": area})
    value = energy + math.log(point["pes"]) ** 2 / 4
    return Outcome(TrialState.COMPLETED, value, metrics={"energy": energy, "area": area})
