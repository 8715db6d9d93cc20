"""The valid mappings that are one move away from a given one."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from bohwsw.divisors import prime_factors
from bohwsw.mapping.batch import SPATIAL_X, SPATIAL_Y, TEMPORAL, MappingBatch
from bohwsw.mapping.mapspace import MapSpace
from bohwsw.mapping.sampling import fitting, space_arrays
from bohwsw.mapping.sampling_kernel import SpaceArrays

Parts = tuple[npt.NDArray[np.int64], npt.NDArray[np.int8], npt.NDArray[np.bool_]]


def neighbours(space: MapSpace, mappings: MappingBatch, row: int) -> MappingBatch:
    """All valid mappings one move away from one of a batch.

    A move takes one prime factor of a dimension to another slot, exchanges two loops that follow
    each other in one list (spatial ones included: they matter where hops cost energy), or keeps or
    bypasses one data space at one level. Each move can be undone by another.
    """
    arrays = space_arrays(space)
    order = space.settle_orders(mappings.order[row])
    parts = (mappings.factors[row], order, mappings.keep[row])
    moves = [
        *_factor_moves(arrays, parts),
        *_order_moves(arrays, parts),
        *_keep_moves(arrays, parts),
    ]
    if not moves:
        return mappings.select(np.arange(0))
    moved = MappingBatch(*(np.stack(part) for part in zip(*moves, strict=True)))
    return moved.select(np.flatnonzero(fitting(arrays, moved)))


def _factor_moves(arrays: SpaceArrays, parts: Parts) -> Iterator[Parts]:
    factors, order, keep = parts
    for level, kind, d in np.argwhere(factors > 1):
        for prime in prime_factors(int(factors[level, kind, d])):
            for to_level, to_kind in np.argwhere(arrays.allowed[:, :, d]):
                if (to_level, to_kind) == (level, kind):
                    continue
                moved = factors.copy()
                moved[level, kind, d] //= prime
                moved[to_level, to_kind, d] *= prime
                both = moved[to_level, SPATIAL_X, d] > 1 and moved[to_level, SPATIAL_Y, d] > 1
                if not (arrays.single_axis and both):
                    yield moved, order, keep


def _order_moves(arrays: SpaceArrays, parts: Parts) -> Iterator[Parts]:
    factors, order, keep = parts
    for level in range(len(factors)):
        for kind in (TEMPORAL, SPATIAL_X, SPATIAL_Y):
            line = order[level, kind]
            loops = [place for place in range(8) if factors[level, kind, line[place]] > 1]
            for outer, inner in pairwise(loops):
                inside = arrays.innermost[level][line[[outer, inner]]]
                if kind == TEMPORAL and inside[0] != inside[1]:
                    continue
                swapped = order.copy()
                swapped[level, kind, outer], swapped[level, kind, inner] = line[inner], line[outer]
                yield factors, swapped, keep


def _keep_moves(arrays: SpaceArrays, parts: Parts) -> Iterator[Parts]:
    factors, order, keep = parts
    for level, data_space in np.argwhere(arrays.keep_may & ~arrays.keep_must):
        toggled = keep.copy()
        toggled[level, data_space] = not toggled[level, data_space]
        yield factors, order, toggled
