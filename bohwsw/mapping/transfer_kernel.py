"""Compiled: a mapping of one layer and machine, as near as it can be on another layer or machine.

Every prime factor of the layer goes where the given mapping has one of its dimension, as long as
the whole fits; what finds no such place goes to a random one. So the result is always valid, and
a mapping is given back as it is where it fits.
"""

from __future__ import annotations

import numpy as np

from bohwsw.compiled import compiled
from bohwsw.mapping.sampling_kernel import (
    bring_inside,
    clear,
    fill_row,
    place_primes,
    put_prime,
    shuffle,
    shuffle_primes,
)
from bohwsw.mapping.tile_kernel import ZERO, set_tiles, worst_ratio


@compiled(internal=True, once=True)
def place_alike(factors, keep, space, d, prime, work):
    """Multiply a slot by a prime that ``left`` has there; False if the prime fits in none."""
    left = work.left
    shuffle(work.slots, ZERO, len(work.slots))
    for slot in work.slots:
        level, kind = slot // 3, slot % 3
        is_alike = left[level, kind, d] % prime == 0
        if is_alike and put_prime(factors, keep, space, slot, d, prime, work.tiling):
            left[level, kind, d] //= prime
            return True
    return False


@compiled(internal=True, inlined=False)
def transfer(factors, order, keep, given, row, space, start, work):
    """Make a valid mapping that is like row ``row`` of the batch ``given``.

    What is kept and in which order loops stand is taken over as far as the map space allows it.
    Primes are placed in random order, those that may not loop at the outermost level first; where
    they meet a dead end, the mapping is a random one, see ``fill_row``.
    """
    for level in range(len(order)):
        for kind in range(3):
            keep[level, kind] = space.keep_must[level, kind] or (
                given.keep[row, level, kind] and space.keep_may[level, kind]
            )
            for d in range(8):
                order[level, kind, d] = given.order[row, level, kind, d]
                work.left[level, kind, d] = given.factors[row, level, kind, d]
        bring_inside(order[level, 0], space.nesting[level])
    clear(factors)
    set_tiles(factors, space.layer, work.tiling)
    ratio = worst_ratio(factors, keep, work.tiling, space.limits)
    if ratio > 1.0:  # too much is kept
        fill_row(factors, order, keep, space, start, work)
        return
    shuffle_primes(space, work)
    for pinned in range(2):
        first = space.pinned * pinned
        last = len(work.turn) if pinned else space.pinned
        for i in range(first, last):
            d, prime = space.prime_dim[work.turn[i]], space.prime[work.turn[i]]
            work.placed[i] = place_alike(factors, keep, space, d, prime, work)
        for i in range(first, last):
            if not work.placed[i] and not place_primes(factors, keep, space, i, i + 1, work):
                fill_row(factors, order, keep, space, start, work)
                return


@compiled()
def transfer_rows(mappings, given, space, start, seed, work):
    """``transfer`` each row of ``given`` into the same row of ``mappings``."""
    np.random.seed(seed)
    for row in range(len(mappings.factors)):
        transfer(
            mappings.factors[row],
            mappings.order[row],
            mappings.keep[row],
            given,
            row,
            space,
            start,
            work,
        )
