"""Our Gaussian process as a BoTorch model, to use it with BoTorch's own tools.

It is also the reference of `fit`: the same model, priors and objective, built from BoTorch's parts.
"""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from bohwsw.arrays import Values
from bohwsw.surrogates.botorch_inputs import ModelInputs
from bohwsw.surrogates.botorch_regression import BotorchRegression
from bohwsw.surrogates.covariance import Hyperparameters
from bohwsw.surrogates.gp import GaussianProcess
from bohwsw.surrogates.log_density import MIN_NOISE, SIGNAL_RATE, SIGNAL_SHAPE


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
    from botorch.models.utils.gpytorch_modules import get_covar_module_with_dim_scaled_prior
    from gpytorch.constraints import GreaterThan
    from gpytorch.kernels import ScaleKernel
    from gpytorch.priors import GammaPrior

    kernel = get_covar_module_with_dim_scaled_prior(ard_num_dims=x.shape[1], use_rbf_kernel=False)
    base = kernel
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
    model.mean_module.constant.data.fill_(hyperparameters.mean)
    if noise is not None:
        kernel.outputscale = hyperparameters.signal_variance
    else:
        model.likelihood.noise = max(hyperparameters.noise_variance, MIN_NOISE * (1 + 1e-9))
    return model


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
