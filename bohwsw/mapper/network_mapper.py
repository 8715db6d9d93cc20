"""Maps the layers of a network together: least (sum of energies) x (sum of cycles), with a bound.

The best mapping of each layer by itself is not the best for the network: a layer that takes little
time may be slower and save energy, one that takes much may do the reverse. Whatever the mappings
are, for any price on a cycle

    energy + price x cycles >= D(price) = sum over layers of the least (energy + price x cycles),

a line in the plane of the network's latency and energy. The product energy x latency is smallest,
over the convex hull of what the layers can do, at a corner of the hull, and each corner is the
cheapest point for some price. So layers are mapped for one price after the other, each chosen where
the lines so far leave the bound lowest (Aneja and Nair, "Bicriteria transportation problem",
Management Science 25, 1979). What lies between the corners leaves a gap, which is told.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bohwsw.clock import Clock
from bohwsw.mapper.branch_and_bound import BranchAndBoundMapper
from bohwsw.mapper.goal import Goal
from bohwsw.mapper.lagrangian import least_above
from bohwsw.mapper.mapper import MapperResult, Objective, gap_to
from bohwsw.mapper.skeleton_pool import least_cycles
from bohwsw.mapper.tile_paths import TilePaths
from bohwsw.mapping import Mapping, MapSpace
from bohwsw.simulator import Costs

MOST_PRICES = 10
STEP = 4.0
"""How much larger or smaller a price is taken where no line bounds the latency on one side."""

NetworkProgress = Callable[[int, int, float], None]
"""Called with layers mapped under the price in hand, layers to map, and the gap proven before."""

NetworkReport = Callable[["NetworkResult"], None]
"""Called with what there is so far: the first layers, then all of them, better and better."""


@dataclass(frozen=True)
class NetworkResult:
    """Mappings of all layers."""

    layers: tuple[MapperResult, ...]  # one result a layer, in the order given
    layer_bounds: tuple[float, ...]
    """No mapping of each layer by itself has a smaller objective in one run."""
    energy_pj: float  # of the network
    latency_cycles: float  # of the network
    lower_bound: float
    """No mappings of the layers give a smaller objective (pJ x cycles, pJ or cycles)."""
    gap: float  # how far, at most, the result is above the optimum, as a share of it


@dataclass
class Plane:
    """What is known of the plane of latency and energy of a network."""

    least_cycles: float  # no mappings run in fewer
    # (D, price) of each price tried; a price of 0 gives the least energy
    lines: list[tuple[float, float]]
    points: list[tuple[float, float]]  # (cycles, energy) that mappings reach

    def bound(self) -> tuple[float, float]:
        """The bound on energy x latency, and the latency at which it is attained."""
        return least_above(self.lines, Goal("edp"), self.least_cycles)

    def next_price(self) -> float:
        """The price of a cycle to try next, pJ."""
        _, cycles = self.bound()
        faster = [point for point in self.points if point[0] < cycles * (1 - 1e-9)]
        slower = [point for point in self.points if point[0] > cycles * (1 + 1e-9)]
        prices = sorted(price for _, price in self.lines if price > 0.0)
        if not faster:
            return prices[-1] * STEP
        # Where time ran out a slower point may take more energy, too: that is no trade.
        fast = min(faster, key=lambda point: point[1])
        slower = [point for point in slower if point[1] < fast[1]]
        if not slower:
            return prices[0] / STEP
        slow = min(slower)
        return (fast[1] - slow[1]) / (slow[0] - fast[0])


def map_layers(
    layers: Sequence[tuple[MapSpace, int]],
    costs: Costs,
    *,
    objective: Objective = "edp",
    gap: float = 0.0,
    seconds: float = float("inf"),
    seed: int = 0,
    threads: int = 1,
    warm_starts: Sequence[Sequence[Mapping]] = (),
    progress: NetworkProgress | None = None,
    so_far: NetworkReport = lambda _: None,
    start_evaluations: int = 100_000,
) -> NetworkResult:
    """Map the layers of a network onto one machine.

    Args:
        layers: map space of each unique layer, and how often the network has it.
        costs: what the machine's actions cost.
        objective: of the network: ``edp``, ``energy`` or ``latency``.
        gap: stop when the result is proven to be within this share of the optimum.
        seconds: stop after about this time; each layer has a mapping then, and a bound.
        seed: same seed, same result, unless time runs out.
        threads: how many.
        warm_starts: for each layer, mappings to start from; see ``Mapper.search``.
        progress: called as the work goes on.
        so_far: called whenever there is more or better, for whoever may not wait for the end.
        start_evaluations: of each layer, by annealing before anything is proven.

    Raises:
        NoValidMappingError: a layer has no valid mapping.
    """
    search = _Search(
        layers,
        costs,
        objective,
        gap,
        Clock.of(seconds),
        seed,
        threads,
        warm_starts,
        progress,
        so_far,
        start_evaluations,
    )
    best = search.each_by_itself()
    bound = least_objective(search.layer_bounds, search.counts, objective)
    result = search.network(best, bound)
    so_far(result)
    return result if objective != "edp" else search.together(best, result)


@dataclass
class _Search:
    """The arguments of ``map_layers``, and what has been found."""

    layers: Sequence[tuple[MapSpace, int]]
    costs: Costs
    objective: Objective
    gap: float
    clock: Clock
    seed: int
    threads: int
    warm_starts: Sequence[Sequence[Mapping]]
    progress: NetworkProgress | None
    so_far: NetworkReport
    start_evaluations: int
    layer_bounds: list[float] = field(default_factory=list)  # of each layer by itself
    reached: float = math.inf  # the gap proven for the network

    @property
    def counts(self) -> list[int]:
        """How often the network has each layer."""
        return [count for _, count in self.layers]

    def each_by_itself(self) -> list[MapperResult]:
        """Map each layer for the objective of its own."""
        results: list[MapperResult] = []
        for position, (space, _) in enumerate(self.layers):
            result = self._mapper(position).search(
                space,
                self.costs,
                objective=self.objective,
                seed=self.seed,
                threads=self.threads,
                warm_starts=self.warm_starts[position] if self.warm_starts else (),
            )
            results.append(result)
            self.layer_bounds.append(result.lower_bound)
            self.so_far(self.network(results, 0.0))
            self._report(position)
        return results

    def together(self, best: list[MapperResult], result: NetworkResult) -> NetworkResult:
        """Better mappings for the network's EDP, and a better bound, price by price."""
        spaces = [space for space, _ in self.layers]
        least_energies = [TilePaths(space, self.costs).least_energy_pj for space in spaces]
        plane = Plane(
            least_cycles=_total([least_cycles(space) for space in spaces], self.counts),
            lines=[(_total(least_energies, self.counts), 0.0)],
            points=[(result.latency_cycles, result.energy_pj)],
        )
        price, bound = result.energy_pj / result.latency_cycles, result.lower_bound
        for _ in range(MOST_PRICES):
            if result.gap <= self.gap or self.clock.over:
                break
            found = self._for_price(price, best)
            plane.lines.append((_total([r.lower_bound for r in found], self.counts), price))
            bound = max(bound, plane.bound()[0])
            tried = self.network(found, bound)
            plane.points.append((tried.latency_cycles, tried.energy_pj))
            kept = tried if _product(tried) < _product(result) else result
            result = self.network(kept.layers, bound)
            self.so_far(result)
            self.reached = result.gap
            price = plane.next_price()
        return result

    def _for_price(self, price: float, start: list[MapperResult]) -> list[MapperResult]:
        """Map each layer for its energy plus a price on its cycles."""
        goal, results = Goal("energy", price), []
        for position, (space, _) in enumerate(self.layers):
            mapper = self._mapper(position)
            results.append(
                mapper.refine(space, self.costs, goal, start[position], threads=self.threads)
            )
            self._report(position)
        return results

    def _mapper(self, position: int) -> BranchAndBoundMapper:
        share = self.clock.left / (len(self.layers) - position)
        starting = self.start_evaluations
        return BranchAndBoundMapper(self.gap / 2, share, start_evaluations=starting)

    def _report(self, position: int) -> None:
        if self.progress is not None:
            self.progress(position + 1, len(self.layers), self.reached)

    def network(self, results: Sequence[MapperResult], bound: float) -> NetworkResult:
        """The sums of some layers' mappings, the first ones, with a bound."""
        runs = self.counts[: len(results)]
        energy = _total([result.evaluation.energy_pj or 0.0 for result in results], runs)
        cycles = _total([result.evaluation.latency_cycles or 0.0 for result in results], runs)
        value = Goal(self.objective).value(energy, cycles)
        bound = min(bound, value)
        layers, layer_bounds = tuple(results), tuple(self.layer_bounds)
        return NetworkResult(layers, layer_bounds, energy, cycles, bound, gap_to(value, bound))


def least_objective(
    layer_bounds: Sequence[float], counts: Sequence[int], objective: Objective
) -> float:
    """The bound that those of the layers by themselves give for a network.

    For the EDP, by Cauchy and Schwarz: sums of energies and of cycles multiply to at least the
    square of the sum of the roots of the layers' products.
    """
    if objective == "edp":
        return _total([bound**0.5 for bound in layer_bounds], counts) ** 2
    return _total(layer_bounds, counts)


def _product(result: NetworkResult) -> float:
    return result.energy_pj * result.latency_cycles


def _total(values: Sequence[float], counts: Sequence[int]) -> float:
    return sum(count * value for value, count in zip(values, counts, strict=True))
