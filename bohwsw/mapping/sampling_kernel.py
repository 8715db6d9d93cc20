"""Compiled: building valid mappings factor by factor.

Capacities and fan-outs only ever get fuller when a factor moves inwards, so a mapping that is
filled one prime at a time, each into a slot where the whole still fits, is valid at every moment;
nothing is thrown away. Dimensions that may loop at the outermost level always find a place there.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bohwsw.compiled import compiled
from bohwsw.mapping.limits import Limits
from bohwsw.mapping.tile_kernel import ZERO, LayerArrays, Tiling, new_tiling, set_tiles, worst_ratio


class SpaceArrays(NamedTuple):
    """A map space on one machine as compiled functions take it."""

    layer: LayerArrays  # see ``LayerArrays``
    # bool, L x 3 x 8; which dimension may have a factor in which slot
    allowed: npt.NDArray[np.bool_]
    keep_must: npt.NDArray[np.bool_]  # bool, L x 3; what every mapping keeps
    keep_may: npt.NDArray[np.bool_]  # bool, L x 3; what a mapping may keep
    # int8, L x 8; how loops in time of a level are nested, see ``MapSpace.nesting``
    nesting: npt.NDArray[np.int8]
    single_axis: bool  # whether a dimension unrolls on one axis only below each level
    limits: Limits  # see ``Limits``
    # int64, number of primes; the dimension of each prime factor of the layer. The first ``pinned``
    # of them may not stand at the outermost level.
    prime_dim: npt.NDArray[np.int64]
    prime: npt.NDArray[np.int64]  # int64, the same length; the prime factors
    pinned: int  # how many primes belong to dimensions barred from the outermost level's time


class Workspace(NamedTuple):
    """Working memory of ``fill_row``; one a thread."""

    tiling: Tiling  # see ``Tiling``
    slots: npt.NDArray[np.int64]  # int64, L x 3; numbers of all slots, in any order
    turn: npt.NDArray[np.int64]  # int64, number of primes; the order in which primes are placed
    placed: npt.NDArray[np.bool_]  # bool, the same length; which of them are
    # int64, L x 3 x 8; factors that a transferred mapping has and that are not placed yet
    left: npt.NDArray[np.int64]
    spaces: npt.NDArray[np.int64]  # int64, 3; data spaces, in any order


def new_workspace(space: SpaceArrays) -> Workspace:
    """Fresh working memory for mappings of a map space."""
    depth, primes = len(space.allowed), len(space.prime)
    return Workspace(
        new_tiling(depth),
        np.arange(3 * depth),
        np.arange(primes),
        np.zeros(primes, dtype=np.bool_),
        np.ones((depth, 3, 8), dtype=np.int64),
        np.arange(3),
    )


@compiled(internal=True, once=True)
def may_enter(factors, space, level, kind, d):
    """Whether dimension d may have a factor in a slot, given what the mapping holds already."""
    if not space.allowed[level, kind, d]:
        return False
    return kind == 0 or not space.single_axis or factors[level, 3 - kind, d] == 1


@compiled(internal=True)
def shuffle(numbers, first, last):
    """Bring numbers[first:last] into random order."""
    for i in range(last - 1, first, -1):
        j = np.random.randint(first, i + 1)
        numbers[i], numbers[j] = numbers[j], numbers[i]


@compiled(internal=True)
def put_prime(factors, keep, space, slot, d, prime, tiling):
    """Multiply a slot by a prime if the whole then still fits; returns whether it does."""
    level, kind = slot // 3, slot % 3
    if not may_enter(factors, space, level, kind, d):
        return False
    factors[level, kind, d] *= prime
    set_tiles(factors, space.layer, tiling)
    if worst_ratio(factors, keep, tiling, space.limits) <= 1.0:
        return True
    factors[level, kind, d] //= prime
    return False


@compiled(internal=True)
def place_prime(factors, keep, space, d, prime, slots, tiling):
    """Multiply a random slot that still fits by a prime; False if there is none."""
    shuffle(slots, ZERO, len(slots))
    placed = False
    for slot in slots:
        placed = put_prime(factors, keep, space, slot, d, prime, tiling)
        if placed:
            break
    return placed


@compiled(internal=True, once=True)
def random_keep(keep, space, spaces):
    """Choose at random what each level keeps, as far as one element each of it fits."""
    units, capacity = space.limits.units, space.limits.capacity
    for data_space in range(3):
        spaces[data_space] = data_space
    for level in range(len(keep)):
        kept = 0
        for data_space in range(3):
            keep[level, data_space] = space.keep_must[level, data_space]
            if keep[level, data_space]:
                kept += units[level, data_space]
        shuffle(spaces, ZERO, len(spaces))
        for data_space in spaces:
            free = space.keep_may[level, data_space] and not space.keep_must[level, data_space]
            more = kept + units[level, data_space]
            room = capacity[level] < 0 or more <= capacity[level]
            if free and room and np.random.random() < 0.7:
                keep[level, data_space] = True
                kept = more


@compiled(internal=True)
def bring_inside(line, nesting):
    """Put an order into that of the dimensions' numbers, those with equal ones as they stand."""
    for _ in range(len(line)):
        for place in range(len(line) - 1):
            outer, inner = line[place], line[place + 1]
            if nesting[outer] > nesting[inner]:
                line[place], line[place + 1] = inner, outer


