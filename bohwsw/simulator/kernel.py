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
from bohwsw.mapping.tile_kernel import (
    INPUTS,
    OUTPUTS,
    RELEVANT,
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
    worst_ratio,
)
from bohwsw.simulator.network_kernel import distinct_pair_sums, total_hops

READS, FILLS, UPDATES = range(3)


class LoopList(NamedTuple):
    """Working memory: the temporal loops of bound > 1, outermost first.

    Attributes:
        dim: the loop's dimension.
        bound: its iterations.
        step: how far one iteration moves along the dimension.
        before: iterations of all loops outside it.
        end: for each level, the number of loops in its block and those outside.
    """

    dim: npt.NDArray[np.int64]
    bound: npt.NDArray[np.int64]
    step: npt.NDArray[np.int64]
    before: npt.NDArray[np.int64]
    end: npt.NDArray[np.int64]


class Scratch(NamedTuple):
    """Working memory of ``evaluate_row``; one a thread.

    Attributes:
        tiling: see ``Tiling``.
        loops: see ``LoopList``.
        delivered: int64, L x 3; words that one child of each level receives.
        groups: int64, L x 3; children of each level with different data.
        children: int64, L; children of each level.
        counts: int64, L x 3 x 3; data space x (reads, fills, updates), per instance.
    """

    tiling: Tiling
    loops: LoopList
    delivered: npt.NDArray[np.int64]
    groups: npt.NDArray[np.int64]
    children: npt.NDArray[np.int64]
    counts: npt.NDArray[np.int64]


@compiled
def new_scratch(depth):
    """Fresh working memory for mappings of a depth."""
    most = 8 * depth
    loops = LoopList(
        np.zeros(most, dtype=np.int64),
        np.zeros(most, dtype=np.int64),
        np.zeros(most, dtype=np.int64),
        np.zeros(most + 1, dtype=np.int64),
        np.zeros(depth, dtype=np.int64),
    )
    return Scratch(
        new_tiling(depth),
        loops,
        np.zeros((depth, 3), dtype=np.int64),
        np.zeros((depth, 3), dtype=np.int64),
        np.zeros(depth, dtype=np.int64),
        np.zeros((depth, 3, 3), dtype=np.int64),
    )


@compiled
def list_loops(factors, order, union_extents, loops):
    """Fill the list of temporal loops; returns the product of all bounds, the compute cycles."""
    count = 0
    iterations = 1
    for level in range(len(factors)):
        for place in range(8):
            d = order[level, 0, place]
            bound = factors[level, 0, d]
            if bound > 1:
                loops.dim[count] = d
                loops.bound[count] = bound
                loops.step[count] = union_extents[level, d]
                loops.before[count] = iterations
                iterations *= bound
                count += 1
        loops.end[level] = count
    loops.before[count] = iterations
    return iterations


@compiled
def delivered_plain(space, tile, end, loops):
    """Words delivered of Weights or Outputs: inner loops that leave the tile in place are free."""
    for j in range(end, 0, -1):
        if RELEVANT[space, loops.dim[j - 1]]:
            return tile * loops.before[j]
    return tile


@compiled
def input_shift(dim, step, geometry):
    """Movement of an Inputs tile along its axes (N, G, C, width, height)."""
    if dim == P:
        return 0, 0, 0, step * geometry[0], 0
    if dim == R:
        return 0, 0, 0, step * geometry[2], 0
    if dim == Q:
        return 0, 0, 0, 0, step * geometry[1]
    if dim == S:
        return 0, 0, 0, 0, step * geometry[3]
    if dim == C:
        return 0, 0, step, 0, 0
    if dim == G:
        return 0, step, 0, 0, 0
    if dim == N:
        return step, 0, 0, 0, 0
    return 0, 0, 0, 0, 0


