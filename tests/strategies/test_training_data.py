"""Warm starts are a function of the number of observations, not of who asked before."""

from types import SimpleNamespace

import numpy as np

from bohwsw.strategies.training_data import TrainingData, checkpoints, fitted_at


class Recorded(TrainingData):
    def __init__(self):
        super().__init__(np.arange(1))
        self.calls = []

    def _fitted(self, n, start, iterations):
        self.calls.append((n, start))
        return SimpleNamespace(hyperparameters=(n, start))


def recorded():
    data = Recorded()
    return data, data.calls


def test_the_chain_does_not_depend_on_the_order_of_questions():
    steady, _ = recorded()
    for n in range(1, 60):
        steady.hyperparameters(n)
    late, calls = recorded()
    assert late.hyperparameters(59) == steady.hyperparameters(59)
    assert len(calls) < 10


def test_a_fit_starts_at_the_checkpoint_below():
    warm, calls = recorded()
    warm.hyperparameters(100)
    assert calls[0] == (4, None)
    assert [n for n, _ in calls] == sorted(n for n, _ in calls)
    assert calls[-1][1][0] == checkpoints(100)[1] < 100


def test_not_every_one_of_many_observations_leads_to_a_fit():
    warm, calls = recorded()
    for n in range(1, 251):
        warm.hyperparameters(n)
    assert [fitted_at(n) for n in (1, 24, 31, 32, 33, 250)] == [1, 24, 31, 32, 32, 240]
    assert fitted_at(254) == 240
    assert len(calls) < 120


def test_checkpoints_grow():
    assert [checkpoints(n)[1:] for n in (1, 4, 5, 7, 8)] == [[], [], [4], [4], [7, 4]]


def test_it_forgets_but_answers_alike():
    warm, _ = recorded()
    first = warm.hyperparameters(3)
    for n in range(1, 200):
        warm.hyperparameters(n)
    assert warm.hyperparameters(3) == first
