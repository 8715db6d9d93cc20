"""Bayesian linear regression: its formula, its interface, nasty data."""

import numpy as np
import pytest

from bohwsw.errors import SpecError
from bohwsw.surrogates import BayesianLinearModel


def data(n=40, k=3, noise=0.3):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(n, k)) * [1.0, 10.0, 0.1]
    return x, 4 + 2 * x[:, 0] - 0.1 * x[:, 1] + noise * rng.normal(size=n)


def test_prediction_is_the_textbooks():
    x, y = data()
    model = BayesianLinearModel().fit(x, y)
    found = model.hyperparameters
    z, t = (x - x.mean(0)) / x.std(0), (y - y.mean()) / y.std()
    # Rasmussen and Williams (2006), eq. 2.11.
    precision = z.T @ z / found.noise_variance + np.eye(3) / found.weight_variance
    new = np.random.default_rng(1).normal(size=(5, 3))
    q = (new - x.mean(0)) / x.std(0)
    mean = y.mean() + y.std() * q @ np.linalg.solve(precision, z.T @ t) / found.noise_variance
    variance = y.var() * np.einsum("ij,jk,ik->i", q, np.linalg.inv(precision), q)
    np.testing.assert_allclose(model.predict(new)[0], mean, rtol=1e-8)
    np.testing.assert_allclose(model.predict(new)[1], variance, rtol=1e-8)


def test_noise_and_weights_are_found():
    x, y = data(400)
    found = BayesianLinearModel().fit(x, y).hyperparameters
    assert np.sqrt(found.noise_variance) * y.std() == pytest.approx(0.3, rel=0.15)
    assert abs(found.weights[0]) > 10 * abs(found.weights[2])


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (np.ones((1, 3)), np.array([2.0])),
        (data()[0], np.full(40, -1e9)),
        (np.ones((5, 2)), np.arange(5.0)),
        (data(4, 3)[0], data(4, 3)[1]),
        (np.random.default_rng(0).random((4, 20)), np.arange(4.0)),
        (data()[0], 10.0 ** np.linspace(-5, 10, 40)),
    ],
)
def test_nasty_data_give_finite_answers(x, y):
    mean, variance = BayesianLinearModel().fit(x, y).predict(x + 0.1)
    assert np.isfinite(mean).all()
    assert (variance > 0).all()


def test_bad_input_is_refused():
    with pytest.raises(SpecError, match="do not match"):
        BayesianLinearModel().fit(np.ones((3, 2)), np.ones(2))
    with pytest.raises(SpecError, match="feature must be finite"):
        BayesianLinearModel().fit(np.array([[np.nan]]), np.ones(1))
    with pytest.raises(SpecError, match="not been fitted"):
        BayesianLinearModel().predict(np.ones((3, 2)))
