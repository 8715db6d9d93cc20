"""Valid mappings at random, and the valid neighbours of one."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from bohwsw.errors import NoValidMappingError
from bohwsw.mapping.batch import SPATIAL_X, SPATIAL_Y, TEMPORAL, MappingBatch, empty_batch
from bohwsw.mapping.mapspace import MapSpace, divisors, ordered_factorisations, prime_factors
from bohwsw.mapping.sampling_kernel import SpaceArrays, fill_rows
from bohwsw.mapping.tile_kernel import layer_arrays, new_tiling, set_tiles, worst_ratio
from bohwsw.mapping.tiles import tiles_of
from bohwsw.mapping.validity import Violation, limits_broken
from bohwsw.workload import DIMENSION_INDEX, DIMENSIONS

MAX_START_NODES = 200_000
"""Placements of pinned factors that the search for a first valid mapping looks at."""


def space_arrays(space: MapSpace) -> SpaceArrays:
    """Pack a map space for compiled functions."""
    architecture = space.architecture
    dims, primes = [], []
    pinned_dims = [d for d in DIMENSIONS if not space.allowed[0, TEMPORAL, DIMENSION_INDEX[d]]]
    for dim in (*pinned_dims, *(d for d in DIMENSIONS if d not in pinned_dims)):
        for prime, power in prime_factors(space.layer.sizes[dim]).items():
            dims += [DIMENSION_INDEX[dim]] * power
            primes += [prime] * power
    return SpaceArrays(
        layer=layer_arrays(space.layer),
        allowed=space.allowed,
        keep_must=space.keep_must,
        keep_may=space.keep_may,
        single_axis=space.dataflow.single_axis,
        entries=np.array(
            [-1 if x.entries is None else x.entries for x in architecture.levels], dtype=np.int64
        ),
        mesh=np.array(
            [architecture.mesh(i) for i in range(architecture.depth + 1)], dtype=np.int64
        ),
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
    fill_rows(batch, arrays, find_start(space, arrays), seed)
    return batch


def find_start(space: MapSpace, arrays: SpaceArrays) -> npt.NDArray[np.int64]:
    """A placement (L x 3 x 8) of all pinned factors that fits, everything else still at 1.

    Pinned are the dimensions that may not loop at the outermost level. The search is exhaustive, so
    that a failure is a proof, up to ``MAX_START_NODES`` placements.

    Raises:
        NoValidMappingError: there is none (or none was found within the limit, which is then said).
    """
    return _StartSearch(space, arrays).run()


class _StartSearch:
    """Depth-first search over the slots of the pinned prime factors, keeping as little as may be."""

    def __init__(self, space: MapSpace, arrays: SpaceArrays) -> None:
        self.space = space
        self.arrays = arrays
        self.batch = empty_batch(1, space.architecture.depth)
        self.batch.keep[0] = space.keep_must
        self.nodes = 0
        self.closest: tuple[float, tuple[Violation, ...]] = (float("inf"), ())

    def run(self) -> npt.NDArray[np.int64]:
        factors = self.batch.factors[0]
        if self._fits() and self._place(0, 0):
            return factors.copy()
        layer, machine = self.space.layer.name, self.space.architecture.name
        proof = "" if self.nodes < MAX_START_NODES else f" (gave up after {self.nodes} placements)"
        reasons = "; ".join(str(v) for v in self.closest[1])
        raise NoValidMappingError(
            f"layer {layer!r} has no valid mapping on {machine!r}{proof}. Closest: {reasons}",
            layer,
            self.closest[1],
        )

    def _place(self, turn: int, first_slot: int) -> bool:
        """Place primes from ``turn`` on; equal primes go to slots in rising order."""
        if turn == self.arrays.pinned:
            return True
        d, prime = int(self.arrays.prime_dim[turn]), int(self.arrays.prime[turn])
        factors = self.batch.factors[0]
        for slot in range(first_slot, factors.shape[0] * 3):
            level, kind = divmod(slot, 3)
            other_axis = factors[level, 3 - kind, d] > 1 if kind else False
            if not self.arrays.allowed[level, kind, d]:
                continue
            if self.arrays.single_axis and other_axis:
                continue
            if self.nodes >= MAX_START_NODES:
                return False
            self.nodes += 1
            factors[level, kind, d] *= prime
            if self._fits():
                after = turn + 1
                same = after < self.arrays.pinned and (
                    self.arrays.prime_dim[after] == d and self.arrays.prime[after] == prime
                )
                if self._place(after, slot if same else 0):
                    return True
            factors[level, kind, d] //= prime
        return False

    def _fits(self) -> bool:
        mapping = self.batch.mapping(0)
        broken = tuple(
            limits_broken(self.space.architecture, mapping, tiles_of(self.space.layer, mapping))
        )
        worst = max((violation.ratio for violation in broken), default=0.0)
        if broken and worst < self.closest[0]:
            self.closest = (worst, broken)
        return not broken


def sample_uniform(
    space: MapSpace, count: int, seed: int, max_draws: int = 1_000_000
) -> tuple[MappingBatch, int]:
    """Valid mappings, each equally likely: draws from the whole space, invalid ones thrown away.

    Returns:
        The mappings (fewer than asked for if ``max_draws`` did not suffice) and the draws made, so
        that their quotient is the share of valid mappings.
    """
    rng = np.random.default_rng(seed)
    arrays = space_arrays(space)
    batch = empty_batch(count, space.architecture.depth)
    tiling = new_tiling(space.architecture.depth)
    found = draws = 0
    while found < count and draws < max_draws:
        draws += 1
        factors, keep = batch.factors[found], batch.keep[found]
        factors[:] = 1
        for dim, size in space.layer.sizes.items():
            _draw_factorisation(space, dim, size, factors, rng)
        batch.order[found] = rng.permuted(batch.order[found], axis=-1)
        keep[:] = space.keep_must | (space.keep_may & (rng.random(keep.shape) < 0.5))
        set_tiles(factors, arrays.layer, tiling)
        if worst_ratio(factors, keep, tiling, arrays.entries, arrays.mesh) <= 1.0:
            found += 1
    return batch.select(np.arange(found)), draws


def _draw_factorisation(
    space: MapSpace,
    dim: str,
    size: int,
    factors: npt.NDArray[np.int64],
    rng: np.random.Generator,
) -> None:
    """Split one dimension, every way equally likely: each factor weighted by what it leaves open."""
    single, paired = space.slots(dim)
    rest = size
    for position, (level, kinds) in enumerate(single + paired):
        singles_left = max(0, len(single) - position - 1)
        pairs_left = len(paired) - max(0, position + 1 - len(single))
        options = [
            (factor, kind)
            for factor in divisors(rest)
            for kind in (kinds if factor > 1 else kinds[:1])
        ]
        weights = np.array(
            [ordered_factorisations(rest // f, singles_left, pairs_left) for f, _ in options],
            dtype=float,
        )
        factor, kind = options[rng.choice(len(options), p=weights / weights.sum())]
        factors[level, kind, DIMENSION_INDEX[dim]] = factor
        rest //= factor


def neighbours(space: MapSpace, mappings: MappingBatch, row: int) -> MappingBatch:
    """All valid mappings one move away from one of a batch.

    A move takes one prime factor of a dimension to another slot, exchanges two loops that follow
    each other in time, or keeps or bypasses one data space at one level.
    """
    arrays = space_arrays(space)
    tiling = new_tiling(space.architecture.depth)
    valid = []
    for factors, order, keep in _moves(arrays, mappings, row):
        set_tiles(factors, arrays.layer, tiling)
        if worst_ratio(factors, keep, tiling, arrays.entries, arrays.mesh) <= 1.0:
            valid.append((factors, order, keep))
    if not valid:
        return mappings.select(np.arange(0))
    return MappingBatch(*(np.stack(part) for part in zip(*valid, strict=True)))


Parts = tuple[npt.NDArray[np.int64], npt.NDArray[np.int8], npt.NDArray[np.bool_]]


def _moves(arrays: SpaceArrays, mappings: MappingBatch, row: int) -> Iterator[Parts]:
    factors, order, keep = mappings.factors[row], mappings.order[row], mappings.keep[row]
    for level, kind, d in np.argwhere(factors > 1):
        for prime in prime_factors(int(factors[level, kind, d])):
            for to_level, to_kind in np.argwhere(arrays.allowed[:, :, d]):
                if (to_level, to_kind) == (level, kind):
                    continue
                moved = factors.copy()
                moved[level, kind, d] //= prime
                moved[to_level, to_kind, d] *= prime
                both = moved[to_level, SPATIAL_X, d] > 1 and moved[to_level, SPATIAL_Y, d] > 1
                if not (arrays.single_axis and both):
                    yield moved, order, keep
    for level in range(len(factors)):
        loops = [p for p in range(8) if factors[level, TEMPORAL, order[level, TEMPORAL, p]] > 1]
        for outer, inner in zip(loops, loops[1:], strict=False):
            swapped = order.copy()
            line = swapped[level, TEMPORAL]
            line[outer], line[inner] = line[inner], line[outer]
            yield factors, swapped, keep
    for level, data_space in np.argwhere(arrays.keep_may & ~arrays.keep_must):
        toggled = keep.copy()
        toggled[level, data_space] = not toggled[level, data_space]
        yield factors, order, toggled
