"""The closed-form fit against finite differences and against BoTorch, its reference."""

import numpy as np
import pytest
import torch
from botorch.optim.fit import fit_gpytorch_mll_scipy
from gpytorch.mlls import ExactMarginalLogLikelihood

from bohwsw.surrogates.botorch_model import to_botorch
from bohwsw.surrogates.fit import Problem, default_hyperparameters, fit_hyperparameters
from bohwsw.surrogates.kernel import Hyperparameters
from bohwsw.surrogates.threads import one_thread


@pytest.fixture(autouse=True)
def _on_one_thread():
    with one_thread():
        yield


def data(n=40, d=4):
    rng = np.random.default_rng(0)
    x = rng.integers(0, 8, (n, d)) / 7
    y = np.sin(3 * x[:, 0]) + x[:, 1] * x[:, 2]
    y = (y - y.mean()) / y.std()
    known = 0.05 + rng.random(n)
    return x, y, known


def problem(known_noise):
    x, y, known = data()
    noise = torch.tensor(known) if known_noise else None
    return Problem(torch.tensor(x), torch.tensor(y), noise)


def botorch_objective(problem, hyperparameters):
    noise = None if problem.noise is None else problem.noise.numpy()
    model = to_botorch(problem.x.numpy(), problem.y.numpy(), hyperparameters, noise)
    model.train()
    mll = ExactMarginalLogLikelihood(model.likelihood, model)
    with torch.no_grad():
        return float(mll(model(*model.train_inputs), model.train_targets))


@pytest.mark.parametrize("known_noise", [False, True])
def test_gradient_is_the_slope(known_noise):
    task = problem(known_noise)
    unknowns = torch.tensor([0.3, -0.8, 0.1, 0.9, -1.2], dtype=torch.float64)
    _, gradient = task.value_and_gradient(unknowns)
    for k in range(5):
        step = torch.zeros(5, dtype=torch.float64)
        step[k] = 1e-5
        rise = task.value_and_gradient(unknowns + step)[0]
        fall = task.value_and_gradient(unknowns - step)[0]
        assert float(gradient[k]) == pytest.approx(float(rise - fall) / 2e-5, rel=1e-4, abs=1e-7)


@pytest.mark.parametrize("known_noise", [False, True])
def test_objective_is_botorchs(known_noise):
    task = problem(known_noise)
    for seed in range(4):
        unknowns = torch.tensor(np.random.default_rng(seed).normal(0, 0.7, 5))
        ours, _ = task.value_and_gradient(unknowns)
        assert float(ours) == pytest.approx(
            botorch_objective(task, task.unpack(unknowns)[0]), abs=1e-6
        )


@pytest.mark.parametrize("known_noise", [False, True])
def test_a_fit_is_as_good_as_botorchs(known_noise):
    task = problem(known_noise)
    ours = fit_hyperparameters(task.x, task.y, task.noise)
    noise = None if task.noise is None else task.noise.numpy()
    model = to_botorch(task.x.numpy(), task.y.numpy(), default_hyperparameters(4), noise)
    mll = ExactMarginalLogLikelihood(model.likelihood, model)
    theirs = -fit_gpytorch_mll_scipy(mll, options={"maxiter": 50}).fval
    assert botorch_objective(task, ours) > theirs - 0.01


def test_a_warm_start_goes_on_where_it_was():
    task = problem(False)
    best = fit_hyperparameters(task.x, task.y, max_iterations=200)
    again = fit_hyperparameters(task.x, task.y, start=best, max_iterations=1)
    before, _ = task.value_and_gradient(task.pack([best])[0])
    after, _ = task.value_and_gradient(task.pack([again])[0])
    assert float(after) == pytest.approx(float(before), abs=1e-3)
    cold, _ = task.value_and_gradient(task.pack([default_hyperparameters(4)])[0])
    assert before > cold + 0.05


def test_packing_comes_back():
    given = Hyperparameters((0.2, 0.5, 1.0, 3.0), 1.0, 0.03, 0.0)
    task = problem(False)
    back = task.unpack(task.pack([given])[0])[0]
    assert back.lengthscales == pytest.approx(given.lengthscales)
    assert back.noise_variance == pytest.approx(0.03)


def test_which_columns_matter_is_found():
    x, y, _ = data(60)
    lengths = fit_hyperparameters(torch.tensor(x), torch.tensor(y)).lengthscales
    assert min(lengths[3:]) > 2 * max(lengths[:1])


@pytest.mark.parametrize("known_noise", [False, True])
def test_gradient_by_groups_is_the_slope(known_noise):
    task = problem(known_noise)
    grouped = Problem(task.x, task.y, task.noise, torch.tensor([0, 1, 1, 0]))
    unknowns = torch.tensor([0.3, -0.8, -1.2], dtype=torch.float64)
    _, gradient = grouped.value_and_gradient(unknowns)
    for k in range(3):
        step = torch.zeros(3, dtype=torch.float64)
        step[k] = 1e-5
        rise = grouped.value_and_gradient(unknowns + step)[0]
        fall = grouped.value_and_gradient(unknowns - step)[0]
        assert float(gradient[k]) == pytest.approx(float(rise - fall) / 2e-5, rel=1e-4, abs=1e-7)


def test_a_batch_is_its_members():
    task = problem(False)
    x, y = torch.stack([task.x, 1 - task.x / 2]), torch.stack([task.y, task.y.flip(0)])
    unknowns = torch.tensor(np.random.default_rng(0).normal(0, 0.5, (2, 5)))
    values, gradients = Problem(x, y, None).value_and_gradient(unknowns)
    for k in range(2):
        value, gradient = Problem(x[k], y[k], None).value_and_gradient(unknowns[k])
        assert float(values[k]) == pytest.approx(float(value))
        np.testing.assert_allclose(gradients[k], gradient, atol=1e-9)