@compiled(internal=True, once=True)
def random_order(order, nesting):
    """Random order of all lists of loops."""
    for level in range(len(order)):
        for kind in range(3):
            shuffle(order[level, kind], ZERO, len(order[level, kind]))
        bring_inside(order[level, 0], nesting[level])


@compiled(internal=True, once=True)
def clear(factors):
    """Set every factor to 1."""
    for level in range(len(factors)):
        for kind in range(3):
            for d in range(8):
                factors[level, kind, d] = 1


@compiled(internal=True, once=True)
def shuffle_primes(space, work):
    """A random order of all primes, the pinned ones first, and slots in ascending order."""
    for slot in range(len(work.slots)):
        work.slots[slot] = slot
    for i in range(len(work.turn)):
        work.turn[i] = i
    shuffle(work.turn, ZERO, space.pinned)
    shuffle(work.turn, space.pinned, len(work.turn))


@compiled(internal=True)
def place_primes(factors, keep, space, first, last, work):
    """Place the primes of some turns at random; False at the first one that finds no slot."""
    for i in range(first, last):
        d, prime = space.prime_dim[work.turn[i]], space.prime[work.turn[i]]
        if not place_prime(factors, keep, space, d, prime, work.slots, work.tiling):
            return False
    return True


@compiled(internal=True, inlined=False)
def fill_row(factors, order, keep, space, start, work):
    """One random valid mapping.

    ``start`` (L x 3 x 8) is a placement of the pinned dimensions that is known to fit with nothing
    kept but what must be; it is fallen back upon if random placement of them meets a dead end.
    Returns whether the random placement succeeded.
    """
    random_order(order, space.nesting)
    shuffle_primes(space, work)
    placed = False
    for _ in range(8):
        clear(factors)
        random_keep(keep, space, work.spaces)
        placed = place_primes(factors, keep, space, ZERO, space.pinned, work)
        if placed:
            break
    if not placed:
        for level in range(len(factors)):
            for kind in range(3):
                keep[level, kind] = space.keep_must[level, kind]
                for d in range(8):
                    factors[level, kind, d] = start[level, kind, d]
    place_primes(factors, keep, space, space.pinned, len(work.turn), work)
    return placed


@compiled()
def fill_rows(mappings, space, start, seed, work):
    """``fill_row`` for a whole batch; returns how many rows needed the known start."""
    np.random.seed(seed)
    fallbacks = 0
    for row in range(len(mappings.factors)):
        placed = fill_row(
            mappings.factors[row], mappings.order[row], mappings.keep[row], space, start, work
        )
        fallbacks += not placed
    return fallbacks


@compiled()
def mark_fitting(mappings, space, tiling, fits):
    """Whether each mapping of a batch fits; the answers end in ``fits``."""
    for row in range(len(fits)):
        set_tiles(mappings.factors[row], space.layer, tiling)
        fits[row] = (
            worst_ratio(mappings.factors[row], mappings.keep[row], tiling, space.limits) <= 1.0
        )
