"""The search over skeletons: bounds tightened step by step, the smallest first."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from bohwsw.arch import Architecture
from bohwsw.clock import NO_LIMIT, Clock
from bohwsw.mapper.goal import Goal
from bohwsw.mapper.lagrangian import LagrangianBound
from bohwsw.mapper.mapper import TRACE_POINTS, MapperResult
from bohwsw.mapper.path_mappings import possible_mappings
from bohwsw.mapper.path_walk_kernel import continue_walk
from bohwsw.mapper.skeleton_pool import ROUNDING, Rows, promising
from bohwsw.mapper.skeleton_queue import MOST_WALK_BYTES, Candidate, SkeletonQueue
from bohwsw.mapper.tile_lattice import halo_dimensions
from bohwsw.mapper.tile_paths import Path, TilePaths, Walk
from bohwsw.mapping import MapSpace
from bohwsw.simulator import Costs, Evaluation, hardware_batch, ports, simulate, simulate_batch
from bohwsw.workload import Layer

AT_ONCE = 8
"""Skeletons taken up together; fixed, so that results do not depend on the number of threads."""

MULTIPLIERS_IN_WALK = 3
"""Multipliers whose bounds an enumeration of paths looks at."""

PATHS_AT_ONCE, ARRIVALS_AT_ONCE = 256, 100_000
"""Paths, and steps towards them, after which an enumeration lets others have their turn."""

LEAVES_AT_ONCE = 16
"""Paths whose mappings are evaluated together: there may be thousands of each."""

BOUNDING = 0.5
"""Share of the time after which quick bounds end, however many skeletons are left."""

MOST_TABLE_BYTES = 512 * 2**20
"""Bytes of the tables of all shortest paths in hand; a skeleton that needs more by itself is left
with the bound that it has."""


class SkeletonSearch:
    """The state of one search: the best mapping, and the skeletons that may hold a better one."""

    def __init__(
        self,
        space: MapSpace,
        costs: Costs,
        goal: Goal,
        start: MapperResult,
        clock: Clock = NO_LIMIT,
    ) -> None:
        self.space, self.costs, self.goal, self.start = space, costs, goal, start
        self.clock = clock
        self.paths = TilePaths(space, costs, with_energy=goal.objective != "latency")
        self.hardware = hardware_batch([(space.architecture, costs)])
        self.halo = bool(halo_dimensions(space.layer))
        self.with_energy = goal.objective != "latency"
        self.best = goal.of(start.evaluation)
        self.mapping, self.evaluation = start.mapping, start.evaluation
        self.evaluations = start.evaluations
        self.trace = [self.best]
        skeletons = promising(self.paths, goal, self.best, clock.share(BOUNDING))
        self.unrollings = skeletons.unrollings
        self.queue = SkeletonQueue(skeletons, self._tightened if self.with_energy else None)
        self.steps = 0

    def _tightened(self, rows: Rows, below: float) -> npt.NDArray[np.float64]:
        """Tighter bounds of rows with one unrolling; see ``SkeletonQueue``."""
        unrolling, choices = (
            self.unrollings[rows["unrolling"][0]],
            self.paths.choices(rows["choice"]),
        )
        return self.paths.tightened(unrolling, choices, self.goal, below)

    @property
    def _below(self) -> float:
        """What a bound has to be below for its skeleton to be worth a try."""
        return self.best * (1.0 - ROUNDING)

    @property
    def lower_bound(self) -> float:
        """No mapping of the map space has a smaller objective, up to rounding."""
        bound = self.queue.bound
        return self.best if bound >= self._below else bound

    def proven(self, gap: float) -> bool:
        """Whether the best mapping is within the gap, or nothing is left to try."""
        if self.queue.peek() >= min(self.best, self.queue.settled) * (1.0 - ROUNDING):
            return True
        return self.best <= self.lower_bound * (1.0 + gap)

    def advance(self, run_all: Callable[..., Iterable[Candidate]]) -> None:
        """Take up the skeletons with the smallest bounds, each one step further."""
        batch = self._batch()
        # All steps are done before any of their results is used: they read the best mapping.
        list(run_all(self.step, [x for x in batch if not x.due]))
        due = [x for x in batch if x.due and not x.closed]
        parked = [x for x in due if not self.queue.reserve(x, self._bytes(x))]
        list(run_all(self.enumerate_paths, [x for x in due if x.walk_bytes]))
        for candidate in batch:
            self.steps += 1
            for value, mapping, evaluation in candidate.found:
                self.evaluations += 1
                if value < self.best:
                    self.best, self.mapping, self.evaluation = value, mapping, evaluation
            candidate.found = []
            if candidate not in parked:
                self.queue.put_back(candidate, self.best)
        self.queue.give_way(self._below)
        self.trace.append(self.best)

    def _batch(self) -> list[Candidate]:
        """The next skeletons, as many as there is memory for."""
        batch: list[Candidate] = []
        room = MOST_TABLE_BYTES
        while len(batch) < AT_ONCE and not self.clock.over:
            candidate = self.queue.pop(self._below)
            if candidate is None:
                break
            needed = self._bytes(candidate)
            if needed > (MOST_WALK_BYTES if candidate.due else MOST_TABLE_BYTES):
                self.queue.leave_out(candidate)
            elif candidate.due or needed <= room:
                room -= 0 if candidate.due else needed
                batch.append(candidate)
            else:
                self.queue.push(candidate)
                break
        return batch

    def _bytes(self, candidate: Candidate) -> int:
        """Memory that the tables of a skeleton's next step take."""
        unrolling = self.unrollings[candidate.unrolling]
        needed = self.paths.table_bytes(unrolling, guess_halo=self._to_guess(candidate))
        return 2 * MULTIPLIERS_IN_WALK * needed if candidate.due else needed

    def _to_guess(self, candidate: Candidate) -> bool:
        """Whether halos are to be guessed before exact paths are looked at."""
        return self.halo and not candidate.guessed and self.with_energy

    def step(self, candidate: Candidate) -> Candidate:
        """Tighten the bound of one skeleton; nothing happens if time is over."""
        unrolling = self.unrollings[candidate.unrolling]
        choice = self.paths.choices([candidate.choice])[0]
        limit = self._limit(candidate)
        if self._to_guess(candidate):
            path = self.paths.solve(
                unrolling, choice, guess_halo=True, limit=limit, clock=self.clock
            )
            if path is not None:
                candidate.guessed = True
                self._note(candidate, path)
                candidate.energy_pj = max(candidate.energy_pj, path.cost)
                bound = self.goal.value(candidate.energy_pj, candidate.cycles)
                candidate.bound = max(candidate.bound, bound)
            return candidate
        lagrangian = candidate.lagrangian
        if lagrangian is None:
            lagrangian = LagrangianBound(self.goal, self._capacity(unrolling), candidate.cycles)
            multiplier = np.zeros(lagrangian.capacity.shape)
        else:
            tried = lagrangian.next_multipliers()
            if tried is None:
                candidate.due = True
                # Where hops cost something it matters what lies where: paths do not tell that.
                candidate.closed = self.costs.hops_cost and self.with_energy
                return candidate
            multiplier = tried
        path = self.paths.solve(
            unrolling, choice, multiplier=multiplier, limit=limit, clock=self.clock
        )
        if path is not None:
            candidate.lagrangian = lagrangian
            self._add_multipliers(candidate, lagrangian, multiplier, path)
        return candidate

    def _add_multipliers(
        self,
        candidate: Candidate,
        lagrangian: LagrangianBound,
        multiplier: npt.NDArray[np.float64],
        path: Path,
    ) -> None:
        """Tighten the bound of a skeleton by its cheapest path under a multiplier."""
        evaluation = self._note(candidate, path)
        if evaluation is None:
            candidate.bound, candidate.closed = float("inf"), True
            return
        if not multiplier.any():
            candidate.energy_pj = max(candidate.energy_pj, path.cost)
        energy = (evaluation.energy_pj or 0.0) if self.with_energy else 0.0
        lagrangian.add(
            multiplier,
            path.cost,
            energy,
            units_moved(self.space.layer, self.space.architecture, evaluation),
        )
        candidate.bound = max(candidate.bound, lagrangian.bound()[0])

    def enumerate_paths(self, candidate: Candidate) -> None:
        """Look at some more of the paths that may be better than the best."""
        walk = candidate.walk or self._walk(candidate)
        candidate.walk = walk
        if walk is None:
            return
        leaves = np.empty((PATHS_AT_ONCE, len(walk.choice), 9), dtype=np.int64)
        count = continue_walk(
            walk.tables,
            self.goal.numbers,
            self.best * (1.0 - ROUNDING),
            walk.state,
            leaves,
            ARRIVALS_AT_ONCE,
        )
        for first in range(0, count, LEAVES_AT_ONCE):
            some = leaves[first : min(first + LEAVES_AT_ONCE, count)]
            batch = possible_mappings(self.space, walk.unrolling, walk.choice, some)
            results = simulate_batch(self.space.layer, self.hardware, batch)
            values = self.goal.of_each(results)
            row = int(values.argmin())
            if values[row] < self.best:
                self._note(candidate, Path(0.0, batch.mapping(row)))
        if walk.over:
            candidate.bound, candidate.closed = float("inf"), True

    def _walk(self, candidate: Candidate) -> Walk | None:
        """The enumeration of a skeleton's paths, from the start; None if time is over."""
        lagrangian = candidate.lagrangian
        assert lagrangian is not None
        some = lagrangian.tightest(MULTIPLIERS_IN_WALK)
        return self.paths.walk(
            self.unrollings[candidate.unrolling],
            self.paths.choices([candidate.choice])[0],
            multipliers=[lagrangian.multipliers[k] for k in some],
            slopes=[lagrangian.lines[k][1] for k in some],
            cycles=candidate.cycles,
            limit=self._limit(candidate),
            clock=self.clock,
        )

    def _note(self, candidate: Candidate, path: Path) -> Evaluation | None:
        """Evaluate the mapping of a path."""
        if path.mapping is None:
            return None
        layer, architecture = self.space.layer, self.space.architecture
        evaluation = simulate(layer, architecture, path.mapping, self.costs)
        value = self.goal.of(evaluation)
        candidate.found.append((value, path.mapping, evaluation))
        return evaluation

    def _capacity(self, unrolling: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """Units a cycle that all instances in use of each level (read, write) together; L x 2."""
        children = unrolling.prod(axis=(1, 2))
        instances = np.concatenate([[1], np.cumprod(children)[:-1]])
        return np.asarray(self.paths.machine.bandwidth * instances[:, None])

    def _limit(self, candidate: Candidate) -> npt.NDArray[np.float64] | None:
        """Units through each port beyond which a mapping is too slow to be better than the best."""
        cycles = self.goal.most_cycles(self.best, candidate.energy_pj)
        if not np.isfinite(cycles):
            return None
        capacity = self._capacity(self.unrollings[candidate.unrolling])
        return np.asarray(capacity * (cycles * (1.0 + ROUNDING)))

    def result(self) -> MapperResult:
        """The best mapping and the bound."""
        share = -(-len(self.trace) // TRACE_POINTS)
        return replace(
            self.start,
            mapping=self.mapping,
            evaluation=self.evaluation,
            evaluations=self.evaluations,
            trace=np.minimum.accumulate(np.array([*self.trace[::share], self.best])),
            lower_bound=self.lower_bound,
            hops_in_bound=not self.costs.hops_cost,
        )


def units_moved(
    layer: Layer, architecture: Architecture, evaluation: Evaluation
) -> npt.NDArray[np.float64]:
    """Units that all instances of each level (read, write), L x 2; see ``mapping.limits``."""
    both = zip(architecture.levels, evaluation.levels, strict=True)
    loads = [(ports(layer, level, x.data_spaces, 1), x.instances) for level, x in both]
    return np.array([[port.demand * n for port in pair] for pair, n in loads], dtype=np.float64)
