"""Compiled: quick lower bounds of skeletons, microseconds each, whatever the loops in time.

The MACs take one word of each data space a cycle from whatever serves them, what is kept is filled
at least once with every word that is used there, and no port moves more words than its bandwidth.
"""

from __future__ import annotations

import math

import numpy as np

from bohwsw.compiled import compiled
from bohwsw.mapper.skeletons.objective import EDP, LATENCY
from bohwsw.mapper.skeletons.skeleton_kernel import (
    EITHER,
    KEEP,
    READ,
    WRITE,
    groups_between,
    serving_cost,
    set_skeleton,
)
from bohwsw.mapping.tile_kernel import OUTPUTS, ZERO


@compiled(internal=True, inlined=False)
def least_transfers(machine, skeleton, space, keeps_last, moved):
    """A lower bound on the cost of a data space, whatever the loops in time.

    What is kept is filled at least once with every element that is used there, and the MACs take
    one a cycle. ``moved`` (L x 2) is filled with the least units that all instances (read, write).
    """
    depth, last = len(machine.block), machine.last[space]
    for level in range(depth):
        moved[level, READ] = moved[level, WRITE] = 0.0
    cost = 0.0
    server = ZERO
    for level in range(depth):
        kept = keeps_last if level == last else skeleton.choice[level, space] == KEEP
        if not kept:
            continue
        once = np.float64(machine.used_words[space] * skeleton.copies[level, space])
        once *= machine.units[level, space]
        if level > 0:
            cost += _least_of_one(machine, server, space, moved)
            if space != OUTPUTS:
                moved[level, WRITE] = once
                cost += once / machine.block[level] * machine.energy[level, 1]
        moved[level, WRITE if space == OUTPUTS else READ] += once
        server = level
    groups = groups_between(skeleton, server, depth, space)
    once = np.float64(machine.used_words[space] * skeleton.copies[server, space])
    taken = skeleton.cycles[0] * groups
    all_taken = np.float64(taken) * skeleton.instances[server]
    once *= machine.units[server, space]
    all_taken *= machine.units[server, space]
    if space == OUTPUTS:
        moved[server, WRITE] = all_taken
        moved[server, READ] = max(0.0, all_taken - once)
    else:
        moved[server, READ] = all_taken
    return cost + serving_cost(machine, skeleton, server, space, taken)


@compiled(internal=True, once=True)
def _least_of_one(machine, level, space, moved):
    """Cost of the least that a level which serves another level has to deliver."""
    if space == OUTPUTS:
        return moved[level, WRITE] / machine.block[level] * machine.energy[level, 2]
    return moved[level, READ] / machine.block[level] * machine.energy[level, 0]


@compiled(internal=True, once=True)
def least_of_one_way(machine, skeleton, costs, moved, ways):
    """Least cost and least cycles where the last level of each data space is kept (bit set) or not.

    ``costs`` (3 x 2) and ``moved`` (3 x 2 x L x 2) are those of ``least_transfers``.
    """
    cost = 0.0
    for space in range(3):
        cost += costs[space, (ways >> space) & 1]
    cycles = np.float64(skeleton.cycles[0])
    for level in range(len(machine.block)):
        for way in range(2):
            total = 0.0
            for space in range(3):
                total += moved[space, (ways >> space) & 1, level, way]
            capacity = machine.bandwidth[level, way] * skeleton.instances[level]
            cycles = max(cycles, total / capacity)
    return cost, math.ceil(cycles * (1.0 - 1e-12))


@compiled(internal=True, inlined=False)
def transfers_of_skeleton(machine, skeleton, costs, moved):
    """Fill costs (3 x 2) and units moved (3 x 2 x L x 2): see ``least_of_one_way``."""
    for space in range(3):
        for kept in range(2):
            costs[space, kept] = np.inf
            choice = skeleton.choice[machine.last[space], space]
            if choice == EITHER or choice == kept:
                costs[space, kept] = least_transfers(
                    machine, skeleton, space, kept == 1, moved[space, kept]
                )


@compiled(internal=True, once=True)
def least_of_skeleton(machine, skeleton, fixed, goal, costs, moved):
    """Lower bounds on the objective, the cost and the cycles of a skeleton."""
    transfers_of_skeleton(machine, skeleton, costs, moved)
    bound = least_cost = least_cycles = np.inf
    for ways in range(8):
        cost, cycles = least_of_one_way(machine, skeleton, costs, moved, ways)
        cost += fixed
        if cost < np.inf:
            bound = min(bound, objective_of(cost, np.float64(cycles), goal))
            least_cost = min(least_cost, cost)
            least_cycles = min(least_cycles, np.float64(cycles))
    return bound, least_cost, least_cycles


@compiled(internal=True, once=True)
def objective_of(energy, cycles, goal):
    """What is minimised: see ``Goal``."""
    if goal.objective == EDP:
        return energy * cycles
    if goal.objective == LATENCY:
        return cycles
    return energy + goal.cycle_price_pj * cycles


@compiled(inlined=False)
def least_of_each(machine, fixed, goal, spatial, choices, work, least):
    """``least_of_skeleton`` for U unrollings (U x L x 8) and V choices (V x L x 3).

    ``least`` (U x V x 3) is filled with objective, cost and cycles; ``fixed`` is the cost that no
    mapping avoids; ``work`` is the memory for a skeleton, and costs and units of its parts.
    """
    skeleton, costs, moved = work
    for u in range(len(spatial)):
        parallel = 1
        for level in range(spatial.shape[1]):
            for d in range(8):
                parallel *= spatial[u, level, d]
        for v in range(len(choices)):
            set_skeleton(machine, machine.layer.macs // parallel, spatial[u], choices[v], skeleton)
            bound, cost, cycles = least_of_skeleton(machine, skeleton, fixed, goal, costs, moved)
            least[u, v, 0] = bound
            least[u, v, 1] = cost
            least[u, v, 2] = cycles
