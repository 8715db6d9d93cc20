"""The cheapest loops in time for given spatial factors and kept data spaces.

The method stands in ``tile_path_kernel``; here is what surrounds it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bohwsw.mapper.descent_kernel import Descent, Tables, new_descent
from bohwsw.mapper.goal import Goal
from bohwsw.mapper.machine_arrays import machine_arrays, used_words
from bohwsw.mapper.path_mappings import cheapest_mapping
from bohwsw.mapper.path_trace_kernel import trace_path
from bohwsw.mapper.skeleton_bound_kernel import least_of_each
from bohwsw.mapper.skeleton_kernel import (
    BYPASS,
    EITHER,
    KEEP,
    Machine,
    Skeleton,
    new_skeleton,
    outermost_serving,
    set_skeleton,
)
from bohwsw.mapper.tile_lattice import Lattice, halo_dimensions, lattice
from bohwsw.mapper.tile_path_kernel import least_path, mark_fitting_labels
from bohwsw.mapping.mapspace import MapSpace
from bohwsw.mapping.nest import Mapping
from bohwsw.simulator.costs import Costs
from bohwsw.workload import DIMENSIONS

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
        return machine_arrays(self.space, self.costs, with_energy=self.with_energy)

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
            stationary=self.machine.stationary,
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
        return cheapest_mapping(unrolling, temporal, innermost, keeps, self.machine.stationary)


def _least_over_labels(tiles: Lattice, values: Prices) -> Prices:
    """The least of values (T x L x nodes x labels) over the labels that fit outside each node."""
    fits = np.zeros(values.shape[2:], dtype=np.bool_)
    mark_fitting_labels(tiles, fits)
    return np.asarray(np.where(fits, values, np.inf).min(axis=-1))
