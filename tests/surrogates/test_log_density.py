"""The log density against BoTorch's objective, its gradient against finite differences."""

import math

import numpy as np
import pytest
import torch
from gpytorch.mlls import ExactMarginalLogLikelihood

from bohwsw.surrogates.botorch_model import to_botorch
from bohwsw.surrogates.covariance import Hyperparameters, checked_groups
from bohwsw.surrogates.log_density import LogDensity


def density(known_noise, groups=None):
    rng = np.random.default_rng(0)
    x = rng.integers(0, 8, (40, 4)) / 7
    y = np.sin(3 * x[:, 0]) + x[:, 1] * x[:, 2]
    known = 0.05 + rng.random(40)
    return LogDensity(
        x, (y - y.mean()) / y.std(), known if known_noise else None, checked_groups(groups, 4)
    )


def botorch_objective(task, hyperparameters):
    model = to_botorch(task.x, task.y, hyperparameters, task.noise)
    model.train()
    mll = ExactMarginalLogLikelihood(model.likelihood, model)
    with torch.no_grad():
        return float(mll(model(*model.train_inputs), model.train_targets))


@pytest.mark.parametrize("known_noise", [False, True])
@pytest.mark.parametrize("groups", [None, [0, 1, 1, 0]])
def test_gradient_is_the_slope(known_noise, groups):
    task = density(known_noise, None if groups is None else np.array(groups))
    unknowns = np.array([0.3, -0.8, 0.1, 0.9, -1.2, -0.7])[-task.n_groups - 2 :]
    _, gradient = task.value_and_gradient(unknowns)
    for k, step in enumerate(1e-5 * np.eye(len(unknowns))):
        rise = task.value_and_gradient(unknowns + step)[0]
        fall = task.value_and_gradient(unknowns - step)[0]
        assert gradient[k] == pytest.approx((rise - fall) / 2e-5, rel=1e-4, abs=1e-7)


@pytest.mark.parametrize("known_noise", [False, True])
def test_value_is_botorchs(known_noise):
    task = density(known_noise)
    for seed in range(4):
        unknowns = np.random.default_rng(seed).normal(0, 0.7, 6)
        ours, _ = task.value_and_gradient(unknowns)
        assert ours == pytest.approx(botorch_objective(task, task.unpack(unknowns)), abs=1e-6)


def test_packing_comes_back():
    given = Hyperparameters((0.2, 0.5, 1.0, 3.0), 1.0, 0.03, 0.0, 0.2)
    task = density(False)
    back = task.unpack(task.pack(given))
    assert back.lengthscales == pytest.approx(given.lengthscales)
    assert back.noise_variance == pytest.approx(0.03)
    assert back.trend == pytest.approx(0.2)


@pytest.mark.parametrize("known_noise", [False, True])
def test_a_wild_step_has_a_value_or_none(known_noise):
    task = density(known_noise)
    for size in (30.0, 1e6):
        for sign in (-1.0, 1.0):
            value, gradient = task.value_and_gradient(np.full(6, sign * size))
            assert math.isfinite(value)
            assert np.isfinite(gradient).all()
    value, gradient = task.value_and_gradient(np.full(6, math.nan))
    assert value == -math.inf
    assert not gradient.any()
