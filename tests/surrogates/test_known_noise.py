"""Reported noise in the units of the model."""

import numpy as np
import pytest

from bohwsw.surrogates.excesses import bending_around_zero, bent_around_zero
from bohwsw.surrogates.known_noise import known_variances, transformed_deviations
from bohwsw.surrogates.transforms import tamed, taming

NONE = float("nan")
LOGS = 10.0 ** np.linspace(-3, 3, 13)
OUTLIER = np.array([-3.0, -1.0, 0.5, 1.0, 2.0, 1e7])
EXCESSES = np.array([-2.0, -0.5, 0.0, 0.1, 40.0])


@pytest.mark.parametrize("values", [LOGS, OUTLIER, np.arange(9.0), np.ones(4), np.array([2.0])])
def test_a_transformation_can_be_used_for_other_values(values):
    transform = taming(values)
    np.testing.assert_array_equal(transform(values), tamed(values))
    np.testing.assert_array_equal(transform(values[:2]), tamed(values)[:2])
    others = np.array([-1.0, 0.0, 0.25, 7.0])
    assert (np.diff(transform(others)[2:]) > 0).all()


@pytest.mark.parametrize(
    ("transform", "values"),
    [
        (taming(LOGS), LOGS),
        (taming(OUTLIER), OUTLIER),
        (bending_around_zero(EXCESSES), EXCESSES),
        (taming(np.arange(9.0)), np.arange(9.0)),
    ],
)
def test_small_deviations_follow_the_slope(transform, values):
    small = 1e-5 * np.maximum(np.abs(values), 1e-2)
    slope = (transform(values + small) - transform(values - small)) / (2 * small)
    np.testing.assert_allclose(
        transformed_deviations(transform, values, small), slope * small, rtol=1e-3
    )


def test_a_logarithm_stays_moderate_where_the_deviation_reaches_below_zero():
    ratio = np.array([0.1, 0.999, 1.0, 10.0])
    got = transformed_deviations(taming(LOGS), np.ones(4), ratio)
    assert got[0] == pytest.approx(0.1, rel=0.01)
    assert got[2] == pytest.approx(got[1], rel=0.15)
    assert (np.diff(got) > 0).all()
    assert got[3] < 5


def test_what_nobody_reported_is_as_noisy_as_the_median():
    values = np.arange(5.0)
    deviations = np.array([0.1, NONE, 0.3, 0.2, NONE])
    got = known_variances(taming(values), values, deviations)
    np.testing.assert_allclose(got, [0.01, 0.04, 0.09, 0.04, 0.04])


@pytest.mark.parametrize("deviations", [[NONE] * 4, [0.0] * 4, [1e-6, NONE, 0.0, 1e-9]])
def test_nothing_or_next_to_nothing_is_no_noise(deviations):
    values = np.arange(4.0)
    assert known_variances(taming(values), values, np.array(deviations)) is None


@pytest.mark.parametrize(
    ("values", "deviations"),
    [
        (np.array([1.0, 2.0, 4.0]), np.array([1e308, 0.0, 1.0])),
        (np.array([-1e300, 0.0, 1e300]), np.array([1e299, 1e308, NONE])),
        (np.array([3.0]), np.array([1e300])),
        (np.array([2e-300, 1e-300, 3e-300]), np.array([1e-300, 0.0, 5e-324])),
        (OUTLIER, np.full(6, 1e308)),
    ],
)
def test_variances_stay_in_float64(values, deviations):
    got = known_variances(taming(values), values, deviations)
    assert got is not None
    assert np.isfinite(got).all()
    assert (got >= 0).all()
    np.testing.assert_array_equal(bent_around_zero(np.zeros(3)), np.zeros(3))
