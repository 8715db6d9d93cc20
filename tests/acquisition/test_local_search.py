"""Climbing reaches what a pool misses, and steps around what is taken."""

import numpy as np

from bohwsw.acquisition import best_of, climb, joint_moves
from bohwsw.space import Integer, Space

SPACE = Space([Integer(name, 0, 12) for name in "abcd"], ["a + b + c + d == 24"])


def score(rows, floor=None):
    return -np.abs(rows - np.array([12, 7, 5, 0])).sum(axis=1).astype(float)


def test_it_reaches_the_top():
    rows = SPACE.sample_rows(3, np.random.default_rng(0))
    row, value = climb(SPACE, rows, score(rows), score, lambda r: False, np.random.default_rng(0))
    assert row.tolist() == [12, 7, 5, 0]
    assert value == 0.0


def test_what_is_taken_is_not_returned():
    rows = SPACE.sample_rows(3, np.random.default_rng(0))
    top = np.array([12, 7, 5, 0], dtype=np.int32).tobytes()
    row, value = climb(
        SPACE, rows, score(rows), score, lambda r: r.tobytes() == top, np.random.default_rng(0)
    )
    assert row.tobytes() != top
    assert value == score(row[None])[0] == -2.0


def test_the_best_of_a_pool_are_found_though_most_need_not_be_scored():
    rows = SPACE.sample_rows(2000, np.random.default_rng(1))
    dear = 0

    def lazy(rows, floor):
        nonlocal dear
        bound = score(rows) + 2.0
        needed = bound > floor
        dear += int(needed.sum())
        return np.where(needed, score(rows), bound)

    top, values = best_of(rows, lazy, 4)
    expected = np.argsort(-score(rows), kind="stable")[:4]
    np.testing.assert_array_equal(values, score(rows)[expected])
    np.testing.assert_array_equal(top, rows[expected])
    assert dear < 1000
    few, _ = best_of(rows[:3], lazy, 4)
    assert len(few) == 3


def test_two_parameters_can_move_together():
    """On a ridge each move alone leads down."""
    space = Space([Integer("a", 0, 40), Integer("b", 0, 40), Integer("c", 0, 4)])

    def score(rows, floor):
        a, b = rows[:, 0].astype(float), rows[:, 1].astype(float)
        return a - 10.0 * np.abs(a - b)

    start = space.row({"a": 5, "b": 5, "c": 0})[None]
    row, value = climb(
        space, start, np.array([5.0]), score, lambda _: False, np.random.default_rng(0)
    )
    assert value >= 30.0
    pairs = joint_moves(space, row, 50, np.random.default_rng(1))
    assert ((pairs != row).sum(axis=1) == 2).all()
