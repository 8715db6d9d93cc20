"""Wild observations are bent, tame ones are left alone, the order never changes."""

import numpy as np
import pytest

from bohwsw.surrogates.transforms import centre_and_scale, sharpening, tamed


def test_tame_values_are_left_alone():
    values = np.random.default_rng(0).normal(10, 3, 50)
    np.testing.assert_array_equal(tamed(values), values)


def test_many_decades_become_logarithms():
    values = 10.0 ** np.linspace(-5, 10, 31)
    np.testing.assert_allclose(np.diff(tamed(values)), np.log(10) * 0.5)


@pytest.mark.parametrize(
    "values",
    [
        np.array([0.0, 1.0, 2.0, 3.0, 1e12]),
        np.array([-1e12, 1.0, 2.0, 3.0, 4.0, 1e9]),
        np.array([5.0, 5.0, 5.0, 5.0, 5.0, 1e6, 5.1]),
        np.array([-1.7e308, 0.0, 1.0, 2.0, 1.7e308]),
        np.array([7.0]),
        np.array([7.0, 7.0]),
        10.0 ** np.random.default_rng(1).uniform(-5, 10, 40) - 1.0,
    ],
)
def test_order_is_kept_and_the_spread_is_bounded(values):
    got = tamed(values)
    np.testing.assert_array_equal(np.argsort(got, kind="stable"), np.argsort(values, kind="stable"))
    assert np.isfinite(got).all()
    centre, scale = centre_and_scale(got)
    assert np.abs((got - centre) / scale).max() < 8


def test_scale_of_equal_values_is_one():
    assert centre_and_scale(np.full(4, 3.0)) == (3.0, 1.0)
    assert centre_and_scale(np.array([2.0, 4.0])) == (3.0, 1.0)


def test_skewed_positive_values_become_logarithms_and_even_ones_do_not():
    rng = np.random.default_rng(0)
    skewed, even = np.exp(rng.normal(0, 0.8, 40)), rng.uniform(1, 30, 40)
    assert skewed.max() / skewed.min() < 1e3
    np.testing.assert_allclose(tamed(skewed), np.log(skewed))
    np.testing.assert_array_equal(tamed(even), even)
    # One value near zero makes the range wide, not the values log-normal.
    even[0] = 1e-6
    np.testing.assert_array_equal(tamed(even), even)


@pytest.mark.parametrize(
    "values",
    [
        np.array([0.0, 1.0, 2.0, 3.0, 50.0, 60.0]),
        np.exp(np.random.default_rng(0).normal(0, 2, 30)),
        np.array([-1e300, 0.0, 1.0, 2.0, 1e300]),
        np.full(7, 3.0),
        np.array([1.0, 1.0, 1.0, 1.0, 2.0, 9.0]),
    ],
)
def test_good_values_are_told_apart_better_than_bad_ones(values):
    got, plain = sharpening(values)(values), tamed(values)
    order = np.argsort(values, kind="stable")
    assert np.isfinite(got).all()
    assert (np.diff(got[order]) >= 0.0).all()
    low = plain <= np.median(plain)
    np.testing.assert_array_equal(got[low], plain[low])
    assert np.ptp(got) <= np.ptp(plain)
    if plain.max() > np.median(plain):
        assert got.max() < plain.max()
