"""Compiled: a mapping of one layer and machine, as near as it can be on another layer or machine.

Every prime factor of the layer goes where the given mapping has one of its dimension, as long as
the whole fits; what finds no such place goes to a random one. So the result is always valid, and
a mapping is given back as it is where it fits.
"""

from __future__ import annotations

import numpy as np

from bohwsw.compiled import compiled
from bohwsw.mapping.sampling_kernel import bring_inside, fill_row, place_prime, put_prime, shuffle
from bohwsw.mapping.tile_kernel import new_tiling, set_tiles, worst_ratio


@compiled()
def place_alike(factors, keep, left, space, d, prime, slots, tiling):
    """Multiply a slot by a prime that ``left`` has there; False if the prime fits in none."""
    shuffle(slots, 0, len(slots))
    for slot in slots:
        level, kind = slot // 3, slot % 3
        is_alike = left[level, kind, d] % prime == 0
        if is_alike and put_prime(factors, keep, space, slot, d, prime, tiling):
            left[level, kind, d] //= prime
            return True
    return False


@compiled(allocates=True)
def transplant(factors, order, keep, given, row, space, start, tiling):
    """Make a valid mapping that is like row ``row`` of the batch ``given``.

    What is kept and in which order loops stand is taken over as far as the map space allows it.
    Primes are placed in random order, those that may not loop at the outermost level first; where
    they meet a dead end, the mapping is a random one, see ``fill_row``.
    """
    order[:] = given.order[row]
    for level in range(len(order)):
        bring_inside(order[level, 0], space.innermost[level])
        for data_space in range(3):
            keep[level, data_space] = space.keep_must[level, data_space] or (
                given.keep[row, level, data_space] and space.keep_may[level, data_space]
            )
    factors[:] = 1
    set_tiles(factors, space.layer, tiling)
    if worst_ratio(factors, keep, tiling, space.entries, space.fanout) > 1.0:  # too much is kept
        fill_row(factors, order, keep, space, start, tiling)
        return
    left = given.factors[row].copy()
    slots = np.arange(len(factors) * 3)
    turn = np.arange(len(space.prime))
    shuffle(turn, 0, space.pinned)
    shuffle(turn, space.pinned, len(turn))
    placed = np.zeros(len(turn), dtype=np.bool_)
    for first, last in ((0, space.pinned), (space.pinned, len(turn))):
        for i in range(first, last):
            d, prime = space.prime_dim[turn[i]], space.prime[turn[i]]
            placed[i] = place_alike(factors, keep, left, space, d, prime, slots, tiling)
        for i in range(first, last):
            d, prime = space.prime_dim[turn[i]], space.prime[turn[i]]
            if not placed[i] and not place_prime(factors, keep, space, d, prime, slots, tiling):
                fill_row(factors, order, keep, space, start, tiling)
                return


@compiled(allocates=True)
def transplant_rows(mappings, given, space, start, seed):
    """``transplant`` each row of ``given`` into the same row of ``mappings``."""
    np.random.seed(seed)
    tiling = new_tiling(len(space.allowed))
    for row in range(len(mappings.factors)):
        transplant(
            mappings.factors[row],
            mappings.order[row],
            mappings.keep[row],
            given,
            row,
            space,
            start,
            tiling,
        )
