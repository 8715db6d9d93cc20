"""The cheapest loops in time for given spatial factors and kept data spaces.

The method stands in ``tile_path_kernel``; here is what surrounds it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import product
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bohwsw.mapper.descent_kernel import Descent, Tables, new_descent
from bohwsw.mapper.goal import Goal
from bohwsw.mapper.skeleton_kernel import (
    BYPASS,
    EITHER,
    KEEP,
    Machine,
    Skeleton,
    least_of_each,
    new_skeleton,
    outermost_serving,
    set_skeleton,
)
from bohwsw.mapper.tile_lattice import STAYING, Lattice, halo_dimensions, lattice
from bohwsw.mapper.tile_path_kernel import least_path, mark_fitting_labels, trace_path
from bohwsw.mapping.batch import TEMPORAL, MappingBatch, empty_batch
from bohwsw.mapping.mapspace import MapSpace
from bohwsw.mapping.nest import LevelNest, Loop, Mapping
from bohwsw.mapping.tile_kernel import P, Q, R, S, layer_arrays
from bohwsw.simulator.costs import Costs
from bohwsw.simulator.delivery import distinct_pair_sums
from bohwsw.workload import DATA_SPACES, DIMENSIONS, Layer

SAME_AXIS = {P: R, R: P, Q: S, S: Q}
"""The other dimension that moves an Inputs tile along the same axis."""

Factors = npt.NDArray[np.int64]
Prices = npt.NDArray[np.float64]


class Work(NamedTuple):
    """Working memory of one cost computation; see ``fill_terms``."""

    extents: Factors
    words: Factors
    passed: Prices
    kept: Prices
    halo: Prices


@dataclass(frozen=True)
class Path:
    """The cheapest loops in time of a skeleton.

    Attributes:
        cost: energy and tolls, pJ; no mapping of the skeleton costs less. Infinite if there is none
            within the limits.
        mapping: one that costs this, or a little more where halos were guessed; None if the cost
            is infinite.
    """

    cost: float
    mapping: Mapping | None


class Solved(NamedTuple):
    """Shortest paths of a skeleton under one toll; see ``least_path``."""

    skeleton: Skeleton
    lattice: Lattice
    values: Prices
    arrivals: Prices
    work: Work
    fixed: float
    cost: float


@dataclass(frozen=True)
class Walk:
    """A walk through a skeleton's paths; see ``descent_kernel``."""

    unrolling: Factors
    choice: Factors
    tables: Tables
    descent: Descent

    @property
    def over(self) -> bool:
        """Whether all paths have been looked at."""
        return bool(self.descent.level[0] < 0)


