"""Sizes change, and reals follow to the least objective within the limits."""

from __future__ import annotations

import numpy as np

from bohwsw.acquisition import first_of_sizes, resized
from bohwsw.space import Categorical, Conditional, Integer, Real, Space


class Law:
    """A model that is sure of a function of encoded points ``[n, width]``."""

    def __init__(self, law):
        self.predict_mean = law

    def predict(self, x):
        return self.predict_mean(x), np.full(len(x), 1e-12)


SPACE = Space([Real("x", 0.0, 1.0), Integer("n", 0, 4), Real("y", 0.0, 1.0)])
# x + y is least, where x and y are above lines that rise with n; encoded, n is n / 4.
COST = Law(lambda p: p[:, 0] + p[:, 2])
LIMITS = (Law(lambda p: 0.2 + p[:, 1] / 2 - p[:, 0]), Law(lambda p: 0.1 + p[:, 0] / 2 - p[:, 2]))


def test_reals_go_to_where_the_limits_meet():
    start = SPACE.row({"x": 0.4, "n": 2, "y": 0.35})
    rows = resized(SPACE, [start], COST, LIMITS, np.random.default_rng(0))
    assert sorted(rows[:, 1].tolist()) == [0, 1, 2, 3, 4]
    for row in rows:
        point = SPACE.point(row)
        x = 0.2 + point["n"] / 8
        np.testing.assert_allclose([point["x"], point["y"]], [x, 0.1 + x / 2], atol=0.02)


def test_without_limits_in_reach_a_curved_objective_is_followed():
    bowl = Law(lambda p: (p[:, 0] - 0.4) ** 2 + (p[:, 2] - 0.6) ** 2)
    far = (Law(lambda p: np.full(len(p), -9.0)),)
    start = SPACE.row({"x": 0.9, "n": 2, "y": 0.2})
    rows = resized(SPACE, [start], bowl, far, np.random.default_rng(0))
    before = bowl.predict_mean(SPACE.encode_rows(start[None]))
    assert (bowl.predict_mean(SPACE.encode_rows(rows)) < before).all()


def test_reals_that_something_ties_stay_and_none_is_needed():
    tied = Space(
        [
            Real("x", 0.0, 1.0),
            Real("y", 0.0, 1.0),
            Categorical("kind", ["a", "b"]),
            Conditional(Real("z", 0.0, 1.0), when="kind == 'b'"),
            Real("free", 0.0, 1.0),
        ],
        ["x + y <= 1"],
    )
    start = tied.row({"x": 0.5, "y": 0.5, "kind": "b", "z": 0.5, "free": 0.5})
    cost, limit = Law(lambda p: p.sum(axis=1)), (Law(lambda p: np.full(len(p), -9.0)),)
    rows = resized(tied, [start], cost, limit, np.random.default_rng(0))
    assert tied.valid_rows(rows).all()
    assert (rows[0] != start).tolist() == [False, False, False, False, True]
    listed = Space([Integer("n", 0, 4)])
    row = listed.row({"n": 2})
    assert len(resized(listed, [row], cost, limit, np.random.default_rng(0))) == 0


def test_of_the_same_sizes_the_first_is_kept():
    rows = [SPACE.row({"x": x, "n": n, "y": 0.5}) for x, n in [(0.1, 3), (0.2, 1), (0.3, 3)]]
    kept = [SPACE.point(row)["x"] for row in first_of_sizes(SPACE, rows)]
    np.testing.assert_allclose(kept, [0.1, 0.2], atol=1e-6)
