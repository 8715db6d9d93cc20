"""A fit ends where BoTorch's ends, its reference."""

import numpy as np
import pytest
import torch
from botorch.optim.fit import fit_gpytorch_mll_scipy
from gpytorch.mlls import ExactMarginalLogLikelihood

from bohwsw.surrogates.botorch_model import to_botorch
from bohwsw.surrogates.fit import default_hyperparameters, fit_hyperparameters
from bohwsw.surrogates.log_density import LogDensity
from bohwsw.surrogates.threads import one_thread


@pytest.fixture(autouse=True)
def _on_one_thread():
    with one_thread():
        yield


def data(known_noise=False, n=40):
    rng = np.random.default_rng(0)
    x = rng.integers(0, 8, (n, 4)) / 7
    y = np.sin(3 * x[:, 0]) + x[:, 1] * x[:, 2]
    return x, (y - y.mean()) / y.std(), 0.05 + rng.random(n) if known_noise else None


def fitted(x, y, noise=None, **options):
    known = None if noise is None else torch.tensor(noise)
    return fit_hyperparameters(torch.tensor(x), torch.tensor(y), known, **options)


@pytest.mark.parametrize("known_noise", [False, True])
def test_a_fit_is_as_good_as_botorchs(known_noise):
    x, y, noise = data(known_noise)
    task = LogDensity(x, y, noise, np.arange(4))
    ours, _ = task.value_and_gradient(task.pack(fitted(x, y, noise)))
    model = to_botorch(x, y, default_hyperparameters(4), noise)
    mll = ExactMarginalLogLikelihood(model.likelihood, model)
    theirs = -fit_gpytorch_mll_scipy(mll, options={"maxiter": 50}).fval
    assert ours > theirs - 0.01


def test_a_warm_start_goes_on_where_it_was():
    x, y, _ = data()
    task = LogDensity(x, y, None, np.arange(4))
    best = fitted(x, y, max_iterations=200)
    again = fitted(x, y, start=best, max_iterations=1)
    before, _ = task.value_and_gradient(task.pack(best))
    after, _ = task.value_and_gradient(task.pack(again))
    assert after == pytest.approx(before, abs=1e-3)
    cold, _ = task.value_and_gradient(task.pack(default_hyperparameters(4)))
    assert before > cold + 0.05


def test_which_columns_matter_is_found():
    x, y, _ = data(n=60)
    lengths = fitted(x, y).lengthscales
    assert min(lengths[3:]) > 2 * max(lengths[:1])
