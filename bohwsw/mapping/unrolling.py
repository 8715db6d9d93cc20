"""Spatial unrollings: which dimensions the children of each level share out among them.

An unrolling fixes the spatial factors of a mapping and leaves everything in time open. Where hops
cost nothing, only the product of a dimension's factors on both axes matters below each level, so
one arrangement on X and Y stands for all that have the same products.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from bohwsw.divisors import divisors
from bohwsw.mapping.batch import TEMPORAL
from bohwsw.mapping.mapspace import MapSpace
from bohwsw.workload import DIMENSIONS

Factors = npt.NDArray[np.int64]

MOST_KINDS = 2**62
"""What a number of a row stays below."""


def unrollings(space: MapSpace, at_least: int = 1) -> Factors:
    """All spatial unrollings that fit the machine's fan-outs, one for each set of products.

    Args:
        space: layer, machine and dataflow.
        at_least: multiply-accumulate units that an unrolling must use.

    Returns:
        int64, U x L x 2 x 8: factors on (X, Y) below each level.
    """
    architecture = space.architecture
    sizes = np.array([space.layer.sizes[dim] for dim in DIMENSIONS], dtype=np.int64)
    found = np.ones((1, architecture.depth, 2, len(DIMENSIONS)), dtype=np.int64)
    fan_outs = [i for i in range(architecture.depth) if architecture.fanout(i) != (1, 1)]
    blocks = [_block_unrollings(space, sizes, level) for level in fan_outs]
    most = [int(block.prod(axis=(1, 2)).max()) for block in blocks]
    for position, level in enumerate(fan_outs):
        inside = math.prod(most[position + 1 :])
        found = _extended(found, blocks[position], level, sizes, -(-at_least // inside))
    enough: Factors = found[found.prod(axis=(1, 2, 3)) >= at_least]
    return enough


def _extended(
    outer: Factors, blocks: Factors, level: int, sizes: Factors, at_least: int
) -> Factors:
    """Unrollings of the levels outside, each with every unrolling below this level that divides."""
    products = blocks.prod(axis=1)
    children = products.prod(axis=1)
    pairs = [np.empty((2, 0), dtype=np.int64)]
    for row, taken in enumerate(outer):
        rest = sizes // taken.prod(axis=(0, 1))
        some = np.flatnonzero(children * taken.prod() >= at_least)
        some = some[(rest % products[some] == 0).all(axis=1)]
        pairs.append(np.stack([np.full(len(some), row), some]))
    outer_row, block_row = np.concatenate(pairs, axis=1)
    extended: Factors = outer[outer_row]
    extended[:, level] = blocks[block_row]
    return extended


def _block_unrollings(space: MapSpace, sizes: Factors, level: int) -> Factors:
    """Factors on (X, Y) below one level, B x 2 x 8, distinct in their products."""
    fan_x, fan_y = space.architecture.fanout(level)
    on_x = _factor_vectors(sizes, space.allowed[level, 1], fan_x)
    on_y = _factor_vectors(sizes, space.allowed[level, 2], fan_y)
    pairs = np.stack([np.repeat(on_x, len(on_y), axis=0), np.tile(on_y, (len(on_x), 1))], axis=1)
    fits = (sizes % pairs.prod(axis=1) == 0).all(axis=1)
    if space.dataflow.single_axis:
        fits &= ~np.any(np.all(pairs > 1, axis=1), axis=1)
    _, first = np.unique(_kinds(_products(pairs[fits][:, None])), return_index=True)
    distinct: Factors = pairs[fits][first]
    return distinct


def _products(factors: Factors) -> Factors:
    """Products over the axes, one row for each unrolling."""
    return np.asarray(factors.prod(axis=2).reshape(len(factors), -1))


def _kinds(rows: Factors) -> npt.NDArray[np.int64]:
    """A number for each row of positive numbers, equal for equal rows, ordered like the rows.

    Columns are the digits of that number; when it grows too long, kinds so far are counted anew.
    """
    kinds = np.zeros(len(rows), dtype=np.int64)
    most = 1
    for column in rows.T:
        base = int(column.max(initial=0)) + 1
        if most * base > MOST_KINDS:
            distinct, kinds = np.unique(kinds, return_inverse=True)
            most = len(distinct)
        kinds = kinds * base + column
        most *= base
    return np.asarray(np.unique(kinds, return_inverse=True)[1])


def _factor_vectors(sizes: Factors, allowed: npt.NDArray[np.bool_], limit: int) -> Factors:
    """All ways to spread dimensions over one axis of so many instances, V x 8."""
    vectors: list[tuple[int, ...]] = [()]
    products = [1]
    for dim, size in enumerate(sizes):
        choices = divisors(int(size)) if allowed[dim] else [1]
        grown = [
            ((*vector, factor), product * factor)
            for vector, product in zip(vectors, products, strict=True)
            for factor in choices
            if product * factor <= limit
        ]
        vectors = [vector for vector, _ in grown]
        products = [product for _, product in grown]
    return np.array(vectors, dtype=np.int64)


def distinct_unrollings(space: MapSpace, unrollings: Factors) -> Factors:
    """One of each pair of unrollings that differ only by an exchange of width and height.

    Exchanged, mappings cost the same where the layer is as wide as high and loops in time may stand
    in the same places.
    """
    layer = space.layer
    square = (layer.P, layer.R, layer.stride_w, layer.dilation_w) == (
        layer.Q,
        layer.S,
        layer.stride_h,
        layer.dilation_h,
    )
    exchange = [DIMENSIONS.index(dim) for dim in ("N", "K", "C", "Q", "P", "S", "R", "G")]
    in_time = space.allowed[:, TEMPORAL]
    if not square or not (in_time == in_time[:, exchange]).all():
        return unrollings
    kinds = _kinds(np.concatenate([_products(unrollings), _products(unrollings[..., exchange])]))
    own, exchanged = np.split(kinds, 2)
    _, first = np.unique(np.minimum(own, exchanged), return_index=True)
    return unrollings[np.sort(first)]
