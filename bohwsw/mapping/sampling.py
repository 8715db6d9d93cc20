"""Valid mappings at random."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from bohwsw.divisors import divisors, prime_factors
from bohwsw.mapping.batch import TEMPORAL, MappingBatch, empty_batch
from bohwsw.mapping.limits import limits_of
from bohwsw.mapping.mapspace import MapSpace, ordered_factorisations
from bohwsw.mapping.sampling_kernel import SpaceArrays, fill_rows, mark_fitting, new_workspace
from bohwsw.mapping.start import find_start
from bohwsw.mapping.tile_kernel import layer_arrays, new_tiling
from bohwsw.workload import DIMENSION_INDEX, DIMENSIONS

DRAWS_AT_ONCE = 4096


def space_arrays(space: MapSpace) -> SpaceArrays:
    """Pack a map space for compiled functions."""
    dims, primes = [], []
    pinned_dims = [d for d in DIMENSIONS if not space.allowed[0, TEMPORAL, DIMENSION_INDEX[d]]]
    # Those with the fewest places first, so that a search for a placement meets dead ends early.
    pinned_dims.sort(key=lambda dim: int(space.allowed[:, :, DIMENSION_INDEX[dim]].sum()))
    for dim in (*pinned_dims, *(d for d in DIMENSIONS if d not in pinned_dims)):
        for prime, power in prime_factors(space.layer.sizes[dim]).items():
            dims += [DIMENSION_INDEX[dim]] * power
            primes += [prime] * power
    return SpaceArrays(
        layer=layer_arrays(space.layer),
        allowed=space.allowed,
        keep_must=space.keep_must,
        keep_may=space.keep_may,
        nesting=space.nesting,
        single_axis=space.dataflow.single_axis,
        limits=limits_of(space.layer, space.architecture),
        prime_dim=np.array(dims, dtype=np.int64),
        prime=np.array(primes, dtype=np.int64),
        pinned=sum(DIMENSIONS[d] in pinned_dims for d in dims),
    )


def sample(space: MapSpace, count: int, seed: int) -> MappingBatch:
    """Valid mappings at random, built factor by factor: none is drawn and thrown away.

    Every valid mapping can come up, but not all equally often: see ``sample_uniform``.

    Raises:
        NoValidMappingError: the space holds no valid mapping.
    """
    arrays = space_arrays(space)
    batch = empty_batch(count, space.architecture.depth)
    fill_rows(batch, arrays, find_start(space, arrays), seed, new_workspace(arrays))
    return batch


def fitting(arrays: SpaceArrays, mappings: MappingBatch) -> npt.NDArray[np.bool_]:
    """Whether each mapping of a batch fits the capacities and fan-outs of the machine."""
    fits = np.empty(mappings.size, dtype=np.bool_)
    mark_fitting(mappings, arrays, new_tiling(mappings.depth), fits)
    return fits


def sample_uniform(
    space: MapSpace, count: int, seed: int, max_draws: int = 1_000_000
) -> tuple[MappingBatch, int]:
    """Valid mappings, each equally likely: draws from the whole space, invalid ones thrown away.

    Equally likely are the choices that ``MapSpace.size`` counts: factorisation, what is kept, and
    an order of all dimensions in each list of loops. Orders that differ only in loops of factor 1
    give the same mapping.

    Returns:
        The mappings (fewer than asked for if ``max_draws`` did not suffice) and the draws made, so
        that their quotient is the share of valid mappings.
    """
    rng = np.random.default_rng(seed)
    arrays = space_arrays(space)
    parts = [empty_batch(0, space.architecture.depth)]
    found = draws = 0
    while found < count and draws < max_draws:
        batch = _draw(space, min(DRAWS_AT_ONCE, max_draws - draws), rng)
        valid = np.flatnonzero(fitting(arrays, batch))[: count - found]
        found += len(valid)
        draws += int(valid[-1]) + 1 if found == count else batch.size
        parts.append(batch.select(valid))
    return MappingBatch(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True))), draws


def _draw(space: MapSpace, count: int, rng: np.random.Generator) -> MappingBatch:
    """Mappings from the whole space, valid or not."""
    batch = empty_batch(count, space.architecture.depth)
    for dim, size in space.layer.sizes.items():
        _draw_factorisations(space, dim, size, batch.factors, rng)
    free = space.keep_may & (rng.random(batch.keep.shape) < 0.5)
    order = space.settle_orders(rng.permuted(batch.order, axis=-1))
    return MappingBatch(batch.factors, order, space.keep_must | free)


def _draw_factorisations(
    space: MapSpace, dim: str, size: int, factors: npt.NDArray[np.int64], rng: np.random.Generator
) -> None:
    """Split one dimension, each factor weighted by the ways that it leaves open."""
    single, paired = space.slots(dim)
    rest = np.full(len(factors), size)
    for position, (level, kinds) in enumerate(single + paired):
        singles_left = max(0, len(single) - position - 1)
        pairs_left = len(paired) - max(0, position + 1 - len(single))
        for number in np.unique(rest[rest > 1]):
            rows = np.flatnonzero(rest == number)
            options = _options(int(number), kinds)
            ways = [
                ordered_factorisations(int(number) // f, singles_left, pairs_left)
                for f, _ in options
            ]
            chosen = rng.choice(len(options), size=len(rows), p=np.array(ways) / sum(ways))
            taken = np.array([factor for factor, _ in options])[chosen]
            kind = np.array([kind for _, kind in options])[chosen]
            factors[rows, level, kind, DIMENSION_INDEX[dim]] = taken
            rest[rows] //= taken


def _options(number: int, kinds: Sequence[int]) -> list[tuple[int, int]]:
    """The factors that one slot may take of a number, and on which of its positions."""
    return [(f, kind) for f in divisors(number) for kind in (kinds if f > 1 else kinds[:1])]
