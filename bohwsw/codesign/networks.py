"""Networks that share one chip, each with a weight; see ``Design`` for what that means."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bohwsw.checks import finite_number
from bohwsw.errors import SpecError
from bohwsw.space import Value
from bohwsw.workload import Network, load_network

ModelName = str | Path | Network
"""A shipped model, the path of a model file, or a network."""


@dataclass(frozen=True)
class Networks:
    """Networks with their weights."""

    networks: tuple[Network, ...]  # at least one, all of different names
    weights: tuple[float, ...] = (1.0,)  # one for each network, above 0, adding up to 1
    knobs: tuple[Mapping[str, Value], ...] = ()  # of each, where they are known

    def __post_init__(self) -> None:
        if not self.networks or len(self.networks) != len(self.weights):
            raise SpecError(
                "networks and weights do not go together",
                got=f"{len(self.networks)} networks, {len(self.weights)} weights",
                expected="at least one network, a weight for each",
            )
        names = self.names
        for name in names:
            if names.count(name) > 1:
                raise SpecError(
                    "two networks have one name", got=name, expected="each network once"
                )
        for name, weight in zip(names, self.weights, strict=True):
            number = finite_number(weight)
            if number is None or number <= 0:
                raise SpecError(
                    f"not a weight of network {name!r}", got=weight, expected="a number above 0"
                )
        total = math.fsum(self.weights)
        object.__setattr__(self, "weights", tuple(float(weight) / total for weight in self.weights))

    @property
    def names(self) -> tuple[str, ...]:
        """The networks' names."""
        return tuple(network.name for network in self.networks)

    @property
    def is_single(self) -> bool:
        """Whether there is one network only."""
        return len(self.networks) == 1


Models = ModelName | Networks | Sequence[ModelName | tuple[ModelName, float]]
"""One model, or several, each with a weight or not."""


def networks_of(models: Models) -> Networks:
    """Load one model or several.

    Args:
        models: a model, or a list of models or of (model, weight) pairs; a weight is 1 if absent.

    Raises:
        SpecError: a model is not there or not valid, two have one name, a weight is not a number
            above 0, or the list is empty.
    """
    if isinstance(models, Networks):
        return models
    entries = [models] if isinstance(models, str | Path | Network) else models
    if not isinstance(entries, Sequence) or not entries:
        raise SpecError("not a model", got=models, expected="a model, or a list of at least one")
    pairs = [entry if isinstance(entry, tuple) else (entry, 1.0) for entry in entries]
    for pair in pairs:
        if len(pair) != 2:
            raise SpecError("not a weighted model", got=pair, expected="(model, weight)")
    networks = tuple(_network(model) for model, _ in pairs)
    return Networks(networks, tuple(weight for _, weight in pairs))


def _network(model: object) -> Network:
    if isinstance(model, Network):
        return model
    if not isinstance(model, str | Path):
        raise SpecError("not a model", got=model, expected="a name, a path or a network")
    return load_network(model)
