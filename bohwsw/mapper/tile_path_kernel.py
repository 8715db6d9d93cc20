"""Compiled: the cheapest loops in time of a skeleton, as a shortest path over tile sizes.

A path starts at the tile of the whole layer and takes, block by block, the loops of each level out
of it until one iteration is left. Arriving at a level costs what filling that level costs, which
the tile and the label of the arrival say. Values are worked out from the inside: the least cost of
all that is still to come, for each node and label of a lattice (``tile_lattice``).

Inside a block loops may stand in any order. It is enough to look at orders in which the loops of
one set (those that leave one data space in place) stand innermost: another order serves no data
space longer. Such an order is a walk over primes: first those that end every run, then those of
the set. Where the dataflow asks for one set to stand innermost, none of its loops is outside.
"""

from __future__ import annotations

import numpy as np

from bohwsw.compiled import compiled
from bohwsw.mapper.skeletons.skeleton_kernel import (
    BYPASS,
    KEEP,
    arriving_cost,
    groups_between,
    groups_of_inputs,
    serving_cost,
)
from bohwsw.mapper.tile_lattice import STAYING
from bohwsw.mapping.tile_kernel import (
    INPUTS,
    ONE,
    C,
    G,
    N,
    P,
    Q,
    R,
    S,
    input_widths,
    tile_words,
    words_of_run,
)
from bohwsw.simulator.noc_kernel import reduced

STAYING_AT = tuple(STAYING.tolist())  # a constant of compiled code