@dataclass(frozen=True)
class TilePaths:
    """Bounds and cheapest mappings of the skeletons of a map space.

    Attributes:
        space: layer, machine, dataflow.
        costs: what the machine's actions cost.
        with_energy: whether energies count; if not, tolls alone.
    """

    space: MapSpace
    costs: Costs
    with_energy: bool = True

    @cached_property
    def machine(self) -> Machine:
        """The layer on the machine, for compiled functions."""
        levels = self.space.architecture.levels
        may_keep = self.space.keep_may
        energy = [(cost.read_pj, cost.fill_pj, cost.update_pj) for cost in self.costs.storage]
        unlimited = float("inf")
        return Machine(
            layer=layer_arrays(self.space.layer),
            sizes=np.array([*self.space.layer.sizes.values()], dtype=np.int64),
            energy=np.array(energy) * self.with_energy,
            block=np.array([level.block_size for level in levels], dtype=np.int64),
            entries=np.array(
                [-1 if level.entries is None else level.entries for level in levels],
                dtype=np.int64,
            ),
            bandwidth=np.array(
                [
                    (
                        level.read_words_per_cycle or unlimited,
                        level.write_words_per_cycle or unlimited,
                    )
                    for level in levels
                ]
            ),
            allowed=np.ascontiguousarray(self.space.allowed[:, TEMPORAL]),
            last=np.array([np.flatnonzero(may_keep[:, s]).max() for s in range(3)]),
            used_words=np.array(used_words(self.space.layer), dtype=np.int64),
        )

    @cached_property
    def choices(self) -> Factors:
        """int64, V x L x 3: what may be kept where, the last level of a data space left open."""
        must, may = self.space.keep_must, self.space.keep_may
        last = np.zeros_like(may)
        last[self.machine.last, range(3)] = True
        open_now = np.argwhere(may & ~must & ~last)
        base = np.where(must, KEEP, np.where(may & last, EITHER, BYPASS)).astype(np.int64)
        choices = []
        for kept in product((BYPASS, KEEP), repeat=len(open_now)):
            choice = base.copy()
            for (level, data_space), way in zip(open_now, kept, strict=True):
                choice[level, data_space] = way
            choices.append(choice)
        return np.array(choices)

    @property
    def outputs(self) -> int:
        """Words of Outputs of the whole layer."""
        return used_words(self.space.layer)[2]

    @property
    def mac_energy_pj(self) -> float:
        """Energy of all multiply-accumulates."""
        return self.space.layer.macs * self.costs.mac_energy_pj * self.with_energy

    @property
    def least_energy_pj(self) -> float:
        """What no mapping avoids: all operations, and each word once at the outermost level."""
        outermost = self.machine.energy[0] / self.machine.block[0]
        words = zip(self.machine.used_words, outermost[[0, 0, 2]], strict=True)
        return self.mac_energy_pj + float(sum(count * price for count, price in words))

    def least(self, unrollings: Factors, goal: Goal) -> Prices:
        """Quick lower bounds for each unrolling and each of ``choices``.

        Args:
            unrollings: U x L x 2 x 8.
            goal: what is minimised.

        Returns:
            float64, U x V x 3: objective, energy (pJ), latency (cycles).
        """
        depth = self.space.architecture.depth
        least = np.empty((len(unrollings), len(self.choices), 3))
        least_of_each(
            self.machine,
            self.mac_energy_pj,
            self.space.layer.macs,
            goal.number,
            goal.cycle_price_pj,
            np.ascontiguousarray(unrollings.prod(axis=2)),
            self.choices,
            new_skeleton(depth),
            np.empty((3, 2)),
            np.empty((3, 2, depth, 2)),
            least,
        )
        return least

    def solve(
        self,
        unrolling: Factors,
        choice: Factors,
        *,
        guess_halo: bool = False,
        toll: Prices | None = None,
        limit: Prices | None = None,
    ) -> Path:
        """The cheapest loops in time.

        Args:
            unrolling: spatial factors on (X, Y) below each level, L x 2 x 8.
            choice: what is kept, L x 3, one of ``choices``.
            guess_halo: assume the best halo: faster, and the cost is a lower bound.
            toll: L x 2; pJ for each word (read, written) on top of its energy.
            limit: L x 2; words that all instances of a level together may (read, write) of any one
                data space.
        """
        solved = self._solve(unrolling, choice, guess_halo, toll, limit, with_arrivals=False)
        if not np.isfinite(solved.cost):
            return Path(float("inf"), None)
        return Path(solved.cost, self._mapping(unrolling, solved))

    def walk(
        self,
        unrolling: Factors,
        choice: Factors,
        *,
        tolls: Sequence[Prices],
        slopes: Sequence[float],
        cycles: float,
        limit: Prices | None,
    ) -> Walk:
        """Get ready to look at all loops in time that may be better than the best mapping.

        Args:
            unrolling: see ``solve``.
            choice: see ``solve``.
            tolls: each L x 2; the first is 0.
            slopes: for each, the sum of toll x capacity.
            cycles: the least latency.
            limit: see ``solve``.
        """
        solved = [
            self._solve(unrolling, choice, False, toll, limit, with_arrivals=True) for toll in tolls
        ]
        values = np.stack([x.values for x in solved])
        tables = Tables(
            lattice=solved[0].lattice,
            allowed=self.machine.allowed,
            values=values,
            arrivals=np.stack([x.arrivals for x in solved]),
            least=_least_over_labels(solved[0].lattice, values),
            slopes=np.array(slopes),
            cycles=cycles,
        )
        descent = new_descent(len(choice), len(tolls))
        descent.node[0] = len(tables.lattice.extent) - 1
        descent.spent[0] = [x.fixed for x in solved]
        return Walk(unrolling, choice, tables, descent)

    def mappings(self, walk: Walk, leaves: Factors) -> MappingBatch:
        """All mappings of the paths that a walk found (N x L x 9) that may differ in cost.

        What the last level of a data space keeps is left open, and so is the order of loops that
        move Inputs along one axis.
        """
        keeps = [*product(*(_keeps(int(choice)) for choice in walk.choice.ravel()))]
        kept = np.array(keeps, dtype=np.bool_).reshape(len(keeps), *walk.choice.shape)
        orders, owner = _orders(leaves)
        batch = empty_batch(len(owner) * len(kept), len(walk.choice))
        batch.factors[:, :, 0] = np.repeat(leaves[owner, :, :8], len(kept), axis=0)
        batch.factors[:, :, 1:] = walk.unrolling
        batch.order[:, :, 0] = np.repeat(orders, len(kept), axis=0)
        batch.keep[:] = np.tile(kept, (len(owner), 1, 1))
        return batch

    def _solve(
        self,
        unrolling: Factors,
        choice: Factors,
        guess_halo: bool,
        toll: Prices | None,
        limit: Prices | None,
        *,
        with_arrivals: bool,
    ) -> Solved:
        skeleton = self._skeleton(unrolling, choice)
        if toll is not None:
            skeleton.toll[:] = toll
        if limit is not None:
            skeleton.limit[:] = limit
        layer = self.space.layer
        sizes = tuple(
            size // int(inside)
            for size, inside in zip(layer.sizes.values(), skeleton.inside[0], strict=True)
        )
        tiles = lattice(sizes, halo_dimensions(layer), guess_halo)
        depth, nodes, labels = len(choice), len(tiles.extent), len(tiles.space)
        values = np.empty((depth, nodes, labels))
        arrivals = np.empty((depth, nodes, labels) if with_arrivals else (depth, 0, 0))
        work = Work(
            np.ones(8, dtype=np.int64),
            np.ones(3, dtype=np.int64),
            np.zeros(3),
            np.zeros(tiles.runs.shape),
            np.zeros((8, tiles.divisor.shape[1])),
        )
        stay, rest = np.empty((nodes, labels)), np.empty((nodes, 4))
        cost = least_path(self.machine, skeleton, tiles, values, arrivals, stay, rest, work)
        fixed = self.mac_energy_pj + self._outermost_cost(skeleton)
        return Solved(skeleton, tiles, values, arrivals, work, fixed, float(cost + fixed))

    def _skeleton(self, unrolling: Factors, choice: Factors) -> Skeleton:
        skeleton = new_skeleton(self.space.architecture.depth)
        cycles = self.space.layer.macs // int(unrolling.prod())
        products = np.ascontiguousarray(unrolling.prod(axis=1))
        set_skeleton(self.machine, self.outputs, cycles, products, choice, skeleton)
        return skeleton

    def _outermost_cost(self, skeleton: Skeleton) -> float:
        """Cost of what the MACs take from the outermost level itself: no path arrives there."""
        return sum(
            float(outermost_serving(self.machine, skeleton, data_space))
            for data_space in range(3)
            if self.machine.last[data_space] == 0
        )

    def _mapping(self, unrolling: Factors, solved: Solved) -> Mapping:
        """The mapping of the cheapest path."""
        depth = len(unrolling)
        temporal = np.ones((depth, len(DIMENSIONS)), dtype=np.int64)
        innermost, keeps = np.full((2, depth), -1, dtype=np.int64)
        trace_path(
            self.machine,
            solved.skeleton,
            solved.lattice,
            solved.values,
            solved.work,
            temporal,
            innermost,
            keeps,
        )
        return Mapping(
            tuple(
                LevelNest(
                    temporal=tuple(_ordered(temporal[level], int(innermost[level]))),
                    spatial_x=tuple(_loops(unrolling[level, 0], range(len(DIMENSIONS)))),
                    spatial_y=tuple(_loops(unrolling[level, 1], range(len(DIMENSIONS)))),
                    keep=frozenset(x for s, x in enumerate(DATA_SPACES) if keeps[level] >> s & 1),
                )
                for level in range(depth)
            )
        )


