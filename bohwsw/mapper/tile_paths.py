"""The cheapest loops in time of a skeleton, by ``tile_path_kernel``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bohwsw.clock import NO_LIMIT, Clock
from bohwsw.mapper.goal import Goal
from bohwsw.mapper.path_mappings import possible_mappings
from bohwsw.mapper.path_trace_kernel import trace_path
from bohwsw.mapper.path_walk_kernel import Tables, WalkState, least_over_labels, new_walk
from bohwsw.mapper.skeletons import (
    BYPASS,
    EITHER,
    KEEP,
    Machine,
    Reuse,
    Skeleton,
    fetch_bounds,
    least_of_each,
    new_reuse,
    new_skeleton,
    outermost_serving,
    set_skeleton,
)
from bohwsw.mapper.tile_lattice import Key, Lattice, halo_dimensions, lattice, lattice_shape
from bohwsw.mapper.tile_path_kernel import least_path
from bohwsw.mapping import TEMPORAL, Mapping, MapSpace, layer_arrays
from bohwsw.simulator import Costs, hardware_batch, used_words
from bohwsw.workload import DIMENSIONS

Factors = npt.NDArray[np.int64]
Prices = npt.NDArray[np.float64]

BESIDES = 60
"""Numbers that a lattice and the making of it take for each node, besides labels."""

VALUES_AT_ONCE = 200_000
"""Values of a table worked out between two looks at the clock: some hundredths of a second."""


class Work(NamedTuple):
    """Working memory of one cost computation; see ``fill_terms`` and ``arrival_cost``."""

    extents: Factors
    words: Factors
    passed: Prices
    keeping: Prices
    kept: Prices
    halo: Prices


@dataclass(frozen=True)
class Path:
    """The cheapest loops in time of a skeleton.

    Attributes:
        cost: energy and multipliers, pJ; no mapping of the skeleton costs less. Infinite if none is
            within the limits.
        mapping: one that costs this, or a little more where halos were guessed; None if the cost
            is infinite.
    """

    cost: float
    mapping: Mapping | None


@dataclass(frozen=True)
class Walk:
    """A walk through a skeleton's paths; see ``path_walk_kernel``."""

    unrolling: Factors
    choice: Factors
    tables: Tables
    state: WalkState

    @property
    def over(self) -> bool:
        """Whether all paths have been looked at."""
        return bool(self.state.level[0] < 0)


