"""Compiled: quick lower bounds of skeletons, microseconds each, whatever the loops in time.

The MACs take one word of each data space a cycle from whatever serves them, what is kept is filled
at least once with every word that is used there, and no port moves more words than its bandwidth.
"""

from __future__ import annotations

import math

import numpy as np

from bohwsw.compiled import compiled
from bohwsw.mapper.skeleton_kernel import (
    EDP,
    EITHER,
    KEEP,
    LATENCY,
    READ,
    WRITE,
    groups_between,
    serving_cost,
    set_skeleton,
)
from bohwsw.mapping.tile_kernel import OUTPUTS


@compiled(inlined=False)
def least_transfers(machine, skeleton, space, keeps_last, words):
    """A lower bound on the cost of a data space, whatever the loops in time.

    What is kept is filled at least once with every word that is used there, and the MACs take one
    word a cycle. ``words`` (L x 2) is filled with the least that all instances (read, write).
    """
    depth, last = len(machine.block), machine.last[space]
    words[:] = 0.0
    cost = 0.0
    server = 0
    for level in range(depth):
        kept = keeps_last if level == last else skeleton.choice[level, space] == KEEP
        if not kept:
            continue
        once = np.float64(machine.used_words[space] * skeleton.copies[level, space])
        if level > 0:
            cost += _least_of_one(machine, server, space, words)
            if space != OUTPUTS:
                words[level, WRITE] = once
                cost += once / machine.block[level] * machine.energy[level, 1]
        words[level, WRITE if space == OUTPUTS else READ] += once
        server = level
    groups = groups_between(skeleton, server, depth, space)
    once = np.float64(machine.used_words[space] * skeleton.copies[server, space])
    taken = skeleton.cycles[0] * groups
    all_taken = np.float64(taken) * skeleton.instances[server]
    if space == OUTPUTS:
        words[server, WRITE] = all_taken
        words[server, READ] = max(0.0, all_taken - once)
    else:
        words[server, READ] = all_taken
    return cost + serving_cost(machine, skeleton, server, space, taken)


@compiled()
def _least_of_one(machine, level, space, words):
    """Cost of the least that a level which serves another level has to deliver."""
    if space == OUTPUTS:
        return words[level, WRITE] / machine.block[level] * machine.energy[level, 2]
    return words[level, READ] / machine.block[level] * machine.energy[level, 0]


@compiled(inlined=False)
def least_of_one_way(machine, skeleton, costs, words, ways):
    """Least cost and least cycles where the last level of each data space is kept (bit set) or not.

    ``costs`` (3 x 2) and ``words`` (3 x 2 x L x 2) are those of ``least_transfers``.
    """
    cost = 0.0
    for space in range(3):
        cost += costs[space, (ways >> space) & 1]
    cycles = np.float64(skeleton.cycles[0])
    for level in range(len(machine.block)):
        for way in range(2):
            total = 0.0
            for space in range(3):
                total += words[space, (ways >> space) & 1, level, way]
            capacity = machine.bandwidth[level, way] * skeleton.instances[level]
            cycles = max(cycles, total / capacity)
    return cost, math.ceil(cycles * (1.0 - 1e-12))


@compiled(inlined=False)
def least_of_skeleton(machine, skeleton, fixed, goal, price, costs, words):
    """Lower bounds on the objective, the cost and the cycles of a skeleton."""
    for space in range(3):
        for kept in range(2):
            costs[space, kept] = np.inf
            choice = skeleton.choice[machine.last[space], space]
            if choice == EITHER or choice == kept:
                costs[space, kept] = least_transfers(
                    machine, skeleton, space, kept == 1, words[space, kept]
                )
    bound = least_cost = least_cycles = np.inf
    for ways in range(8):
        cost, cycles = least_of_one_way(machine, skeleton, costs, words, ways)
        cost += fixed
        if cost < np.inf:
            bound = min(bound, objective_of(cost, np.float64(cycles), goal, price))
            least_cost = min(least_cost, cost)
            least_cycles = min(least_cycles, np.float64(cycles))
    return bound, least_cost, least_cycles


@compiled()
def objective_of(energy, cycles, goal, price):
    """What is minimised: see ``goal.Goal``."""
    if goal == EDP:
        return energy * cycles
    if goal == LATENCY:
        return cycles
    return energy + price * cycles


@compiled(inlined=False)
def least_of_each(
    machine, fixed, macs, goal, price, spatial, choices, skeleton, costs, words, least
):
    """``least_of_skeleton`` for U unrollings (U x L x 8) and V choices (V x L x 3).

    ``least`` (U x V x 3) is filled with objective, cost and cycles; ``fixed`` is the cost that no
    mapping avoids; ``costs`` and ``words`` are working memory.
    """
    outputs = machine.used_words[OUTPUTS]
    for u in range(len(spatial)):
        parallel = 1
        for level in range(spatial.shape[1]):
            for d in range(8):
                parallel *= spatial[u, level, d]
        for v in range(len(choices)):
            set_skeleton(machine, outputs, macs // parallel, spatial[u], choices[v], skeleton)
            least[u, v] = least_of_skeleton(machine, skeleton, fixed, goal, price, costs, words)
