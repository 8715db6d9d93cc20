"""Which resource binds a mapping: the MAC array or the bandwidth of a level, and what is left idle.

Cycles are those of counting rule B.9 in ``docs/counting-rules.md``, taken for the read and the
write port of a level apart.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from bohwsw.arch import Architecture, StorageLevel
from bohwsw.divisors import LargestProduct
from bohwsw.mapping import Loop, Mapping, level_units
from bohwsw.simulator.evaluation import Evaluation, LevelResult
from bohwsw.simulator.reference import ports
from bohwsw.workload import Layer

Resource = Literal["compute", "read_bandwidth", "write_bandwidth"]


@dataclass(frozen=True)
class Binding:
    """A resource that sets the latency: it is busy in every cycle."""

    resource: Resource  # ``compute``, ``read_bandwidth`` or ``write_bandwidth``
    level: str  # the storage level; ``MAC`` for compute
    demand: float
    """What the mapping asks of one instance to run at the speed of the MACs: words of the level per
    cycle; for compute the operations per cycle of one unit, 1."""
    limit: float  # what one instance has of it
    latency_cycles: int  # cycles that this resource alone would take

    @property
    def slowdown(self) -> float:
        """How much longer than by compute alone the layer takes; 1 if compute binds."""
        return self.demand / self.limit


@dataclass(frozen=True)
class FanoutUse:
    """Children in use on one axis below one level."""

    level: str  # the level above the fan-out
    loops: tuple[Loop, ...]  # spatial loops on the axis, outermost first
    used: int  # children in use below one instance
    available: int  # children that one instance has


@dataclass(frozen=True)
class AxisUse:
    """One axis of the MAC array."""

    axis: str
    used: int  # units in use along the axis
    available: int  # units along the axis
    reachable: int
    """The most units along it that the layer can fill with perfect factors beside what the other
    axis uses; capacities and the dataflow may allow less."""
    fanouts: tuple[FanoutUse, ...]
    """What fills it, level by level; levels that neither fan out nor unroll left out."""

    @property
    def share(self) -> float:
        """Part of the axis in use."""
        return self.used / self.available

    @property
    def filled(self) -> bool:
        """Whether no unit along the axis is idle."""
        return self.used == self.available

    @property
    def limited_by_shape(self) -> bool:
        """Whether the axis is not filled, and no perfect factors of the layer fill more of it."""
        return not self.filled and self.used >= self.reachable


def words_of_ports(layer: Layer, level: StorageLevel, result: LevelResult) -> tuple[float, float]:
    """Words that one instance of a level (reads, writes), all data spaces, over the run."""
    word, _ = level_units(layer, level.word_bits)
    reads, writes = ports(layer, level, result.data_spaces, 1)
    return reads.demand / word, writes.demand / word


def bindings(
    layer: Layer, architecture: Architecture, mapping: Mapping, evaluation: Evaluation
) -> tuple[Binding, ...]:
    """The resources that set the latency: compute alone, or ports of levels that throttle it.

    There is at least one; several if ports take equally long, the greatest demand over limit first.
    """
    compute, latency = mapping.compute_cycles, evaluation.latency_cycles
    if latency == compute:
        return (Binding("compute", "MAC", 1.0, 1.0, compute),)
    found = [
        port
        for index, result in enumerate(evaluation.levels)
        for port in _throttled_ports(layer, architecture, index, result, compute)
        if port.latency_cycles == latency
    ]
    return tuple(sorted(found, key=lambda port: -port.slowdown))


def _throttled_ports(
    layer: Layer, architecture: Architecture, index: int, result: LevelResult, compute_cycles: int
) -> Iterator[Binding]:
    """The ports of a level that are asked for more than they have; in the simulator's doubles."""
    level = architecture.levels[index]
    word, _ = level_units(layer, level.word_bits)
    resources: tuple[Resource, ...] = ("read_bandwidth", "write_bandwidth")
    both = ports(layer, level, result.data_spaces, compute_cycles)
    for resource, port in zip(resources, both, strict=True):
        if port.speed < 1.0:
            cycles = math.ceil(compute_cycles / port.speed)
            yield Binding(resource, level.name, port.demand / word, port.limit / word, cycles)


def axes_of(layer: Layer, architecture: Architecture, mapping: Mapping) -> tuple[AxisUse, AxisUse]:
    """How a valid mapping fills the X and the Y axis of the MAC array."""
    used = (
        math.prod(block.fanout_x for block in mapping.levels),
        math.prod(block.fanout_y for block in mapping.levels),
    )
    mesh, at_once = architecture.mesh(architecture.depth), layer.macs // layer.steps
    fan_outs = np.array([architecture.fanout(i) for i in range(architecture.depth)]).T[:, None]
    x, y = (
        AxisUse(
            axis,
            used[position],
            mesh[position],
            int(LargestProduct(at_once // used[1 - position]).of(fan_outs[position])[0]),
            tuple(_fanouts(architecture, mapping, position)),
        )
        for position, axis in enumerate("XY")
    )
    return x, y


def _fanouts(architecture: Architecture, mapping: Mapping, position: int) -> Iterator[FanoutUse]:
    for index, (level, block) in enumerate(zip(architecture.levels, mapping.levels, strict=True)):
        loops = (block.spatial_x, block.spatial_y)[position]
        used = (block.fanout_x, block.fanout_y)[position]
        available = architecture.fanout(index)[position]
        if used > 1 or available > 1:
            yield FanoutUse(level.name, tuple(x for x in loops if x[1] > 1), used, available)
