"""Hypervolumes against counting, and how they are told."""

from __future__ import annotations

import numpy as np
import pytest

from bohwsw.acquisition import hypervolume
from bohwsw.strategies import Outcome, TrialState
from bohwsw.study import Trial, hypervolume_history


@pytest.mark.parametrize("m", [1, 2, 3])
def test_it_equals_counting_cells(m: int) -> None:
    rng = np.random.default_rng(m)
    for _ in range(20):
        points = rng.integers(0, 7, (6, m)).astype(float)
        reference = np.full(m, 6.0)
        cells = np.stack(np.meshgrid(*[np.arange(6)] * m, indexing="ij"), -1).reshape(-1, m)
        dominated = (points[:, None, :] <= cells[None, :, :]).all(axis=2).any(axis=0)
        assert hypervolume(points, reference) == dominated.sum()


def test_the_history_names_trials_and_networks() -> None:
    def trial(number: int, order: int, accuracy: float, ln_edp: float, reused: bool) -> Trial:
        metrics = {"minimised_area_mm2": -accuracy, "ln_edp_pj_cycles": ln_edp}
        outcome = Outcome(TrialState.COMPLETED, metrics={"ln_area_mm2": -accuracy, **metrics})
        data = {"accuracy": {"reused": reused}}
        return Trial(number, {}, outcome, finish_order=order, artifacts=data)

    trials = [
        trial(0, 2, 1.0, 1.0, True),
        trial(1, 1, 2.0, 3.0, False),
        Trial(2, {}, Outcome(TrialState.INFEASIBLE), finish_order=3),
        trial(3, 4, 0.0, 0.0, False),
    ]
    history = hypervolume_history(trials, ["area", "edp"])
    assert history["reference"] == {"area": 0.0, "edp": 3.0}
    assert history["values"] == [[1, 1, 0.0], [2, 1, 2.0]]
    assert hypervolume_history([], ["area", "edp"]) == {"reference": None, "values": []}