@compiled
def delivered_inputs(child, geometry, tile, end, loops):
    """Words delivered of Inputs (B.3): the closed form of ``delivery.words_delivered``."""
    total = tile * loops.before[end]
    if end == 0:
        return total
    n0, g0, c0, w0, h0 = input_shift(loops.dim[end - 1], loops.step[end - 1], geometry)
    if n0 + g0 + c0 > 0:
        return total  # a step to other channels, groups or samples shares nothing
    width = (child[P] - 1) * geometry[0] + (child[R] - 1) * geometry[2] + 1 - w0
    height = (child[Q] - 1) * geometry[1] + (child[S] - 1) * geometry[3] + 1 - h0
    if width <= 0 or height <= 0:
        return total
    overlap = child[N] * child[G] * child[C] * width * height
    n1 = g1 = c1 = w1 = h1 = 0  # one step of every loop inside the one in hand
    for j in range(end - 1, -1, -1):
        n, g, c, w, h = input_shift(loops.dim[j], loops.step[j], geometry)
        if w - w1 == w0 and h - h1 == h0 and c == c1 and n == n1 and g == g1:
            total -= overlap * (loops.before[j + 1] - loops.before[j])
        n1 += n
        g1 += g
        c1 += c
        w1 += w
        h1 += h
    return total


@compiled
def children_groups(factors, inner, geometry, groups):
    """Children of one instance of a level that hold different data (B.4); ``factors`` is 3 x 8."""
    n = factors[1, N] * factors[2, N]
    k = factors[1, K] * factors[2, K]
    c = factors[1, C] * factors[2, C]
    p = factors[1, P] * factors[2, P]
    q = factors[1, Q] * factors[2, Q]
    r = factors[1, R] * factors[2, R]
    s = factors[1, S] * factors[2, S]
    g = factors[1, G] * factors[2, G]
    across = distinct_pair_sums(p, inner[P] * geometry[0], r, inner[R] * geometry[2])
    down = distinct_pair_sums(q, inner[Q] * geometry[1], s, inner[S] * geometry[3])
    groups[WEIGHTS] = g * k * c * r * s
    groups[INPUTS] = n * g * c * across * down
    groups[OUTPUTS] = n * g * k * p * q
    return n * k * c * p * q * r * s * g


@compiled
def scaled_floor(value, numerator, denominator):
    """floor(value * numerator / denominator), safe where the product alone would overflow."""
    whole = value // denominator
    return whole * numerator + (value - whole * denominator) * numerator // denominator


@compiled
def count_accesses(keep, scratch):
    """Reads, fills and updates per instance (B.5 to B.8); zero where a data space is not kept."""
    counts, delivered = scratch.counts, scratch.delivered
    words, union_words = scratch.tiling.words, scratch.tiling.union_words
    depth = len(keep)
    for space in range(3):
        content = delivered[0, space]
        bypassed = False
        for level in range(depth - 1, -1, -1):  # B.7: bypassed traffic passes outwards
            if not bypassed:
                content = delivered[level, space]
            content *= scratch.groups[level, space]
            counts[level, space, READS] = content if keep[level, space] else 0
            bypassed = not keep[level, space]
        partition = words[0, space]
        for level in range(depth):
            if level > 0 and scratch.children[level - 1] > 1:  # B.6
                partition = scaled_floor(
                    partition, words[level, space], union_words[level - 1, space]
                )
            share = delivered[level - 1, space] if level > 0 else 0
            counts[level, space, FILLS] = share if keep[level, space] else 0
            counts[level, space, UPDATES] = 0
            if space == OUTPUTS and keep[level, space]:
                counts[level, space, UPDATES] = counts[level, space, READS]
                counts[level, space, READS] -= partition
                counts[level, space, FILLS] = share - partition if level > 0 else 0


