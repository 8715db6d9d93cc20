"""Compiled: the rules of ``reference.py`` for one row of a batch, without allocation.

Rule numbers (B.3 to B.10) are those of ``docs/counting-rules.md``. Dimensions are numbered as in
``DIMENSIONS``, data spaces as in ``DATA_SPACES``, loops of a level as in ``mapping.batch``.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bohwsw.compiled import compiled
from bohwsw.mapping import Limits
from bohwsw.mapping.tile_kernel import (
    INPUTS,
    OUTPUTS,
    WEIGHTS,
    C,
    G,
    K,
    N,
    P,
    Q,
    R,
    S,
    Tiling,
    new_tiling,
    set_tiles,
    tile_words,
    worst_ratio,
)
from bohwsw.simulator.delivery_kernel import (
    LoopList,
    delivered_inputs,
    delivered_plain,
    list_loops,
)
from bohwsw.simulator.hardware import PricedMachines
from bohwsw.simulator.noc_kernel import Grid, distinct_pair_sums, new_grid, total_hops

READS, FILLS, UPDATES = range(3)


class Scratch(NamedTuple):
    """Working memory of ``evaluate_row``; one a thread.

    Attributes:
        delivered: int64, L x 3; words that one child of each level receives.
        groups: int64, L x 3; children of each level with different data.
        counts: int64, L x 3 x 3; data space x (reads, fills, updates), per instance.
    """

    tiling: Tiling
    loops: LoopList
    delivered: npt.NDArray[np.int64]
    groups: npt.NDArray[np.int64]
    counts: npt.NDArray[np.int64]
    grid: Grid


def new_scratch(hardware: PricedMachines) -> Scratch:
    """Fresh working memory for mappings on any machine of a batch."""
    depth = hardware.capacity.shape[1]
    dim, step, before = np.zeros((3, 8 * depth + 1), dtype=np.int64)
    loops = LoopList(dim, step, before, np.zeros(depth, dtype=np.int64))
    delivered, groups = np.zeros((2, depth, 3), dtype=np.int64)
    counts = np.zeros((depth, 3, 3), dtype=np.int64)
    return Scratch(new_tiling(depth), loops, delivered, groups, counts, new_grid(hardware))


@compiled(internal=True, once=True)
def count_groups(spatial, inner, layer, groups):
    """Children of one instance of a level that hold different data (B.4); ``spatial`` is 8."""
    across = distinct_pair_sums(
        spatial[P], inner[P] * layer.along_w[P], spatial[R], inner[R] * layer.along_w[R]
    )
    down = distinct_pair_sums(
        spatial[Q], inner[Q] * layer.along_h[Q], spatial[S], inner[S] * layer.along_h[S]
    )
    channels = spatial[G] * spatial[C]
    groups[WEIGHTS] = channels * spatial[K] * spatial[R] * spatial[S]
    groups[INPUTS] = channels * spatial[N] * across * down
    groups[OUTPUTS] = spatial[G] * spatial[N] * spatial[K] * spatial[P] * spatial[Q]


@compiled(internal=True, once=True)
def scaled_floor(value, numerator, denominator):
    """floor(value * numerator / denominator), safe where the product alone would overflow."""
    whole = value // denominator
    return whole * numerator + (value - whole * denominator) * numerator // denominator


@compiled(internal=True, once=True)
def count_accesses(keep, layer, scratch):
    """Reads, fills and updates per instance (B.5 to B.8); zero where a data space is not kept."""
    counts, delivered = scratch.counts, scratch.delivered
    for space in range(3):
        content = delivered[0, space]
        bypassed = False
        for level in range(len(keep) - 1, -1, -1):  # B.7: bypassed traffic passes outwards
            if not bypassed:
                content = delivered[level, space]
            content *= scratch.groups[level, space]
            kept = keep[level, space]
            bypassed = not kept
            counts[level, space, READS] = content if kept else 0
            counts[level, space, FILLS] = delivered[level - 1, space] if kept and level > 0 else 0
            counts[level, space, UPDATES] = 0
    exchange_outputs(keep, layer, scratch.tiling, counts[:, OUTPUTS])


@compiled(internal=True, once=True)
def exchange_outputs(keep, layer, tiling, counts):
    """Turn deliveries of Outputs (L x 3) into updates, and reads and fills of earlier sums."""
    partition = tiling.words[0, OUTPUTS]
    for level in range(len(keep)):
        if level > 0 and tiling.children[level - 1] > 1:  # B.6
            union = tile_words(tiling.union_extents[level - 1], layer, OUTPUTS)
            partition = scaled_floor(partition, tiling.words[level, OUTPUTS], union)
        if keep[level, OUTPUTS]:
            counts[level, UPDATES] = counts[level, READS]
            counts[level, READS] -= partition
            if level > 0:
                counts[level, FILLS] -= partition


@compiled(internal=True, once=True)
def throttled_cycles(reads, writes, limits, units, keep, counts, compute):
    """Cycles if one level alone limited the run (B.9), in the same doubles as Timeloop.

    ``reads`` and ``writes`` are units of one instance over the run. Most levels are far from their
    limit, which two products tell; only the others need the divisions.
    """
    read_limit, write_limit = limits[0], limits[1]
    nearly = 0.999999 * compute
    if reads < read_limit * nearly and writes < write_limit * nearly:
        return compute
    read_load = 0.0
    write_load = 0.0
    for space in range(3):
        if keep[space]:
            written = counts[space, FILLS] + counts[space, UPDATES]
            read_load += np.float64(counts[space, READS]) * units[space] / compute
            write_load += np.float64(written) * units[space] / compute
    speed = 1.0
    if read_load > read_limit:
        speed = min(speed, read_limit / read_load)
    if write_load > write_limit:
        speed = min(speed, write_limit / write_load)
    return np.int64(math.ceil(compute / speed))


@compiled(internal=True)
def blocks_of(units, size):
    """Accesses that move so many units, far below 2^53; most blocks are of one: no division."""
    return units if size == 1.0 else np.ceil(units / size)


@compiled(internal=True, once=True)
def level_cost(level, machine, hardware, keep, counts, compute):
    """Energy of one instance of a level, and its cycles as if it alone limited the run."""
    size = np.float64(hardware.block[machine, level])
    units, prices = hardware.units[machine, level], hardware.energy[machine, level]
    reads = writes = energy = 0.0
    for space in range(3):
        if keep[level, space]:
            read = np.float64(counts[level, space, READS]) * units[space]
            filled = np.float64(counts[level, space, FILLS]) * units[space]
            energy += blocks_of(read, size) * prices[READS]
            energy += blocks_of(filled, size) * prices[FILLS]
            reads += read
            writes += filled
            if space == OUTPUTS:
                updated = np.float64(counts[level, space, UPDATES]) * units[space]
                energy += blocks_of(updated, size) * prices[UPDATES]
                writes += updated
    limits = hardware.bandwidth[machine, level]
    return energy, throttled_cycles(
        reads, writes, limits, units, keep[level], counts[level], compute
    )


@compiled(internal=True, inlined=False)
def noc_energy(level, machine, hardware, factors, order, layer, scratch):
    """Energy of the NoC below one instance of a level (B.10)."""
    energy = 0.0
    for space in range(3):
        hops = total_hops(
            factors[level],
            order[level],
            scratch.tiling.extents[level + 1],
            layer,
            space,
            hardware.fanout[machine, level, 0],
            hardware.fanout[machine, level, 1],
            scratch.grid,
        )
        moved = scratch.delivered[level, space] * hardware.units[machine, level, space]
        energy += hardware.hop_energy[machine, level] * moved * hops
    return energy


@compiled(internal=True)
def evaluate_row(factors, order, keep, layer, hardware, machine, scratch):
    """Everything about one mapping (L x 3 x 8, L x 3 x 8, L x 3) on one machine.

    Returns (worst ratio, cycles, energy in pJ) and leaves the counts in ``scratch``. A worst ratio
    above 1 means invalid, and then nothing else is computed.
    """
    depth = len(factors)
    tiling, delivered = scratch.tiling, scratch.delivered
    set_tiles(factors, layer, tiling)
    limits = Limits(
        hardware.units[machine],
        hardware.capacity[machine],
        hardware.fanout[machine],
        hardware.operands[machine],
    )
    worst = worst_ratio(factors, keep, tiling, limits)
    if worst > 1.0:
        return worst, np.int64(0), 0.0
    compute = list_loops(factors, order, tiling.union_extents, scratch.loops)
    for level in range(depth - 1):
        end, child, tiles = scratch.loops.end[level], tiling.extents[level + 1], tiling.words
        for space in (WEIGHTS, OUTPUTS):
            delivered[level, space] = delivered_plain(
                space, tiles[level + 1, space], end, scratch.loops
            )
        delivered[level, INPUTS] = delivered_inputs(
            child, layer, tiles[level + 1, INPUTS], end, scratch.loops
        )
    for space in range(3):
        delivered[depth - 1, space] = compute  # every MAC takes and gives a word a cycle
    for level in range(depth):
        count_groups(tiling.spatial[level], tiling.extents[level + 1], layer, scratch.groups[level])
    count_accesses(keep, layer, scratch)
    cycles = compute
    total = layer.macs * hardware.mac_energy[machine]
    instances = 1
    for level in range(depth):
        energy, level_cycles = level_cost(level, machine, hardware, keep, scratch.counts, compute)
        if tiling.children[level] > 1 and hardware.hop_energy[machine, level] > 0.0:
            energy += noc_energy(level, machine, hardware, factors, order, layer, scratch)
        total += instances * energy
        cycles = max(cycles, level_cycles)
        instances *= tiling.children[level]
    return worst, cycles, total


@compiled()
def evaluate_rows(mappings, layer, hardware, machine, scratch, ratios, cycles, energies, counts):
    """``evaluate_row`` for a whole batch; counts are stored if ``counts`` has a row for each."""
    store = len(counts) == len(ratios)
    for row in range(len(ratios)):
        ratios[row], cycles[row], energies[row] = evaluate_row(
            mappings.factors[row],
            mappings.order[row],
            mappings.keep[row],
            layer,
            hardware,
            machine[row],
            scratch,
        )
        if store:
            valid = ratios[row] <= 1.0
            for level in range(counts.shape[1]):
                for space in range(3):
                    for action in range(3):
                        count = scratch.counts[level, space, action]
                        counts[row, level, space, action] = count if valid else 0