@compiled(internal=True, inlined=False)
def halo_words(machine, skeleton, lattice, node, level, extents, dim, bound, iterations):
    """The most words of Inputs that stay in a child over the run, its innermost loop over ``dim``.

    Exact (B.3) unless a loop further out may move the tile just as far as the innermost one does:
    all loops along the axis are then taken to do so. ``bound`` below 0: not known.
    """
    layer = machine.layer
    other = R if dim == P else P if dim == R else S if dim == Q else Q
    is_across = dim == P or dim == R
    along = layer.along_w if is_across else layer.along_h
    step = extents[dim] * skeleton.spatial[level - 1, dim] * along[dim]
    width, height = input_widths(extents, layer)
    channels = extents[N] * extents[G] * extents[C]
    outside = lattice.sizes[dim] // lattice.extent[node, dim]
    along_axis = outside * (lattice.sizes[other] // lattice.extent[node, other])
    least = np.int64(0)
    if layer.padded:
        own = bound if bound > 0 else along_axis
        run = words_of_run(extents, layer, is_across, own)
        least = channels * width * height * iterations - iterations // own * run
    if is_across:
        width -= step
    else:
        height -= step
    if width <= 0 or height <= 0:
        return least
    overlap = channels * width * height
    others = lattice.sizes[other] > lattice.extent[node, other]
    moved_alike = bound < 0 or (outside > bound and (bound == 2 or others))
    if others and not moved_alike:
        moved_alike = (2 * step) % (extents[other] * along[other]) == 0
        for outer in range(level - 1):
            moved_alike = moved_alike or skeleton.spatial[outer, dim] > 1
            moved_alike = moved_alike or skeleton.spatial[outer, other] > 1
    runs = iterations // (along_axis if moved_alike else bound)
    return max(least, overlap * (iterations - runs))


@compiled(internal=True, once=True)
def may_stand_still(machine, extents, out, tap, along):
    """Whether loops along one axis of Inputs can move a tile to and fro, so that it stays in place.

    It does where a loop of one dimension advances by what the loops of the other one inside it take
    back: a multiple of both dimensions' tiles, no more than the loops inside reach and no more than
    half of what the advancing dimension has.
    """
    step_out, step_tap = extents[out] * along[out], extents[tap] * along[tap]
    all_out, all_tap = machine.sizes[out] * along[out], machine.sizes[tap] * along[tap]
    common = step_out * reduced(step_tap, step_out)[0]
    by_out = common <= all_tap - step_tap and 2 * common <= all_out
    by_tap = common <= all_out - step_out and 2 * common <= all_tap
    return by_out or by_tap


@compiled(internal=True, once=True)
def fewest_tiles(machine, lattice, node, extents, fetches):
    """The fewest whole tiles of Inputs that a child takes where the innermost loops leave them.

    ``fetches``: iterations of all loops outside these. Each takes a tile, but for coincidences:
    where ``may_stand_still``, all loops along an axis are taken to leave the tile in place, except
    for the innermost one of them, which moves it.
    """
    most = np.int64(0)
    for out, tap in ((P, R), (Q, S)):
        outs = lattice.sizes[out] // lattice.extent[node, out]
        taps = lattice.sizes[tap] // lattice.extent[node, tap]
        along = machine.layer.along_w if out == P else machine.layer.along_h
        if outs > 1 and taps > 1 and may_stand_still(machine, extents, out, tap, along):
            bound = 2
            while outs % bound and taps % bound:
                bound += 1
            most = max(most, fetches // bound - fetches // (outs * taps))
    return fetches - most


@compiled(internal=True, inlined=False)
def fill_terms(machine, skeleton, lattice, node, level, extents, passed, kept, halo, words):
    """What each data space costs at a node of a level.

    ``passed`` (3): bypassed. ``kept`` (3 x runs): kept, with each run. ``halo`` (8 x divisors):
    Inputs kept, with a halo by innermost dimension and bound; position 0 is for a bound not known.
    ``words`` (3): the tile. ``extents`` (8) is filled too.
    """
    depth = len(machine.block)
    iterations = ONE * lattice.outside
    for d in range(8):
        extents[d] = lattice.extent[node, d] * skeleton.inside[level, d]
        iterations *= lattice.sizes[d] // lattice.extent[node, d]
    for space in range(3):
        choice = skeleton.choice[level, space]
        parent = skeleton.parent[level, space]
        words[space] = tile_words(extents, machine.layer, space)
        groups = groups_between(skeleton, parent, level - 1, space)
        if space == INPUTS:
            groups *= groups_of_inputs(skeleton.spatial[level - 1], extents, machine.layer)
        else:
            groups *= skeleton.groups[level - 1, space]
        passed[space] = 0.0
        serving = 0.0
        if level == machine.last[space]:
            to_macs = skeleton.cycles[0] * groups_between(skeleton, level, depth, space)
            if choice != KEEP:
                passed[space] = serving_cost(machine, skeleton, parent, space, to_macs * groups)
            if choice != BYPASS:
                serving = serving_cost(machine, skeleton, level, space, to_macs)
        if choice == BYPASS:
            continue
        for run in range(lattice.runs.shape[1]):
            if lattice.run_fits[space, run, lattice.outer_run[node, space]]:
                fetches = iterations // lattice.runs[space, run]
                if space == INPUTS and run > 0:
                    fetches = fewest_tiles(machine, lattice, node, extents, fetches)
                taken = words[space] * fetches
                kept[space, run] = serving
                kept[space, run] += arriving_cost(machine, skeleton, level, space, taken)
                kept[space, run] += serving_cost(machine, skeleton, parent, space, taken * groups)
        if space == INPUTS:
            for d in (P, Q, R, S):
                extent = lattice.extent[node, d]
                for position in range(lattice.divisor.shape[1]):
                    if not lattice.bound_fits[d, lattice.digit[node, d], position]:
                        continue
                    bound = lattice.divisor[d, position] if position else -1
                    if position == 0 and (not lattice.halo_guessed or lattice.sizes[d] == extent):
                        continue
                    if position > 0 and lattice.first[d] < 0:
                        continue
                    taken = words[space] * iterations - halo_words(
                        machine, skeleton, lattice, node, level, extents, d, bound, iterations
                    )
                    halo[d, position] = serving
                    halo[d, position] += arriving_cost(machine, skeleton, level, space, taken)
                    halo[d, position] += serving_cost(
                        machine, skeleton, parent, space, taken * groups
                    )


@compiled(internal=True)
def kept_cost(lattice, label, space, kept, halo, node):
    """What a data space that is kept costs an arrival with a label."""
    if space == lattice.space[label]:
        return kept[space, lattice.run[label]]
    if space != INPUTS:
        return kept[space, 0]
    dim = lattice.dim[label]
    if dim >= 0:
        return halo[dim, lattice.bound[label]]
    best = kept[space, 0]
    if lattice.halo_guessed and lattice.run[label] > 0:
        for d in (P, Q, R, S):
            if STAYING_AT[d] == lattice.space[label] and lattice.sizes[d] > lattice.extent[node, d]:
                best = min(best, halo[d, 0])
    return best


@compiled(internal=True)
def arrival_cost(keeps, passed, keeping):
    """Cost of arriving where ``keeps`` (bits) are kept, others passed on."""
    cost = 0.0
    for space in range(3):
        cost += keeping[space] if (keeps >> space) & 1 else passed[space]
    return cost


@compiled(internal=True, inlined=False)
def may_keep(machine, skeleton, level, keeps, words):
    """Whether a level may keep data spaces (bits of a number) of so many elements each."""
    used = 0.0
    for space in range(3):
        choice = skeleton.choice[level, space]
        if (keeps >> space) & 1:
            if choice == BYPASS:
                return False
            used += np.float64(words[space]) * machine.units[level, space]
        elif choice == KEEP:
            return False
    return machine.capacity[level] < 0 or used <= machine.capacity[level]


@compiled(internal=True, inlined=False)
def add_arrivals(machine, skeleton, lattice, level, node, values, arrivals, work):
    """Add to the values of a node (labels) what arriving there at a level costs.

    That is written to ``arrivals`` (nodes x labels) too, unless it has no rows.
    """
    extents, words, passed, keeping, kept, halo = work
    fill_terms(machine, skeleton, lattice, node, level, extents, passed, kept, halo, words)
    free = 0
    for keeps in range(8):
        if may_keep(machine, skeleton, level, keeps, words):
            free |= 1 << keeps
    for label in range(len(values)):
        if not lattice.fits[node, label] or values[label] == np.inf:
            continue
        for space in range(3):
            keeping[space] = kept_cost(lattice, label, space, kept, halo, node)
        least = np.inf
        for keeps in range(8):
            if (free >> keeps) & 1:
                least = min(least, arrival_cost(keeps, passed, keeping))
        values[label] += least
        if len(arrivals):
            arrivals[node, label] = least


@compiled(internal=True, inlined=False)
def leave_block(machine, lattice, level, node, after, before, stay, rest):
    """Least cost from arriving at a level (``before``) given that from arriving inside (``after``).

    One node is worked out, after all smaller ones. Both are nodes x labels; ``before`` does not
    hold the cost of the arrival itself yet. ``stay`` (nodes x labels) is working memory: least cost
    while the loops of one set go on; ``rest`` (nodes x 4) the same while loops outside such a set
    go on, by set, and last without any set.
    """
    labels = after.shape[1]
    for label in range(labels):
        if not lattice.fits[node, label]:
            continue
        best = after[node, label]
        for move in range(lattice.steps.shape[1]):
            d = lattice.steps[label, move, 0]
            if d < 0:
                break
            if machine.allowed[level, d]:
                down = lattice.down[d, lattice.digit[node, d], lattice.steps[label, move, 1]]
                if down > 0:
                    best = min(best, stay[node - down, lattice.steps[label, move, 2]])
        stay[node, label] = best
    least = np.inf
    for way in range(4):
        best = after[node, 0]
        if way < 3:
            best = np.inf
            for k in range(3):
                resumed = lattice.resumed[lattice.plain[way], k]
                if resumed >= 0:
                    best = min(best, stay[node, resumed])
        for d in range(8):
            own_set = STAYING_AT[d] >= 0 and (
                STAYING_AT[d] == way or STAYING_AT[d] == machine.stationary[level]
            )
            if machine.allowed[level, d] and not own_set:
                for j in range(lattice.down.shape[2]):
                    down = lattice.down[d, lattice.digit[node, d], j]
                    if down > 0:
                        best = min(best, rest[node - down, way])
        rest[node, way] = best
        least = min(least, best)
    for label in range(labels):
        if lattice.dim[label] >= 0 and lattice.bound[label] == 0:
            before[node, label] = np.inf
            continue
        if not lattice.fits[node, label]:
            continue
        best = min(least, after[node, label])
        for k in range(3):
            resumed = lattice.resumed[label, k]
            if resumed >= 0:
                best = min(best, stay[node, resumed])
        before[node, label] = best


@compiled(internal=True, once=True)
def enter_last_block(machine, lattice, level, before):
    """Least cost from arriving at the innermost level: nothing, if it may run all loops left."""
    for node in range(len(before)):
        possible = True
        for d in range(8):
            if lattice.extent[node, d] > 1 and not machine.allowed[level, d]:
                possible = False
        for label in range(before.shape[1]):
            waits = lattice.dim[label] >= 0 and lattice.bound[label] == 0
            before[node, label] = 0.0 if possible and not waits else np.inf


@compiled(inlined=False)
def least_path(
    machine, skeleton, lattice, values, arrivals, stay, rest, work, progress, most_values
):
    """Go on filling values (L x nodes x labels): least cost from arriving at each level.

    ``arrivals`` (the same shape, or L x 0 x 0) takes the part that the arrival itself costs.
    ``progress`` (2) says at which level and node to go on: at first the last level and node 0; at
    level 0 nothing is left to do. About ``most_values`` are filled before it returns.
    """
    last, nodes, labels = len(machine.block) - 1, values.shape[1], values.shape[2]
    if progress[0] == last and progress[1] == 0:
        enter_last_block(machine, lattice, last, values[last])
    left = most_values
    while progress[0] > 0 and left > 0:
        level, node = progress[0], progress[1]
        add_arrivals(
            machine, skeleton, lattice, level, node, values[level, node], arrivals[level], work
        )
        leave_block(machine, lattice, level - 1, node, values[level], values[level - 1], stay, rest)
        left -= labels
        progress[1] += 1
        if progress[1] == nodes:
            progress[0], progress[1] = level - 1, 0
