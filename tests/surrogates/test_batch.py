"""A batch of fits is the fits one by one."""

import numpy as np
import pytest

from bohwsw.errors import SpecError
from bohwsw.surrogates import GaussianProcess, fit_batch


def data(b=5, n=25, d=4):
    rng = np.random.default_rng(0)
    x = rng.integers(0, 8, (b, n, d)) / 7
    noise = 0.1 * rng.normal(size=(b, n))
    return x, np.sin(3 * x[..., 0]) + np.arange(b)[:, None] * x[..., 1] + noise


@pytest.mark.parametrize("groups", [None, np.array([0, 1, 1, 2])])
def test_models_are_those_of_single_fits(groups):
    x, y = data()
    new = np.random.default_rng(1).random((20, 4))
    for model, points, values in zip(fit_batch(x, y, groups=groups), x, y, strict=True):
        alone = GaussianProcess(groups).fit(points, values)
        for got, expected in zip(model.predict(new), alone.predict(new), strict=True):
            np.testing.assert_allclose(got, expected, rtol=0.05, atol=0.02 * values.std())


def test_shared_points_constant_outcomes_and_starts():
    x, y = data()
    y[2] = 7.0
    models = fit_batch(x[0], y)
    assert models[2].predict(x[0])[0] == pytest.approx(7.0)
    again = fit_batch(x[0], y, start=[m.hyperparameters for m in models], max_iterations=0)
    for first, second in zip(models, again, strict=True):
        np.testing.assert_allclose(first.predict(x[1])[0], second.predict(x[1])[0])


def test_bad_input_is_refused():
    x, y = data()
    with pytest.raises(SpecError, match="do not match"):
        fit_batch(x, y[:, :5])
    with pytest.raises(SpecError, match="starts do not match"):
        fit_batch(x, y, start=[])
    y[1, 3] = np.nan
    with pytest.raises(SpecError, match="observation must be finite"):
        fit_batch(x, y)
