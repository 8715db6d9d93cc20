"""A trend beside a Gaussian process: offsets of fidelities are found where designs differ."""

import numpy as np
import pytest

from bohwsw.surrogates import default_hyperparameters, trend_coefficients


@pytest.mark.parametrize("noise", [None, 1e-4])
def test_an_offset_is_told_apart_from_what_designs_differ_by(noise):
    rng = np.random.default_rng(0)
    x = rng.random((40, 2))
    low = np.arange(40) % 3 > 0
    y = np.sin(3 * x[:, 0]) + 5.0 * low
    basis = low[:, None].astype(float)
    known = None if noise is None else np.full(40, noise)
    (offset,) = trend_coefficients(x, y, basis, known, default_hyperparameters(2), np.arange(2))
    assert offset == pytest.approx(5.0, abs=0.05)
    assert abs(y[low].mean() - y[~low].mean() - 5.0) > 0.05  # as means alone have it


def test_a_function_that_no_point_tells_of_has_no_weight():
    x, y = np.random.default_rng(1).random((9, 1)), np.arange(9.0)
    found = trend_coefficients(
        x, y, np.zeros((9, 2)), None, default_hyperparameters(1), np.arange(1)
    )
    np.testing.assert_allclose(found, 0.0)
