"""BoTorch's mixed alternating optimiser: local search on the discrete, gradients on the rest.

S. Daulton et al., "Bayesian optimization over discrete and mixed spaces via probabilistic
reparameterization", NeurIPS 2022, describe it as a baseline; `optimize_acqf_mixed_alternating` of
BoTorch 0.18. Categories are one-hot for the model (its own mixed model takes seconds to minutes).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar

import numpy as np
import torch
from botorch.models.transforms.input import (
    ChainedInputTransform,
    Normalize,
    NumericToCategoricalEncoding,
)
from botorch.optim import (
    optimize_acqf,
    optimize_acqf_discrete,
    optimize_acqf_mixed_alternating,
)
from torch.nn.functional import one_hot

from benchmarks.optimizers.encoding import ChoiceVariable, Code, IntVariable, RealVariable
from benchmarks.optimizers.methods.encoded import EncodedMethod, Record
from benchmarks.optimizers.methods.gp_models import Fits, acquisition
from benchmarks.optimizers.methods.seeding import one_torch_thread
from benchmarks.optimizers.problem import Problem


class BotorchMixed(EncodedMethod):
    """Gaussian processes, log expected improvement with constraints, mixed alternating search.

    The first points are valid ones drawn at random, as a user who filters would have them.
    """

    packages = ("botorch", "gpytorch", "torch")
    settings: ClassVar[Mapping[str, Any]] = {"initial": 8, "num_restarts": 4, "raw_samples": 128}

    def __init__(self, problem: Problem, seed: int) -> None:
        super().__init__(problem, seed)
        one_torch_thread(seed)
        rng = np.random.default_rng(seed)
        self._first = [self.encoding.encode(p) for p in problem.space.sample(8, rng)]
        self._x: list[list[float]] = []
        self._fits: Fits = {}
        low_high = [_bounds(variable) for variable in self.encoding.variables]
        self._bounds = torch.tensor(low_high, dtype=torch.float64).T

    def suggest_code(self) -> Code:
        """A first point, else the best by the acquisition."""
        if len(self.records) < len(self._first):
            return self._first[len(self.records)]
        worth = self.acquisition(torch.tensor(self._x, dtype=torch.float64))
        if self.rows is not None:
            choices = torch.tensor([self._numbers(row) for row in self.rows], dtype=torch.float64)
            best, _ = optimize_acqf_discrete(worth, 1, choices, max_batch_size=512)
        elif all(isinstance(variable, RealVariable) for variable in self.encoding.variables):
            best, _ = optimize_acqf(
                worth, self._bounds, 1, num_restarts=4, raw_samples=128, sequential=True
            )
        else:
            best, _ = optimize_acqf_mixed_alternating(
                worth,
                self._bounds,
                discrete_dims=self._values(IntVariable),
                cat_dims=self._values(ChoiceVariable),
                options={"maxiter_alternating": 32},
                num_restarts=self.settings["num_restarts"],
                raw_samples=self.settings["raw_samples"],
                inequality_constraints=self._sums() or None,
            )
        return self._code(best[0].tolist())

    def acquisition(self, x: torch.Tensor) -> Any:
        """What is maximised, of the trials at ``x`` ``[n, d]``."""
        return acquisition(self.records, x, self.modelled, self.input_transform, self._fits)

    def learn(self, record: Record) -> None:
        """Keep the input."""
        self._x.append(self._numbers(record.code))

    @property
    def modelled(self) -> list[str]:
        """Sums are linear constraints of the search, so no model needs to learn them."""
        return [name for name in self.constraint_names if not name.startswith("sum_")]

    def _values(self, kind: type) -> dict[int, list[float]]:
        return {
            i: [float(value) for value in range(int(high) + 1) if value >= low]
            for i, variable in enumerate(self.encoding.variables)
            if isinstance(variable, kind)
            for low, high in [_bounds(variable)]
        }

    def _sums(self) -> list[tuple[torch.Tensor, torch.Tensor, float]]:
        """The sum limits as BoTorch wants them: indices, coefficients, lower bound."""
        place = {variable.name: i for i, variable in enumerate(self.encoding.variables)}
        return [
            (
                torch.tensor([place[name] for name in limit.names]),
                -torch.ones(len(limit.names), dtype=torch.float64),
                -float(limit.limit),
            )
            for limit in self.encoding.sum_limits
        ]

    def input_transform(self) -> ChainedInputTransform:
        choices = {
            i: len(variable.values)
            for i, variable in enumerate(self.encoding.variables)
            if isinstance(variable, ChoiceVariable)
        }
        numbers = [i for i in range(len(self.encoding.variables)) if i not in choices]
        width = len(self.encoding.variables)
        steps: dict[str, Any] = {}
        if numbers:
            steps["scale"] = Normalize(
                width, indices=numbers if choices else None, bounds=self._bounds[:, numbers]
            )
        if choices:
            coders: dict[int, Any] = {
                i: partial(one_hot, num_classes=n) for i, n in choices.items()
            }
            steps["choices"] = NumericToCategoricalEncoding(width, choices, coders)
        return ChainedInputTransform(**steps)

    def _numbers(self, code: Code) -> list[float]:
        return [self._number(v, code[v.name]) for v in self.encoding.variables]

    @staticmethod
    def _number(variable: Any, value: Any) -> float:
        if isinstance(variable, ChoiceVariable):
            return float(variable.values.index(value))
        return float(value)

    def _code(self, numbers: list[float]) -> Code:
        code: dict[str, Any] = {}
        for variable, number in zip(self.encoding.variables, numbers, strict=True):
            if isinstance(variable, RealVariable):
                code[variable.name] = number
            elif isinstance(variable, IntVariable):
                code[variable.name] = round(number)
            else:
                code[variable.name] = variable.values[round(number)]
        return code


def _bounds(variable: Any) -> tuple[float, float]:
    if isinstance(variable, ChoiceVariable):
        return 0.0, float(len(variable.values) - 1)
    return float(variable.low), float(variable.high)
