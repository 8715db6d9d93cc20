"""What both methods built from BoTorch's parts share: models with capped fits, acquisition."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import torch
from botorch.acquisition.analytic import (
    LogConstrainedExpectedImprovement,
    LogExpectedImprovement,
    LogProbabilityOfFeasibility,
)
from botorch.fit import fit_gpytorch_mll
from botorch.models import ModelListGP, SingleTaskGP
from botorch.models.transforms import Standardize
from gpytorch.mlls import ExactMarginalLogLikelihood

from benchmarks.optimizers.methods.encoded import Record

FIRST_ITERATIONS = 50
"""The default has a long tail on data without noise, for no better model."""

MORE_ITERATIONS = 20
"""For a fit that starts where the one with a trial less ended."""

Fits = dict[str, dict[str, torch.Tensor]]
"""The hyperparameters of the last fit of each model."""


def acquisition(
    records: Sequence[Record],
    x: torch.Tensor,
    names: Sequence[str],
    input_transform: Callable[[], Any],
    fits: Fits,
) -> Any:
    """Log expected improvement weighted by the probability of each constraint, for minimising.

    One Gaussian process for the objective and one for each constraint, each from the trials that
    have its value. Before the first feasible trial: the probability of feasibility alone.

    Args:
        records: the trials.
        x: their inputs ``[n, d]``.
        names: constraints to model.
        input_transform: called once a model for its input transform.
        fits: kept by the caller from one call to the next.
    """
    warnings.filterwarnings("ignore")
    modelled = [name for name in names if any(r.constraints.get(name, 0.0) > 0.0 for r in records)]

    def model_of(name: str, values: Sequence[float | None]) -> SingleTaskGP:
        rows = [i for i, value in enumerate(values) if value is not None]
        y = torch.tensor([values[i] for i in rows], dtype=torch.float64)[:, None]
        return _fitted(x[rows], y, input_transform(), name, fits)

    models = [model_of(name, [r.constraints.get(name) for r in records]) for name in modelled]
    feasible = [r.objective for r in records if r.feasible and r.objective is not None]
    limits: dict[int, tuple[float | None, float | None]]
    if not feasible:
        limits = dict.fromkeys(range(len(models)), (None, 0.0))
        return LogProbabilityOfFeasibility(ModelListGP(*models), constraints=limits)
    objective = model_of("", [record.objective for record in records])
    if not models:
        return LogExpectedImprovement(objective, best_f=min(feasible), maximize=False)
    limits = {i + 1: (None, 0.0) for i in range(len(models))}
    return LogConstrainedExpectedImprovement(
        ModelListGP(objective, *models),
        best_f=min(feasible),
        objective_index=0,
        constraints=limits,
        maximize=False,
    )


def _fitted(
    x: torch.Tensor, y: torch.Tensor, input_transform: Any, name: str, fits: Fits
) -> SingleTaskGP:
    # A single observation, or equal ones, cannot be standardised.
    scaled = Standardize(1) if len(y) > 1 and float(y.std()) > 0.0 else None
    model = SingleTaskGP(x, y, outcome_transform=scaled, input_transform=input_transform)
    iterations = MORE_ITERATIONS if name in fits else FIRST_ITERATIONS
    model.load_state_dict(fits.get(name, {}), strict=False)
    likelihood = ExactMarginalLogLikelihood(model.likelihood, model)
    fit_gpytorch_mll(likelihood, optimizer_kwargs={"options": {"maxiter": iterations}})
    learned = ("covar_module", "mean_module", "likelihood")
    fits[name] = {k: v for k, v in model.state_dict().items() if k.startswith(learned)}
    return model
