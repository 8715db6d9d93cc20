"""The compiled correlations and covariances are their formulas, near and far."""

import numpy as np

from bohwsw.surrogates.matern_kernel import correlate, fill_covariance, pull_on_lengths


def formula(squared):
    r = np.sqrt(np.maximum(squared, 0.0))
    near = np.where(r < 700, np.exp(-r), 0.0)
    return (1 + r + r**2 / 3) * near, 5 / 3 * (1 + r) * near


def test_correlation_is_the_formula():
    squared = np.concatenate([[-1e-15, 0.0, 1e-30], np.logspace(-8, 30, 400)])
    got = squared.copy()
    correlate(got)
    np.testing.assert_allclose(got, formula(squared)[0], atol=1e-12)


def test_covariance_slope_and_pull_are_the_formulas():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(12, 3)) * np.array([1.0, 10.0, 1e12])
    points[:6, 2] = 0.0
    noise, signal = rng.random(12), 1.7
    matrix, slope = np.full((12, 12), np.nan), np.full((12, 12), np.nan)
    fill_covariance(np.ascontiguousarray(points.T), noise, signal, matrix, slope)
    differences = points[:, None, :] - points[None, :, :]
    correlation, steep = formula((differences**2).sum(axis=2))
    lower = np.tril_indices(12)
    expected = signal * correlation + np.diag(noise)
    np.testing.assert_allclose(matrix[lower], expected[lower], atol=1e-12)
    pairs = np.tril_indices(12, -1)
    np.testing.assert_allclose(slope[pairs], steep[pairs], atol=1e-12)

    weights, inverse = rng.normal(size=12), rng.normal(size=(12, 12))
    pull = np.full(3, np.nan)
    pull_on_lengths(points, slope, inverse, weights, pull)
    each = (steep * (np.outer(weights, weights) - inverse))[..., None] * differences**2
    np.testing.assert_allclose(pull, each[pairs].sum(axis=0), rtol=1e-9, atol=1e-12)
