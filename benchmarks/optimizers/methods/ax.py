"""Ax with its default ("fast") generation strategy.

Every constraint is an outcome constraint, with values where there are any; where only yes or no
is told, its value is -1 or 1, which wasted fewer trials than marking them failed or abandoned.
What linear constraints can say of a tiling is told beforehand.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping
from typing import Any, ClassVar

from ax.api.client import Client
from ax.api.configs import ChoiceParameterConfig, RangeParameterConfig

from benchmarks.optimizers.encoding import Code, IntVariable, RealVariable, Variable
from benchmarks.optimizers.methods.encoded import EncodedMethod, Record
from benchmarks.optimizers.methods.seeding import one_torch_thread
from benchmarks.optimizers.problem import Problem

OBJECTIVE = "objective"


class Ax(EncodedMethod):
    """The Client, one trial at a time."""

    packages = ("ax-platform", "botorch", "torch")
    settings: ClassVar[Mapping[str, Any]] = {
        "method": "fast",
        # Without these it stops for good when its first five points give no objective.
        "min_observed_initialization_trials": 2,
        "allow_exceeding_initialization_budget": True,
    }

    def __init__(self, problem: Problem, seed: int) -> None:
        super().__init__(problem, seed)
        one_torch_thread(seed)
        logging.disable(logging.CRITICAL)
        warnings.simplefilter("ignore")
        names = [n for n in self.constraint_names if not n.startswith("sum_")]
        self._outcomes = set(names)
        self._client = Client()
        self._client.configure_experiment(
            parameters=[_parameter(variable) for variable in self.encoding.variables],
            parameter_constraints=[
                f"{' + '.join(limit.names)} <= {limit.limit}" for limit in self.encoding.sum_limits
            ],
        )
        self._client.configure_optimization(
            objective=f"-{OBJECTIVE}", outcome_constraints=[f"{name} <= 0" for name in names]
        )
        self._client.configure_generation_strategy(initialization_random_seed=seed, **self.settings)
        self._index = -1

    def suggest_code(self) -> Code:
        """Ask for one trial."""
        trials = self._client.get_next_trials(max_trials=1)
        self._index, parameters = next(iter(trials.items()))
        return dict(parameters)

    def learn(self, record: Record) -> None:
        """Complete the trial with the values that there are; some may be missing."""
        data = {
            name: float(value)
            for name, value in record.constraints.items()
            if name in self._outcomes
        }
        if record.objective is not None:
            data[OBJECTIVE] = float(record.objective)
        self._client.complete_trial(self._index, raw_data=data)


def _parameter(variable: Variable) -> Any:
    if isinstance(variable, IntVariable):
        return RangeParameterConfig(
            name=variable.name, bounds=(variable.low, variable.high), parameter_type="int"
        )
    if isinstance(variable, RealVariable):
        return RangeParameterConfig(
            name=variable.name,
            bounds=(variable.low, variable.high),
            parameter_type="float",
            scaling="log" if variable.log else None,
        )
    kind = "bool" if isinstance(variable.values[0], bool) else "str"
    return ChoiceParameterConfig(
        name=variable.name, values=list(variable.values), parameter_type=kind, is_ordered=False
    )
