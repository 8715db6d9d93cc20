"""The methods by name, each with the settings its manual recommends for several objectives."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, ClassVar

import optuna

from benchmarks.optimizers.method import Method
from benchmarks.optimizers.methods.bohwsw import Bohwsw
from benchmarks.optimizers.methods.optuna_gp import OptunaGp
from benchmarks.optimizers.methods.optuna_tpe import OptunaMethod, OptunaTpe
from benchmarks.optimizers.methods.random import RandomValid


class OptunaNsga2(OptunaMethod):
    """NSGA-II with a population that fits the few evaluations; its default would be 50."""

    settings: ClassVar[Mapping[str, Any]] = {"population_size": 20}

    def sampler(self) -> Any:
        """NSGA-II."""
        return optuna.samplers.NSGAIISampler(seed=self.seed, **self.settings)


_CLASSES: Mapping[str, type[Method]] = {
    "random": RandomValid,
    "bohwsw": Bohwsw,
    "optuna_tpe": OptunaTpe,
    "optuna_nsga2": OptunaNsga2,
    "optuna_gp": OptunaGp,
}
METHODS = (*_CLASSES, "botorch")
OURS = "bohwsw"


def method_class(name: str) -> type[Method]:
    """A method's class; BoTorch is loaded when it is asked for."""
    if name in _CLASSES:
        return _CLASSES[name]
    module = import_module("benchmarks.optimizers.objectives.botorch_fronts")
    found: type[Method] = module.BotorchFronts
    return found
