"""Many mappings of one layer as arrays, the form that the batched simulator and mappers work on.

With B mappings, L storage levels and the D = 8 dimensions in the order of ``DIMENSIONS``:

- ``factors``: int64, B x L x 3 x D; the axis of length 3 is temporal, spatial X, spatial Y;
- ``order``: int8, B x L x 3 x D; the dimensions of each list of loops, outermost first (always all
  D of them; those of factor 1 are no loops);
- ``keep``: bool, B x L x 3; data spaces in the order of ``DATA_SPACES``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bohwsw.mapping.nest import LevelNest, Loop, Mapping
from bohwsw.workload import DATA_SPACES, DIMENSION_INDEX, DIMENSIONS

TEMPORAL, SPATIAL_X, SPATIAL_Y = 0, 1, 2
"""Positions on the third axis of ``factors`` and ``order``."""


class MappingBatch(NamedTuple):
    """Mappings of one layer on machines of equal depth; see the module's head for the arrays.

    A named tuple, because compiled functions take those as they are.
    """

    factors: npt.NDArray[np.int64]
    order: npt.NDArray[np.int8]
    keep: npt.NDArray[np.bool_]

    @property
    def size(self) -> int:
        """Number of mappings."""
        return len(self.factors)

    @property
    def depth(self) -> int:
        """Storage levels of each mapping."""
        return int(self.factors.shape[1])

    def select(self, rows: npt.NDArray[np.int64]) -> MappingBatch:
        """The mappings at the given positions."""
        return MappingBatch(self.factors[rows], self.order[rows], self.keep[rows])

    def mapping(self, row: int) -> Mapping:
        """One of the mappings, loops of factor 1 left out."""
        return Mapping(tuple(self._nest(row, level) for level in range(self.depth)))

    def _nest(self, row: int, level: int) -> LevelNest:
        def loops(kind: int) -> tuple[Loop, ...]:
            factors, order = self.factors[row, level, kind], self.order[row, level, kind]
            return tuple((DIMENSIONS[d], int(factors[d])) for d in order if factors[d] > 1)

        kept = zip(DATA_SPACES, self.keep[row, level], strict=True)
        return LevelNest(
            temporal=loops(TEMPORAL),
            spatial_x=loops(SPATIAL_X),
            spatial_y=loops(SPATIAL_Y),
            keep=frozenset(space for space, flag in kept if flag),
        )


def empty_batch(size: int, depth: int) -> MappingBatch:
    """A batch in which every factor is 1, loops stand in standard order and all is kept."""
    order = np.broadcast_to(np.arange(len(DIMENSIONS), dtype=np.int8), (size, depth, 3, 8))
    return MappingBatch(
        factors=np.ones((size, depth, 3, len(DIMENSIONS)), dtype=np.int64),
        order=order.copy(),
        keep=np.ones((size, depth, len(DATA_SPACES)), dtype=np.bool_),
    )


def batch_of(mappings: Sequence[Mapping]) -> MappingBatch:
    """Mappings of equal depth, packed."""
    batch = empty_batch(len(mappings), len(mappings[0].levels) if mappings else 0)
    for row, mapping in enumerate(mappings):
        for level, block in enumerate(mapping.levels):
            for kind, loops in enumerate((block.temporal, block.spatial_x, block.spatial_y)):
                present = [DIMENSION_INDEX[dim] for dim, _ in loops]
                absent = [d for d in range(len(DIMENSIONS)) if d not in present]
                batch.order[row, level, kind] = absent + present
                for dim, factor in loops:
                    batch.factors[row, level, kind, DIMENSION_INDEX[dim]] = factor
            for position, space in enumerate(DATA_SPACES):
                batch.keep[row, level, position] = space in block.keep
    return batch
