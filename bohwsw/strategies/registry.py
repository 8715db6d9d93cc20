"""Strategies by name; a module is imported when its strategy is asked for."""

from __future__ import annotations

import inspect
from importlib import import_module
from typing import Any

from bohwsw.errors import unknown_name
from bohwsw.space import Space
from bohwsw.strategies.base import Strategy

_HOMES = {
    "bayesian": ("bohwsw.strategies.bayesian", "BayesianStrategy"),
    "evolutionary": ("bohwsw.strategies.evolutionary", "EvolutionaryStrategy"),
    "linear": ("bohwsw.strategies.linear", "LinearStrategy"),
    "random": ("bohwsw.strategies.random", "RandomStrategy"),
    "space_filling": ("bohwsw.strategies.space_filling", "SpaceFillingStrategy"),
}

STRATEGIES: tuple[str, ...] = tuple(_HOMES)
"""The names that `strategy` knows."""


def strategy(name: str, space: Space, seed: int = 0, **options: Any) -> Strategy:
    """Build a strategy.

    Args:
        name: one of `STRATEGIES`.
        space: where to search.
        seed: a whole number, not negative.
        **options: those of the strategy's class.

    Raises:
        SpecError: no strategy or no option has that name; says which one is nearest.
    """
    if name not in _HOMES:
        raise unknown_name("strategy", name, STRATEGIES)
    module, class_name = _HOMES[name]
    found: type[Strategy] = getattr(import_module(module), class_name)
    known = [
        parameter
        for function in dict.fromkeys((found.__init__, Strategy.__init__))
        for parameter, details in inspect.signature(function).parameters.items()
        if details.kind is inspect.Parameter.KEYWORD_ONLY
    ]
    for option in options:
        if option not in known:
            raise unknown_name(f"option of the strategy {name}", option, known)
    return found(space, seed, **options)
