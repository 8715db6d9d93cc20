"""What the Bayesian strategy does when nothing gets better."""

import numpy as np

from bohwsw.rows import RowSpace, RowTable
from bohwsw.space import Features, Integer, Space
from bohwsw.strategies import Outcome, TrialState, acquisition_value, strategy
from bohwsw.strategies.acquisition_value import MANY
from bohwsw.surrogates import GaussianProcess


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
    assert sum(map(leaves_a_trap, range(3))) >= 2


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


def test_ends_of_the_front_behind_all_that_was_seen_are_tried():
    """The fastest is larger than any row seen: a volume that ends there would never ask for it."""
    grid = np.indices((30, 30)).reshape(2, -1) + 1
    space = RowSpace(RowTable.of({"cores": grid[0], "width": grid[1]}))
    search = strategy("bayesian", space, 0, objectives=("area", "-speed"))

    def tell(point):
        speed = point["cores"] + 2.0 * point["width"]
        metrics = {"area": speed + 0.02 * point["cores"] ** 2, "speed": speed}
        search.tell(point, Outcome(TrialState.COMPLETED, metrics=metrics))
        return speed

    for k in range(12):
        tell({"cores": 1 + 3 * k % 11, "width": 1 + 5 * k % 11})
    assert max(tell(search.ask()[0]) for _ in range(4)) >= 70.0  # 33 was seen, 90 is the fastest


def test_where_noise_is_told_a_point_that_is_known_well_is_worth_little():
    model = GaussianProcess().fit(np.array([[0.0], [1.0]]), np.array([0.0, 1.0]), noise=np.ones(2))
    got = np.exp(acquisition_value.log_told(np.array([1e-20, 0.01, 1.0, 1e6]), model))
    want = 1.0 - 1.0 / np.sqrt(np.array([1.0, 1.01, 2.0, 1e6 + 1.0]))
    np.testing.assert_allclose(got, np.maximum(want, 1e-12), rtol=1e-9)
