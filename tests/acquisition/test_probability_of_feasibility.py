"""Weighting by feasibility is a product, in logarithms."""

import numpy as np

from bohwsw.acquisition import feasibility_weighted


def test_it_is_a_product():
    value, probability = np.array([2.0, 3.0]), np.array([0.5, 0.1])
    got = feasibility_weighted(np.log(value), np.log(probability))
    np.testing.assert_allclose(np.exp(got), value * probability)


def test_impossible_points_are_still_ranked_by_their_value():
    with np.errstate(divide="ignore"):
        got = feasibility_weighted(np.array([1.0, 2.0]), np.log(np.zeros(2)))
    assert np.isfinite(got).all()
    assert got[1] > got[0]
