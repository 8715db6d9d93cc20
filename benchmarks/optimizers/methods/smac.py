"""SMAC3's random-forest optimiser (the hyperparameter facade), with penalised costs.

M. Lindauer et al., "SMAC3: a versatile Bayesian optimization package for hyperparameter
optimization", JMLR 2022. It has no outcome constraints; costs of infeasible trials are renewed as
more is known, which did better than its status CRASHED with a fixed cost.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from ConfigSpace import Categorical, ConfigurationSpace, Float, Integer
from smac import HyperparameterOptimizationFacade, Scenario
from smac.runhistory.dataclasses import TrialValue

from benchmarks.optimizers.encoding import Code, IntVariable, RealVariable, Variable
from benchmarks.optimizers.methods.encoded import EncodedMethod, Record
from benchmarks.optimizers.problem import Problem


class Smac(EncodedMethod):
    """Ask and tell with the hyperparameter facade."""

    packages = ("smac", "ConfigSpace")
    settings: ClassVar[Mapping[str, Any]] = {
        "facade": "hyperparameter",
        "initial_share": 0.25,
        # By default it trains after each eighth trial and goes random after 16 known points; after
        # every trial it would take eight times as long for regrets that were no better.
        "retrain_after": 4,
        "retries": 256,
    }

    def __init__(self, problem: Problem, seed: int) -> None:
        super().__init__(problem, seed)
        space = ConfigurationSpace(seed=seed)
        space.add([_hyperparameter(variable) for variable in self.encoding.variables])
        self._folder = tempfile.TemporaryDirectory(prefix="smac-")
        scenario = Scenario(
            space,
            deterministic=True,
            n_trials=problem.n_trials,
            seed=seed,
            output_directory=Path(self._folder.name),
        )
        design = HyperparameterOptimizationFacade.get_initial_design(
            scenario, max_ratio=self.settings["initial_share"]
        )
        selector = HyperparameterOptimizationFacade.get_config_selector(
            scenario, retrain_after=self.settings["retrain_after"], retries=self.settings["retries"]
        )
        self._facade = HyperparameterOptimizationFacade(
            scenario,
            _never_called,
            initial_design=design,
            config_selector=selector,
            logging_level=False,
            overwrite=True,
        )
        self._infos: list[Any] = []
        self._told: list[float] = []

    def suggest_code(self) -> Code:
        """Ask for a configuration."""
        info = self._facade.ask()
        self._infos.append(info)
        return {name: _plain(value) for name, value in dict(info.config).items()}

    def learn(self, record: Record) -> None:
        """Tell the cost, and again that of each trial whose penalty has changed."""
        costs = self.penalised_costs()
        self._told.append(float("nan"))
        for index, (info, cost) in enumerate(zip(self._infos, costs, strict=True)):
            if cost != self._told[index]:
                self._facade._optimizer.tell(info, TrialValue(cost=cost, time=1.0), save=False)
                self._told[index] = cost


def _never_called(config: Any, seed: int = 0) -> float:
    raise RuntimeError("asked and told only")


def _hyperparameter(variable: Variable) -> Any:
    if isinstance(variable, IntVariable):
        return Integer(variable.name, (variable.low, variable.high))
    if isinstance(variable, RealVariable):
        return Float(variable.name, (variable.low, variable.high), log=variable.log)
    return Categorical(variable.name, list(variable.values))


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value
