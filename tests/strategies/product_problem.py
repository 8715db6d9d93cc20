"""A black box over a product, a divisibility and a sum, with a hidden constraint."""

import numpy as np

from bohwsw.space import Categorical, Integer, Ordinal, Space
from bohwsw.strategies import Outcome, TrialState


def product_space():
    """A product, a divisibility and a sum constraint; 4,644 points."""
    divisors = [1, 2, 3, 4, 6, 8, 12, 24]
    return Space(
        [
            Ordinal("x", divisors),
            Ordinal("y", divisors),
            Integer("a", 1, 8),
            Integer("b", 1, 8),
            Ordinal("g", [1, 2, 4]),
            Categorical("kind", ["u", "v", "w"]),
            Categorical("flag", [False, True]),
        ],
        ["x * y == 24", "x % g == 0", "a + b <= 10"],
    )


def objective(point):
    """Its lowest values lie at x = 6, a = 7, b = 2, kind v."""
    return (
        np.log(point["x"] / 6) ** 2
        + 0.1 * (point["a"] - 7) ** 2
        + 0.1 * (point["b"] - 2) ** 2
        + (point["kind"] != "v")
        + 0.2 * point["flag"]
    )


def hidden(point):
    """A constraint that no strategy is told of."""
    return point["x"] * point["a"] <= 48 and point["y"] + point["b"] <= 12


def completed(point):
    return Outcome(TrialState.COMPLETED, objective(point))


def mixed(point):
    """Completed, infeasible, failed or abandoned, by the point alone."""
    if point["a"] + point["b"] == 5:
        return Outcome(TrialState.FAILED, reason="time-out")
    if point["a"] + point["b"] == 6:
        return Outcome(TrialState.ABANDONED)
    return completed(point) if hidden(point) else Outcome(TrialState.INFEASIBLE, reason="hidden")
