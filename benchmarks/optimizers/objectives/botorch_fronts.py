"""BoTorch for several objectives: log expected hypervolume improvement with constraints.

S. Daulton, M. Balandat and E. Bakshy, NeurIPS 2020, in the form of S. Ament et al., NeurIPS 2023:
`qLogExpectedHypervolumeImprovement` of BoTorch 0.18, with its inferred reference point and one
Gaussian process an outcome, maximised as `BotorchMixed` does. All is measured without noise, so
that the noisy form would only cost more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

import torch
from botorch.acquisition.multi_objective.logei import qLogExpectedHypervolumeImprovement
from botorch.acquisition.multi_objective.objective import GenericMCMultiOutputObjective
from botorch.models import SingleTaskGP
from botorch.models.model import Model
from botorch.posteriors import GPyTorchPosterior
from botorch.sampling import SobolQMCNormalSampler
from botorch.utils.multi_objective.box_decompositions import FastNondominatedPartitioning
from botorch.utils.multi_objective.hypervolume import infer_reference_point
from gpytorch.distributions import MultitaskMultivariateNormal
from linear_operator.operators import DiagLinearOperator
from torch import Tensor

from benchmarks.optimizers.methods.botorch_mixed import BotorchMixed
from benchmarks.optimizers.methods.constrained_improvement import ConstrainedImprovement, Part
from benchmarks.optimizers.methods.gp_models import broken_constraints, fitted_models


class BotorchFronts(BotorchMixed):
    """Gaussian processes and the log expected hypervolume improvement of feasible points."""

    settings: ClassVar[Mapping[str, Any]] = {**BotorchMixed.settings, "mc_samples": 128}

    def acquisition(self, x: Tensor) -> Any:
        """The improvement; before the first feasible trial the probability of feasibility."""
        names = [f"objective_{i}" for i in range(self.problem.n_objectives)]
        values = broken_constraints(self.records, self.modelled)
        done = [r for r in self.records if r.feasible]
        if done:
            for i, name in enumerate(names):
                values[name] = [
                    None if r.objective is None else (r.objective, *r.further)[i]
                    for r in self.records
                ]
        models, outputs = fitted_models(values, x, self.input_transform, self._fits)
        if not done:
            return ConstrainedImprovement(models, outputs, None)
        places = [outputs.index(name) for name in names]
        known = torch.tensor([(r.objective, *r.further) for r in done], dtype=torch.float64)
        middle, scale = known.mean(dim=0), known.std(dim=0, correction=0).clamp_min(1e-12)

        def goals(samples: Tensor, X: Tensor | None = None) -> Tensor:
            return -(samples[..., places] - middle) / scale

        y = -(known - middle) / scale
        reference = infer_reference_point(y, scale=0.1)
        cells: Any = FastNondominatedPartitioning(reference, y)
        return qLogExpectedHypervolumeImprovement(
            _Independent(models),
            reference.tolist(),
            cells,
            SobolQMCNormalSampler(torch.Size([self.settings["mc_samples"]]), seed=self.seed),
            GenericMCMultiOutputObjective(goals),
            [partial(_output, i) for i in range(len(outputs)) if i not in places] or None,
        )


def _output(place: int, samples: Tensor) -> Tensor:
    return samples[..., place]


class _Independent(Model):
    """Fitted models side by side, their posteriors in closed form: see `Part`."""

    def __init__(self, models: Sequence[SingleTaskGP]) -> None:
        super().__init__()
        self._parts = [Part(model) for model in models]

    @property
    def num_outputs(self) -> int:
        """Of all models."""
        return sum(part.n_outputs for part in self._parts)

    @property
    def batch_shape(self) -> torch.Size:
        """No batches of models."""
        return torch.Size()

    def posterior(self, X: Tensor, *_: Any, **__: Any) -> GPyTorchPosterior:
        """Of points ``[..., 1, d]``."""
        parts = [part.predict(X.reshape(-1, X.shape[-1])) for part in self._parts]
        mean, deviation = (
            torch.cat(column).mT.reshape(*X.shape[:-1], -1) for column in zip(*parts, strict=True)
        )
        spread = DiagLinearOperator(deviation.square().squeeze(-2))
        return GPyTorchPosterior(MultitaskMultivariateNormal(mean, spread))
