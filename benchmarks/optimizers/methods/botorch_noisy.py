"""BoTorch's noisy expected improvement over the encoding of its mixed optimiser.

S. Ament et al., "Unexpected improvements to expected improvement for Bayesian optimization",
NeurIPS 2023: `qLogNoisyExpectedImprovement` of BoTorch 0.18, on a `SingleTaskGP` that is told the
variance of each measurement (`train_Yvar`) or infers one for all. Constraints are measured exactly
here, so feasible trials are the baseline and probabilities to meet constraints are a factor, in
closed form. What it recommends is the feasible trial with the lowest posterior mean.
"""

from __future__ import annotations

from typing import Any

import torch
from botorch.acquisition import AcquisitionFunction
from botorch.acquisition.logei import qLogNoisyExpectedImprovement
from botorch.acquisition.objective import ScalarizedPosteriorTransform
from botorch.models import SingleTaskGP
from torch import Tensor

from benchmarks.optimizers.methods.botorch_mixed import BotorchMixed
from benchmarks.optimizers.methods.constrained_improvement import OBJECTIVE, ConstrainedImprovement
from benchmarks.optimizers.methods.gp_models import broken_constraints, fitted, fitted_models
from benchmarks.optimizers.problem import Problem
from bohwsw.space import Point


class BotorchNoisy(BotorchMixed):
    """The mixed optimiser where measurements have noise; ``deviation`` is what is told of it."""

    def __init__(self, problem: Problem, seed: int, deviation: float | None = None) -> None:
        super().__init__(problem, seed)
        self._deviation = deviation

    def acquisition(self, x: Tensor) -> Any:
        """Noisy improvement times the probability of each constraint."""
        feasible = [record.feasible for record in self.records]
        if not any(feasible):
            return super().acquisition(x)
        minimised = ScalarizedPosteriorTransform(torch.tensor([-1.0], dtype=torch.float64))
        noisy = qLogNoisyExpectedImprovement(
            self._objective(x), x[feasible], posterior_transform=minimised
        )
        values = broken_constraints(self.records, self.modelled)
        if not values:
            return noisy
        models, outputs = fitted_models(values, x, self.input_transform, self._fits)
        return _Weighted(noisy, ConstrainedImprovement(models, outputs, None))

    def recommended(self) -> Point | None:
        """The feasible trial with the lowest posterior mean."""
        places = [place for place, record in enumerate(self.records) if record.feasible]
        if not places:
            return None
        x = torch.tensor(self._x, dtype=torch.float64)
        mean = self._objective(x).posterior(x[places]).mean[:, 0]
        return self.encoding.decode(self.records[places[int(mean.argmin())]].code).point

    def _objective(self, x: Tensor) -> SingleTaskGP:
        values = [record.objective for record in self.records]
        known = [place for place, value in enumerate(values) if value is not None]
        y = torch.tensor([[values[place]] for place in known], dtype=torch.float64)
        noise = None if self._deviation is None else torch.full_like(y, self._deviation**2)
        return fitted(x[known], y, self.input_transform(), (OBJECTIVE,), self._fits, noise)


class _Weighted(AcquisitionFunction):
    """The sum of two logarithms."""

    def __init__(self, improvement: AcquisitionFunction, others: AcquisitionFunction) -> None:
        super().__init__(improvement.model)
        self._improvement, self._others = improvement, others

    def forward(self, X: Tensor) -> Tensor:
        """Scores ``[b]`` of points ``[b, 1, d]``."""
        total: Tensor = self._improvement(X) + self._others(X)
        return total
