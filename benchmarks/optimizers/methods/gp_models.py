"""What both methods built from BoTorch's parts share: models with capped fits, acquisition."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import torch
from botorch.fit import fit_gpytorch_mll
from botorch.models import SingleTaskGP
from botorch.models.transforms import Standardize
from gpytorch.mlls import ExactMarginalLogLikelihood

from benchmarks.optimizers.methods.constrained_improvement import OBJECTIVE, ConstrainedImprovement
from benchmarks.optimizers.methods.encoded import Record

FIRST_ITERATIONS = 50
"""The default has a long tail on data without noise, for no better model."""

MORE_ITERATIONS = 20
"""For a fit that starts where the one with a trial less ended."""

Fits = dict[tuple[str, ...], dict[str, torch.Tensor]]
"""The hyperparameters of the last fit of each group of outputs."""

Columns = dict[str, list[float | None]]
"""Values by name, trial by trial; None where there is none."""


def acquisition(
    records: Sequence[Record],
    x: torch.Tensor,
    names: Sequence[str],
    input_transform: Callable[[], Any],
    fits: Fits,
) -> Any:
    """Log expected improvement weighted by the probability of each constraint, for minimising.

    A Gaussian process for the objective and for each constraint that was ever broken, from the
    trials that have its value; those with the same trials are fitted in one batch. Before the
    first feasible trial: the probability of feasibility alone.

    Args:
        records: the trials.
        x: their inputs ``[n, d]``.
        names: constraints to model.
        input_transform: called once a model for its input transform.
        fits: kept by the caller from one call to the next.
    """
    feasible = [r.objective for r in records if r.feasible and r.objective is not None]
    values = broken_constraints(records, names)
    if feasible:
        values[OBJECTIVE] = [record.objective for record in records]
    models, outputs = fitted_models(values, x, input_transform, fits)
    return ConstrainedImprovement(models, outputs, min(feasible, default=None))


def broken_constraints(records: Sequence[Record], names: Sequence[str]) -> Columns:
    """The values of each constraint that was ever broken."""
    return {
        name: [record.constraints.get(name) for record in records]
        for name in names
        if any(record.constraints.get(name, 0.0) > 0.0 for record in records)
    }


def fitted_models(
    values: Columns, x: torch.Tensor, input_transform: Callable[[], Any], fits: Fits
) -> tuple[list[SingleTaskGP], list[str]]:
    """Models of columns of values, and the name of each output, model by model."""
    warnings.filterwarnings("ignore")
    groups: dict[tuple[int, ...], list[str]] = {}
    for name, column in values.items():
        rows = tuple(i for i, value in enumerate(column) if value is not None)
        groups.setdefault(rows, []).append(name)
    models = []
    for known, members in groups.items():
        y = torch.tensor([[values[m][i] for m in members] for i in known], dtype=torch.float64)
        models.append(fitted(x[list(known)], y, input_transform(), tuple(members), fits))
    outputs = [name for members in groups.values() for name in members]
    return models, outputs


def fitted(
    x: torch.Tensor,
    y: torch.Tensor,
    input_transform: Any,
    names: tuple[str, ...],
    fits: Fits,
    noise: torch.Tensor | None = None,
) -> SingleTaskGP:
    """A model of ``y [n, outputs]`` at ``x [n, d]``; ``noise``: variances, where they are known."""
    scaled = Standardize(y.shape[1])
    model = SingleTaskGP(x, y, noise, outcome_transform=scaled, input_transform=input_transform)
    iterations = MORE_ITERATIONS if names in fits else FIRST_ITERATIONS
    model.load_state_dict(fits.get(names, {}), strict=False)
    likelihood = ExactMarginalLogLikelihood(model.likelihood, model)
    fit_gpytorch_mll(likelihood, optimizer_kwargs={"options": {"maxiter": iterations}})
    learned = ("covar_module", "mean_module", "likelihood")
    fits[names] = {k: v for k, v in model.state_dict().items() if k.startswith(learned)}
    return model
