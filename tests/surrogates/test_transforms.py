"""Outliers are bent, other observations are left alone, the order never changes."""

import numpy as np
import pytest

from bohwsw.surrogates.transforms import (
    centre_and_scale,
    constraint_warping,
    front_warping,
    objective_warping,
    outcome_warping,
    warped_deviations,
    warped_variances,
)

NONE = float("nan")
LOGS = 10.0 ** np.linspace(-3, 3, 13)
OUTLIER = np.array([-3.0, -1.0, 0.5, 1.0, 2.0, 1e7])
VIOLATIONS = np.array([-2.0, -0.5, 0.0, 0.1, 40.0])


def warped(values):
    return outcome_warping(values)(values)


def test_values_without_outliers_are_left_alone():
    values = np.random.default_rng(0).normal(10, 3, 50)
    np.testing.assert_array_equal(warped(values), values)


def test_many_decades_become_logarithms():
    values = 10.0 ** np.linspace(-5, 10, 31)
    np.testing.assert_allclose(np.diff(warped(values)), np.log(10) * 0.5)


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
    got = warped(values)
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
    np.testing.assert_allclose(warped(skewed), np.log(skewed))
    np.testing.assert_array_equal(warped(even), even)
    # One value near zero makes the range wide, not the values log-normal.
    even[0] = 1e-6
    np.testing.assert_array_equal(warped(even), even)


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
    got, plain = objective_warping(values)(values), warped(values)
    order = np.argsort(values, kind="stable")
    assert np.isfinite(got).all()
    assert (np.diff(got[order]) >= 0.0).all()
    low = plain <= np.median(plain)
    np.testing.assert_array_equal(got[low], plain[low])
    assert np.ptp(got) <= np.ptp(plain)
    if plain.max() > np.median(plain):
        assert got.max() < plain.max()


@pytest.mark.parametrize("values", [LOGS, OUTLIER, np.arange(9.0), np.ones(4), np.array([2.0])])
def test_a_transformation_can_be_used_for_other_values(values):
    transform = outcome_warping(values)
    np.testing.assert_array_equal(transform(values), warped(values))
    np.testing.assert_array_equal(transform(values[:2]), warped(values)[:2])
    others = np.array([-1.0, 0.0, 0.25, 7.0])
    assert (np.diff(transform(others)[2:]) > 0).all()


@pytest.mark.parametrize(
    ("transform", "values"),
    [
        (outcome_warping(LOGS), LOGS),
        (outcome_warping(OUTLIER), OUTLIER),
        (constraint_warping(VIOLATIONS), VIOLATIONS),
        (outcome_warping(np.arange(9.0)), np.arange(9.0)),
    ],
)
def test_small_deviations_follow_the_slope(transform, values):
    small = 1e-5 * np.maximum(np.abs(values), 1e-2)
    slope = (transform(values + small) - transform(values - small)) / (2 * small)
    np.testing.assert_allclose(
        warped_deviations(transform, values, small), slope * small, rtol=1e-3
    )


def test_a_logarithm_stays_moderate_where_the_deviation_reaches_below_zero():
    ratio = np.array([0.1, 0.999, 1.0, 10.0])
    got = warped_deviations(outcome_warping(LOGS), np.ones(4), ratio)
    assert got[0] == pytest.approx(0.1, rel=0.01)
    assert got[2] == pytest.approx(got[1], rel=0.15)
    assert (np.diff(got) > 0).all()
    assert got[3] < 5


def test_what_nobody_reported_is_as_noisy_as_the_median():
    values = np.arange(5.0)
    deviations = np.array([0.1, NONE, 0.3, 0.2, NONE])
    got = warped_variances(outcome_warping(values), values, deviations)
    np.testing.assert_allclose(got, [0.01, 0.04, 0.09, 0.04, 0.04])


@pytest.mark.parametrize("deviations", [[NONE] * 4, [0.0] * 4, [1e-6, NONE, 0.0, 1e-9]])
def test_nothing_or_next_to_nothing_is_no_noise(deviations):
    values = np.arange(4.0)
    assert warped_variances(outcome_warping(values), values, np.array(deviations)) is None


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
    got = warped_variances(outcome_warping(values), values, deviations)
    assert got is not None
    assert np.isfinite(got).all()
    assert (got >= 0).all()
    np.testing.assert_array_equal(constraint_warping(np.zeros(3))(np.zeros(3)), np.zeros(3))


def test_trials_that_stay_near_a_limit_do_not_magnify_it_without_end():
    first = np.linspace(-1.0, 1.0, 10)
    near = np.concatenate([first, np.full(90, 1e-6)])
    assert constraint_warping(near)(first).max() < 4.0 * constraint_warping(first)(first).max()


def test_values_whose_noise_reaches_zero_are_no_logarithms():
    low = float(LOGS.min())
    np.testing.assert_array_equal(outcome_warping(LOGS, low / 5.0)(LOGS), np.log(LOGS))
    for warping in (outcome_warping(LOGS, low), front_warping(LOGS, low)):
        assert warping(np.array([-low])) < warping(np.zeros(1)) < warping(np.array([low]))
    assert np.isfinite(front_warping(-LOGS, low)(np.zeros(1))).all()


def test_a_limit_that_is_met_by_far_and_hardly_broken_is_seen_to_be_broken():
    values = np.array([-1e6, -3e3, 0.4, -2e4, -500.0, 0.9, -8e5, 0.7, 0.9, 0.9])
    got = constraint_warping(values)(values)
    assert got[values > 0.0].min() > 0.02 * np.ptp(got)
    assert (np.diff(got[np.argsort(values)]) >= 0.0).all()
    np.testing.assert_array_equal(np.sign(got), np.sign(values))
