"""Mappings from the loops in time of a path and the spatial factors of its skeleton."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import product

import numpy as np
import numpy.typing as npt

from bohwsw.mapper.skeleton_kernel import EITHER, KEEP
from bohwsw.mapper.tile_lattice import STAYING
from bohwsw.mapping.batch import MappingBatch, empty_batch
from bohwsw.mapping.nest import LevelNest, Loop, Mapping
from bohwsw.mapping.tile_kernel import P, Q, R, S
from bohwsw.workload import DATA_SPACES, DIMENSIONS

SAME_AXIS = {P: R, R: P, Q: S, S: Q}
"""The other dimension that moves an Inputs tile along the same axis."""

Factors = npt.NDArray[np.int64]


def cheapest_mapping(
    unrolling: Factors,
    temporal: Factors,
    innermost: Factors,
    keeps: Factors,
    stationary: Factors,
) -> Mapping:
    """One mapping.

    Args:
        unrolling: L x 2 x 8; spatial factors on (X, Y).
        temporal: L x 8; factors in time.
        innermost: L; dimension of each block's innermost loop, -1 if it does not matter.
        keeps: L; bits of the data spaces kept.
        stationary: L; see ``Machine``.
    """
    every = range(len(DIMENSIONS))
    return Mapping(
        tuple(
            LevelNest(
                temporal=tuple(
                    _loops(
                        temporal[level],
                        _order(int(innermost[level]), int(stationary[level]), beside=False),
                    )
                ),
                spatial_x=tuple(_loops(unrolling[level, 0], every)),
                spatial_y=tuple(_loops(unrolling[level, 1], every)),
                keep=frozenset(x for s, x in enumerate(DATA_SPACES) if keeps[level] >> s & 1),
            )
            for level in range(len(unrolling))
        )
    )


def possible_mappings(
    unrolling: Factors, choice: Factors, paths: Factors, stationary: Factors
) -> MappingBatch:
    """All mappings of some paths that may differ in cost.

    What the last level of a data space keeps is left open, and so is the order of loops that move
    Inputs along one axis.

    Args:
        unrolling: L x 2 x 8; spatial factors on (X, Y).
        choice: L x 3; what is kept, see ``Skeleton``.
        paths: N x L x 9; factors in time, and the dimension of each block's innermost loop.
        stationary: L; see ``Machine``.
    """
    keeps = [*product(*(_keeps(int(way)) for way in choice.ravel()))]
    kept = np.array(keeps, dtype=np.bool_).reshape(len(keeps), *choice.shape)
    orders, owner = _orders(paths, stationary)
    batch = empty_batch(len(owner) * len(kept), len(choice))
    batch.factors[:, :, 0] = np.repeat(paths[owner, :, :8], len(kept), axis=0)
    batch.factors[:, :, 1:] = unrolling
    batch.order[:, :, 0] = np.repeat(orders, len(kept), axis=0)
    batch.keep[:] = np.tile(kept, (len(owner), 1, 1))
    return batch


def _keeps(choice: int) -> tuple[bool, ...]:
    return (False, True) if choice == EITHER else (choice == KEEP,)


def _orders(paths: Factors, stationary: Factors) -> tuple[npt.NDArray[np.int8], Factors]:
    """Orders of the loops in time worth a look, M x L x 8, and which path each belongs to.

    Outside the innermost loop stand the others that leave the same in place, and outside them the
    one that moves Inputs along the same axis; or that one first, unless the dataflow forbids it.
    Both move the tile in turn.
    """
    found, owner = [], []
    for row, path in enumerate(paths):
        ways = []
        for block, stays in zip(path, stationary.tolist(), strict=True):
            innermost = int(block[8])
            orders = [_order(innermost, stays, beside=False)]
            other = SAME_AXIS.get(innermost)
            if other is not None and block[other] > 1 and STAYING[innermost] != stays:
                orders.append(_order(innermost, stays, beside=True))
            ways.append(orders)
        for order in product(*ways):
            found.append(order)
            owner.append(row)
    return np.array(found, dtype=np.int8), np.array(owner, dtype=np.int64)


@lru_cache(maxsize=128)
def _order(innermost: int, stationary: int, *, beside: bool) -> tuple[int, ...]:
    """All dimensions, outermost first; ``beside``: the same axis' other one right outside."""
    staying = STAYING[innermost] if innermost >= 0 else stationary

    def place(d: int) -> int:
        if d == innermost:
            return 3
        if SAME_AXIS.get(d) == innermost:
            return 2 if beside else 0
        return 1 if staying >= 0 and STAYING[d] == staying else -1

    return tuple(sorted(range(len(DIMENSIONS)), key=place))


def _loops(factors: Factors, dims: Iterable[int]) -> Iterator[Loop]:
    return ((DIMENSIONS[d], int(factors[d])) for d in dims if factors[d] > 1)
