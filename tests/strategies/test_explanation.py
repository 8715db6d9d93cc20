"""Explanations of a point: units, probabilities, and which constraint binds."""

import numpy as np
import pytest

from bohwsw.errors import SpecError
from bohwsw.space import Integer, Space
from bohwsw.strategies import Outcome, strategy
from bohwsw.strategies.explanation import HIDDEN, explain


def told(n=24, **options):
    space = Space([Integer("a", 0, 20), Integer("b", 0, 20)])
    chosen = strategy("bayesian", space, 1, pool=100, **options)
    for point in space.sample(n, np.random.default_rng(0)):
        a, b = point["a"], point["b"]
        if a + b > 28:
            chosen.tell(point, Outcome("infeasible"))
        else:
            metrics = {"area": float(a)} if options else {}
            chosen.tell(point, Outcome("completed", 1000.0 + (a - b) ** 2, metrics=metrics))
    return chosen


def test_estimates_are_in_the_units_of_the_objective():
    estimate = explain(told(), {"a": 9, "b": 5}).objectives["objective"]
    assert estimate.low < estimate.median < estimate.high
    assert estimate.median == pytest.approx(1016, abs=25)


def test_probabilities_and_the_constraint_that_binds():
    chosen = told(outcome_constraints=["area <= 12"])
    inside = explain(chosen, {"a": 5, "b": 5})
    assert inside.constraints["area <= 12"] > 0.9
    assert explain(chosen, {"a": 20, "b": 2}).likely_to_bind == "area <= 12"
    corner = explain(chosen, {"a": 20, "b": 20})
    assert corner.constraints[HIDDEN] < 0.3
    assert corner.probability_of_feasibility < inside.probability_of_feasibility


def test_nothing_is_claimed_before_anything_is_known():
    chosen = strategy("bayesian", Space([Integer("a", 0, 3)]))
    nothing = explain(chosen, {"a": 1})
    assert (nothing.objectives, nothing.constraints) == ({}, {})
    assert nothing.likely_to_bind is None
    with pytest.raises(SpecError, match="not"):
        explain(chosen, {"a": 9})
