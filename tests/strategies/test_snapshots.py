"""Snapshots: the next suggestion is the one that the old strategy would have made."""

import json

import pytest
from product_problem import mixed, product_space

from bohwsw.errors import SpecError
from bohwsw.strategies import Outcome, strategy
from bohwsw.strategies.snapshots import restore, snapshot


def run(n, **options):
    chosen = strategy("bayesian", product_space(), 3, pool=100, **options)
    for _ in range(n):
        (point,) = chosen.ask()
        chosen.tell(point, mixed(point))
    chosen.ask(2)
    return chosen


def test_a_restored_strategy_goes_on_as_the_old_one():
    old = run(12)
    data = json.loads(json.dumps(snapshot(old)))
    new = strategy("bayesian", product_space(), 3, pool=100)
    restore(new, data)
    assert new.history == old.history
    assert new.pending == old.pending
    assert new.ask(2) == old.ask(2)


def test_metrics_and_deviations_survive():
    goals = {"objectives": ("edp", "area"), "outcome_constraints": ["area <= 4"]}
    old = strategy("random", product_space(), 0, **goals)
    (point,) = old.ask()
    old.tell(point, Outcome("completed", 2.0, metrics={"edp": 1.0, "area": 3.0}, deviation=0.1))
    new = strategy("random", product_space(), 0, **goals)
    restore(new, json.loads(json.dumps(snapshot(old))))
    assert new.history == old.history


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("seed", 4),
        ("parameters", ["x"]),
        ("pending", [{"x": 24, "y": 24}]),
        ("trials", [{"point": {}, "state": "completed"}]),
        ("trials", [3]),
    ],
)
def test_damaged_or_foreign_data_are_refused_before_anything_is_told(key, value):
    data = snapshot(run(6))
    data[key] = value
    new = strategy("bayesian", product_space(), 3)
    with pytest.raises(SpecError):
        restore(new, data)
    assert new.history == () == new.pending


def test_only_a_new_strategy_can_be_restored():
    old = run(5)
    with pytest.raises(SpecError, match="new strategy"):
        restore(old, snapshot(old))
