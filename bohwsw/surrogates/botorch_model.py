"""Our Gaussian process as a BoTorch model, to use it with BoTorch's own tools.

It is also the reference of `fit`: the same model, priors and objective, built from BoTorch's parts.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from bohwsw.arrays import Values
from bohwsw.surrogates.botorch_inputs import ModelInputs
from bohwsw.surrogates.botorch_regression import BotorchRegression
from bohwsw.surrogates.covariance import TREND_UNIT, Hyperparameters
from bohwsw.surrogates.gp import GaussianProcess
from bohwsw.surrogates.log_density import (
    LEAST_TREND,
    MIN_NOISE,
    SIGNAL_RATE,
    SIGNAL_SHAPE,
    TREND_LOCATION,
    TREND_SCALE,
)


def to_botorch(
    x: Values, y: Values, hyperparameters: Hyperparameters, noise: Values | None = None
) -> Any:
    """A ``SingleTaskGP`` with given data and hyperparameters, in training mode.

    Args:
        x: encoded points ``[n, d]``.
        y: standardised observations ``[n]``.
        hyperparameters: as `fit.fit_hyperparameters` or `GaussianProcess.hyperparameters` give.
        noise: variances of the observations ``[n]`` if they are known; the signal variance is
            then a parameter with a prior, else it is 1 and the noise is one.
    """
    # Here, because importing them takes a second and nothing else needs them.
    from botorch.models import SingleTaskGP
    from gpytorch.constraints import GreaterThan
    from gpytorch.kernels import ScaleKernel
    from gpytorch.priors import GammaPrior

    base = kernel = _matern_and_trend(x.shape[1])
    if noise is not None:
        kernel = ScaleKernel(
            base,
            outputscale_prior=GammaPrior(SIGNAL_SHAPE, SIGNAL_RATE),
            outputscale_constraint=GreaterThan(0.0, transform=None, initial_value=1.0),
        )
    with warnings.catch_warnings():
        # BoTorch warns of data that are not standardised; one observation never is.
        warnings.simplefilter("ignore")
        model = SingleTaskGP(
            torch.as_tensor(x, dtype=torch.float64),
            torch.as_tensor(y, dtype=torch.float64)[:, None],
            train_Yvar=None if noise is None else torch.as_tensor(noise)[:, None],
            covar_module=kernel,
            outcome_transform=None,
        )
    base.lengthscale = torch.tensor(hyperparameters.lengthscales, dtype=torch.float64)
    base.log_trend.data.fill_(math.log(max(hyperparameters.trend, LEAST_TREND)))
    model.mean_module.constant.data.fill_(hyperparameters.mean)
    if noise is not None:
        kernel.outputscale = hyperparameters.signal_variance
    else:
        model.likelihood.noise = max(hyperparameters.noise_variance, MIN_NOISE * (1 + 1e-9))
    return model


def _matern_and_trend(d: int) -> Any:
    """The kernel with its priors: BoTorch's default, and a linear trend on the same lengths."""
    from botorch.models.utils.gpytorch_modules import get_covar_module_with_dim_scaled_prior
    from gpytorch.kernels import MaternKernel
    from gpytorch.priors import NormalPrior

    class MaternAndTrend(MaternKernel):  # type: ignore[misc]
        def forward(self, x1: Any, x2: Any, diag: bool = False, **options: Any) -> Any:
            curved = super().forward(x1, x2, diag=diag, **options)
            a, b = ((x - 0.5) * (math.sqrt(5.0) / self.lengthscale) for x in (x1, x2))
            trend = (a * b).sum(dim=-1) if diag else a @ b.mT
            return curved + self.log_trend.exp() * TREND_UNIT * trend

    default = get_covar_module_with_dim_scaled_prior(ard_num_dims=d, use_rbf_kernel=False)
    kernel = MaternAndTrend(
        nu=2.5,
        ard_num_dims=d,
        lengthscale_prior=default.lengthscale_prior,
        lengthscale_constraint=default.raw_lengthscale_constraint,
    )
    kernel.register_parameter("log_trend", torch.nn.Parameter(torch.zeros(1)))
    kernel.register_prior("trend_prior", NormalPrior(TREND_LOCATION, TREND_SCALE), "log_trend")
    return kernel


def as_botorch(
    model: GaussianProcess, inputs: ModelInputs, *, is_constraint: bool = False
) -> BotorchRegression:
    """A fitted Gaussian process of ours as BoTorch has it, with the same posterior.

    Args:
        model: without a prior mean.
        inputs: our encoded columns as they are.
        is_constraint: whether it is of violations, whose sign is kept.
    """
    x, y = model.observations
    centre, scale = model.standardisation
    sign = 1.0 if is_constraint else -1.0
    found = model.hyperparameters
    lengths = tuple(model.lengthscales[model.groups(x.shape[1])].tolist())
    moved = replace(found, lengthscales=lengths, mean=sign * (found.mean + centre / scale))
    noise = None if model.noise is None else np.maximum(model.noise / scale / scale, MIN_NOISE)
    theirs = to_botorch(x, sign * y / scale, moved, noise)
    theirs.eval()
    return BotorchRegression(theirs, inputs, sign, 0.0, scale, model.noise)
