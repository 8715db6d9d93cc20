"""What is learned on one layer or machine and used on the next: mappings to start from.

A good mapping of a layer is, a little changed, often a good one of a similar layer on the same
machine, and of the same layer on a similar machine. Inner searches that take warm starts (see
``Mapper.search``) get both. Layers are known by name and shape.
"""

from __future__ import annotations

import math
from collections import abc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from bohwsw.arrays import Values
from bohwsw.mapping import Mapping
from bohwsw.space import Value
from bohwsw.workload import Layer

NEAREST = 2
"""Machines whose mappings are started from, besides the best one."""

LayerMappings: TypeAlias = abc.Mapping[Layer, Mapping]
NetworkMappings: TypeAlias = abc.Mapping[str, LayerMappings]
"""The mapping of each unique layer of a network; and that for each network, by its name."""

LayerStarts: TypeAlias = abc.Mapping[Layer, Sequence[Mapping]]
WarmStarts: TypeAlias = abc.Mapping[str, LayerStarts]
"""The same with any number of mappings to start from."""

NO_STARTS: abc.Mapping[Any, Any] = {}


@dataclass(frozen=True)
class _Tried:
    shape: Values
    mappings: NetworkMappings
    objective: float | None


class MappingMemory:
    """The mappings of the machines that a search has tried.

    Args:
        shape_of: the capacities and fan-outs of the machine at a point, logarithms in one order;
            None where the point is no machine.
    """

    def __init__(self, shape_of: Callable[[abc.Mapping[str, Value]], Values | None]) -> None:
        self._shape_of = shape_of
        self._tried: list[_Tried] = []

    def add(
        self, point: abc.Mapping[str, Value], mappings: NetworkMappings, objective: float | None
    ) -> None:
        """Keep the mappings of a machine; the objective is None if it is not one number."""
        shape = self._shape_of(point)
        if shape is not None:
            self._tried.append(_Tried(shape, mappings, objective))

    def warm_starts(self, point: abc.Mapping[str, Value]) -> WarmStarts:
        """Mappings for a machine: those of the nearest machines and of the best one.

        Of equals the first tried is taken. Where the point is no machine there are none: its
        evaluation says why.
        """
        shape = self._shape_of(point) if self._tried else None
        if shape is None:
            return NO_STARTS
        near = sorted(self._tried, key=lambda tried: float(np.abs(tried.shape - shape).sum()))
        chosen = near[:NEAREST]
        rated = [tried for tried in near if tried.objective is not None]
        if rated:
            best = min(rated, key=lambda tried: tried.objective or 0.0)
            chosen += [best] if all(best is not tried for tried in chosen) else []
        return {
            network: {
                layer: [tried.mappings[network][layer] for tried in chosen] for layer in layers
            }
            for network, layers in chosen[0].mappings.items()
        }


def most_similar(layer: Layer, mapped: LayerMappings) -> list[Mapping]:
    """The mapping of the layer whose sizes are nearest, in a list; empty if there is none.

    Args:
        mapped: layers that are mapped onto the same machine.
    """
    nearest = min(mapped, key=lambda other: _distance(layer, other), default=None)
    return [] if nearest is None else [mapped[nearest]]


def _distance(one: Layer, other: Layer) -> float:
    """Sum over sizes and strides of how many times one doubles into the other."""
    return sum(abs(math.log2(a / b)) for a, b in zip(_sizes(one), _sizes(other), strict=True))


def _sizes(layer: Layer) -> list[int]:
    return [*layer.sizes.values(), layer.stride_w, layer.stride_h]