@dataclass(frozen=True)
class TilePaths:
    """Bounds and cheapest mappings of the skeletons of a map space.

    Attributes:
        space: layer, machine, dataflow.
        costs: what the machine's actions cost.
        with_energy: whether energies count; if not, multipliers alone.
    """

    space: MapSpace
    costs: Costs
    with_energy: bool = True

    @cached_property
    def machine(self) -> Machine:
        """The layer on the machine, for compiled functions."""
        space, layer = self.space, self.space.layer
        hardware = hardware_batch([(space.architecture, self.costs)]).seen_by(layer)
        return Machine(
            layer=layer_arrays(layer),
            sizes=np.array([*layer.sizes.values()], dtype=np.int64),
            energy=hardware.energy[0] * self.with_energy,
            units=hardware.units[0],
            block=hardware.block[0],
            capacity=hardware.capacity[0],
            bandwidth=hardware.bandwidth[0],
            allowed=np.ascontiguousarray(space.allowed[:, TEMPORAL]),
            stationary=np.array([space.stationary(k) for k in range(space.architecture.depth)]),
            last=np.array([np.flatnonzero(space.keep_may[:, s]).max() for s in range(3)]),
            used_words=np.array(used_words(layer), dtype=np.int64),
        )

    @cached_property
    def _open_choices(self) -> tuple[Factors, Factors]:
        """What is kept where that is settled (L x 3), and where it is not: levels, data spaces."""
        must, may = self.space.keep_must, self.space.keep_may
        last = np.zeros_like(may)
        last[self.machine.last, range(3)] = True
        base = np.where(must, KEEP, np.where(may & last, EITHER, BYPASS)).astype(np.int64)
        return base, np.argwhere(may & ~must & ~last).T

    @property
    def choice_count(self) -> int:
        """How many choices there are of what is kept where."""
        return 1 << len(self._open_choices[1][0])

    def choices(self, numbers: Iterable[int]) -> Factors:
        """What is kept where, the last level of a data space left open: int64, V x L x 3.

        There are ``choice_count``, by their numbers.
        """
        base, (levels, spaces) = self._open_choices
        chosen = np.array([*numbers], dtype=np.int64)
        found = np.repeat(base[None], len(chosen), axis=0)
        bits = np.arange(len(levels))[::-1]
        found[:, levels, spaces] = np.where(chosen[:, None] >> bits & 1, KEEP, BYPASS)
        return found

    @property
    def mac_energy_pj(self) -> float:
        """Energy of all multiply-accumulates."""
        layer, architecture = self.space.layer, self.space.architecture
        return layer.macs * self.costs.mac_pj(layer, architecture) * self.with_energy

    @property
    def least_energy_pj(self) -> float:
        """What no mapping avoids: all operations, and each element once at the outermost level."""
        outermost = self.machine.energy[0] / self.machine.block[0]
        moved = self.machine.used_words * self.machine.units[0]
        prices = zip(moved, outermost[[0, 0, 2]], strict=True)
        return self.mac_energy_pj + float(sum(count * price for count, price in prices))

    def least(self, unrollings: Factors, choices: Factors, goal: Goal) -> Prices:
        """Quick lower bounds for each unrolling and each choice.

        Args:
            unrollings: U x L x 2 x 8.
            choices: V x L x 3, some of ``choices``.
            goal: what is minimised.

        Returns:
            float64, U x V x 3: objective, energy (pJ), latency (cycles).
        """
        depth = self.space.architecture.depth
        least = np.empty((len(unrollings), len(choices), 3))
        least_of_each(
            self.machine,
            self.mac_energy_pj,
            goal.numbers,
            np.ascontiguousarray(unrollings.prod(axis=2)),
            choices,
            (new_skeleton(depth), np.empty((3, 2)), np.empty((3, 2, depth, 2))),
            least,
        )
        return least

    @cached_property
    def _fetch_work(self) -> tuple[Skeleton, Prices, Prices, Reuse]:
        depth = self.space.architecture.depth
        moved = np.empty((3, 2, depth, 2))
        return new_skeleton(depth), np.empty((3, 2)), moved, new_reuse(depth)

    def tightened(
        self, unrolling: Factors, choices: Factors, goal: Goal, limit: float = np.inf
    ) -> Prices:
        """Tighter bounds of one unrolling (L x 2 x 8) with each choice, as ``least`` gives them.

        A bound on the objective that reaches ``limit`` is no larger than that. Not for several
        threads at once.

        Returns:
            float64, V x 3.
        """
        least = np.empty((len(choices), 3))
        products = np.ascontiguousarray(unrolling.prod(axis=1))
        fixed, work = self.mac_energy_pj, self._fetch_work
        fetch_bounds(self.machine, fixed, goal.numbers, limit, products, choices, work, least)
        return least

    def table_bytes(self, unrolling: Factors, *, guess_halo: bool = False) -> int:
        """Memory that ``solve`` takes, at most."""
        nodes, labels = lattice_shape(*self._lattice_key(unrolling, guess_halo))
        return 8 * nodes * ((len(unrolling) + 1) * labels + BESIDES)

    def solve(
        self,
        unrolling: Factors,
        choice: Factors,
        *,
        guess_halo: bool = False,
        multiplier: Prices | None = None,
        limit: Prices | None = None,
        clock: Clock = NO_LIMIT,
    ) -> Path | None:
        """The cheapest loops in time; None if time is over before they are found.

        Args:
            unrolling: spatial factors on (X, Y) below each level, L x 2 x 8.
            choice: what is kept, L x 3, one of ``choices``.
            guess_halo: assume the best halo: faster, and the cost is a lower bound.
            multiplier: L x 2; pJ for each word (read, written) on top of its energy.
            limit: L x 2; words that all instances of a level together may (read, write) of any one
                data space.
            clock: when to stop.
        """
        tiles = lattice(*self._lattice_key(unrolling, guess_halo))
        skeleton = self._skeleton(unrolling, choice, multiplier, limit)
        values = np.empty((len(choice), len(tiles.extent), len(tiles.space)))
        solved = self._solve(skeleton, tiles, values, np.empty((len(choice), 0, 0)), clock)
        if solved is None:
            return None
        work, fixed = solved
        cost = float(values[0, -1, tiles.start] + fixed)
        if not np.isfinite(cost):
            return Path(float("inf"), None)
        temporal = np.ones((len(choice), len(DIMENSIONS)), dtype=np.int64)
        innermost, keeps = np.full((2, len(choice)), -1, dtype=np.int64)
        trace_path(self.machine, skeleton, tiles, values, work, temporal, innermost, keeps)
        kept = np.where(keeps[:, None] >> np.arange(3) & 1, KEEP, BYPASS)
        paths = np.concatenate([temporal, innermost[:, None]], axis=1)[None]
        mappings = possible_mappings(self.space, unrolling, kept, paths)
        return Path(cost, mappings.mapping(0))

    def walk(
        self,
        unrolling: Factors,
        choice: Factors,
        *,
        multipliers: Sequence[Prices],
        slopes: Sequence[float],
        cycles: float,
        limit: Prices | None,
        clock: Clock = NO_LIMIT,
    ) -> Walk | None:
        """Get ready to look at all loops in time that may be better than the best mapping.

        Args as for ``solve``, and ``multipliers``, each L x 2, the first 0; ``slopes``, for each
        the sum of multiplier x capacity; ``cycles``, the least latency.
        """
        tiles = lattice(*self._lattice_key(unrolling, False))
        values = np.empty((len(multipliers), len(choice), len(tiles.extent), len(tiles.space)))
        arrivals = np.empty_like(values)
        state = new_walk(len(choice), len(multipliers), tiles)
        for number, multiplier in enumerate(multipliers):
            skeleton = self._skeleton(unrolling, choice, multiplier, limit)
            solved = self._solve(skeleton, tiles, values[number], arrivals[number], clock)
            if solved is None:
                return None
            state.spent[0, number] = solved[1]
        tables = Tables(
            lattice=tiles,
            allowed=self.machine.allowed,
            stationary=self.machine.stationary,
            values=values,
            arrivals=arrivals,
            least=least_over_labels(tiles, values),
            slopes=np.array(slopes),
            cycles=cycles,
        )
        return Walk(unrolling, choice, tables, state)

    def _lattice_key(self, unrolling: Factors, guess_halo: bool) -> Key:
        layer = self.space.layer
        spatial = unrolling.prod(axis=(0, 1)).tolist()
        extents = zip(layer.sizes.items(), spatial, strict=True)
        sizes = tuple(1 if d == layer.sequential else size // own for (d, size), own in extents)
        return sizes, halo_dimensions(layer), guess_halo, layer.steps

    def _solve(
        self, skeleton: Skeleton, tiles: Lattice, values: Prices, arrivals: Prices, clock: Clock
    ) -> tuple[Work, float] | None:
        """Fill the tables of one multiplier (see ``least_path``); None if time is over before.

        Returns:
            The memory used, and what every path costs beside its arrivals, pJ.
        """
        depth, nodes, labels = values.shape
        work = Work(
            np.ones(8, dtype=np.int64),
            np.ones(3, dtype=np.int64),
            np.zeros(3),
            np.zeros(3),
            np.zeros(tiles.runs.shape),
            np.zeros((8, tiles.divisor.shape[1])),
        )
        tables = (values, arrivals, np.empty((nodes, labels)), np.empty((nodes, 4)))
        progress = np.array([depth - 1, 0])
        while True:
            least_path(self.machine, skeleton, tiles, *tables, work, progress, VALUES_AT_ONCE)
            if progress[0] == 0:
                break
            if clock.over:
                return None
        return work, self.mac_energy_pj + self._outermost_cost(skeleton)

    def _skeleton(
        self, unrolling: Factors, choice: Factors, multiplier: Prices | None, limit: Prices | None
    ) -> Skeleton:
        skeleton = new_skeleton(self.space.architecture.depth)
        cycles = self.space.layer.macs // int(unrolling.prod())
        products = np.ascontiguousarray(unrolling.prod(axis=1))
        set_skeleton(self.machine, cycles, products, choice, skeleton)
        if multiplier is not None:
            skeleton.multiplier[:] = multiplier
        if limit is not None:
            skeleton.limit[:] = limit
        return skeleton

    def _outermost_cost(self, skeleton: Skeleton) -> float:
        """Cost of what the MACs take from the outermost level itself: no path arrives there."""
        return sum(
            float(outermost_serving(self.machine, skeleton, data_space))
            for data_space in range(3)
            if self.machine.last[data_space] == 0
        )
