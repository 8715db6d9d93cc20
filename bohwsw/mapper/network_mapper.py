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
from dataclasses import dataclass
from itertools import combinations

from bohwsw.mapper.branch_and_bound import BranchAndBoundMapper
from bohwsw.mapper.clock import Clock
from bohwsw.mapper.goal import Goal
from bohwsw.mapper.mapper import MapperResult, Objective, gap_to
from bohwsw.mapper.skeleton_pool import least_cycles
from bohwsw.mapper.tile_paths import TilePaths
from bohwsw.mapping.mapspace import MapSpace
from bohwsw.mapping.nest import Mapping
from bohwsw.simulator.costs import Costs

MOST_PRICES = 10
STEP = 4.0
"""How much larger or smaller a price is taken where no line bounds the latency on one side."""

NetworkProgress = Callable[[int, int, float], None]
"""Called with layers mapped under the price in hand, layers to map, and the gap proven before."""

NetworkReport = Callable[["NetworkResult"], None]
"""Called with what there is so far: the first layers, then all of them, better and better."""


@dataclass(frozen=True)
class NetworkResult:
    """Mappings of all layers.

    Attributes:
        layers: one result a layer, in the order given.
        layer_bounds: no mapping of each layer by itself has a smaller objective in one run.
        energy_pj: of the network.
        latency_cycles: of the network.
        lower_bound: no mappings of the layers give a smaller objective (pJ x cycles, pJ or cycles).
        gap: how far, at most, the result is above the optimum, as a share of it.
    """

    layers: tuple[MapperResult, ...]
    layer_bounds: tuple[float, ...]
    energy_pj: float
    latency_cycles: float
    lower_bound: float
    gap: float


@dataclass
class _Plane:
    """What is known of the plane of latency and energy of a network.

    Attributes:
        least_cycles: no mappings run in fewer.
        lines: (price, D) of each price tried; a price of 0 gives the least energy.
        points: (cycles, energy) that mappings reach.
    """

    least_cycles: float
    lines: list[tuple[float, float]]
    points: list[tuple[float, float]]

    def energy_bound(self, cycles: float) -> float:
        return max(least - price * cycles for price, least in self.lines)

    def bound(self) -> tuple[float, float]:
        """The bound on energy x latency, and the latency at which it is attained."""
        crossings = [
            (least - other) / (price - flatter)
            for (price, least), (flatter, other) in combinations(self.lines, 2)
            if price != flatter
        ]
        cycles = [self.least_cycles, *(x for x in crossings if x > self.least_cycles)]
        return min((x * self.energy_bound(x), x) for x in cycles)

    def next_price(self) -> float:
        """The price of a cycle to try next, pJ."""
        _, cycles = self.bound()
        faster = [point for point in self.points if point[0] < cycles * (1 - 1e-9)]
        slower = [point for point in self.points if point[0] > cycles * (1 + 1e-9)]
        prices = sorted(price for price, _ in self.lines if price > 0.0)
        if not faster:
            return prices[-1] * STEP
        if not slower:
            return prices[0] / STEP
        fast = max(faster)
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

    Raises:
        NoValidMappingError: a layer has no valid mapping.
    """
    clock = Clock.of(seconds)
    counts = [count for _, count in layers]
    reached = math.inf
    layer_bounds: list[float] = []

    def mapped(goal: Goal, start: Sequence[MapperResult] | None) -> list[MapperResult]:
        results = []
        for position, (space, _) in enumerate(layers):
            share = clock.left / (len(layers) - position)
            mapper = BranchAndBoundMapper(gap=gap / 2, seconds=share)
            if start is None:
                result = mapper.search(
                    space,
                    costs,
                    objective=objective,
                    seed=seed,
                    threads=threads,
                    warm_starts=warm_starts[position] if warm_starts else (),
                )
            else:
                result = mapper.refine(space, costs, goal, start[position], threads=threads)
            results.append(result)
            if start is None:
                layer_bounds.append(result.lower_bound)
                so_far(network(results, 0.0))
            if progress is not None:
                progress(position + 1, len(layers), reached)
        return results

    def network(results: Sequence[MapperResult], bound: float) -> NetworkResult:
        runs = counts[: len(results)]
        energy = _total([result.evaluation.energy_pj or 0.0 for result in results], runs)
        cycles = _total([result.evaluation.latency_cycles or 0.0 for result in results], runs)
        value = Goal(objective).value(energy, cycles)
        bound = min(bound, value)
        gap = gap_to(value, bound)
        return NetworkResult(tuple(results), tuple(layer_bounds), energy, cycles, bound, gap)

    best = mapped(Goal(objective), None)
    bound = least_objective(layer_bounds, counts, objective)
    result = network(best, bound)
    so_far(result)
    if objective != "edp":
        return result
    plane = _Plane(
        least_cycles=_total([least_cycles(space) for space, _ in layers], counts),
        lines=[(0.0, _total([TilePaths(x, costs).least_energy_pj for x, _ in layers], counts))],
        points=[(result.latency_cycles, result.energy_pj)],
    )
    price = result.energy_pj / result.latency_cycles
    for _ in range(MOST_PRICES):
        if result.gap <= gap or clock.over:
            break
        found = mapped(Goal("energy", price), best)
        plane.lines.append((price, _total([r.lower_bound for r in found], counts)))
        bound = max(bound, plane.bound()[0])
        tried = network(found, bound)
        plane.points.append((tried.latency_cycles, tried.energy_pj))
        kept = tried if _product(tried) < _product(result) else result
        result = network(kept.layers, bound)
        so_far(result)
        reached = result.gap
        price = plane.next_price()
    return result


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
