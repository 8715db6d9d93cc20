"""What a study is about: parameters, goals, how points are suggested. Plain data when stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from bohwsw.arrays import plain_value
from bohwsw.errors import SpecError
from bohwsw.provenance import versions
from bohwsw.rows import RowTable, table_from_data, table_to_data
from bohwsw.space import Space
from bohwsw.strategies import (
    Fidelity,
    Goals,
    Optimisation,
    SpaceFidelity,
    Strategy,
    fidelity_of,
    strategy,
)
from bohwsw.study.loop import Plan
from bohwsw.study.parameter_configs import (
    SearchSpace,
    Varied,
    config_from_data,
    config_to_data,
)

DEFAULT_STRATEGY = "bayesian"


@dataclass(frozen=True)
class Experiment:
    """The definition of a study; its goals are None until they are known.

    Without a ``strategy_seed`` the strategy has the ``random_seed`` of the client.
    """

    name: str
    parameters: Varied
    parameter_constraints: Sequence[str] = ()
    description: str | None = None
    optimisation: Optimisation | None = None
    strategy: str = DEFAULT_STRATEGY
    options: Mapping[str, Any] = field(default_factory=dict)
    random_seed: int = 0
    strategy_seed: int | None = None
    fidelity: Fidelity | None = None

    @cached_property
    def search_space(self) -> SearchSpace:
        """The parameters as a space."""
        return SearchSpace(self.parameters, self.parameter_constraints)

    @property
    def goals(self) -> Optimisation:
        """The goals, which must be known by now."""
        if self.optimisation is None:
            problem = "the study has no objective yet"
            raise SpecError(problem, expected="configure_optimization('-edp') first")
        return self.optimisation

    def new_strategy(self, space: Space | None = None) -> Strategy:
        """A strategy that was told nothing yet, over the whole space or a part of it."""
        goals = self.goals
        return strategy(
            self.strategy,
            space if space is not None else self.search_space.space,
            self.random_seed if self.strategy_seed is None else self.strategy_seed,
            objectives=goals.objectives,
            outcome_constraints=goals.outcome_constraints,
            **({} if self.fidelity is None else {"fidelity": self.fidelity}),
            **self.options,
        )

    @property
    def plan(self) -> Plan:
        """How points are suggested."""
        space = self.search_space
        return Plan(
            self.strategy, self.new_strategy, space.parameters, space.known_point, self.goals.told
        )

    def checked(self) -> Experiment:
        """Itself, once everything that can be wrong was looked at."""
        self.search_space.space  # noqa: B018 - raises where it is empty or wrong
        if self.fidelity is not None:
            SpaceFidelity(self.fidelity, self.search_space.space)
        if self.optimisation is not None:
            Goals.of(self.optimisation.objectives, self.optimisation.outcome_constraints)
            if self != replace(self, strategy=DEFAULT_STRATEGY, options={}):
                self.new_strategy()  # not for the default one, which brings torch
        return self

    def to_data(self) -> dict[str, Any]:
        """Everything as plain data, with the versions of what runs."""
        goals, varied = self.optimisation, self.parameters
        return {
            "name": self.name,
            "description": self.description,
            "parameters": table_to_data(varied)
            if isinstance(varied, RowTable)
            else [config_to_data(parameter) for parameter in varied],
            "parameter_constraints": list(self.parameter_constraints),
            "objective": goals and goals.objective,
            "outcome_constraints": list(goals.outcome_constraints) if goals else [],
            "strategy": self.strategy,
            "options": plain_value(self.options),
            "random_seed": self.random_seed,
            "strategy_seed": self.strategy_seed,
            "versions": versions(),
            "fidelity": self.fidelity and plain_value(self.fidelity.as_data()),
        }


def experiment_from_data(data: Mapping[str, Any]) -> Experiment:
    """An experiment from what `Experiment.to_data` gave."""
    try:
        goals, varied = None, data["parameters"]
        if data["objective"] is not None:
            goals = Optimisation(data["objective"], tuple(data["outcome_constraints"]))
        return Experiment(
            name=data["name"],
            description=data["description"],
            parameters=table_from_data(varied)
            if isinstance(varied, Mapping)
            else [config_from_data(entry) for entry in varied],
            parameter_constraints=tuple(data["parameter_constraints"]),
            optimisation=goals,
            strategy=data["strategy"],
            options=data["options"],
            random_seed=data["random_seed"],
            strategy_seed=data["strategy_seed"],
            fidelity=data["fidelity"] and fidelity_of(data["fidelity"]),
        )
    except (KeyError, TypeError, AttributeError) as error:
        if "recipe" in data:
            expected = "bohwsw codesign --storage goes on with it"
            raise SpecError("this is a co-design study", expected=expected) from None
        expected = "what to_data gave"
        raise SpecError("not a stored experiment", got=data, expected=expected) from error
