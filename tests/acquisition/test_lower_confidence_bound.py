"""The gain of the bound in logarithms: its order, finite, no jump."""

import numpy as np
import pytest

from bohwsw.acquisition import log_optimistic_gain


def test_the_gain_has_the_order_of_the_bound_and_stays_finite():
    mean = np.concatenate([-np.logspace(6, -3, 50), np.logspace(-3, 6, 50)])
    variance = np.full(100, 0.25)
    got = log_optimistic_gain(mean, variance, best=0.0, kappa=2.0)
    assert np.isfinite(got).all()
    assert (np.diff(got) < 0).all()


def test_far_below_it_is_the_log_of_the_gain():
    got = log_optimistic_gain(np.array([-1e4]), np.array([0.0]), best=0.0, scale=10.0)
    assert got[0] == pytest.approx(np.log(1e3))
