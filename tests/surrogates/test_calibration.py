"""Leaving one out in closed form is what conditioning without it gives."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from bohwsw.surrogates import (
    FeasibilityClassifier,
    GaussianProcess,
    classifier_calibration,
    rank_correlation,
    regression_calibration,
)


def data(n=30):
    rng = np.random.default_rng(0)
    x = rng.integers(0, 8, (n, 3)) / 7
    return x, 5 + np.sin(3 * x[:, 0]) + x[:, 1] + 0.1 * rng.normal(size=n)


def test_closed_form_is_conditioning_on_the_others():
    x, y = data()
    model = GaussianProcess().fit(x, y)
    rows, mean, variance = model.leave_one_out()
    noise = model.hyperparameters.noise_variance * y.var()
    assert rows.tolist() == list(range(30))
    for k in (0, 13, 29):
        others = model.restricted(np.delete(np.arange(30), k))
        expected, spread = others.predict(x[k : k + 1])
        assert mean[k] == pytest.approx(expected[0], rel=1e-6)
        assert variance[k] == pytest.approx(spread[0] + noise, rel=1e-6)


def test_a_good_model_looks_calibrated_and_a_wrong_one_does_not():
    x, y = data(60)
    _, mean, variance = GaussianProcess().fit(x, y).leave_one_out()
    good = regression_calibration(y, mean, variance)
    assert good.coverage_90 > 0.75
    assert good.error_ratio < 0.5
    bad = regression_calibration(y, mean, variance / 100)
    assert bad.coverage_90 < 0.5
    assert bad.log_score < good.log_score


def test_left_out_labels_are_predicted_from_their_neighbours():
    x, _ = data(80)
    inside = x[:, 0] + x[:, 1] < 0.9
    inside[5] = not inside[5]
    model = FeasibilityClassifier().fit(x, inside)
    rows, probability = model.leave_one_out()
    got = classifier_calibration(inside[rows], probability)
    assert got.log_loss < 0.5
    # The label that contradicts its neighbours does not vouch for itself.
    assert (probability[5] > 0.5) != inside[5]


def test_calibration_error_is_that_of_the_bins():
    probability = np.array([0.05, 0.05, 0.95, 0.95])
    got = classifier_calibration(np.array([False, True, True, True]), probability)
    assert got.expected_error == pytest.approx((2 * 0.45 + 2 * 0.05) / 4)
    assert got.brier == pytest.approx((0.05**2 + 0.95**2 + 2 * 0.05**2) / 4)


def test_ranks_of_equal_values_are_shared():
    a, b = np.array([1.0, 2.0, 2.0, 5.0, -1.0]), np.array([0.1, 3.0, 1.0, 1.0, 0.0])
    assert rank_correlation(a, b) == pytest.approx(spearmanr(a, b).statistic)
    assert rank_correlation(a, np.exp(a)) == pytest.approx(1.0)
    assert rank_correlation(a, np.ones(5)) == 0.0
