"""Ask-and-tell strategies over a space; they know nothing of hardware.

What needs torch is loaded when it is first used, not when this room is imported.
"""

from importlib import import_module
from typing import Any

from bohwsw.strategies.base import SpaceExhaustedError, Strategy
from bohwsw.strategies.evolutionary import EvolutionaryStrategy
from bohwsw.strategies.goals import Goals, OutcomeConstraint, non_dominated, of_measured
from bohwsw.strategies.optimisation import Optimisation
from bohwsw.strategies.outcome import (
    OBJECTIVE,
    Outcome,
    Told,
    TrialState,
    as_float,
    outcome_from_data,
)
from bohwsw.strategies.random import RandomStrategy
from bohwsw.strategies.registry import STRATEGIES, strategy, strategy_class
from bohwsw.strategies.snapshot import restore, snapshot
from bohwsw.strategies.space_filling import SpaceFillingStrategy

_LOADED_LATER = {
    "BayesianStrategy": "bohwsw.strategies.bayesian",
    "ConstrainedImprovement": "bohwsw.strategies.acquisition_value",
    "LinearStrategy": "bohwsw.strategies.linear",
    "explain": "bohwsw.strategies.explanation",
    "explain_run": "bohwsw.strategies.explanation",
}

__all__ = [
    "OBJECTIVE",
    "STRATEGIES",
    "BayesianStrategy",
    "ConstrainedImprovement",
    "EvolutionaryStrategy",
    "Goals",
    "LinearStrategy",
    "Optimisation",
    "Outcome",
    "OutcomeConstraint",
    "RandomStrategy",
    "SpaceExhaustedError",
    "SpaceFillingStrategy",
    "Strategy",
    "Told",
    "TrialState",
    "as_float",
    "explain",
    "explain_run",
    "non_dominated",
    "of_measured",
    "outcome_from_data",
    "restore",
    "snapshot",
    "strategy",
    "strategy_class",
]


def __getattr__(name: str) -> Any:
    if name in _LOADED_LATER:
        return getattr(import_module(_LOADED_LATER[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
