"""Searches a schedule: which core runs which nodes, in which order.

List schedules first: nodes by the longest path that is left (upward rank, as in HEFT, Topcuoglu et
al. 2002), each on the core that ends it first, on the one that it costs least, on the one that the
relaxation of ``schedule_bound`` prefers, or all on one core. Annealing goes on from the best: it
moves nodes to other cores and to other places in an order by which cores choose, as soon as they
are free, among the nodes that are ready. Branch and bound (``exact_schedule``)
then looks for better ones, and where it comes to its end the best schedule is proven.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bohwsw.arch import Chip
from bohwsw.checks import whole_number
from bohwsw.errors import SpecError
from bohwsw.scheduling.choices import Aim, Choices, checked_aim, checked_latencies, choices_of
from bohwsw.scheduling.exact_schedule import ExactSearch, Placed
from bohwsw.scheduling.node_cost import NodeCost
from bohwsw.scheduling.schedule import Schedule, Step
from bohwsw.scheduling.schedule_bound import preferred_cores, schedule_bound
from bohwsw.scheduling.timeline import Timeline, evaluate_schedule
from bohwsw.workload import Network

WARMEST, COLDEST = 0.005, 0.0003
"""Temperatures of the annealing: of the natural logarithm of what is minimised."""

Score = tuple[float, float, float]
"""By how much latencies are over their limits, the value, and the sum of all ends for ties."""


@dataclass(frozen=True)
class FoundSchedule:
    """A schedule, what it comes to, and how good it is.

    Attributes:
        schedule: the best that was found.
        timeline: when each node runs; see ``evaluate_schedule``.
        objective: what was minimised: ``edp``, ``latency`` or ``energy``, of all networks together.
        value: what it is.
        lower_bound: no schedule is below this, in the same unit.
        networks: for each network its latency in cycles and its energy in pJ.
        over_limits: networks whose latency is over its limit, with latency, limit and ratio.
    """

    schedule: Schedule
    timeline: Timeline
    objective: Aim
    value: float
    lower_bound: float
    networks: Mapping[str, Mapping[str, float]]
    over_limits: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

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
    starts: Iterable[Schedule] = (),
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
        starts: schedules that are known; none of them is better than what is found.
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
    known = [_placed(choices, start, networks, chip, costs) for start in starts]
    bound = schedule_bound(choices, aim)
    search = _LocalSearch(choices, aim, limits, seed)
    best = min((*known, *search.lists()), key=search.score)
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


def _placed(
    choices: Choices,
    start: Schedule,
    networks: Sequence[Network],
    chip: Chip,
    costs: Mapping[Step, NodeCost],
) -> Placed:
    """A schedule that is known, by numbers.

    Raises:
        SpecError: it does not fit, or has other nodes than those that have costs.
    """
    evaluate_schedule(networks, chip, start, costs)
    core_of = {step[:2]: choices.cores.index(step.core) for step in start.steps}
    left = {name: [s[:2] for s in start.steps if s.core == name] for name in choices.cores}
    numbers = {place: node for node, place in enumerate(choices.places)}
    for place in numbers:
        if place not in core_of:
            raise SpecError("a start leaves out a node with costs", key_path="starts", got=place)
    order: list[int] = []
    while len(order) < len(numbers):
        for queue in left.values():
            while queue and set(choices.before[numbers[queue[0]]]) <= set(order):
                order.append(numbers[queue.pop(0)])
    return Placed(tuple(order), tuple(core_of[place] for place in choices.places))


class _LocalSearch:
    """Lists, and annealing over cores of the nodes and the order of those that are ready."""

    def __init__(self, choices: Choices, aim: Aim, limits: Mapping[int, float], seed: int) -> None:
        self._choices, self._aim, self._limits = choices, aim, limits
        self._random = random.Random(seed)
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

    def _dispatched(self, order: Sequence[int], core_of: Sequence[int]) -> list[int]:
        """The nodes in the order in which they begin if no core waits while it could work.

        Of nodes that could begin at one time the first in the given order does.
        """
        choices, cycles = self._choices, self._cycles
        rank = [0] * len(order)
        for place, node in enumerate(order):
            rank[node] = place
        left = [len(before) for before in choices.before]
        free, ready_at = [0.0] * len(choices.cores), [0.0] * len(order)
        ready, found = [node for node in order if not left[node]], []
        while ready:
            start, _, node = min((max(ready_at[x], free[core_of[x]]), rank[x], x) for x in ready)
            end = free[core_of[node]] = start + cycles[node][core_of[node]]
            found.append(node)
            ready.remove(node)
            for other in choices.after[node]:
                ready_at[other] = max(ready_at[other], end)
                left[other] -= 1
                if not left[other]:
                    ready.append(other)
        return found

    def annealed(self, begin: Placed, moves: int) -> Placed:
        """The best that some moves from a schedule on came by."""
        order, core_of, draw = list(begin.order), list(begin.core_of), self._random
        found, best = begin, self.score(begin)
        now = self._score(self._dispatched(order, core_of), core_of)
        cooling = (COLDEST / WARMEST) ** (1.0 / max(moves, 1))
        temperature = WARMEST
        for _ in range(moves):
            temperature *= cooling
            undo = self._move(order, core_of)
            begins = self._dispatched(order, core_of)
            then = self._score(begins, core_of)
            if then < best:
                best, found = then, Placed(tuple(begins), tuple(core_of))
            rise = _cost(then) - _cost(now)
            if rise <= 0.0 or draw.random() < math.exp(-rise / temperature):
                now = then
            else:
                undo()
        return found

    def _move(self, order: list[int], core_of: list[int]) -> Callable[[], None]:
        """Put a node onto another core or elsewhere in the order; gives how to undo it."""
        draw, node = self._random, self._random.randrange(len(order))
        old, others = core_of[node], [core for core in self._cores[node] if core != core_of[node]]
        if others and draw.random() < 0.5:
            core_of[node] = draw.choice(others)
            return lambda: core_of.__setitem__(node, old)
        place, then = order.index(node), draw.randrange(len(order))
        order.insert(then, order.pop(place))
        return lambda: order.insert(place, order.pop(then))


def _cost(score: Score) -> float:
    """What annealing lowers: limits first, then the value, and a little all ends."""
    over, value, ends = score
    return 10.0 * over + math.log(value or 1e-300) + 1e-3 * math.log(ends or 1e-300)