def used_words(layer: Layer) -> tuple[int, int, int]:
    """Words of Weights, Inputs and Outputs that a layer uses; gaps between Inputs left out."""
    across = distinct_pair_sums(layer.P, layer.stride_w, layer.R, layer.dilation_w)
    down = distinct_pair_sums(layer.Q, layer.stride_h, layer.S, layer.dilation_h)
    return (
        layer.G * layer.K * layer.C * layer.R * layer.S,
        layer.N * layer.G * layer.C * across * down,
        layer.N * layer.G * layer.K * layer.P * layer.Q,
    )


def _least_over_labels(tiles: Lattice, values: Prices) -> Prices:
    """The least of values (T x L x nodes x labels) over the labels that fit outside each node."""
    fits = np.zeros(values.shape[2:], dtype=np.bool_)
    mark_fitting_labels(tiles, fits)
    return np.asarray(np.where(fits, values, np.inf).min(axis=-1))


def _keeps(choice: int) -> tuple[bool, ...]:
    return (False, True) if choice == EITHER else (choice == KEEP,)


def _orders(leaves: Factors) -> tuple[npt.NDArray[np.int8], Factors]:
    """Orders of the loops in time worth a look, M x L x 8, and which path each belongs to.

    Outside the innermost loop stand the others that leave the same in place, and outside them the
    one that moves Inputs along the same axis; or that one first: both move the tile in turn.
    """
    found, owner = [], []
    for row, leaf in enumerate(leaves):
        ways = []
        for block in leaf:
            innermost = int(block[8])
            orders = [_order(innermost, beside=False)]
            other = SAME_AXIS.get(innermost)
            if other is not None and block[other] > 1:
                orders.append(_order(innermost, beside=True))
            ways.append(orders)
        for order in product(*ways):
            found.append(order)
            owner.append(row)
    return np.array(found, dtype=np.int8), np.array(owner, dtype=np.int64)


@lru_cache(maxsize=32)
def _order(innermost: int, *, beside: bool) -> tuple[int, ...]:
    """All dimensions, outermost first; ``beside``: the same axis' other one right outside."""
    staying = STAYING[innermost] if innermost >= 0 else -1

    def place(d: int) -> int:
        if d == innermost:
            return 3
        if SAME_AXIS.get(d) == innermost:
            return 2 if beside else 0
        return 1 if staying >= 0 and STAYING[d] == staying else -1

    return tuple(sorted(range(len(DIMENSIONS)), key=place))


def _ordered(factors: Factors, innermost: int) -> Iterator[Loop]:
    """Loops of a block: innermost the given one, around it those that leave the same in place."""
    return _loops(factors, _order(innermost, beside=False))


def _loops(factors: Factors, dims: Iterable[int]) -> Iterator[Loop]:
    return ((DIMENSIONS[d], int(factors[d])) for d in dims if factors[d] > 1)
