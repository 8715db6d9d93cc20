"""The compiled correlation is its formula, near and far."""

import numpy as np

from bohwsw.surrogates.matern_kernel import correlate, correlate_with_slope


def test_correlation_and_slope_are_the_formula():
    squared = np.concatenate([[-1e-15, 0.0, 1e-30], np.logspace(-8, 30, 400)])
    got, again, slope = squared.copy(), squared.copy(), np.empty_like(squared)
    correlate(got)
    correlate_with_slope(again, slope)
    r = np.sqrt(np.maximum(squared, 0.0))
    near = np.where(r < 700, np.exp(-r), 0.0)
    np.testing.assert_allclose(got, (1 + r + r**2 / 3) * near, atol=1e-12)
    np.testing.assert_allclose(again, got)
    np.testing.assert_allclose(slope, 5 / 3 * (1 + r) * near, atol=1e-12)
