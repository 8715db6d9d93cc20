"""Compiled: all paths of a skeleton that may be better than the best mapping, one after the other.

Shortest paths under several multipliers leave a gap where bandwidth limits a mapping, and where a
halo is counted at its best. What may lie in that gap is enumerated here, depth first: a path is
given up as soon as what it has cost, and the least that is still to come, cannot beat the best
mapping. The walk stops and goes on where the caller likes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bohwsw.compiled import compiled
from bohwsw.mapper.path_trace_kernel import arrival_inside, holds, may_end
from bohwsw.mapper.skeletons.objective import LATENCY
from bohwsw.mapper.skeletons.skeleton_bound_kernel import objective_of
from bohwsw.mapper.tile_lattice import Lattice

WAYS = 9


class WalkState(NamedTuple):
    """Where a walk through L blocks under T multipliers stands."""

    level: npt.NDArray[np.int64]  # int64, 1; the block in hand; -1 when the walk is over
    # node, label, held, run: int64, L; the arrival at each level, as in ``next_arrival``
    node: npt.NDArray[np.int64]
    label: npt.NDArray[np.int64]
    held: npt.NDArray[np.int64]
    run: npt.NDArray[np.int64]
    spent: npt.NDArray[np.float64]  # float64, L x T; cost up to and with that arrival
    # int64, L; the arrival tried last inside each block: ``WAYS`` x node + way, way 0 being an
    # empty block and d + 1 one whose innermost loop is over dimension d
    cursor: npt.NDArray[np.int64]
    costs: npt.NDArray[np.float64]  # float64, T; working memory


def new_walk(depth: int, multipliers: int, tiles: Lattice) -> WalkState:
    """A walk that has not begun, at the node of the whole layer."""
    first = np.array([1] + [0] * (depth - 1))
    return WalkState(
        level=np.zeros(1, dtype=np.int64),
        node=(len(tiles.extent) - 1) * first,
        label=tiles.start * first,
        held=np.zeros(depth, dtype=np.int64),
        run=1 + (tiles.outside - 1) * first,
        spent=np.zeros((depth, multipliers)),
        cursor=np.full(depth, -1, dtype=np.int64),
        costs=np.zeros(multipliers),
    )


class Tables(NamedTuple):
    """What a walk needs to know about a skeleton, with T multipliers, the first of them none.

    Attributes:
        lattice: see ``Lattice``.
        allowed: bool, L x 8; dimensions that may loop in time.
        stationary: int64, L; see ``Machine``.
        values: float64, T x L x nodes x labels; see ``least_path``.
        arrivals: float64, the same shape; see there.
        least: float64, T x L x nodes; the least of ``values`` over labels.
        slopes: float64, T; sum of multiplier x capacity.
        cycles: the least latency.
    """

    lattice: Lattice
    allowed: npt.NDArray[np.bool_]
    stationary: npt.NDArray[np.int64]
    values: npt.NDArray[np.float64]
    arrivals: npt.NDArray[np.float64]
    least: npt.NDArray[np.float64]
    slopes: npt.NDArray[np.float64]
    cycles: float


def least_over_labels(tiles: Lattice, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The least of values (T x L x nodes x labels) over the labels that fit outside each node."""
    fits = tiles.fits & ~((tiles.dim >= 0) & (tiles.bound == 0))  # others are no arrival yet
    least = np.empty(values.shape[:3])
    for multiplier, level in np.ndindex(values.shape[:2]):
        np.min(
            values[multiplier, level],
            axis=-1,
            where=fits,
            initial=np.inf,
            out=least[multiplier, level],
        )
    return least


