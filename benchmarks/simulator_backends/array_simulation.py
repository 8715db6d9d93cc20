"""The whole evaluation in whole-array operations: validity, counts, cycles, energy.

Written as a fair opponent of the compiled simulator: the batch lies on the last axis of every
array, nothing is done row by row, a single machine is broadcast and not copied. Energy per hop is
left out, which is in its favour.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.simulator_backends.array_library import Array, ArrayLibrary
from benchmarks.simulator_backends.array_traffic import (
    Tiled,
    delivered,
    groups,
    list_loops,
    outputs_words,
    tile,
)
from bohwsw.mapping.batch import MappingBatch
from bohwsw.mapping.tile_kernel import LayerArrays
from bohwsw.simulator.batch import HardwareBatch

OUTPUTS = 2


@dataclass(frozen=True)
class ArrayBatch:
    """Mappings and machines in the layout of this simulation; the last axis is the batch, or 1.

    Attributes:
        factors: int64, L x 3 x 8 x B.
        order: int64, L x 8 x B; temporal loops.
        keep: bool, L x 3 x B.
        entries: float64, L x B; infinite for no limit.
        fanout: float64, L x 2 x B.
        block: float64, L x B.
        bandwidth: float64, L x 2 x B.
        energy: float64, L x 3 x B.
        mac_energy: float64, B.
    """

    factors: Array
    order: Array
    keep: Array
    entries: Array
    fanout: Array
    block: Array
    bandwidth: Array
    energy: Array
    mac_energy: Array


def prepare(
    xp: ArrayLibrary,
    hardware: HardwareBatch,
    mappings: MappingBatch,
    machine: npt.NDArray[np.int64],
) -> ArrayBatch:
    """Bring a batch into the layout; not part of what is timed."""
    rows = machine if len(hardware.entries) > 1 else machine[:1]

    def turned(array: npt.NDArray[Any]) -> Array:
        return xp.array(np.moveaxis(array, 0, -1))

    entries = hardware.entries[rows].astype(float)
    return ArrayBatch(
        factors=turned(mappings.factors),
        order=turned(mappings.order[:, :, 0].astype(np.int64)),
        keep=turned(mappings.keep),
        entries=turned(np.where(entries < 0, np.inf, entries)),
        fanout=turned(hardware.fanout[rows].astype(float)),
        block=turned(hardware.block[rows].astype(float)),
        bandwidth=turned(hardware.bandwidth[rows]),
        energy=turned(hardware.energy[rows]),
        mac_energy=turned(hardware.mac_energy[rows]),
    )


def evaluate(
    xp: ArrayLibrary, layer: LayerArrays, batch: ArrayBatch
) -> tuple[Array, Array, Array, Array]:
    """(worst ratio, cycles, energy in pJ: B each; counts: L x 3 x 3 x B), 0 where invalid."""
    tiled = tile(xp, batch.factors, layer)
    worst = _worst_ratio(xp, batch, tiled)
    loops = list_loops(xp, batch.factors, batch.order, tiled, layer)
    compute = loops.through[-1]
    counts = _count(xp, batch, tiled, delivered(xp, loops, tiled, layer), layer)
    cycles, energy = xp.to_float(compute), layer.macs * batch.mac_energy
    instances = compute * 0 + 1
    for level in range(len(batch.factors)):
        level_cycles, level_energy = _level_cost(xp, batch, level, counts[level], compute)
        cycles = xp.maximum(cycles, level_cycles)
        energy = energy + instances * level_energy
        instances = instances * tiled.children[level]
    valid = worst <= 1.0
    return (
        worst,
        xp.where(valid, xp.to_int(cycles), 0),
        xp.where(valid, energy, 0.0),
        xp.where(valid, xp.stack(counts), 0),
    )


def _worst_ratio(xp: ArrayLibrary, batch: ArrayBatch, tiled: Tiled) -> Array:
    worst = xp.to_float(tiled.children[0] * 0)
    used = [xp.product(batch.factors[:, axis], 1) for axis in (1, 2)]
    for level in range(len(batch.factors)):
        words = xp.total(xp.where(batch.keep[level], tiled.words[level], 0), 0)
        worst = xp.maximum(worst, words / batch.entries[level])
        for axis in (0, 1):
            worst = xp.maximum(worst, used[axis][level] / batch.fanout[level, axis])
    return worst


def _count(
    xp: ArrayLibrary, batch: ArrayBatch, tiled: Tiled, shares: list[Array], layer: LayerArrays
) -> list[Array]:
    """Reads, fills and updates of every level (B.5 to B.8); 3 x 3 x B each."""
    depth = len(shares)
    keep = batch.keep
    reads = [shares[0]] * depth
    content = shares[0]
    for level in range(depth - 1, -1, -1):
        arriving = shares[level]
        if level < depth - 1:  # B.7: bypassed traffic passes outwards
            arriving = xp.where(keep[level + 1], arriving, content)
        content = arriving * groups(xp, tiled.spatial[level], tiled.extents[level + 1], layer)
        reads[level] = xp.where(keep[level], content, 0)
    counts = []
    partition = tiled.words[0][OUTPUTS]
    for level in range(depth):
        kept = keep[level]
        fills = xp.where(kept, shares[level - 1], 0) if level > 0 else reads[level] * 0
        if level > 0:  # B.6; where there is one child the two tiles are equal
            union = outputs_words(tiled.union_extents[level - 1])
            partition = _scaled_floor(partition, tiled.words[level][OUTPUTS], union)
        existed = xp.where(kept[OUTPUTS], partition, 0)
        updates = xp.stack([fills[0] * 0, fills[0] * 0, reads[level][OUTPUTS]])
        subtracted = xp.stack([existed * 0, existed * 0, existed])
        fills = fills - subtracted if level > 0 else fills
        level_counts = xp.stack([reads[level] - subtracted, fills, updates])
        counts.append(level_counts.swapaxes(0, 1))
    return counts


def _scaled_floor(value: Array, numerator: Array, denominator: Array) -> Array:
    whole = value // denominator
    return whole * numerator + (value - whole * denominator) * numerator // denominator


def _level_cost(
    xp: ArrayLibrary, batch: ArrayBatch, level: int, counts: Array, compute: Array
) -> tuple[Array, Array]:
    """Cycles if the level alone limited the run, and the energy of one instance; B each."""
    accesses = xp.ceil(counts / batch.block[level])
    energy = xp.total(xp.total(accesses * batch.energy[level], 1), 0)
    steps = xp.to_float(compute)
    reads, writes = counts[:, 0] / steps, (counts[:, 1] + counts[:, 2]) / steps
    speed = steps * 0.0 + 1.0
    for limit, load in (
        (batch.bandwidth[level, 0], xp.total(reads, 0)),
        (batch.bandwidth[level, 1], xp.total(writes, 0)),
    ):
        throttled = xp.where(load > limit, limit / xp.where(load > limit, load, 1.0), 1.0)
        speed = -xp.maximum(-speed, -throttled)
    return xp.ceil(steps / speed), energy
