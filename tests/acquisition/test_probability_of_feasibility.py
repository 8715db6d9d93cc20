"""Weighting by feasibility is a product, in logarithms."""

from statistics import NormalDist

import numpy as np

from bohwsw.acquisition import feasibility_weighted, log_probability_between


def test_it_is_a_product():
    value, probability = np.array([2.0, 3.0]), np.array([0.5, 0.1])
    got = feasibility_weighted(np.log(value), np.log(probability))
    np.testing.assert_allclose(np.exp(got), value * probability)


def test_impossible_points_are_still_ranked_by_their_value():
    with np.errstate(divide="ignore"):
        got = feasibility_weighted(np.array([1.0, 2.0]), np.log(np.zeros(2)))
    assert np.isfinite(got).all()
    assert got[1] > got[0]


def test_between_two_limits_is_a_difference_of_distribution_functions():
    mean, variance = np.array([-1.0, 0.3, 2.0]), np.array([0.5, 1.0, 4.0])
    got = np.exp(log_probability_between(mean, variance, -0.5, 1.5))
    normal = [NormalDist(m, v**0.5) for m, v in zip(mean, variance, strict=True)]
    np.testing.assert_allclose(got, [n.cdf(1.5) - n.cdf(-0.5) for n in normal], rtol=1e-9)


def test_a_narrow_band_far_out_still_ranks_points():
    mean = np.array([-30.0, -20.0, 0.0, 20.0, 30.0])
    got = log_probability_between(mean, np.ones(5), -1e-6, 1e-6)
    assert np.isfinite(got).all()
    np.testing.assert_allclose(got, got[::-1], rtol=1e-6)
    assert (np.diff(got[:3]) > 0).all()
