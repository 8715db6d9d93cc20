"""What the Bayesian strategy does when nothing gets better."""

import numpy as np

from bohwsw.rows import RowSpace, RowTable
from bohwsw.space import Features, Integer, Space
from bohwsw.strategies import Outcome, TrialState, acquisition_value, strategy
from bohwsw.strategies.acquisition_value import (
    MANY,
    MAX_MARGIN,
    PATIENCE,
    improvement_margin,
    trials_since_improvement,
)


def test_trials_since_the_last_improvement():
    assert trials_since_improvement(np.array([3.0])) == 0
    assert trials_since_improvement(np.array([3.0, 2.0, 1.0])) == 0
    assert trials_since_improvement(np.array([3.0, 1.0, 2.0, 1.0])) == 2
    assert trials_since_improvement(np.array([3.0, 1.0, 1.0 - 1e-9])) == 1
    assert trials_since_improvement(np.full(4, 2.0)) == 3


def test_the_margin_grows_and_ends():
    seen = np.array([0.0, 1.0] * 4)
    assert improvement_margin(seen[:PATIENCE]) == 0.0
    longer = [improvement_margin(np.concatenate([[1.0, 0.0], np.ones(n)])) for n in (20, 50, 1000)]
    assert 0.0 < longer[0] < longer[1]
    assert longer[2] <= MAX_MARGIN


def test_features_that_were_seen_come_last():
    features = Features(lambda c: (c["a"] // 10).astype(float)[:, None], ["tens"], replace=True)
    space = Space([Integer("a", 0, 99)], features=features)
    search = strategy("bayesian", space, 0, n_initial=3)
    tens = []
    for _ in range(10):
        (point,) = search.ask()
        tens.append(point["a"] // 10)
        search.tell(point, Outcome(TrialState.COMPLETED, float((tens[-1] - 4) ** 2)))
    assert len(set(tens[3:])) == 7
    assert not set(tens[3:]) & set(tens[:3]) or len(set(tens)) == 10


def leaves_a_trap(seed):
    # A smooth bowl, and a narrow hole far from it that no model of the bowl expects.
    space = Space([Integer("a", 0, 30), Integer("b", 0, 30)])
    search = strategy("bayesian", space, seed, pool=200)
    for _ in range(125):
        (point,) = search.ask()
        near_hole = abs(point["a"] - 25) + abs(point["b"] - 24) <= 3
        value = -5.0 if near_hole else (point["a"] - 6) ** 2 + (point["b"] - 5) ** 2
        search.tell(point, Outcome(TrialState.COMPLETED, float(value)))
        if near_hole:
            return True
    return False


def test_most_traps_are_left():
    assert sum(leaves_a_trap(seed) for seed in range(4)) >= 3


def test_rows_that_cannot_add_a_volume_are_passed_over(monkeypatch):
    """The rows that matter have the same value whether all others are computed or not."""
    values = np.random.default_rng(0).random((MANY + 500, 2))
    space = RowSpace(RowTable.of({"x": values[:, 0], "y": values[:, 1]}))
    search = strategy("bayesian", space, 0, objectives=("cost", "-gain"))
    for _ in range(14):
        (point,) = search.ask()
        metrics = {"cost": point["x"] + point["y"], "gain": point["x"] ** 0.5}
        search.tell(point, Outcome(TrialState.COMPLETED, metrics=metrics))
    rows = space.all_rows(len(values))
    score, floor = search._score(search.posteriors()), np.full(len(rows), -np.inf)
    found = score(rows, floor)
    monkeypatch.setattr(acquisition_value, "MANY", len(rows))
    every = score(rows, floor)
    best = np.argsort(-every)[:20]
    assert np.array_equal(found[best], every[best])
    assert (found <= every).all()
    assert (found < every).any()
