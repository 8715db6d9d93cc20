"""Log expected improvement: the formula where it can be computed, order where it cannot."""

import math

import numpy as np
import pytest

from bohwsw.acquisition import log_expected_improvement
from bohwsw.acquisition.expected_improvement import ASYMPTOTIC, log_h


def plain(mean, deviation, best):
    z = (best - mean) / deviation
    density = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    return math.log(deviation * (density + z * 0.5 * math.erfc(-z / math.sqrt(2))))


@pytest.mark.parametrize("mean", [-3.0, 0.0, 0.9, 1.0, 2.0, 4.0])
@pytest.mark.parametrize("deviation", [0.3, 1.0, 20.0])
def test_it_is_the_log_of_expected_improvement(mean, deviation):
    got = log_expected_improvement(np.array([mean]), np.array([deviation**2]), 1.0)
    assert got[0] == pytest.approx(plain(mean, deviation, 1.0), rel=1e-6)


def test_it_is_the_mean_of_what_is_gained():
    draws = np.random.default_rng(0).normal(1.5, 0.8, 400_000)
    gained = np.maximum(1.0 - draws, 0).mean()
    got = log_expected_improvement(np.array([1.5]), np.array([0.64]), 1.0)[0]
    assert math.exp(got) == pytest.approx(gained, rel=0.02)


def test_it_rises_without_a_jump_over_all_branches():
    z = np.concatenate([-np.logspace(12, 0.1, 3000), np.linspace(-1.25, 40, 3000)])
    values = log_h(z)
    assert np.isfinite(values).all()
    assert (np.diff(values) > 0).all()
    for edge in (-1.0, ASYMPTOTIC):
        below, above = log_h(np.array([edge * (1 + 1e-9), edge * (1 - 1e-9)]))
        assert above - below == pytest.approx(0.0, abs=2e-9 * edge**2 + 1e-8)


def test_hopeless_points_are_still_ranked():
    mean = np.array([1e3, 1e6, 1e9])
    got = log_expected_improvement(mean, np.full(3, 1e-6), 0.0)
    assert np.isfinite(got).all()
    assert (np.diff(got) < 0).all()
    assert np.isfinite(log_expected_improvement(np.array([0.0]), np.array([0.0]), 0.0)).all()
