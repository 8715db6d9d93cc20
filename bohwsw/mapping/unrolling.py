"""Spatial unrollings: which dimensions the children of each level share out among them.

An unrolling fixes the spatial factors of a mapping and leaves everything in time open. Where hops
cost nothing, only the product of a dimension's factors on both axes matters below each level, so
one arrangement on X and Y stands for all that have the same products.

There may be millions, so they come in pieces: whoever takes them can stop in between.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bohwsw.divisors import divisors
from bohwsw.mapping.batch import SPATIAL_X, SPATIAL_Y
from bohwsw.mapping.mapspace import MapSpace
from bohwsw.workload import DIMENSIONS

Factors = npt.NDArray[np.int64]
Axes = tuple[int, int]

PIECE = 2048
"""Blocks taken on together."""

PAIRS = 2**15
"""Pairs of an unrolling of outer levels and a block that are looked at together."""

MOST_BLOCKS = 2**18
"""Blocks of one level that are kept; beyond that, those that use the fewest children go."""


class _Spread(NamedTuple):
    """Ways to share out the first dimensions below one level, sorted by ``code``."""

    factors: Factors  # int64, B x 2 x 8; on (X, Y)
    code: Factors  # int64, B; equal where the products over the axes are
    used: Factors  # int64, B x 2; children on (X, Y)


class Unrollings:
    """Spatial unrollings that fit the machine's fan-outs, one for each set of products, in pieces.

    Attributes:
        complete: whether all have been given, once the iteration ends.
    """

    def __init__(self, space: MapSpace, at_least: int = 1) -> None:
        """Unrollings of a map space that use so many multiply-accumulate units at least."""
        self.complete = False
        self._space, self._at_least = space, at_least
        self._dropped = False

    def __iter__(self) -> Iterator[Factors]:
        """Yield int64 U x L x 2 x 8, factors on (X, Y) below each level; U may be 0.

        Those that use the most children of the outermost levels come first.
        """
        architecture = self._space.architecture
        one = np.ones((1, architecture.depth, 2, len(DIMENSIONS)), dtype=np.int64)
        levels: list[tuple[int, Factors]] = []
        for level in range(architecture.depth):
            if architecture.fanout(level) != (1, 1):
                pieces: list[Factors] = []
                for piece in _blocks(self._space, level):
                    pieces.append(piece)
                    if sum(map(len, pieces)) > 2 * MOST_BLOCKS:
                        pieces = [self._most_used(pieces)]
                    yield one[:0]
                levels.append((level, self._most_used(pieces)))
        yield from self._extended(one, levels)
        self.complete = not self._dropped

    def _most_used(self, pieces: list[Factors]) -> Factors:
        """The blocks that use the most children first; the last are left out of too many."""
        blocks = np.concatenate(pieces)
        self._dropped |= len(blocks) > MOST_BLOCKS
        order = np.argsort(-blocks.prod(axis=(1, 2)), kind="stable")
        return np.asarray(blocks[order[:MOST_BLOCKS]])

    def _extended(self, outer: Factors, levels: list[tuple[int, Factors]]) -> Iterator[Factors]:
        """Unrollings of outer levels, each with every unrolling of these levels that fits."""
        if not levels:
            yield outer[outer.prod(axis=(1, 2, 3)) >= self._at_least]
            return
        (level, blocks), *inner = levels
        sizes = np.array([*self._space.layer.sizes.values()], dtype=np.int64)
        inside = float(np.prod([own[0].prod(dtype=np.float64) for _, own in inner]))
        products = blocks.prod(axis=1)
        children = products.prod(axis=1)
        for start in range(0, len(blocks), PIECE):
            piece = slice(start, start + PIECE)
            step = max(1, PAIRS // len(products[piece]))
            for part in (outer[k : k + step] for k in range(0, len(outer), step)):
                rest = sizes // part.prod(axis=(1, 2))
                units = part.prod(axis=(1, 2, 3))[:, None] * children[piece] * inside
                fits = units >= self._at_least
                for d in range(len(DIMENSIONS)):
                    fits &= rest[:, None, d] % products[None, piece, d] == 0
                row, block = np.nonzero(fits)
                grown = part[row]
                grown[:, level] = blocks[piece][block]
                yield from self._extended(grown, inner)


def unrollings(space: MapSpace, at_least: int = 1) -> Factors:
    """All spatial unrollings that fit the machine's fan-outs, one for each set of products.

    Args:
        at_least: multiply-accumulate units that an unrolling must use.

    Returns:
        int64, U x L x 2 x 8: factors on (X, Y) below each level.
    """
    return np.concatenate(list(Unrollings(space, at_least)))


def _blocks(space: MapSpace, level: int) -> Iterator[Factors]:
    """Factors on (X, Y) below one level, B x 2 x 8 in pieces, one for each set of products."""
    one = np.ones(1, dtype=np.int64)
    nothing = _Spread(np.ones((1, 2, len(DIMENSIONS)), dtype=np.int64), one, one[:, None] * (1, 1))
    ways = [_ways(space, level, d, size) for d, size in enumerate(space.layer.sizes.values())]
    mesh = np.array(space.architecture.fanout(level), dtype=np.int64)
    return _spread_out(nothing, ways, 0, mesh)


def _ways(space: MapSpace, level: int, d: int, size: int) -> list[tuple[int, Axes]]:
    """Factors of one dimension on (X, Y) below one level, each after a number for its product."""
    limits = [
        fan if space.allowed[level, kind, d] else 1
        for kind, fan in zip((SPATIAL_X, SPATIAL_Y), space.architecture.fanout(level), strict=True)
    ]
    single = space.dataflow.single_axis
    return [
        (number, (on_x, product // on_x))
        for number, product in enumerate(divisors(size))
        if product <= limits[0] * limits[1]
        for on_x in ({1, product} if single else divisors(product))
        if on_x <= limits[0] and product // on_x <= limits[1]
    ]


def _spread_out(
    spread: _Spread, ways: list[list[tuple[int, Axes]]], d: int, mesh: Factors
) -> Iterator[Factors]:
    """Share out the dimensions from ``d`` on, depth first."""
    if d == len(ways):
        yield spread.factors[np.unique(spread.code, return_index=True)[1]]
        return
    count = len(spread.code)
    edges = np.array([0, *np.flatnonzero(np.diff(spread.code)) + 1, count])  # equal codes together
    bounds = np.unique([*edges[np.searchsorted(edges, range(0, count, PIECE))], count])
    for start, end in pairwise(bounds.tolist()):
        part = _Spread(*(array[start:end] for array in spread))
        yield from _spread_out(_with(part, ways[d], d, mesh), ways, d + 1, mesh)


def _with(spread: _Spread, ways: list[tuple[int, Axes]], d: int, mesh: Factors) -> _Spread:
    """Each with every factor of one dimension more that fits."""
    parts = []
    base = 1 + max(number for number, _ in ways)
    for number, axes in ways:
        used = spread.used * axes
        fits = (used <= mesh).all(axis=1)
        factors = spread.factors[fits]
        factors[:, :, d] = axes
        parts.append(_Spread(factors, spread.code[fits] * base + number, used[fits]))
    factors, code, used = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    # Equal codes have equal products, so that what is used on X tells what is used on Y.
    _, first = np.unique(code * (int(mesh[0]) + 1) + used[:, 0], return_index=True)
    return _Spread(factors[first], code[first], used[first])


def distinct_unrollings(space: MapSpace, unrollings: Factors) -> Factors:
    """One of each pair of unrollings that differ only by an exchange of width and height.

    Exchanged, mappings cost the same where the layer is as wide as high. Pairs are looked for
    where loops, in time and on the axes, may then stand in the same places: of each unrolling the
    exchanged one is there as well.
    """
    layer = space.layer
    width, height = layer.input_extents
    square = (layer.P, layer.R, layer.stride_w, layer.dilation_w, width) == (
        layer.Q,
        layer.S,
        layer.stride_h,
        layer.dilation_h,
        height,
    )
    exchange = [DIMENSIONS.index(dim) for dim in ("N", "K", "C", "Q", "P", "S", "R", "G")]
    if not square or not (space.allowed == space.allowed[..., exchange]).all():
        return unrollings
    products = unrollings.prod(axis=2)
    change = (products[..., exchange] - products).reshape(
        len(products), space.architecture.depth * len(DIMENSIONS)
    )
    first = (change != 0).argmax(axis=1)
    kept: Factors = unrollings[change[np.arange(len(change)), first] >= 0]
    return kept
