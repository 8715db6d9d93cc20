"""Compiled: from one tile to the next inside a block, and the loops of the cheapest path."""

from __future__ import annotations

import numpy as np

from bohwsw.compiled import compiled
from bohwsw.mapper.tile_path_kernel import STAYING_AT, arrival_cost, fill_terms, kept_cost, may_keep
from bohwsw.mapping.tile_kernel import ONE, ZERO


@compiled(internal=True, once=True)
def label_of(lattice, dim, run, bound):
    """The label of an arrival whose innermost loop is over ``dim``."""
    space = STAYING_AT[dim]
    position = 0
    while lattice.runs[space, position] != run:
        position += 1
    if lattice.first[dim] < 0:
        return lattice.plain[space] + position
    place = 0
    while lattice.divisor[dim, place] != bound:
        place += 1
    return lattice.first[dim] + position * lattice.divisors[dim] + place


@compiled(internal=True, inlined=False)
def holds(lattice, allowed, node, inner):
    """Whether loops of a block that may run over some dimensions lead from a node to another."""
    for d in range(8):
        whole, part = lattice.extent[node, d], lattice.extent[inner, d]
        if whole % part or (whole > part and not allowed[d]):
            return False
    return True


@compiled(internal=True, inlined=False)
def may_end(lattice, stationary, node, inner, dim):
    """Whether a dataflow lets the innermost loop of a block be over ``dim``; see ``Machine``."""
    if stationary < 0 or STAYING_AT[dim] == stationary:
        return True
    for d in range(8):
        if STAYING_AT[d] == stationary and lattice.extent[node, d] > lattice.extent[inner, d]:
            return False
    return True


@compiled(internal=True, once=True)
def arrival_inside(lattice, node, inner, dim, label, held, run):
    """Label, data space that stays, and run, after a block whose innermost loop is over ``dim``."""
    if dim < 0:
        return label, held, run
    space = STAYING_AT[dim]
    if space < 0:
        return ZERO, ZERO, ONE
    own_run, alone = ONE, True
    for d in range(8):
        factor = lattice.extent[node, d] // lattice.extent[inner, d]
        if STAYING_AT[d] == space:
            own_run *= factor
        elif factor > 1:
            alone = False
    if alone and held == space:
        own_run *= run
    bound = lattice.extent[node, dim] // lattice.extent[inner, dim]
    return label_of(lattice, dim, own_run, bound), space, own_run


@compiled(internal=True, inlined=False)
def next_arrival(machine, lattice, level, node, label, held, run, values):
    """The cheapest arrival after the block of a level: node, innermost dimension, label, held, run.

    ``held`` is the data space that the label leaves in place and ``run`` how long. A dimension of
    -1 says that the block is empty.
    """
    best, then = values[node, label], (node, -1, label, held, run)
    for inner in range(node):
        if not holds(lattice, machine.allowed[level], node, inner):
            continue
        for dim in range(8):
            if lattice.extent[node, dim] > lattice.extent[inner, dim] and may_end(
                lattice, machine.stationary[level], node, inner, dim
            ):
                reached = arrival_inside(lattice, node, inner, dim, label, held, run)
                if values[inner, reached[0]] < best:
                    best = values[inner, reached[0]]
                    then = (inner, dim, reached[0], reached[1], reached[2])
    return then


@compiled(inlined=False)
def trace_path(machine, skeleton, lattice, values, work, temporal, innermost, keeps):
    """Read the loops of the cheapest path off ``values`` (L x nodes x labels).

    Filled are ``temporal`` (L x 8), ``innermost`` (L; dimension of each block's innermost loop, -1
    for none that matters) and ``keeps`` (L; bits).
    """
    extents, words, passed, keeping, kept, halo = work
    depth = len(machine.block)
    node, label, held, run = len(lattice.extent) - 1, lattice.start, ZERO, lattice.outside
    keeps[0] = 7
    for level in range(depth - 1):
        inner, dim, label, held, run = next_arrival(
            machine, lattice, level, node, label, held, run, values[level + 1]
        )
        for d in range(8):
            temporal[level, d] = lattice.extent[node, d] // lattice.extent[inner, d]
        innermost[level] = dim
        node = inner
        below = level + 1
        fill_terms(machine, skeleton, lattice, node, below, extents, passed, kept, halo, words)
        for space in range(3):
            keeping[space] = kept_cost(lattice, label, space, kept, halo, node)
        best = np.inf
        for some in range(8):
            if may_keep(machine, skeleton, below, some, words):
                cost = arrival_cost(some, passed, keeping)
                if cost < best:
                    best = cost
                    keeps[below] = some
    for d in range(8):
        temporal[depth - 1, d] = lattice.extent[node, d]
    innermost[depth - 1] = -1
