"""Mappings from the loops in time of a path and the spatial factors of its skeleton."""

from __future__ import annotations

from functools import lru_cache
from itertools import product

import numpy as np
import numpy.typing as npt

from bohwsw.mapper.skeletons import BYPASS, EITHER, KEEP
from bohwsw.mapper.tile_lattice import STAYING
from bohwsw.mapping import INPUTS, TEMPORAL, K, MappingBatch, MapSpace, P, Q, R, S, empty_batch
from bohwsw.workload import DIMENSION_INDEX, DIMENSIONS

AXES = ((P, R), (Q, S))
"""The dimensions that move an Inputs tile along each of its two axes."""

SAME_AXIS = {P: R, R: P, Q: S, S: Q}
"""The other dimension that moves an Inputs tile along the same axis."""

Factors = npt.NDArray[np.int64]


def possible_mappings(
    space: MapSpace, unrolling: Factors, choice: Factors, paths: Factors
) -> MappingBatch:
    """All mappings of some paths that may differ in cost.

    What the last level of a data space keeps is left open, and so is the order of loops that move
    Inputs along one axis. The loop over sequential steps, in no path, goes outside all others.

    Args:
        space: layer, machine and dataflow.
        unrolling: L x 2 x 8; spatial factors on (X, Y).
        choice: L x 3; what is kept, see ``Skeleton``.
        paths: N x L x 9; factors in time, and the dimension of each block's innermost loop.
    """
    stationary = [space.stationary(level) for level in range(len(choice))]
    ways = {BYPASS: (False,), KEEP: (True,), EITHER: (False, True)}
    keeps = [*product(*(ways[int(way)] for way in choice.ravel()))]
    kept = np.array(keeps, dtype=np.bool_).reshape(len(keeps), *choice.shape)
    orders, owner = _orders(paths, stationary)
    batch = empty_batch(len(owner) * len(kept), len(choice))
    batch.factors[:, :, 0] = np.repeat(paths[owner, :, :8], len(kept), axis=0)
    batch.factors[:, :, 1:] = unrolling
    batch.order[:, :, 0] = np.repeat(orders, len(kept), axis=0)
    batch.keep[:] = np.tile(kept, (len(owner), 1, 1))
    if space.layer.sequential is None:
        return batch
    batch.factors[:, 0, TEMPORAL, DIMENSION_INDEX[space.layer.sequential]] = space.layer.steps
    return batch._replace(order=space.settle_orders(batch.order))


def _orders(paths: Factors, stationary: list[int]) -> tuple[npt.NDArray[np.int8], Factors]:
    """Orders of the loops in time worth a look, M x L x 8, and which path each belongs to."""
    found, owner = [], []
    for row, path in enumerate(paths):
        ways = [_block_orders(x[:8], int(x[8]), s) for x, s in zip(path, stationary, strict=True)]
        for order in product(*ways):
            found.append(order)
            owner.append(row)
    return np.array(found, dtype=np.int8), np.array(owner, dtype=np.int64)


def _block_orders(factors: Factors, innermost: int, stationary: int) -> list[tuple[int, ...]]:
    """Orders of a block whose innermost loop is over a dimension (-1: it does not matter).

    Right outside that loop stand the others that leave the same data space in place. Where they
    leave Inputs in place (K), loops along one axis of Inputs come next, in either order. Where the
    innermost loop moves Inputs along an axis, the other dimension of that axis may stand right
    outside it instead, unless the dataflow forbids it. Loops along one axis side by side can move
    the tile to and fro, so that less is fetched; no other loop may stand between them.
    """
    if innermost == K:
        pairs = [pair for pair in AXES if (factors[list(pair)] > 1).any()]
        ends: list[tuple[int, ...]] = [(*pair, K) for pair in pairs]
        ends += [(tap, out, K) for out, tap in pairs if factors[out] > 1 and factors[tap] > 1]
        return [_order(end, INPUTS) for end in ends or [(K,)]]
    if innermost < 0:
        return [_order((), stationary)]
    staying = int(STAYING[innermost])
    orders = [_order((innermost,), staying)]
    other = SAME_AXIS.get(innermost)
    if other is not None and factors[other] > 1 and staying != stationary:
        orders.append(_order((other, innermost), staying))
    return orders


@lru_cache(maxsize=128)
def _order(end: tuple[int, ...], staying: int) -> tuple[int, ...]:
    """All dimensions, outermost first: those that end the order stand last, in their order.

    Right outside of them stand those that leave the same data space in place, and outside these the
    one that moves Inputs along the axis of the last one.
    """

    def place(d: int) -> int:
        if d in end:
            return 2 + end.index(d)
        if staying >= 0 and STAYING[d] == staying:
            return 1
        return 0 if end and SAME_AXIS.get(d) == end[-1] else -1

    return tuple(sorted(range(len(DIMENSIONS)), key=place))
