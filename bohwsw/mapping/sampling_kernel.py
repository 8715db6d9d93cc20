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
from bohwsw.mapping.tile_kernel import LayerArrays, new_tiling, set_tiles, worst_ratio


class SpaceArrays(NamedTuple):
    """A map space on one machine as compiled functions take it.

    Attributes:
        layer: see ``LayerArrays``.
        allowed: bool, L x 3 x 8; which dimension may have a factor in which slot.
        keep_must: bool, L x 3; what every mapping keeps.
        keep_may: bool, L x 3; what a mapping may keep.
        innermost: bool, L x 8; dimensions whose loops in time stand inside the others of a level.
        single_axis: whether a dimension unrolls on one axis only below each level.
        entries: int64, L; words of one instance, below 0 for no limit.
        fanout: int64, L x 2; children of one instance on (X, Y).
        prime_dim: int64, number of primes; the dimension of each prime factor of the layer. The
            first ``pinned`` of them may not stand at the outermost level.
        prime: int64, the same length; the prime factors.
        pinned: how many primes belong to dimensions barred from the outermost level's time.
    """

    layer: LayerArrays
    allowed: npt.NDArray[np.bool_]
    keep_must: npt.NDArray[np.bool_]
    keep_may: npt.NDArray[np.bool_]
    innermost: npt.NDArray[np.bool_]
    single_axis: bool
    entries: npt.NDArray[np.int64]
    fanout: npt.NDArray[np.int64]
    prime_dim: npt.NDArray[np.int64]
    prime: npt.NDArray[np.int64]
    pinned: int


@compiled()
def may_enter(factors, space, level, kind, d):
    """Whether dimension d may have a factor in a slot, given what the mapping holds already."""
    if not space.allowed[level, kind, d]:
        return False
    return kind == 0 or not space.single_axis or factors[level, 3 - kind, d] == 1


@compiled()
def shuffle(numbers, first, last):
    """Bring numbers[first:last] into random order."""
    for i in range(last - 1, first, -1):
        j = np.random.randint(first, i + 1)
        numbers[i], numbers[j] = numbers[j], numbers[i]


@compiled()
def put_prime(factors, keep, space, slot, d, prime, tiling):
    """Multiply a slot by a prime if the whole then still fits; returns whether it does."""
    level, kind = slot // 3, slot % 3
    if not may_enter(factors, space, level, kind, d):
        return False
    factors[level, kind, d] *= prime
    set_tiles(factors, space.layer, tiling)
    if worst_ratio(factors, keep, tiling, space.entries, space.fanout) <= 1.0:
        return True
    factors[level, kind, d] //= prime
    return False


@compiled()
def place_prime(factors, keep, space, d, prime, slots, tiling):
    """Multiply a random slot that still fits by a prime; False if there is none."""
    shuffle(slots, 0, len(slots))
    placed = False
    for slot in slots:
        placed = put_prime(factors, keep, space, slot, d, prime, tiling)
        if placed:
            break
    return placed


@compiled(allocates=True)
def random_keep(keep, space):
    """Choose at random what each level keeps, as far as one word each of it fits."""
    spaces = np.arange(3)
    for level in range(len(keep)):
        kept = 0
        for data_space in range(3):
            keep[level, data_space] = space.keep_must[level, data_space]
            kept += keep[level, data_space]
        shuffle(spaces, 0, 3)
        for data_space in spaces:
            free = space.keep_may[level, data_space] and not space.keep_must[level, data_space]
            room = space.entries[level] < 0 or kept < space.entries[level]
            if free and room and np.random.random() < 0.7:
                keep[level, data_space] = True
                kept += 1


@compiled()
def bring_inside(line, innermost):
    """Move the dimensions marked in ``innermost`` to the end of an order, else as they stand."""
    for _ in range(len(line)):
        for place in range(len(line) - 1):
            outer, inner = line[place], line[place + 1]
            if innermost[outer] and not innermost[inner]:
                line[place], line[place + 1] = inner, outer


@compiled()
def random_order(order, innermost):
    """Random order of all lists of loops."""
    for level in range(len(order)):
        for kind in range(3):
            shuffle(order[level, kind], 0, 8)
        bring_inside(order[level, 0], innermost[level])


@compiled(allocates=True)
def fill_row(factors, order, keep, space, start, tiling):
    """One random valid mapping.

    ``start`` (L x 3 x 8) is a placement of the pinned dimensions that is known to fit with nothing
    kept but what must be; it is fallen back upon if random placement of them meets a dead end.
    Returns whether the random placement succeeded.
    """
    random_order(order, space.innermost)
    slots = np.arange(len(factors) * 3)
    turn = np.arange(len(space.prime))
    shuffle(turn, 0, space.pinned)
    shuffle(turn, space.pinned, len(turn))
    placed = False
    for _ in range(8):
        factors[:] = 1
        random_keep(keep, space)
        placed = True
        for i in range(space.pinned):
            t = turn[i]
            if not place_prime(
                factors, keep, space, space.prime_dim[t], space.prime[t], slots, tiling
            ):
                placed = False
                break
        if placed:
            break
    if not placed:
        factors[:] = start
        keep[:] = space.keep_must
    for i in range(space.pinned, len(turn)):
        t = turn[i]
        place_prime(factors, keep, space, space.prime_dim[t], space.prime[t], slots, tiling)
    return placed


@compiled(allocates=True)
def fill_rows(mappings, space, start, seed):
    """``fill_row`` for a whole batch; returns how many rows needed the known start."""
    np.random.seed(seed)
    tiling = new_tiling(len(space.allowed))
    fallbacks = 0
    for row in range(len(mappings.factors)):
        placed = fill_row(
            mappings.factors[row], mappings.order[row], mappings.keep[row], space, start, tiling
        )
        fallbacks += not placed
    return fallbacks


@compiled()
def mark_fitting(mappings, space, tiling, fits):
    """Whether each mapping of a batch fits; the answers end in ``fits``."""
    for row in range(len(fits)):
        set_tiles(mappings.factors[row], space.layer, tiling)
        fits[row] = (
            worst_ratio(
                mappings.factors[row], mappings.keep[row], tiling, space.entries, space.fanout
            )
            <= 1.0
        )
