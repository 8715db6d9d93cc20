"""Ask-and-tell strategies over a space; they know nothing of hardware.

``BayesianStrategy`` loads torch when it is first used, not when this room is imported.
"""

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
    "Outcome",
    "RandomStrategy",
    "SpaceExhaustedError",
    "SpaceFillingStrategy",
    "Strategy",
    "Told",
    "TrialState",
    "strategy",
]


def __getattr__(name: str) -> Any:
    if name == "BayesianStrategy":
        from bohwsw.strategies.bayesian import BayesianStrategy

        return BayesianStrategy
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
