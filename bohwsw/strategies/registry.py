"""Strategies by name; a module is imported when its strategy is asked for."""

from __future__ import annotations

import inspect
from importlib import import_module
from typing import Any

from bohwsw.errors import SpecError, unknown_name
from bohwsw.space import Space
from bohwsw.strategies.base import Strategy

_PUBLISHED = "bohwsw.strategies.published"
_PLACES = {
    "annealing": f"{_PUBLISHED}.annealing:AnnealingStrategy",
    "bayesian": "bohwsw.strategies.bayesian:BayesianStrategy",
    "coordinate_descent": f"{_PUBLISHED}.coordinate_descent:CoordinateDescentStrategy",
    "distribution": f"{_PUBLISHED}.distribution:DistributionStrategy",
    "edge_shrinking": f"{_PUBLISHED}.edge_shrinking:EdgeShrinkingStrategy",
    "exact_hardware": f"{_PUBLISHED}.exact_hardware:ExactHardwareStrategy",
    "evolutionary": "bohwsw.strategies.evolutionary:EvolutionaryStrategy",
    "linear": "bohwsw.strategies.published.linear:LinearStrategy",
    "min_max": f"{_PUBLISHED}.min_max:MinMaxStrategy",
    "neighbourhood_random": f"{_PUBLISHED}.neighbourhood_random:NeighbourhoodRandomStrategy",
    "policy_gradient": f"{_PUBLISHED}.policy_gradient:PolicyGradientStrategy",
    "progressive": f"{_PUBLISHED}.progressive:ProgressiveStrategy",
    "reusing": "bohwsw.strategies.reusing:ReusingStrategy",
    "random": "bohwsw.strategies.random:RandomStrategy",
    "robust": f"{_PUBLISHED}.robust:RobustStrategy",
    "shgo": f"{_PUBLISHED}.shgo:ShgoStrategy",
    "shrinking_evolution": f"{_PUBLISHED}.shrinking_evolution:ShrinkingEvolutionStrategy",
    "space_filling": "bohwsw.strategies.space_filling:SpaceFillingStrategy",
    "two_level": f"{_PUBLISHED}.two_level:TwoLevelStrategy",
    "two_stage": f"{_PUBLISHED}.two_stage:TwoStageStrategy",
}

BY_OTHERS = ("min_max", "neighbourhood_random", "robust")
"""Strategies whose best trial is not the one with the lowest objective."""

STRATEGIES: tuple[str, ...] = tuple(_PLACES)
"""The names that `strategy` knows."""


def strategy_class(name: str) -> type[Strategy]:
    """The class of a strategy.

    Args:
        name: one of `STRATEGIES`, or ``package.module:Class`` for one of your own.

    Raises:
        SpecError: there is no such strategy; says which name is nearest.
    """
    if name not in _PLACES and (not isinstance(name, str) or ":" not in name):
        raise unknown_name("strategy", name, STRATEGIES)
    module, _, class_name = _PLACES.get(name, name).partition(":")
    try:
        found = getattr(import_module(module), class_name)
    except (ImportError, AttributeError, ValueError) as error:
        raise SpecError(
            f"the strategy cannot be imported: {error}",
            got=name,
            expected="package.module:Class",
        ) from error
    if not (isinstance(found, type) and issubclass(found, Strategy)):
        raise SpecError("not a strategy", got=name, expected="a subclass of Strategy")
    return found


def strategy(name: str, space: Space, seed: int = 0, **options: Any) -> Strategy:
    """Build a strategy by its name, see `strategy_class`, with options of its class.

    Raises:
        SpecError: no strategy or no option has that name; says which one is nearest.
    """
    found = strategy_class(name)
    known = [
        parameter
        for kind in found.__mro__
        if "__init__" in vars(kind)
        for parameter, details in inspect.signature(vars(kind)["__init__"]).parameters.items()
        if details.kind is inspect.Parameter.KEYWORD_ONLY
    ]
    for option in options:
        if option not in known:
            raise unknown_name(f"option of the strategy {name}", option, known)
    return found(space, seed, **options)
