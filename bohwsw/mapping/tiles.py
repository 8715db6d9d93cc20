"""Tile sizes: how much of each dimension and data space one instance of a level sees at a time."""

from __future__ import annotations

from dataclasses import dataclass

from bohwsw.mapping.nest import Mapping
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
    """

    extents: tuple[dict[str, int], ...]
    child_extents: tuple[dict[str, int], ...]
    words: tuple[dict[str, int], ...]
    union_words: tuple[dict[str, int], ...]


def tiles_of(layer: Layer, mapping: Mapping) -> Tiles:
    """All tile extents and sizes of a mapping (reference rule B.2)."""
    current = dict.fromkeys(DIMENSIONS, 1)
    extents, child_extents = [dict(current)], []
    for block in reversed(mapping.levels):
        for dim, factor in block.spatial:
            current[dim] *= factor
        child_extents.append(dict(current))
        for dim, factor in block.temporal:
            current[dim] *= factor
        extents.append(dict(current))
    extents.reverse()
    child_extents.reverse()
    return Tiles(
        extents=tuple(extents),
        child_extents=tuple(child_extents),
        words=tuple(_words(layer, e) for e in extents),
        union_words=tuple(_words(layer, e) for e in child_extents),
    )


def _words(layer: Layer, extents: dict[str, int]) -> dict[str, int]:
    return {space: tile_words(layer, space, extents) for space in DATA_SPACES}
