"""Whether a map space holds a valid mapping at all: the start from which sampling can always go."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from bohwsw.errors import NoValidMappingError
from bohwsw.mapping.batch import empty_batch
from bohwsw.mapping.limits import limits_of
from bohwsw.mapping.mapspace import MapSpace
from bohwsw.mapping.sampling_kernel import SpaceArrays
from bohwsw.mapping.start_kernel import place_pinned
from bohwsw.mapping.tile_kernel import new_tiling
from bohwsw.mapping.tiles import tiles_of
from bohwsw.mapping.validity import limits_broken
from bohwsw.workload import DATA_SPACES, DIMENSION_INDEX, tile_words

MAX_START_NODES = 2_000_000
"""Partial placements that the search for a first valid mapping looks at; under a second."""

MAX_REASON_NODES = 200_000
"""Partial placements looked at for the least bad mapping, once it is known that none is valid."""


def find_start(space: MapSpace, arrays: SpaceArrays) -> npt.NDArray[np.int64]:
    """A placement (L x 3 x 8) of all pinned factors that fits, everything else still at 1.

    Pinned are the dimensions that may not loop at the outermost level. Nothing is kept but what
    must be. The search is exhaustive, so that a failure is a proof, up to ``MAX_START_NODES``
    partial placements.

    Raises:
        NoValidMappingError: there is none (or none was found within the limit, which is then said).
            Its violations are those of the whole placement with the lowest worst ratio found.
    """
    best = empty_batch(1, space.architecture.depth)
    best.keep[0] = space.keep_must
    factors: npt.NDArray[np.int64] = best.factors[0]
    nodes_left = MAX_START_NODES
    if not _is_overfull(space):
        ratio, nodes_left = _search(arrays, space.keep_must, factors, 1.0, MAX_START_NODES)
        if ratio <= 1.0:
            return factors
    _search(arrays, space.keep_must, factors, math.inf, MAX_REASON_NODES)
    mapping = best.mapping(0)
    broken = tuple(
        limits_broken(space.layer, space.architecture, mapping, tiles_of(space.layer, mapping))
    )
    layer, machine = space.layer.name, space.architecture.name
    doubt = f" (gave up after {MAX_START_NODES} placements)" if nodes_left == 0 else ""
    reasons = "; ".join(str(violation) for violation in broken)
    raise NoValidMappingError(
        f"layer {layer!r} has no valid mapping on {machine!r}{doubt}. Closest: {reasons}",
        layer,
        broken,
    )


def _is_overfull(space: MapSpace) -> bool:
    """Whether some level cannot hold even what has no place further out: a proof without search."""
    limits = limits_of(space.layer, space.architecture)
    if limits.operands:
        return True
    for index, capacity in enumerate(limits.capacity.tolist()):
        extents = {
            dim: 1 if space.allowed[:index, :, DIMENSION_INDEX[dim]].any() else size
            for dim, size in space.layer.sizes.items()
        }
        used = sum(
            tile_words(space.layer, data_space, extents) * units
            for data_space, units, must in zip(
                DATA_SPACES, limits.units[index].tolist(), space.keep_must[index], strict=True
            )
            if must
        )
        if capacity >= 0 and used > capacity:
            return True
    return False


def _search(
    arrays: SpaceArrays,
    keep: npt.NDArray[np.bool_],
    best: npt.NDArray[np.int64],
    bound: float,
    nodes: int,
) -> tuple[float, int]:
    """``place_pinned`` for a worst ratio of at most ``bound``; (worst ratio, nodes left)."""
    ratio, left = place_pinned(
        np.ones_like(best),
        keep,
        arrays,
        new_tiling(len(best)),
        np.zeros(arrays.pinned + 1, dtype=np.int64),
        best,
        math.nextafter(bound, math.inf),
        nodes,
    )
    return float(ratio), int(left)
