"""Inducing points: exact where all points are among them, and the textbook's formula elsewhere."""

import math

import numpy as np
import pytest
import torch

from bohwsw.surrogates import FeasibilityClassifier, GaussianProcess, inducing_points
from bohwsw.surrogates.covariance import Hyperparameters, correlation, lengths_of, scaled
from bohwsw.surrogates.posterior import condition
from bohwsw.surrogates.sparse_posterior import inducing_basis

H = Hyperparameters((0.4, 0.9), 1.3, 0.0, 0.2, 0.3)


def covariance(x1, x2, given):
    lengths = lengths_of(given, None)
    a, b = (x1 - 0.5) / lengths, (x2 - 0.5) / lengths
    trend = given.trend * 12.0 * math.exp(2.0 * math.sqrt(2.0)) * a @ b.mT
    return given.signal_variance * (correlation(scaled(x1, lengths), scaled(x2, lengths)) + trend)


def data(n=40):
    rng = np.random.default_rng(0)
    x = torch.tensor(rng.random((n, 2)))
    return x, torch.sin(5 * x[:, 0]) + x[:, 1], torch.tensor(0.01 + 0.1 * rng.random(n))


def test_all_points_inducing_is_exact():
    x, y, noise = data()
    points = torch.tensor(np.random.default_rng(1).random((9, 2)))
    exact = condition(x, y, noise, H, solve_mean=True)
    basis = inducing_basis(x, H, torch.arange(len(x)))
    sparse = basis.condition(y, noise, solve_mean=True)
    assert sparse.hyperparameters.mean == pytest.approx(exact.hyperparameters.mean, rel=1e-4)
    for got, expected in zip(sparse.predict(points), exact.predict(points), strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-3, atol=1e-5)


def test_few_points_are_the_variational_posterior():
    x, y, noise = data()
    chosen = torch.arange(0, 40, 5)
    points = torch.tensor(np.random.default_rng(1).random((9, 2)))
    basis = inducing_basis(x, H, chosen)
    mean, variance = basis.condition(y, noise).predict(points)
    # Titsias (2009), eq. 6, written out.
    k_mm = covariance(x[chosen], x[chosen], H)
    k_mn, k_sm = covariance(x[chosen], x, H), covariance(points, x[chosen], H)
    inner = torch.linalg.inv(k_mm + k_mn @ torch.diag(1 / noise) @ k_mn.mT)
    expected = H.mean + k_sm @ inner @ k_mn @ ((y - H.mean) / noise)
    left = k_sm @ (torch.linalg.inv(k_mm) - inner) @ k_sm.mT
    np.testing.assert_allclose(mean, expected, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(
        variance, (covariance(points, points, H) - left).diagonal(), rtol=1e-3, atol=1e-6
    )
    at_mean, at_variance = basis.at_observations(y, noise)
    again_mean, again_variance = basis.condition(y, noise).predict(x)
    np.testing.assert_allclose(at_mean, again_mean, atol=1e-5)
    np.testing.assert_allclose(at_variance, again_variance, atol=1e-5)


def test_models_change_over_by_size(monkeypatch):
    rng = np.random.default_rng(2)
    x, new = rng.integers(0, 8, (120, 4)) / 7, rng.integers(0, 8, (60, 4)) / 7
    y, inside = np.sin(3 * x[:, 0]) + x[:, 1], x[:, 0] + x[:, 1] < 0.9
    exact, label = GaussianProcess().fit(x, y), FeasibilityClassifier().fit(x, inside)
    monkeypatch.setattr("bohwsw.surrogates.gp.EXACT_LIMIT", 100)
    monkeypatch.setattr("bohwsw.surrogates.feasibility.EXACT_LIMIT", 100)
    monkeypatch.setattr(inducing_points, "INDUCING", 64)
    sparse = GaussianProcess().fit(x, y, start=exact.hyperparameters, max_iterations=0)
    assert len(sparse.posterior.centres) == 64
    np.testing.assert_allclose(sparse.predict(new)[0], exact.predict(new)[0], atol=0.05)
    labels = FeasibilityClassifier().fit(x, inside, start=label.hyperparameters)
    assert len(labels.posterior.centres) == 64
    assert np.abs(labels.predict(new) - label.predict(new)).mean() < 0.05
