"""Compiled: how many loops that leave a data space in place the tiles of each level may hold.

A tile's loops in time are a divisor of each dimension's, the same divisors at all levels: what
spatial factors are inside comes on top. Tables are those of one unrolling, filled when asked for.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bohwsw.compiled import compiled
from bohwsw.mapping.tile_kernel import C, G, K, N, P, Q, R, S, tile_words

SETS_OF = np.array([[N, P, Q], [K, G, G], [C, R, S]])
"""The dimensions that do not index Weights, Inputs and Outputs; G, which indexes all, fills up."""

OTHERS = np.array([[1, 2], [0, 2], [0, 1]])
"""The other two data spaces of each: the dimensions of their sets index it."""

MOST_DIVISORS = 128
MOST_PAIRS = 64
MOST_TILES = 8192
"""Tiles of an unrolling; with more of them nothing is tabulated."""


class Reuse(NamedTuple):
    """Tables of one unrolling of a layer on a machine of L levels."""

    divisor: npt.NDArray[np.int64]  # int64, 8 x MOST_DIVISORS; of the loops in time, ascending
    divisors: npt.NDArray[np.int64]  # int64, 8; how many; 1 for G, whose loops save nothing
    # int64, 1; tiles there are, 0 if there are too many, -1 before the unrolling is looked at
    tiles: npt.NDArray[np.int64]
    total: npt.NDArray[np.float64]  # float64, 3; all loops in time that do not index a data space
    loops: npt.NDArray[np.float64]  # float64, MOST_TILES x 3; those inside each tile
    # int64, L x 3 x MOST_TILES; units of each tile at a level, the first -1 if not tabulated
    units: npt.NDArray[np.int64]
    # float64, L x 3 x MOST_PAIRS x 2; the loops of the two other data spaces' sets that a tile
    # which fits its level may hold, where none holds more of both
    pairs: npt.NDArray[np.float64]
    counts: npt.NDArray[np.int64]  # int64, L x 3; how many pairs of each
    most: npt.NDArray[np.float64]  # float64, L x 3 x 2; the largest of each
    extents: npt.NDArray[np.int64]  # int64, 8; working memory
    reach: npt.NDArray[np.float64]  # float64, 3; working memory
    levels: npt.NDArray[np.int64]  # int64, L x 3; working memory
    again: npt.NDArray[np.float64]  # float64, L x 3; working memory


def new_reuse(depth: int) -> Reuse:
    """Room for the tables of one unrolling."""
    return Reuse(
        divisor=np.ones((8, MOST_DIVISORS), dtype=np.int64),
        divisors=np.ones(8, dtype=np.int64),
        tiles=np.full(1, -1, dtype=np.int64),
        total=np.ones(3),
        loops=np.ones((MOST_TILES, 3)),
        units=np.full((depth, 3, MOST_TILES), -1, dtype=np.int64),
        pairs=np.ones((depth, 3, MOST_PAIRS, 2)),
        counts=np.zeros((depth, 3), dtype=np.int64),
        most=np.ones((depth, 3, 2)),
        extents=np.ones(8, dtype=np.int64),
        reach=np.full(3, np.inf),
        levels=np.zeros((depth, 3), dtype=np.int64),
        again=np.zeros((depth, 3)),
    )


@compiled(internal=True, inlined=False)
def note_unrolling(machine, skeleton, reuse):
    """Forget the tables, and note the loops in time of another unrolling."""
    tiles = 1
    for d in range(8):
        whole, count = machine.sizes[d] // skeleton.inside[0, d], 0
        for divisor in range(1, whole + 1 if d != G else 2):
            if whole % divisor == 0 and count < MOST_DIVISORS:
                reuse.divisor[d, count] = divisor
                count += 1
        reuse.divisors[d] = count
        tiles *= count
        if tiles > MOST_TILES or (reuse.divisor[d, count - 1] < whole and d != G):
            reuse.tiles[0] = 0
            return
    reuse.tiles[0] = tiles
    reuse.units[:, :, 0] = -1
    for tile in range(tiles):
        set_extents(reuse, skeleton.inside[-1], tile)
        for space in range(3):
            reuse.loops[tile, space] = loops_of(reuse.extents, space)
    for space in range(3):
        reuse.total[space] = reuse.loops[tiles - 1, space]


@compiled(internal=True)
def loops_of(extents, space):
    """The product of the loops that do not index a data space."""
    first, second, third = SETS_OF[space]
    product = extents[first]
    return product if third == G else product * extents[second] * extents[third]


@compiled(internal=True)
def set_extents(reuse, inside, tile):
    """Write the extents of a tile, the spatial factors inside a level included."""
    for d in range(8):
        reuse.extents[d] = inside[d] * reuse.divisor[d, tile % reuse.divisors[d]]
        tile //= reuse.divisors[d]


@compiled(internal=True, inlined=False)
def tabulate(machine, skeleton, level, space, reuse):
    """Fill the tables of a level's tile of a data space."""
    if reuse.units[level, space, 0] >= 0:
        return
    count, most = 0, reuse.most[level, space]
    most[:] = 1.0
    for tile in range(reuse.tiles[0] - 1, -1, -1):
        set_extents(reuse, skeleton.inside[level], tile)
        units = tile_words(reuse.extents, machine.layer, space) * machine.units[level, space]
        reuse.units[level, space, tile] = units
        if not 0 <= machine.capacity[level] < units:
            first, second = OTHERS[space]
            pair = (reuse.loops[tile, first], reuse.loops[tile, second])
            count = add_pair(reuse.pairs[level, space], count, pair)
            most[0], most[1] = max(most[0], pair[0]), max(most[1], pair[1])
    reuse.counts[level, space] = count


@compiled(internal=True, inlined=False)
def add_pair(pairs, count, pair):
    """Add a pair to those of which none is larger in both; returns how many there are then."""
    for row in range(count):
        if pairs[row, 0] >= pair[0] and pairs[row, 1] >= pair[1]:
            return count
    kept = 0
    for row in range(count):
        if pairs[row, 0] > pair[0] or pairs[row, 1] > pair[1]:
            pairs[kept, 0], pairs[kept, 1] = pairs[row, 0], pairs[row, 1]
            kept += 1
    first, second = pair
    if kept == len(pairs):  # no room: one that is larger than both
        kept -= 1
        first, second = max(first, pairs[kept, 0]), max(second, pairs[kept, 1])
    pairs[kept, 0], pairs[kept, 1] = first, second
    return kept + 1
