"""The search over skeletons: bounds tightened step by step, the smallest first."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from bohwsw.mapper.descent_kernel import descend
from bohwsw.mapper.goal import Goal
from bohwsw.mapper.latency_price import LatencyPrice
from bohwsw.mapper.mapper import TRACE_POINTS, MapperResult
from bohwsw.mapper.path_mappings import possible_mappings
from bohwsw.mapper.tile_lattice import halo_dimensions
from bohwsw.mapper.tile_paths import Path, TilePaths, Walk
from bohwsw.mapping.batch import MappingBatch
from bohwsw.mapping.mapspace import MapSpace
from bohwsw.mapping.nest import Mapping
from bohwsw.mapping.unrolling import distinct_unrollings, unrollings
from bohwsw.simulator.batch import hardware_batch, simulate_batch
from bohwsw.simulator.costs import Costs
from bohwsw.simulator.evaluation import Evaluation
from bohwsw.simulator.reference import simulate

AT_ONCE = 8
"""Skeletons taken up together; fixed, so that results do not depend on the number of threads."""

TOLLS_IN_WALK = 3
"""Tolls whose bounds an enumeration of paths looks at."""

PATHS_AT_ONCE, ARRIVALS_AT_ONCE = 256, 100_000
"""Paths, and steps towards them, after which an enumeration lets others have their turn."""

ROUNDING = 1e-9
"""Relative difference that sums of floating-point numbers in another order may make."""


@dataclass
class Candidate:
    """One skeleton that may hold a better mapping than the best so far.

    Attributes:
        unrolling: its position among the unrollings.
        choice: its position among the choices of what is kept.
        bound: no mapping of it has a smaller objective.
        energy_pj: no mapping of it that is better than the best takes less energy.
        cycles: the same for the latency.
        price: what tolls have told; None before the first exact path.
        guessed: whether a path with guessed halos has been looked at.
        walk: the enumeration of its paths, once tolls tell nothing new.
        closed: whether nothing is left to try.
        found: mappings evaluated since it was last taken up.
    """

    unrolling: int
    choice: int
    bound: float
    energy_pj: float
    cycles: float
    price: LatencyPrice | None = None
    guessed: bool = False
    walk: Walk | None = None
    closed: bool = False
    found: list[tuple[float, Mapping, Evaluation]] = field(default_factory=list)


class SkeletonSearch:
    """The state of one search: the best mapping, and the skeletons that may hold a better one."""

    def __init__(self, space: MapSpace, costs: Costs, goal: Goal, start: MapperResult) -> None:
        self.space, self.costs, self.goal, self.start = space, costs, goal, start
        self.paths = TilePaths(space, costs, with_energy=goal.objective != "latency")
        self.hardware = hardware_batch([(space.architecture, costs)])
        self.halo = bool(halo_dimensions(space.layer))
        self.best = goal.of(start.evaluation)
        self.mapping, self.evaluation = start.mapping, start.evaluation
        self.evaluations = start.evaluations
        self.trace = [self.best]
        self.unrollings = distinct_unrollings(space, unrollings(space, self._least_parallel()))
        self.waiting = self._quick_bounds()
        self.next_waiting = 0
        self.open: list[tuple[float, int, Candidate]] = []
        self.settled = float("inf")
        self.steps = 0

    def _least_parallel(self) -> int:
        """How many units an unrolling must use to be better than the best mapping."""
        cycles = self.goal.most_cycles(self.best, self.paths.least_energy_pj)
        return max(1, int(self.space.layer.macs / cycles * (1.0 - ROUNDING)))

    def _quick_bounds(self) -> npt.NDArray[np.void]:
        """Skeletons that quick bounds leave, smallest bound first."""
        least = self.paths.least(self.unrollings, self.goal)
        unrolling, choice = np.nonzero(least[..., 0] < self.best * (1.0 - ROUNDING))
        kept = least[unrolling, choice]
        rows = np.empty(
            len(kept),
            dtype=[
                ("unrolling", "i8"),
                ("choice", "i8"),
                ("bound", "f8"),
                ("energy_pj", "f8"),
                ("cycles", "f8"),
            ],
        )
        rows["unrolling"], rows["choice"] = unrolling, choice
        rows["bound"], rows["energy_pj"], rows["cycles"] = kept.T
        return rows[np.argsort(rows["bound"], kind="stable")]

    @property
    def lower_bound(self) -> float:
        """No mapping of the map space has a smaller objective, up to rounding."""
        bound = min(self.best, self.settled)
        if self.open:
            bound = min(bound, self.open[0][0])
        if self.next_waiting < len(self.waiting):
            bound = min(bound, float(self.waiting["bound"][self.next_waiting]))
        return self.best if bound >= self.best * (1.0 - ROUNDING) else bound

    def proven(self, gap: float) -> bool:
        """Whether the best mapping is within the gap, or nothing is left to try."""
        if self._peek() >= min(self.best, self.settled) * (1.0 - ROUNDING):
            return True
        return self.best <= self.lower_bound * (1.0 + gap)

    def _peek(self) -> float:
        """The smallest bound of a skeleton that something can still be tried on."""
        waiting = (
            float(self.waiting["bound"][self.next_waiting])
            if self.next_waiting < len(self.waiting)
            else float("inf")
        )
        return min(waiting, self.open[0][0] if self.open else float("inf"))

    def _pop(self) -> Candidate | None:
        """The skeleton with the smallest bound, unless none can be better than the best."""
        bound = self._peek()
        if bound >= self.best * (1.0 - ROUNDING):
            return None
        if self.open and self.open[0][0] <= bound:
            return heapq.heappop(self.open)[2]
        row = self.waiting[self.next_waiting]
        self.next_waiting += 1
        return Candidate(*row.tolist())

    def advance(self, run_all: Callable[..., Iterable[Candidate]]) -> None:
        """Take up the skeletons with the smallest bounds, each one step further."""
        batch: list[Candidate] = []
        while len(batch) < AT_ONCE and (candidate := self._pop()) is not None:
            batch.append(candidate)
        # All steps are done before any of their results is used: they read the best mapping.
        for candidate in list(run_all(self.step, batch)):
            self.steps += 1
            for value, mapping, evaluation in candidate.found:
                self.evaluations += 1
                if value < self.best:
                    self.best, self.mapping, self.evaluation = value, mapping, evaluation
            candidate.found = []
            if candidate.closed:
                self.settled = min(self.settled, candidate.bound)
            elif candidate.bound < self.best:
                heapq.heappush(self.open, (candidate.bound, self.steps, candidate))
        self.trace.append(self.best)

    def step(self, candidate: Candidate) -> Candidate:
        """Tighten the bound of one skeleton."""
        unrolling = self.unrollings[candidate.unrolling]
        choice = self.paths.choices[candidate.choice]
        energy_counts = self.goal.objective != "latency"
        if self.halo and not candidate.guessed and energy_counts:
            candidate.guessed = True
            path = self.paths.solve(
                unrolling, choice, guess_halo=True, limit=self._limit(candidate)
            )
            self._note(candidate, path)
            candidate.energy_pj = max(candidate.energy_pj, path.cost)
            bound = self.goal.value(candidate.energy_pj, candidate.cycles)
            candidate.bound = max(candidate.bound, bound)
            return candidate
        if candidate.price is None:
            candidate.price = LatencyPrice(self.goal, self._capacity(unrolling), candidate.cycles)
            toll = np.zeros(candidate.price.capacity.shape)
        else:
            tried = None if candidate.walk else candidate.price.next_toll()
            if tried is None:
                self.enumerate_paths(candidate, candidate.price)
                return candidate
            toll = tried
        path = self.paths.solve(unrolling, choice, toll=toll, limit=self._limit(candidate))
        evaluation = self._note(candidate, path)
        if evaluation is None:
            candidate.bound, candidate.closed = float("inf"), True
            return candidate
        if not toll.any():
            candidate.energy_pj = max(candidate.energy_pj, path.cost)
        energy = (evaluation.energy_pj or 0.0) if energy_counts else 0.0
        candidate.price.add(toll, path.cost, energy, words_moved(evaluation))
        candidate.bound = max(candidate.bound, candidate.price.bound()[0])
        return candidate

    def enumerate_paths(self, candidate: Candidate, price: LatencyPrice) -> None:
        """Look at some more of the paths that may be better than the best."""
        if self.costs.hops_cost and self.goal.objective != "latency":
            candidate.closed = True  # where loops lie on the mesh matters: paths do not tell that
            return
        if candidate.walk is None:
            some = price.telling(TOLLS_IN_WALK)
            candidate.walk = self.paths.walk(
                self.unrollings[candidate.unrolling],
                self.paths.choices[candidate.choice],
                tolls=[price.tolls[k] for k in some],
                slopes=[price.lines[k][1] for k in some],
                cycles=candidate.cycles,
                limit=self._limit(candidate),
            )
        walk = candidate.walk
        leaves = np.empty((PATHS_AT_ONCE, len(walk.choice), 9), dtype=np.int64)
        count = descend(
            walk.tables,
            self.goal.number,
            self.goal.cycle_price_pj,
            self.best * (1.0 - ROUNDING),
            walk.descent,
            leaves,
            ARRIVALS_AT_ONCE,
        )
        if count:
            stationary = walk.tables.stationary
            batch = possible_mappings(walk.unrolling, walk.choice, leaves[:count], stationary)
            values = self._values(batch)
            row = int(values.argmin())
            if values[row] < self.best:
                self._note(candidate, Path(0.0, batch.mapping(row)))
        if walk.over:
            candidate.bound, candidate.closed, candidate.walk = float("inf"), True, None

    def _values(self, batch: MappingBatch) -> npt.NDArray[np.float64]:
        """The objective of each mapping of a batch."""
        results = simulate_batch(self.space.layer, self.hardware, batch)
        pairs = zip(results.energy_pj, results.latency_cycles, strict=True)
        values = np.array([self.goal.value(energy, cycles) for energy, cycles in pairs])
        return np.where(results.valid, values, np.inf)

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
        """Words a cycle that all instances in use of each level (read, write) together; L x 2."""
        children = unrolling.prod(axis=(1, 2))
        instances = np.concatenate([[1], np.cumprod(children)[:-1]])
        return np.asarray(self.paths.machine.bandwidth * instances[:, None])

    def _limit(self, candidate: Candidate) -> npt.NDArray[np.float64] | None:
        """Words through each port beyond which a mapping is too slow to be better than the best."""
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


def words_moved(evaluation: Evaluation) -> npt.NDArray[np.float64]:
    """Words that all instances of each level (read, write), L x 2."""
    return np.array(
        [
            (
                sum(x.reads for x in level.data_spaces.values()) * level.instances,
                sum(x.fills + x.updates for x in level.data_spaces.values()) * level.instances,
            )
            for level in evaluation.levels
        ],
        dtype=np.float64,
    )
