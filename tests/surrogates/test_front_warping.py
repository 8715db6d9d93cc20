"""The warping of one of several objectives."""

import numpy as np

from bohwsw.surrogates import front_warping


def test_what_is_maximised_becomes_logarithms_as_what_is_minimised_does():
    values = np.exp(2.0 * np.random.default_rng(0).standard_normal(40))
    assert np.allclose(front_warping(values)(values), np.log(values))
    assert np.allclose(front_warping(-values)(-values), -np.log(values))


def test_good_and_bad_values_are_alike_to_it():
    values = np.random.default_rng(1).standard_normal(40)
    assert np.allclose(front_warping(values)(values), values)
