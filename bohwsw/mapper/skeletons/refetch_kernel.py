"""Compiled: a bound on what a skeleton's mappings fetch again: not all can stay in place at once.

Of the loops in time outside a level's tile of a data space, those that stand innermost and do not
index the data space leave it in place: count the tile as reaching up to there. It is no larger for
that, and what it holds is fetched once in each iteration of the loops further out that do not
index it. Tiles so counted are nested, whatever their levels. So all loops that save fetches of two
data spaces lie in the tile of the third, or the other way round, and index it, and that tile fits
its level (after Hong and Kung, "I/O complexity: the red-blue pebble game", STOC 1981).
``docs/mapper.md`` has the proof.
"""

from __future__ import annotations

import numpy as np

from bohwsw.compiled import compiled
from bohwsw.mapper.skeletons.objective import EDP, LATENCY
from bohwsw.mapper.skeletons.reuse_kernel import OTHERS, note_unrolling, tabulate
from bohwsw.mapper.skeletons.skeleton_bound_kernel import (
    least_of_one_way,
    objective_of,
    transfers_of_skeleton,
)
from bohwsw.mapper.skeletons.skeleton_kernel import KEEP, set_skeleton
from bohwsw.mapping.tile_kernel import OUTPUTS


@compiled(inlined=False)
def fetch_bounds(machine, fixed, goal, limit, spatial, choices, work, least):
    """Tighter bounds than ``least_of_each`` for one unrolling (L x 8) and V choices (V x L x 3).

    ``least`` (V x 3) is filled with objective, cost and cycles; a bound that reaches the limit is
    no larger than that. ``work``: memory for a skeleton, costs and units of its parts, and tables.
    """
    skeleton, costs, moved, reuse = work
    reuse.tiles[0] = -1
    parallel = 1
    for level in range(len(spatial)):
        for d in range(8):
            parallel *= spatial[level, d]
    for v in range(len(choices)):
        set_skeleton(machine, machine.layer.macs // parallel, spatial, choices[v], skeleton)
        if reuse.tiles[0] < 0:
            note_unrolling(machine, skeleton, reuse)
        transfers_of_skeleton(machine, skeleton, costs, moved)
        bound = least_cost = least_cycles = np.inf
        for ways in range(7, -1, -1):
            cost, cycles = least_of_one_way(machine, skeleton, costs, moved, ways)
            cost += fixed
            if cost == np.inf:
                continue
            cycles = np.float64(cycles)
            if reuse.tiles[0] > 0 and objective_of(cost, cycles, goal) < min(bound, limit):
                rows = fetch_costs(machine, skeleton, ways, reuse)
                most = most_cost(min(bound, limit) * (1.0 + 1e-12), cycles, goal) - cost
                cost += least_traffic(machine, skeleton, rows, most, reuse)
            bound = min(bound, objective_of(cost, cycles, goal))
            least_cost, least_cycles = min(least_cost, cost), min(least_cycles, cycles)
        least[v, 0], least[v, 1], least[v, 2] = bound, least_cost, least_cycles


@compiled(internal=True, once=True)
def most_cost(objective, cycles, goal):
    """The cost at which an objective is reached."""
    if goal.objective == EDP:
        return objective / cycles
    if goal.objective == LATENCY:
        return np.inf
    return objective - goal.cycle_price_pj * cycles


@compiled(internal=True, inlined=False)
def fetch_costs(machine, skeleton, ways, reuse):
    """Note where data spaces are kept, and what it costs to fetch all of one there once more.

    Row 0 of ``reuse.levels`` (L x 3, 0 for nowhere) and ``reuse.again`` (L x 3) is the outermost
    level that keeps any; the others are levels inside it, each in one row. Returns how many rows.
    """
    levels, again = reuse.levels, reuse.again
    levels[:] = 0
    again[:] = 0.0
    outer, rows = 0, 1
    for level in range(1, len(levels)):
        for space in range(3):
            if outer == 0 and is_kept(machine, skeleton, ways, level, space):
                outer = level
    for space in range(3):
        server, row = 0, 0
        used = np.float64(machine.used_words[space])
        for level in range(1, len(levels)):
            if not is_kept(machine, skeleton, ways, level, space):
                continue
            row = 0 if level == outer else row + 1
            served = used * skeleton.copies[server, space] * machine.units[server, space]
            filled = used * skeleton.copies[level, space] * machine.units[level, space]
            price = machine.energy[server, 0]
            price += machine.energy[server, 2] if space == OUTPUTS else 0.0
            levels[row, space] = level
            again[row, space] = served / machine.block[server] * price
            again[row, space] += filled / machine.block[level] * machine.energy[level, 1]
            server, rows = level, max(rows, row + 1)
    return rows


@compiled(internal=True)
def is_kept(machine, skeleton, ways, level, space):
    """Whether a level keeps a data space, bits of ``ways`` saying it of the last levels."""
    if level == machine.last[space]:
        return (ways >> space) & 1 == 1
    return skeleton.choice[level, space] == KEEP


@compiled(internal=True, inlined=False)
def least_traffic(machine, skeleton, rows, most, reuse):
    """The least cost of what is fetched again, at most ``most``; see ``fetch_costs``.

    Looked at are all tiles of the outermost level that keeps any, where all share the capacity.
    The loop just outside the tile leaves one data space in place: the others are fetched again
    for each iteration outside that does not index them, and so they are further inside.
    """
    levels, again, reach = reuse.levels, reuse.again, reuse.reach
    reach[:] = np.inf
    outer = 0
    for row in range(rows):
        for space in range(3):
            if levels[row, space] > 0:
                tabulate(machine, skeleton, levels[row, space], space, reuse)
                outer = max(outer, levels[0, space])
    inside = 0.0
    for row in range(1, rows):
        inside += least_again(levels[row], again[row], reach, reuse)
    if outer == 0 or inside >= most:
        return min(inside, most)
    least = most
    for tile in range(reuse.tiles[0] - 1, -1, -1):
        used = 0
        for space in range(3):
            used += reuse.units[outer, space, tile] if levels[0, space] > 0 else 0
        if 0 <= machine.capacity[outer] < used:
            continue
        for stays in range(3):
            cost = 0.0
            for space in range(3):
                if space != stays:
                    times = reuse.total[space] / reuse.loops[tile, space]
                    cost += again[0, space] * (times - 1.0)
            if cost + inside >= least:
                continue
            for row in range(1, rows):
                for space in range(3):
                    reach[space] = reuse.loops[tile, space]
                level = levels[row, stays]
                if not 0 <= machine.capacity[level] < reuse.units[level, stays, tile]:
                    reach[stays] = np.inf  # its tile may reach further out
                cost += least_again(levels[row], again[row], reach, reuse)
                if cost >= least:
                    break
            least = min(least, cost)
    return least


@compiled(internal=True, inlined=False)
def least_again(levels, again, reach, reuse):
    """The least cost of fetching data spaces again, one level of each.

    ``levels`` (3): where each is kept, 0 for nowhere; ``again`` (3): what fetching all of it once
    more costs there; ``reach`` (3): the most loops that can save fetches of it.
    """
    least, total = np.inf, reuse.total
    for space in range(3):
        level = levels[space]
        if level == 0:
            continue
        # This one's tile is the outermost. Whichever is next holds what saves fetches of the last.
        first, second = OTHERS[space]
        most_first = most_second = np.inf
        if levels[first] > 0 and levels[second] > 0:
            most_first = reuse.most[levels[second], second, np.int64(first == OTHERS[second, 1])]
            most_second = reuse.most[levels[first], first, np.int64(second == OTHERS[first, 1])]
        own = again[space] * (total[space] / min(total[space], reach[space]) - 1.0)
        for row in range(reuse.counts[level, space]):
            a = min(reuse.pairs[level, space, row, 0], reach[first])
            b = min(reuse.pairs[level, space, row, 1], reach[second])
            one = again[first] * (total[first] / a - 1.0)
            one += again[second] * (total[second] / min(b, most_second) - 1.0)
            other = again[first] * (total[first] / min(a, most_first) - 1.0)
            other += again[second] * (total[second] / b - 1.0)
            least = min(least, own + min(one, other))
    return least if least < np.inf else 0.0