@compiled(internal=True, inlined=False)
def objective_bound(costs, slopes, cycles, goal):
    """The least objective of a path whose costs under each multiplier are at least these.

    The energy of a run of L cycles is at least cost - slope x L for each multiplier: see
    ``lagrangian``. ``cycles`` is the least latency.
    """
    count = len(costs)
    if goal.objective == LATENCY:
        bound = cycles
        for k in range(count):
            if slopes[k] > 0.0:
                bound = max(bound, costs[k] / slopes[k])
        return bound
    bound = np.inf
    for i in range(count + 1):
        for j in range(min(i, count) if i < count else 1):
            at = cycles
            if i < count:
                if slopes[i] == slopes[j]:
                    continue
                at = (costs[i] - costs[j]) / (slopes[i] - slopes[j])
            if at < cycles:
                continue
            energy = 0.0
            for k in range(count):
                energy = max(energy, costs[k] - slopes[k] * at)
            bound = min(bound, objective_of(energy, at, goal))
    return bound


@compiled()
def continue_walk(tables, goal, best, walk, leaves, steps):
    """Go on with a walk.

    Args:
        tables: see ``Tables``.
        goal: see ``GoalNumbers``.
        best: the objective to beat.
        walk: where to go on; -1 as its level says that it is over.
        leaves: int64, room x L x 9; filled with the temporal factors of each path and the dimension
            of each block's innermost loop, -1 for none.
        steps: arrivals to look at, at most.

    Returns:
        How many paths were found.
    """
    lattice, allowed = tables.lattice, tables.allowed
    depth, multipliers = len(allowed), len(tables.slopes)
    costs = walk.costs
    found = 0
    while walk.level[0] >= 0 and found < len(leaves) and steps > 0:
        level = walk.level[0]
        node = walk.node[level]
        if level == depth - 1:
            _write_leaf(lattice, walk, leaves[found])
            found += 1
            walk.level[0] = level - 1
            continue
        cursor = walk.cursor[level] + 1
        arrived = False
        while cursor < (node + 1) * WAYS and steps > 0:
            inner, dim = cursor // WAYS, cursor % WAYS - 1
            if dim < 0:
                steps -= 1
                for k in range(multipliers):
                    costs[k] = walk.spent[level, k] + tables.least[k, level + 1, inner]
                hopeless = objective_bound(costs, tables.slopes, tables.cycles, goal) >= best
                if hopeless or not holds(lattice, allowed[level], node, inner):
                    cursor += WAYS
                    continue
            if (dim < 0) != (inner == node) or (
                dim >= 0
                and (
                    lattice.extent[node, dim] == lattice.extent[inner, dim]
                    or not may_end(lattice, tables.stationary[level], node, inner, dim)
                )
            ):
                cursor += 1
                continue
            label, held, run = arrival_inside(
                lattice, node, inner, dim, walk.label[level], walk.held[level], walk.run[level]
            )
            for k in range(multipliers):
                costs[k] = walk.spent[level, k] + tables.values[k, level + 1, inner, label]
            if objective_bound(costs, tables.slopes, tables.cycles, goal) < best:
                arrived = True
                break
            cursor += 1
        walk.cursor[level] = cursor
        if arrived:
            walk.level[0] = level + 1
            walk.cursor[level + 1] = -1
            walk.node[level + 1], walk.label[level + 1] = inner, label
            walk.held[level + 1], walk.run[level + 1] = held, run
            for k in range(multipliers):
                spent = walk.spent[level, k] + tables.arrivals[k, level + 1, inner, label]
                walk.spent[level + 1, k] = spent
        elif steps > 0:
            walk.level[0] = level - 1
        else:
            walk.cursor[level] = cursor - 1  # stopped before this arrival was looked at
    return found


@compiled(internal=True, once=True)
def _write_leaf(lattice, walk, leaf):
    """The loops of a walk that has come to its end; ``leaf`` is L x 9."""
    depth = len(leaf)
    for level in range(depth):
        inner = walk.node[level + 1] if level < depth - 1 else 0
        for d in range(8):
            leaf[level, d] = lattice.extent[walk.node[level], d] // lattice.extent[inner, d]
        leaf[level, 8] = walk.cursor[level] % WAYS - 1 if level < depth - 1 else -1