@compiled
def level_cost(level, machine, hardware, keep, counts, compute):
    """Energy of one instance of a level, and its cycles as if it alone limited the run (B.9)."""
    read_load = 0.0
    write_load = 0.0
    energy = 0.0
    size = hardware.block[machine, level]
    price = hardware.energy[machine, level]
    for space in range(3):
        if keep[level, space]:
            reads = counts[level, space, READS]
            fills = counts[level, space, FILLS]
            updates = counts[level, space, UPDATES]
            read_load += reads / compute
            write_load += (fills + updates) / compute
            energy += (
                (reads + size - 1) // size * price[READS]
                + (fills + size - 1) // size * price[FILLS]
                + (updates + size - 1) // size * price[UPDATES]
            )
    speed = 1.0
    if read_load > hardware.bandwidth[machine, level, 0]:
        speed = min(speed, hardware.bandwidth[machine, level, 0] / read_load)
    if write_load > hardware.bandwidth[machine, level, 1]:
        speed = min(speed, hardware.bandwidth[machine, level, 1] / write_load)
    return energy, (np.int64(math.ceil(compute / speed)) if speed < 1.0 else compute)


@compiled
def network_energy(level, machine, hardware, factors, order, geometry, scratch):
    """Energy of the network below one instance of a level (B.10)."""
    mesh = hardware.mesh[machine]
    energy = 0.0
    for space in range(3):
        hops = total_hops(
            factors[level],
            order[level],
            scratch.tiling.extents[level + 1],
            geometry,
            space,
            mesh[level + 1, 0] // mesh[level, 0],
            mesh[level + 1, 1] // mesh[level, 1],
        )
        energy += hardware.hop_energy[machine, level] * scratch.delivered[level, space] * hops
    return energy


@compiled
def evaluate_row(factors, order, keep, layer, hardware, machine, scratch):
    """Everything about one mapping (L x 3 x 8, L x 3 x 8, L x 3) on one machine.

    Returns (worst ratio, cycles, energy in pJ) and leaves the counts in ``scratch``. A worst ratio
    above 1 means invalid, and then nothing else is computed.
    """
    depth = len(factors)
    tiling, delivered = scratch.tiling, scratch.delivered
    set_tiles(factors, layer.geometry, tiling)
    worst = worst_ratio(
        factors, keep, tiling.words, hardware.entries[machine], hardware.mesh[machine]
    )
    if worst > 1.0:
        return worst, np.int64(0), 0.0
    compute = list_loops(factors, order, tiling.union_extents, scratch.loops)
    children = scratch.children
    for level in range(depth - 1):
        end, child, tiles = scratch.loops.end[level], tiling.extents[level + 1], tiling.words
        for space in (WEIGHTS, OUTPUTS):
            delivered[level, space] = delivered_plain(
                space, tiles[level + 1, space], end, scratch.loops
            )
        delivered[level, INPUTS] = delivered_inputs(
            child, layer.geometry, tiles[level + 1, INPUTS], end, scratch.loops
        )
    for space in range(3):
        delivered[depth - 1, space] = compute  # every MAC takes and gives a word a cycle
    for level in range(depth):
        children[level] = children_groups(
            factors[level], tiling.extents[level + 1], layer.geometry, scratch.groups[level]
        )
    count_accesses(keep, scratch)
    cycles = compute
    total = np.prod(layer.sizes) * hardware.mac_energy[machine]
    instances = 1
    for level in range(depth):
        energy, level_cycles = level_cost(level, machine, hardware, keep, scratch.counts, compute)
        if children[level] > 1 and hardware.hop_energy[machine, level] > 0.0:
            energy += network_energy(
                level, machine, hardware, factors, order, layer.geometry, scratch
            )
        total += instances * energy
        cycles = max(cycles, level_cycles)
        instances *= children[level]
    return worst, cycles, total


@compiled
def evaluate_rows(mappings, layer, hardware, machine, ratios, cycles, energies, counts):
    """``evaluate_row`` for a whole batch; counts are stored if ``counts`` has a row for each."""
    scratch = new_scratch(mappings.factors.shape[1])
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
            counts[row] = scratch.counts
