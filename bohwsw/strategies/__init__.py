"""Ask-and-tell strategies over a space; they know nothing of hardware.

``BayesianStrategy`` and ``LinearStrategy`` load torch when they are first used, not when this room
is imported.
"""

from importlib import import_module
from typing import Any

from bohwsw.strategies.base import SpaceExhaustedError, Strategy
from bohwsw.strategies.evolutionary import EvolutionaryStrategy
from bohwsw.strategies.outcome import Outcome, Told, TrialState
from bohwsw.strategies.random import RandomStrategy
from bohwsw.strategies.registry import STRATEGIES, strategy
from bohwsw.strategies.space_filling import SpaceFillingStrategy

__all__ = [
    "STRATEGIES",
    "BayesianStrategy",
    "EvolutionaryStrategy",
    "LinearStrategy",
    "Outcome",
    "RandomStrategy",
    "SpaceExhaustedError",
    "SpaceFillingStrategy",
    "Strategy",
    "Told",
    "TrialState",
    "strategy",
]


_HOMES = {
    "BayesianStrategy": "bohwsw.strategies.bayesian",
    "LinearStrategy": "bohwsw.strategies.linear",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
