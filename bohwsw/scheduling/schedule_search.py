"""Searches a schedule: which core runs which nodes, in which order.

List schedules first: nodes by the longest path that is left (upward rank, as in HEFT, Topcuoglu et
al. 2002), each on the core that ends it first, on the one that it costs least, on the one that the
relaxation of ``schedule_bound`` prefers, or all on one core. Annealing goes on from the best
(``annealing_kernel``). Branch and bound (``exact_schedule``) then looks for better ones, and where
it comes to its end the best schedule is proven.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import get_args

import numpy as np

from bohwsw.arch import Chip
from bohwsw.checks import whole_number
from bohwsw.scheduling.annealing_kernel import Nodes, Work, anneal_schedule
from bohwsw.scheduling.choices import Aim, Choices, checked_aim, checked_latencies, choices_of
from bohwsw.scheduling.exact_schedule import ExactSearch, Placed
from bohwsw.scheduling.node_cost import NodeCost
from bohwsw.scheduling.schedule import Schedule, Step
from bohwsw.scheduling.schedule_bound import preferred_cores, schedule_bound
from bohwsw.scheduling.timeline import Timeline, evaluate_schedule
from bohwsw.workload import Network

Score = tuple[float, float, float]
"""By how much latencies are over their limits, the value, and the sum of all ends for ties."""


@dataclass(frozen=True)
class FoundSchedule:
    """A schedule, what it comes to, and how good it is."""

    schedule: Schedule  # the best that was found
    timeline: Timeline  # when each node runs; see ``evaluate_schedule``
    objective: Aim
    """What was minimised: ``edp``, ``latency`` or ``energy``, of all networks together."""
    value: float  # what it is
    lower_bound: float  # no schedule is below this, in the same unit
    networks: Mapping[str, Mapping[str, float]]
    """For each network its latency in cycles and its energy in pJ."""
    over_limits: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """Networks whose latency is over its limit, with latency, limit and ratio."""

    @property
    def gap(self) -> float:
        """How far, at most, it is above the least, as a share; infinite if the bound is 0."""
        if self.value <= self.lower_bound:
            return 0.0
        return self.value / self.lower_bound - 1.0 if self.lower_bound > 0.0 else math.inf


def search_schedule(
    networks: Sequence[Network],
    chip: Chip,
    costs: Mapping[Step, NodeCost],
    *,
    objective: str = "latency",
    latency_limits: Mapping[str, float] | None = None,
    moves: int = 20_000,
    branches: int = 20_000,
    seed: int = 0,
) -> FoundSchedule:
    """Find a schedule of networks on the cores of a chip; same seed, same result.

    Args:
        networks: what runs, each under a name of its own.
        chip: where it runs.
        costs: of each node on each core that can run it, see ``possible_costs``. Operators without
            any are left out: they cost nothing and take no time.
        objective: ``edp``, ``latency`` or ``energy``, as ``evaluate_schedule`` has them.
        latency_limits: of networks, in cycles, by their names. Schedules within them come first.
        moves: of the annealing.
        branches: after which branch and bound is given up; 0 leaves it out.
        seed: of the annealing.

    Raises:
        SpecError: something given is not valid, or no core can run some layer.
    """
    aim = checked_aim(objective)
    whole_number("moves", moves, least=0)
    whole_number("branches", branches, least=0)
    whole_number("seed", seed, least=0)
    choices = choices_of(networks, chip, costs)
    limits = checked_latencies(latency_limits or {}, choices.networks)
    bound = schedule_bound(choices, aim)
    search = _LocalSearch(choices, aim, limits, seed)
    best = min(search.lists(), key=search.score)
    if search.score(best)[1] > bound or limits:
        best = search.annealed(best, moves)
    is_within, value = search.score(best)[0] == 0.0, search.score(best)[1]
    if branches and (value > bound or not is_within):
        exact = ExactSearch(choices, aim, value if is_within else math.inf, branches, limits)
        is_proven = exact.run()
        if exact.found is not None:
            best = min(best, exact.found, key=search.score)
        if is_proven and exact.best < math.inf and not limits:
            bound = max(bound, search.score(best)[1])
    return _result(networks, chip, costs, choices, aim, bound, limits, best)


def _result(
    networks: Sequence[Network],
    chip: Chip,
    costs: Mapping[Step, NodeCost],
    choices: Choices,
    aim: Aim,
    bound: float,
    limits: Mapping[int, float],
    best: Placed,
) -> FoundSchedule:
    schedule = choices.schedule(best.order, best.core_of)
    timeline = evaluate_schedule(networks, chip, schedule, costs)
    each = {
        name: {
            "latency_cycles": timeline.latency_of(name),
            "energy_pj": sum(costs[step].energy_pj for step in schedule.of(name).steps),
        }
        for name in choices.networks
    }
    over = {
        name: {"latency_cycles": got, "limit": limit, "ratio": got / limit}
        for number, limit in limits.items()
        for name in (choices.networks[number],)
        for got in (each[name]["latency_cycles"],)
        if got > limit
    }
    value = {
        "edp": timeline.edp_pj_cycles,
        "latency": timeline.latency_cycles,
        "energy": timeline.energy_pj,
    }[aim]
    return FoundSchedule(schedule, timeline, aim, value, min(bound, value), each, over)


class _LocalSearch:
    """Lists, and annealing over cores of the nodes and the order of those that are ready."""

    def __init__(self, choices: Choices, aim: Aim, limits: Mapping[int, float], seed: int) -> None:
        self._choices, self._aim, self._limits = choices, aim, limits
        self._seed = seed % 2**32
        self._cycles = choices.cycles.tolist()
        self._energies, self._bits = choices.energies.tolist(), choices.bits.tolist()
        self._cores = [
            [core for core, own in enumerate(row) if own < math.inf] for row in self._cycles
        ]

    def score(self, placed: Placed) -> Score:
        return self._score(placed.order, placed.core_of)

    def _score(self, order: Sequence[int], core_of: Sequence[int]) -> Score:
        choices, cycles = self._choices, self._cycles
        free, ends = [0.0] * len(choices.cores), [0.0] * len(order)
        energy = bits = 0.0
        for node in order:
            core = core_of[node]
            start = free[core]
            for other in choices.before[node]:
                if ends[other] > start:
                    start = ends[other]
            free[core] = ends[node] = start + cycles[node][core]
            energy += self._energies[node][core]
            bits += self._bits[node][core]
        last, over = max(free), 0.0
        latency = choices.latency(last, bits)
        if self._limits:
            stretch = latency / last if last else 1.0
            for network, limit in self._limits.items():
                own = max(
                    x for x, of in zip(ends, choices.network_of, strict=True) if of == network
                )
                over += max(0.0, own * stretch / limit - 1.0)
        return over, choices.value(self._aim, last, energy, bits), sum(ends)

    def lists(self) -> Iterator[Placed]:
        """List schedules to begin with."""
        choices, tails = self._choices, self._choices.tails
        in_turn = list(range(len(tails)))
        ranked = sorted(in_turn, key=lambda node: -tails[node])  # stable: after those before
        preferred = preferred_cores(choices, self._aim).tolist()
        cheapest = choices.energies.argmin(axis=1).tolist()
        fastest = choices.cycles.argmin(axis=1).tolist()
        for core_of in (preferred, cheapest, fastest):
            yield Placed(tuple(ranked), tuple(core_of))
        for core in range(len(choices.cores)):
            if all(core in cores for cores in self._cores):
                yield Placed(tuple(in_turn), (core,) * len(in_turn))
        for product in (False, True):
            yield Placed(tuple(ranked), self._greedy(ranked, product))

    def _greedy(self, order: Sequence[int], by_product: bool) -> tuple[int, ...]:
        """Each node in turn on the core that ends it first, or with the least end x energy."""
        free, ends = [0.0] * len(self._choices.cores), [0.0] * len(order)
        core_of = [0] * len(order)
        for node in order:
            ready = max((ends[x] for x in self._choices.before[node]), default=0.0)

            def rank(core: int, node: int = node, ready: float = ready) -> float:
                end: float = max(ready, free[core]) + self._cycles[node][core]
                return end * self._energies[node][core] if by_product else end

            core = core_of[node] = min(self._cores[node], key=rank)
            free[core] = ends[node] = max(ready, free[core]) + self._cycles[node][core]
        return tuple(core_of)

    def annealed(self, begin: Placed, moves: int) -> Placed:
        """The best that some moves from a schedule on came by."""
        choices, n = self._choices, len(begin.order)
        limits = np.full(len(choices.networks), math.inf)
        limits[list(self._limits)] = list(self._limits.values())
        nodes = Nodes(
            choices.cycles,
            choices.energies,
            choices.bits,
            np.array([len(before) for before in choices.before], np.int64),
            np.array([other for after in choices.after for other in after], np.int64),
            np.cumsum([0, *map(len, choices.after)], dtype=np.int64),
            np.array(choices.network_of, np.int64),
            limits,
            choices.dram_bits_per_cycle or math.inf,
            get_args(Aim).index(self._aim),
        )
        order, core_of = (np.array(x, np.int64) for x in (begin.order, begin.core_of))
        left, ready, begun, rank = np.zeros((4, n), np.int64)
        free, ends = np.zeros(len(choices.cores)), np.zeros(len(limits))
        work = Work(left, ready, np.zeros(n), free, ends, begun, rank)
        best = np.zeros((2, n), np.int64)
        anneal_schedule(nodes, order, core_of, moves, self._seed, work, best)
        found = Placed(*(tuple(row.tolist()) for row in best))
        return min(begin, found, key=self.score)
