"""When nothing gets better, and what that changes."""

import numpy as np

from bohwsw.acquisition import improvement_margin, is_exploration_due
from bohwsw.acquisition.stagnation import (
    EXPLORATION_PERIOD,
    MAX_MARGIN,
    PATIENCE,
    STAGNATION,
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


def test_exploration_is_due_every_few_trials_of_a_standstill():
    still = np.ones(STAGNATION + 1)
    due = [is_exploration_due(still, begun) for begun in range(2 * EXPLORATION_PERIOD)]
    assert np.flatnonzero(due).tolist() == [0, EXPLORATION_PERIOD]
    assert not is_exploration_due(still[1:], 0)
    assert not is_exploration_due(np.zeros(0), 0)
