"""What is learned on one layer or machine and used on the next: mappings to start from.

A good mapping of a layer is, a little changed, often a good one of a similar layer on the same
machine, and of the same layer on a similar machine. Inner searches that take warm starts (see
``Mapper.search``) get both.
"""

from __future__ import annotations

import math
from collections import abc
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bohwsw.arch import Architecture
from bohwsw.codesign.chip_design import ChipDesign
from bohwsw.codesign.design import Design, MappedLayer
from bohwsw.codesign.hardware_space import HardwareSpace
from bohwsw.errors import SpecError
from bohwsw.mapping.nest import Mapping
from bohwsw.space import Value
from bohwsw.workload import Layer

NEAREST = 2
"""Machines whose mappings are started from, besides the best one."""

WarmStarts = abc.Mapping[str, Sequence[Sequence[Mapping]]]
"""For each network, by its name, and each of its unique layers, mappings to start from."""

NONE: WarmStarts = {}

NetworkMappings = abc.Mapping[str, Sequence[Mapping]]
"""For each network, by its name, the mapping of each of its unique layers."""


@dataclass(frozen=True)
class _Tried:
    shape: npt.NDArray[np.float64]
    mappings: NetworkMappings
    objective: float | None


class MappingMemory:
    """The mappings of the machines that a search has tried.

    Args:
        hardware_space: the machines.
    """

    def __init__(self, hardware_space: HardwareSpace) -> None:
        self._space = hardware_space
        self._tried: list[_Tried] = []

    def add(
        self, point: abc.Mapping[str, Value], mappings: NetworkMappings, objective: float | None
    ) -> None:
        """Keep the mappings of a machine.

        Args:
            point: the machine.
            mappings: those found on it.
            objective: what the search minimises; None if that is not one number.
        """
        shape = _shape(self._space.hardware(point).architecture)
        self._tried.append(_Tried(shape, mappings, objective))

    def warm_starts(self, point: abc.Mapping[str, Value]) -> WarmStarts:
        """Mappings for a machine: those of the nearest machines and of the best one.

        Machines with another number of levels are left out. Of equals the first tried is taken.
        Where the point is no machine there are none: its evaluation says why.
        """
        if not self._tried:
            return NONE
        try:
            shape = _shape(self._space.hardware(point).architecture)
        except SpecError:
            return NONE
        alike = [tried for tried in self._tried if len(tried.shape) == len(shape)]
        alike.sort(key=lambda tried: float(np.abs(tried.shape - shape).sum()))
        chosen = alike[:NEAREST]
        rated = [tried for tried in alike if tried.objective is not None]
        if rated:
            best = min(rated, key=lambda tried: tried.objective or 0.0)
            chosen += [best] if all(best is not tried for tried in chosen) else []
        if not chosen:
            return NONE
        return {
            network: list(zip(*(tried.mappings[network] for tried in chosen), strict=True))
            for network in chosen[0].mappings
        }


def mappings_of(found: ChipDesign | Design) -> NetworkMappings:
    """The mappings of a design, or of those of a chip."""
    designs = found.designs if isinstance(found, ChipDesign) else (found,)
    return {design.network: [mapped.mapping for mapped in design.layers] for design in designs}


def most_similar(layer: Layer, mapped: Iterable[MappedLayer]) -> list[Mapping]:
    """The mapping of the layer whose sizes are nearest, in a list; empty if there is none.

    Args:
        layer: to be mapped.
        mapped: layers that are mapped onto the same machine.
    """
    nearest = min(mapped, key=lambda other: _distance(layer, other.entry.layer), default=None)
    return [] if nearest is None else [nearest.mapping]


def _shape(architecture: Architecture) -> npt.NDArray[np.float64]:
    """Capacities (0 if without limit) and meshes as powers of 2."""
    capacities = [level.entries or 1 for level in architecture.levels]
    meshes = [size for index in range(architecture.depth + 1) for size in architecture.mesh(index)]
    return np.log2(np.array([*capacities, *meshes], dtype=np.float64))


def _distance(one: Layer, other: Layer) -> float:
    """Sum over sizes and strides of how many times one doubles into the other."""
    return sum(abs(math.log2(a / b)) for a, b in zip(_sizes(one), _sizes(other), strict=True))


def _sizes(layer: Layer) -> list[int]:
    return [*layer.sizes.values(), layer.stride_w, layer.stride_h]
