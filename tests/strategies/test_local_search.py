"""Climbing reaches what a pool misses, and steps around what is taken."""

import numpy as np

from bohwsw.space import Integer, Space
from bohwsw.strategies.local_search import climb

SPACE = Space([Integer(name, 0, 12) for name in "abcd"], ["a + b + c + d == 24"])


def score(rows):
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
