"""Features of mappings for a surrogate: what an architect would look at, never the answer itself.

In the spirit of the feature vectors of Shi et al. (arXiv:2010.02075), which are buffer-usage ratios
for each data space at each level and the use of the array:

- tile: log2 of the words that a level holds of a data space (buffer usage, up to a constant);
- refetch: log2 of how often that tile is brought in again, by the order of the loops around it:
  the product of all loops from the outermost one down to the last that moves the tile;
- words: log2 of all words that pass a level, over data spaces and instances: what is dear where it
  is far out, and a sum that a model of tiles and refetches would have to learn. A word that several
  instances take at once counts once;
- spatial: log2 of the array's columns, rows and units in use;
- factor: log2 of each dimension's factors: in time at each level outside the array, on the array,
  and in time at all levels inside it together (which of them does what shows in the tiles);
- keep: whether a level keeps a data space, where that is a choice.

Where a data space bypasses a level, the level's tile and refetch are those of the next level
inwards that keeps it, for that is what passes through. No energy, bandwidth or cycle enters. How
much the words help a search: docs/optimiser.md; the co-design paper does not name them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from bohwsw.arrays import Values
from bohwsw.mapping import RELEVANT, SPATIAL_X, SPATIAL_Y, TEMPORAL, MappingBatch
from bohwsw.mapping_search.mapping_codec import MappingCodec
from bohwsw.workload import (
    DATA_SPACES,
    DIMENSION_INDEX,
    DIMENSIONS,
    Layer,
    box_widths,
    tensor_widths,
)


def feature_names(codec: MappingCodec, *, words: bool = True) -> tuple[str, ...]:
    """The names of the columns of `mapping_features`."""
    pairs = _pairs(codec)
    stored = [f"{codec.level_name(level)}_{DATA_SPACES[d]}" for level, d in pairs]
    factors = [f"factor_{g.name}_{dim}" for g in _factor_groups(codec) for dim in g.dims]
    levels = range(1, codec.space.architecture.depth)
    return (
        *(f"tile_{name}" for name in stored),
        *(f"refetch_{name}" for name in stored),
        *(f"words_{codec.level_name(level)}" for level in levels if words),
        "columns_used",
        "rows_used",
        "units_used",
        *factors,
        *codec.keeps,
    )


def mapping_features(codec: MappingCodec, mappings: MappingBatch, *, words: bool = True) -> Values:
    """Features of mappings; see the head of the module.

    Args:
        mappings: B mappings, valid or not.
        words: whether the words that pass each level are among them.

    Returns:
        float64 ``[B, len(feature_names(codec, words=words))]``, not scaled.
    """
    passing = passing_tiles(codec.space.layer, mappings)
    levels, spaces = np.array(_pairs(codec), dtype=np.int64).reshape(-1, 2).T
    logs = np.log2(mappings.factors)
    across, down = (logs[:, :, axis].sum(axis=1).sum(axis=1) for axis in (SPATIAL_X, SPATIAL_Y))
    factors = [_factor_sums(group, logs) for group in _factor_groups(codec)]
    kept = [mappings.keep[:, level, space] for level, space in codec.keeps.values()]
    return np.concatenate(
        [
            passing.tile[:, levels, spaces],
            passing.refetch[:, levels, spaces],
            *([passing.words[:, 1:]] if words else []),
            np.stack([across, down, across + down], axis=1),
            *factors,
            np.array(kept, dtype=np.float64).reshape(len(kept), mappings.size).T,
        ],
        axis=1,
    )


@dataclass(frozen=True)
class PassingTiles:
    """What passes each level of B mappings of depth L: float64 ``[B, L, 3]``, by data space.

    These are tiles of the level itself if it keeps the data space, else of the nearest one inwards
    that does, else of the multiply-accumulate units: one word, every cycle.
    """

    tile: Values  # log2 of the words of a tile
    refetch: Values  # log2 of how often it is brought in
    instances: Values  # log2 of how many instances hold tiles that differ

    @property
    def words(self) -> Values:
        """Log2 ``[B, L]`` of all words that pass each level."""
        each = self.tile + self.refetch + self.instances
        return np.asarray(np.log2(np.exp2(each).sum(axis=-1)))


def passing_tiles(layer: Layer, mappings: MappingBatch) -> PassingTiles:
    """What passes each level; loops in space outside a level are what tells its instances apart."""
    size, depth = mappings.size, mappings.depth
    often, apart = refetches(mappings), _instances(mappings)
    tile, refetch, instances = np.empty((3, size, depth, len(DATA_SPACES)))
    extents = np.ones((size, len(DIMENSIONS)))
    tile_now = np.zeros((size, len(DATA_SPACES)))
    refetch_now, instances_now = often[:, depth], apart[:, depth]
    for level in range(depth - 1, -1, -1):
        in_time, on_x, on_y = mappings.factors[:, level].transpose(1, 0, 2)
        extents = extents * (in_time * on_x * on_y)
        keep = mappings.keep[:, level]
        tile_now = np.where(keep, np.log2(tile_words(layer, extents)), tile_now)
        refetch_now = np.where(keep, often[:, level], refetch_now)
        instances_now = np.where(keep, apart[:, level], instances_now)
        tile[:, level], refetch[:, level] = tile_now, refetch_now
        instances[:, level] = instances_now
    return PassingTiles(tile, refetch, instances)


def _instances(mappings: MappingBatch) -> Values:
    """Log2 of how many instances of each level hold different words: ``[B, L + 1, 3]``.

    As in `refetches` the last level is the multiply-accumulate units.
    """
    logs = np.log2(mappings.factors[:, :, SPATIAL_X]) + np.log2(mappings.factors[:, :, SPATIAL_Y])
    result = np.zeros((mappings.size, mappings.depth + 1, len(DATA_SPACES)))
    result[:, 1:] = np.cumsum(logs, axis=1) @ np.asarray(RELEVANT, dtype=np.float64).T
    return result


def refetches(mappings: MappingBatch) -> Values:
    """Log2 of how often the tile of each level is brought in, by the loops outside it.

    Loops that do not index a data space leave its tile in place as long as no loop inside them
    moves it. Halos that neighbouring tiles share are not looked at.

    Returns:
        float64 ``[B, L + 1, 3]``; the last level is the multiply-accumulate units, which take a
        new word every cycle.
    """
    order = mappings.order[:, :, TEMPORAL].astype(np.int64)
    steps = np.take_along_axis(np.log2(mappings.factors[:, :, TEMPORAL]), order, axis=-1)
    inside = np.cumsum(steps, axis=-1)  # of one level, down to each of its loops
    whole = np.cumsum(inside[..., -1], axis=1)  # of all levels, down to each of them
    above = whole - inside[..., -1]
    result = np.zeros((mappings.size, mappings.depth + 1, len(DATA_SPACES)))
    inside = np.where(steps > 0, inside, 0.0)
    for space in range(len(DATA_SPACES)):
        last = (inside * RELEVANT[space].astype(np.float64)[order]).max(axis=-1)
        result[:, 1:, space] = np.maximum.accumulate(np.where(last > 0, above + last, 0.0), axis=1)
    result[:, -1] = whole[:, -1:]
    return result


def tile_words(layer: Layer, extents: Values) -> Values:
    """Words ``[B, 3]`` of each data space in tiles of the given extents ``[B, 8]``."""
    each: Any = {dim: extents[:, index] for dim, index in DIMENSION_INDEX.items()}
    words = []
    for space in DATA_SPACES:
        widths = zip(box_widths(layer, space, each), tensor_widths(layer, space), strict=True)
        words.append(math.prod(np.minimum(width, most) for width, most in widths))
    return np.stack(words, axis=1)


def _pairs(codec: MappingCodec) -> list[tuple[int, int]]:
    """Levels below the outermost with the data spaces that each may keep."""
    return [(int(i), int(j)) for i, j in np.argwhere(codec.space.keep_may) if i > 0]


@dataclass(frozen=True)
class _FactorGroup:
    """Levels and kinds of loops whose factors are multiplied, dimension by dimension."""

    name: str
    levels: tuple[int, ...]
    kinds: tuple[int, ...]
    dims: tuple[str, ...]


def _factor_groups(codec: MappingCodec) -> list[_FactorGroup]:
    depth = codec.space.architecture.depth
    fans_out = [level for level in range(depth) if codec.space.allowed[level, 1:].any()]
    first_inside = fans_out[-1] + 1 if fans_out else depth
    groups: list[tuple[str, tuple[int, ...], tuple[int, ...]]]
    groups = [(codec.level_name(level), (level,), (TEMPORAL,)) for level in range(first_inside)]
    groups.append(("array", tuple(fans_out), (SPATIAL_X, SPATIAL_Y)))
    groups.append(("inside", tuple(range(first_inside, depth)), (TEMPORAL,)))
    found = []
    for name, levels, kinds in groups:
        dims = tuple(
            dim
            for dim, places in codec.places.items()
            if any(level in levels and kind in kinds for level, kind in places)
        )
        if dims:
            found.append(_FactorGroup(name, levels, kinds, dims))
    return found


def _factor_sums(group: _FactorGroup, logs: Values) -> Values:
    """Log2 ``[B, len(group.dims)]`` of the factors of a group."""
    total = sum(logs[:, level, kind] for level in group.levels for kind in group.kinds)
    return np.asarray(total)[:, [DIMENSION_INDEX[dim] for dim in group.dims]]
