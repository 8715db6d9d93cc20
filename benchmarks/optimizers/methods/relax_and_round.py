"""Relax and round: search a continuous box, then take the nearest point that exists.

Integers become reals in [0, 1], choices one real for each value (the largest wins), tilings and
orders their exponents and digits. What most people do with a library for continuous problems.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import torch
from botorch.optim import optimize_acqf

from benchmarks.optimizers.encoding import ChoiceVariable, Code, IntVariable, RealVariable
from benchmarks.optimizers.methods.encoded import EncodedMethod, Record
from benchmarks.optimizers.methods.gp_models import Fits, acquisition
from benchmarks.optimizers.methods.seeding import one_torch_thread
from benchmarks.optimizers.problem import Problem


class RelaxAndRound(EncodedMethod):
    """Gaussian processes on the box, log expected improvement with constraints, gradients."""

    packages = ("botorch", "gpytorch", "torch")
    settings: ClassVar[Mapping[str, Any]] = {"initial": 8, "num_restarts": 4, "raw_samples": 256}

    def __init__(self, problem: Problem, seed: int) -> None:
        super().__init__(problem, seed)
        one_torch_thread(seed)
        rng = np.random.default_rng(seed)
        points = problem.space.sample(self.settings["initial"], rng)
        self._first = [self.encoding.encode(point) for point in points]
        self._x: list[list[float]] = []
        self._fits: Fits = {}

    def suggest_code(self) -> Code:
        """A valid random point at first, else the rounded best of the box."""
        if len(self.records) < len(self._first):
            return self._first[len(self.records)]
        x = torch.tensor(self._x, dtype=torch.float64)
        worth = acquisition(self.records, x, self.constraint_names, lambda: None, self._fits)
        box = torch.tensor([[0.0], [1.0]], dtype=torch.float64).expand(2, x.shape[1])
        best, _ = optimize_acqf(
            worth,
            box,
            1,
            num_restarts=self.settings["num_restarts"],
            raw_samples=self.settings["raw_samples"],
        )
        return self._rounded(best[0].tolist())

    def learn(self, record: Record) -> None:
        """Keep where the rounded point lies in the box."""
        place: list[float] = []
        for variable in self.encoding.variables:
            value = record.code[variable.name]
            if isinstance(variable, ChoiceVariable):
                place += [float(value == other) for other in variable.values]
            elif isinstance(variable, RealVariable) and variable.log:
                place.append(float(np.log(value / variable.low) / _log_span(variable)))
            else:
                place.append((value - variable.low) / (variable.high - variable.low))
        self._x.append(place)

    def _rounded(self, place: list[float]) -> Code:
        code: dict[str, Any] = {}
        left = list(place)
        for variable in self.encoding.variables:
            if isinstance(variable, ChoiceVariable):
                votes = [left.pop(0) for _ in variable.values]
                code[variable.name] = variable.values[int(np.argmax(votes))]
            elif isinstance(variable, IntVariable):
                span = variable.high - variable.low
                code[variable.name] = variable.low + round(left.pop(0) * span)
            elif variable.log:
                code[variable.name] = variable.low * float(
                    np.exp(left.pop(0) * _log_span(variable))
                )
            else:
                code[variable.name] = variable.low + left.pop(0) * (variable.high - variable.low)
        return code


def _log_span(variable: RealVariable) -> float:
    return float(np.log(variable.high / variable.low))
