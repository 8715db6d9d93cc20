"""Optuna's Gaussian-process sampler, told constraint values.

Log expected improvement times the probability of feasibility of one GP a constraint;
`optuna.samplers.GPSampler` of Optuna 5. Its objective where a point gave none is the worst seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import optuna

from benchmarks.optimizers.methods.optuna_tpe import OptunaMethod


class OptunaGp(OptunaMethod):
    """GPSampler."""

    packages = ("optuna", "torch", "scipy")
    settings: ClassVar[Mapping[str, Any]] = {"deterministic_objective": True}

    def sampler(self) -> Any:
        """The GP sampler; every problem here is free of noise."""
        return optuna.samplers.GPSampler(seed=self.seed, **self.settings)
