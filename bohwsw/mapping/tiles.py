"""Tile sizes: how much of each dimension and data space one instance of a level sees at a time."""

from __future__ import annotations

from dataclasses import dataclass

from bohwsw.mapping.nest import Loop, Mapping
from bohwsw.workload import DATA_SPACES, DIMENSIONS, Layer, tile_words


@dataclass(frozen=True)
class Tiles:
    """Extents and sizes of the tiles of a mapping.

    Blocks count from 0 (DRAM); block ``depth`` is the multiply-accumulate unit, whose tile is one
    element of each data space.

    Attributes:
        extents: ``extents[i][dim]``, steps along a dimension of all loops in blocks >= i.
        child_extents: ``child_extents[i][dim]``, the same without the temporal loops of block i:
            what all children of one instance see together.
        words: ``words[i][data_space]``, words in the bounding box of ``extents[i]``.
        union_words: ``union_words[i][data_space]``, words in that of ``child_extents[i]``.

    Equal tiles of neighbouring blocks are one dictionary: they are read, never written.
    """

    extents: tuple[dict[str, int], ...]
    child_extents: tuple[dict[str, int], ...]
    words: tuple[dict[str, int], ...]
    union_words: tuple[dict[str, int], ...]


def tiles_of(layer: Layer, mapping: Mapping, *, clipped: bool = False) -> Tiles:
    """All tile extents and sizes of a mapping (counting rule B.2).

    Args:
        clipped: whether extents end at the layer's sizes, which imperfect factors may exceed.
    """
    limits = layer.sizes if clipped else None
    extents = dict.fromkeys(DIMENSIONS, 1)
    words = _words(layer, extents)
    all_extents, all_words = [extents], [words]
    child_extents, union_words = [], []
    for block in reversed(mapping.levels):
        extents, words = _grown(layer, extents, words, block.spatial, limits)
        child_extents.append(extents)
        union_words.append(words)
        extents, words = _grown(layer, extents, words, block.temporal, limits)
        all_extents.append(extents)
        all_words.append(words)
    return Tiles(
        extents=tuple(reversed(all_extents)),
        child_extents=tuple(reversed(child_extents)),
        words=tuple(reversed(all_words)),
        union_words=tuple(reversed(union_words)),
    )


def _grown(
    layer: Layer,
    extents: dict[str, int],
    words: dict[str, int],
    loops: tuple[Loop, ...],
    limits: dict[str, int] | None,
) -> tuple[dict[str, int], dict[str, int]]:
    """The tile that some loops around a tile make; the tile itself where there are none."""
    if not loops:
        return extents, words
    extents = dict(extents)
    for dim, factor in loops:
        extents[dim] *= factor
        if limits is not None:
            extents[dim] = min(extents[dim], limits[dim])
    return extents, _words(layer, extents)


def _words(layer: Layer, extents: dict[str, int]) -> dict[str, int]:
    return {space: tile_words(layer, space, extents) for space in DATA_SPACES}
