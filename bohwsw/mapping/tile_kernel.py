"""Compiled: tile sizes and validity of one row of a ``MappingBatch`` (rules of ``tiles.py``).

Dimensions are numbered as in ``DIMENSIONS``, data spaces as in ``DATA_SPACES``, and loops of a
level as in ``batch``: 0 temporal, 1 spatial X, 2 spatial Y.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bohwsw.compiled import compiled
from bohwsw.workload import Layer

N, K, C, P, Q, R, S, G = range(8)
WEIGHTS, INPUTS, OUTPUTS = range(3)

RELEVANT = np.zeros((3, 8), dtype=np.bool_)
RELEVANT[WEIGHTS, [G, K, C, R, S]] = True
RELEVANT[INPUTS, [N, G, C, P, Q, R, S]] = True
RELEVANT[OUTPUTS, [N, G, K, P, Q]] = True


class LayerArrays(NamedTuple):
    """A layer as compiled functions take it.

    Attributes:
        sizes: int64, 8; in the order of ``DIMENSIONS``.
        geometry: int64, 4; stride_w, stride_h, dilation_w, dilation_h.
    """

    sizes: npt.NDArray[np.int64]
    geometry: npt.NDArray[np.int64]


def layer_arrays(layer: Layer) -> LayerArrays:
    """Pack a layer."""
    geometry = (layer.stride_w, layer.stride_h, layer.dilation_w, layer.dilation_h)
    return LayerArrays(
        sizes=np.array(list(layer.sizes.values()), dtype=np.int64),
        geometry=np.array(geometry, dtype=np.int64),
    )


class Tiling(NamedTuple):
    """Working memory: extents and words of the tiles of one mapping of depth L, as in ``Tiles``.

    Attributes:
        extents: int64, (L + 1) x 8.
        union_extents: int64, L x 8; without the temporal loops of the level itself.
        words: int64, L x 3.
        union_words: int64, L x 3.
    """

    extents: npt.NDArray[np.int64]
    union_extents: npt.NDArray[np.int64]
    words: npt.NDArray[np.int64]
    union_words: npt.NDArray[np.int64]


@compiled
def new_tiling(depth):
    """Fresh working memory, every extent 1."""
    return Tiling(
        np.ones((depth + 1, 8), dtype=np.int64),
        np.ones((depth, 8), dtype=np.int64),
        np.ones((depth, 3), dtype=np.int64),
        np.ones((depth, 3), dtype=np.int64),
    )


@compiled
def tile_words(extents, geometry, space):
    """Words in the bounding box of a tile."""
    if space == WEIGHTS:
        return extents[G] * extents[K] * extents[C] * extents[R] * extents[S]
    if space == OUTPUTS:
        return extents[N] * extents[G] * extents[K] * extents[P] * extents[Q]
    width = (extents[P] - 1) * geometry[0] + (extents[R] - 1) * geometry[2] + 1
    height = (extents[Q] - 1) * geometry[1] + (extents[S] - 1) * geometry[3] + 1
    return extents[N] * extents[G] * extents[C] * width * height


@compiled
def set_tiles(factors, geometry, tiling):
    """Tiles of every level, innermost first (B.2); ``factors`` is L x 3 x 8."""
    depth = len(factors)
    for level in range(depth - 1, -1, -1):
        for d in range(8):
            union = tiling.extents[level + 1, d] * factors[level, 1, d] * factors[level, 2, d]
            tiling.union_extents[level, d] = union
            tiling.extents[level, d] = union * factors[level, 0, d]
        for space in range(3):
            tiling.words[level, space] = tile_words(tiling.extents[level], geometry, space)
            tiling.union_words[level, space] = tile_words(
                tiling.union_extents[level], geometry, space
            )


@compiled
def worst_ratio(factors, keep, words, entries, mesh):
    """The largest ratio of use to limit over capacities and meshes (B.11); valid if at most 1.

    ``entries`` (L; below 0 for no limit) and ``mesh`` ((L + 1) x 2) are those of one machine.
    """
    worst = 0.0
    used_x = 1
    used_y = 1
    for level in range(len(factors)):
        if entries[level] >= 0:
            used = 0
            for space in range(3):
                if keep[level, space]:
                    used += words[level, space]
            worst = max(worst, used / entries[level])
        for d in range(8):
            used_x *= factors[level, 1, d]
            used_y *= factors[level, 2, d]
        worst = max(worst, used_x / mesh[level + 1, 0])
        worst = max(worst, used_y / mesh[level + 1, 1])
    return worst
