"""Compiled: tile sizes and validity of one row of a ``MappingBatch`` (rules of ``tiles.py``).

Dimensions are numbered as in ``DIMENSIONS``, data spaces as in ``DATA_SPACES``, and loops of a
level as in ``batch``: 0 temporal, 1 spatial X, 2 spatial Y.
"""

from __future__ import annotations

from typing import NamedTuple, cast

import numpy as np
import numpy.typing as npt

from bohwsw.compiled import compiled
from bohwsw.workload import Layer

# As numpy's integers, since numba compiles a function anew for each plain constant given to it.
N, K, C, P, Q, R, S, G = cast(list[int], [*np.arange(8)])
WEIGHTS, INPUTS, OUTPUTS = cast(list[int], [*np.arange(3)])
ZERO, ONE = cast(list[int], [*np.arange(2)])

RELEVANT = np.zeros((3, 8), dtype=np.bool_)
RELEVANT[WEIGHTS, [G, K, C, R, S]] = True
RELEVANT[INPUTS, [N, G, C, P, Q, R, S]] = True
RELEVANT[OUTPUTS, [N, G, K, P, Q]] = True


class LayerArrays(NamedTuple):
    """A layer as compiled functions take it."""

    # int64, 8; how far one step of a dimension moves along the width of Inputs
    along_w: npt.NDArray[np.int64]
    along_h: npt.NDArray[np.int64]  # int64, 8; the same along the height
    width: int  # of Inputs, which no tile exceeds; without padding if the layer says so
    height: int  # the same
    padded: bool  # whether the filter reaches over more than these
    macs: int  # multiply-accumulate operations


def layer_arrays(layer: Layer) -> LayerArrays:
    """Pack a layer."""
    along_w, along_h = np.zeros((2, 8), dtype=np.int64)
    along_w[P], along_w[R] = layer.stride_w, layer.dilation_w
    along_h[Q], along_h[S] = layer.stride_h, layer.dilation_h
    extents = layer.input_extents
    return LayerArrays(along_w, along_h, *extents, extents != layer.reach, layer.macs)


class Tiling(NamedTuple):
    """Working memory: the tiles of one mapping of depth L; see ``Tiles``."""

    extents: npt.NDArray[np.int64]  # int64, (L + 1) x 8
    # int64, L x 8; without the temporal loops of the level itself
    union_extents: npt.NDArray[np.int64]
    words: npt.NDArray[np.int64]  # int64, L x 3
    spatial: npt.NDArray[np.int64]  # int64, L x 8; product of the factors on both axes
    children: npt.NDArray[np.int64]  # int64, L; children used on both axes


def new_tiling(depth: int) -> Tiling:
    """Fresh working memory, every extent 1."""
    rows = np.ones((3 * depth + 1, 8), dtype=np.int64)
    extents, union_extents, spatial = rows[: depth + 1], rows[depth + 1 : -depth], rows[-depth:]
    words, children = np.ones((depth, 3), dtype=np.int64), np.ones(depth, dtype=np.int64)
    return Tiling(extents, union_extents, words, spatial, children)


@compiled(internal=True)
def tile_words(extents, layer, space):
    """Words in a tile."""
    if space == WEIGHTS:
        return extents[G] * extents[K] * extents[C] * extents[R] * extents[S]
    if space == OUTPUTS:
        return extents[N] * extents[G] * extents[K] * extents[P] * extents[Q]
    width = 1 + (extents[P] - 1) * layer.along_w[P] + (extents[R] - 1) * layer.along_w[R]
    height = 1 + (extents[Q] - 1) * layer.along_h[Q] + (extents[S] - 1) * layer.along_h[S]
    if layer.padded:
        width, height = min(width, layer.width), min(height, layer.height)
    return extents[N] * extents[G] * extents[C] * width * height


@compiled(internal=True)
def input_widths(extents, layer):
    """Width and height of a tile of Inputs: those of its box, at most what there truly is."""
    width = 1 + (extents[P] - 1) * layer.along_w[P] + (extents[R] - 1) * layer.along_w[R]
    height = 1 + (extents[Q] - 1) * layer.along_h[Q] + (extents[S] - 1) * layer.along_h[S]
    return min(width, layer.width), min(height, layer.height)


@compiled(internal=True)
def words_of_run(extents, layer, is_across, bound):
    """The most words of Inputs that a run of a loop brings in which slides a window (B.3).

    ``is_across``: whether it slides along the width, not the height.
    """
    width, height = input_widths(extents, layer)
    if is_across:
        width = min(bound * width, layer.width)
    else:
        height = min(bound * height, layer.height)
    return extents[N] * extents[G] * extents[C] * width * height


@compiled(internal=True)
def set_tiles(factors, layer, tiling):
    """Tiles of every level, innermost first (B.2); ``factors`` is L x 3 x 8."""
    for level in range(len(factors) - 1, -1, -1):
        children = 1
        for d in range(8):
            spatial = factors[level, 1, d] * factors[level, 2, d]
            union = tiling.extents[level + 1, d] * spatial
            tiling.spatial[level, d] = spatial
            tiling.union_extents[level, d] = union
            tiling.extents[level, d] = union * factors[level, 0, d]
            children *= spatial
        tiling.children[level] = children
        for space in range(3):
            tiling.words[level, space] = tile_words(tiling.extents[level], layer, space)


@compiled(internal=True)
def worst_ratio(factors, keep, tiling, limits):
    """The largest ratio of use to limit (B.11); valid if at most 1. See ``Limits``."""
    worst = limits.operands
    for level in range(len(factors)):
        if limits.capacity[level] >= 0:
            used = 0
            for space in range(3):
                if keep[level, space]:
                    used += tiling.words[level, space] * limits.units[level, space]
            worst = larger_ratio(worst, used, limits.capacity[level])
        used_x = used_y = ONE
        if tiling.children[level] > 1:
            for d in range(8):
                used_x *= factors[level, 1, d]
                used_y *= factors[level, 2, d]
        worst = larger_ratio(worst, used_x, limits.fanout[level, 0])
        worst = larger_ratio(worst, used_y, limits.fanout[level, 1])
    return worst


@compiled(internal=True, once=True)
def larger_ratio(worst, used, limit):
    """The larger of a ratio and used / limit; most are smaller, and a product tells that sooner."""
    return used / limit if used > worst * limit else worst
