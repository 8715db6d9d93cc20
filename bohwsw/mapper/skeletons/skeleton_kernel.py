"""Compiled: what transfers cost once spatial factors and kept data spaces are fixed.

A *skeleton* is a spatial unrolling and a choice of what each level keeps; only the loops in time
are open. Each data space then has, at every level, one *parent* that it is fetched from. At the
last level that can keep a data space the choice may stay open: nothing further in depends on it.

Costs follow rules B.3 to B.10 of ``docs/counting-rules.md``, network hops left out.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bohwsw.compiled import compiled
from bohwsw.mapping.tile_kernel import (
    INPUTS,
    OUTPUTS,
    WEIGHTS,
    ZERO,
    C,
    G,
    K,
    LayerArrays,
    N,
    P,
    Q,
    R,
    S,
)
from bohwsw.simulator.noc_kernel import distinct_pair_sums

BYPASS, KEEP, EITHER = range(3)
READ, WRITE = np.arange(2)
READING, FILLING, UPDATING = np.arange(3)


class Machine(NamedTuple):
    """A layer on a priced machine.

    Attributes:
        layer: see ``LayerArrays``.
        sizes: int64, 8; the layer's dimensions.
        energy: float64, L x 3; pJ per access for (read, fill, update).
        units: int64, L x 3; units of one element of each data space, see ``mapping.limits``.
        block: int64, L; units moved by one access.
        capacity: int64, L; units of one instance, below 0 for no limit.
        bandwidth: float64, L x 2; (read, write) units per cycle of one instance.
        allowed: bool, L x 8; dimensions that may loop in time.
        stationary: int64, L; the data space whose ``STAYING`` dimensions stand innermost among the
            loops in time of a level, -1 for none.
        last: int64, 3; the innermost level that may keep each data space.
        used_words: int64, 3; elements of each data space that the layer touches at all.
    """

    layer: LayerArrays
    sizes: npt.NDArray[np.int64]
    energy: npt.NDArray[np.float64]
    units: npt.NDArray[np.int64]
    block: npt.NDArray[np.int64]
    capacity: npt.NDArray[np.int64]
    bandwidth: npt.NDArray[np.float64]
    allowed: npt.NDArray[np.bool_]
    stationary: npt.NDArray[np.int64]
    last: npt.NDArray[np.int64]
    used_words: npt.NDArray[np.int64]


class Skeleton(NamedTuple):
    """A skeleton as ``set_skeleton`` fills it."""

    # int64, L x 8; spatial factors below each level, both axes together
    spatial: npt.NDArray[np.int64]
    # int64, L x 3; ``BYPASS``, ``KEEP`` or, at the last level only, ``EITHER``
    choice: npt.NDArray[np.int64]
    parent: npt.NDArray[np.int64]  # int64, (L + 1) x 3; the level that serves a level, or the MACs
    # int64, (L + 1) x 8; product of the spatial factors below a level
    inside: npt.NDArray[np.int64]
    instances: npt.NDArray[np.int64]  # int64, L + 1; instances in use
    # int64, (L + 1) x 3; instances that share out nothing of a data space
    copies: npt.NDArray[np.int64]
    # int64, L x 3; children with different data; for Inputs the fewest there can be, whatever the
    # loops in time further in
    groups: npt.NDArray[np.int64]
    partition: npt.NDArray[np.int64]  # int64, L; Outputs that one instance ever touches
    cycles: npt.NDArray[np.int64]  # int64, 1; cycles of the multiply-accumulate units
    # float64, L x 2; added to the energy of each unit (read, written), pJ
    multiplier: npt.NDArray[np.float64]
    # float64, L x 2; units that may be (read, written) by all instances together
    limit: npt.NDArray[np.float64]


def new_skeleton(depth: int) -> Skeleton:
    """Room for a skeleton; no multipliers, no limits."""
    return Skeleton(
        spatial=np.ones((depth, 8), dtype=np.int64),
        choice=np.zeros((depth, 3), dtype=np.int64),
        parent=np.zeros((depth + 1, 3), dtype=np.int64),
        inside=np.ones((depth + 1, 8), dtype=np.int64),
        instances=np.ones(depth + 1, dtype=np.int64),
        copies=np.ones((depth + 1, 3), dtype=np.int64),
        groups=np.ones((depth, 3), dtype=np.int64),
        partition=np.ones(depth, dtype=np.int64),
        cycles=np.ones(1, dtype=np.int64),
        multiplier=np.zeros((depth, 2)),
        limit=np.full((depth, 2), np.inf),
    )


@compiled(internal=True, inlined=False)
def groups_of_inputs(spatial, extents, layer):
    """Children that start at different Inputs (B.4)."""
    across = distinct_pair_sums(
        spatial[P], extents[P] * layer.along_w[P], spatial[R], extents[R] * layer.along_w[R]
    )
    down = distinct_pair_sums(
        spatial[Q], extents[Q] * layer.along_h[Q], spatial[S], extents[S] * layer.along_h[S]
    )
    return spatial[N] * spatial[G] * spatial[C] * across * down


@compiled(internal=True, inlined=False)
def fewest_offsets(machine, skeleton, level, out, tap, along):
    """Children of a level that start at different places along one axis of Inputs: the fewest.

    That depends on the loops in time further in, of which there are none below the last level.
    """
    outs, taps = skeleton.spatial[level, out], skeleton.spatial[level, tap]
    if outs == 1 or taps == 1:
        return outs * taps
    open_out = open_tap = np.int64(1)
    if level < len(skeleton.spatial) - 1:
        open_out = machine.sizes[out] // skeleton.inside[0, out]
        open_tap = machine.sizes[tap] // skeleton.inside[0, tap]
    step_out = skeleton.inside[level + 1, out] * along[out]
    step_tap = skeleton.inside[level + 1, tap] * along[tap]
    fewest = outs * taps
    for a in range(1, open_out + 1):
        if open_out % a == 0:
            for b in range(1, open_tap + 1):
                if open_tap % b == 0:
                    offsets = distinct_pair_sums(outs, a * step_out, taps, b * step_tap)
                    fewest = min(fewest, offsets)
    return fewest


@compiled(inlined=False)
def set_skeleton(machine, cycles, spatial, choice, skeleton):
    """Fill a skeleton from spatial factors (L x 8), choices (L x 3) and the cycles of the MACs."""
    depth = len(spatial)
    skeleton.cycles[0] = cycles
    for level in range(depth - 1, -1, -1):
        for d in range(8):
            skeleton.spatial[level, d] = spatial[level, d]
            skeleton.inside[level, d] = skeleton.inside[level + 1, d] * spatial[level, d]
    partition = machine.used_words[OUTPUTS]
    for level in range(depth):
        here = spatial[level]
        groups = skeleton.groups[level]
        shared = here[G] * here[K]
        groups[WEIGHTS] = shared * here[C] * here[R] * here[S]
        groups[OUTPUTS] = shared * here[N] * here[P] * here[Q]
        groups[INPUTS] = here[N] * here[G] * here[C]
        groups[INPUTS] *= fewest_offsets(machine, skeleton, level, P, R, machine.layer.along_w)
        groups[INPUTS] *= fewest_offsets(machine, skeleton, level, Q, S, machine.layer.along_h)
        children = groups[WEIGHTS] * here[N] * here[P] * here[Q]
        skeleton.partition[level] = partition
        partition //= groups[OUTPUTS]
        skeleton.instances[level + 1] = skeleton.instances[level] * children
        copies = skeleton.copies
        copies[level + 1, WEIGHTS] = copies[level, WEIGHTS] * here[N] * here[P] * here[Q]
        copies[level + 1, INPUTS] = copies[level, INPUTS] * here[K]
        copies[level + 1, OUTPUTS] = copies[level, OUTPUTS] * here[C] * here[R] * here[S]
    for space in range(3):
        parent = 0
        for level in range(depth + 1):
            skeleton.parent[level, space] = parent
            if level < depth:
                skeleton.choice[level, space] = choice[level, space]
                if choice[level, space] == KEEP:
                    parent = level


@compiled(internal=True)
def groups_between(skeleton, outer, inner, space):
    """Children with different data, multiplied over the levels from outer to before inner."""
    groups = 1
    for level in range(outer, inner):
        groups *= skeleton.groups[level, space]
    return groups


@compiled(internal=True)
def action_cost(machine, skeleton, level, space, words, action, way):
    """Cost of an action on so many elements of each instance; infinite above the limit."""
    moved = np.float64(words) * machine.units[level, space]
    total = moved * skeleton.instances[level]
    if total > skeleton.limit[level, way]:
        return np.inf
    accesses = np.ceil(moved / machine.block[level])
    energy = skeleton.instances[level] * accesses * machine.energy[level, action]
    return energy + total * skeleton.multiplier[level, way]


@compiled(internal=True, inlined=False)
def serving_cost(machine, skeleton, level, space, words):
    """Cost of delivering so many words from each instance of a level (B.8)."""
    if space != OUTPUTS:
        return action_cost(machine, skeleton, level, space, words, READING, READ)
    again = max(0, words - skeleton.partition[level])
    return action_cost(machine, skeleton, level, space, words, UPDATING, WRITE) + action_cost(
        machine, skeleton, level, space, again, READING, READ
    )


@compiled(internal=True, once=True)
def arriving_cost(machine, skeleton, level, space, words):
    """Cost of taking so many words into each instance of a level (B.8)."""
    fills = max(0, words - skeleton.partition[level]) if space == OUTPUTS else words
    return action_cost(machine, skeleton, level, space, fills, FILLING, WRITE)


@compiled(inlined=False)
def outermost_serving(machine, skeleton, space):
    """Cost of what the MACs take of a data space that only the outermost level keeps."""
    words = skeleton.cycles[0] * groups_between(skeleton, ZERO, len(machine.block), space)
    return serving_cost(machine, skeleton, ZERO, space, words)
