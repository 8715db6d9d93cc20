"""The best schedule by branch and bound, where there are few nodes or few ways to order them.

A branch puts a node whose predecessors have ended onto a core, right after what runs there; every
schedule that does not wait without need is reached by some order of these. Left are branches

- whose lower bound is no better than the best schedule so far: for the cycles the longest path
  that is left, and the time that cores are busy if each node takes its fewest cycles; for energy
  and bits what each node needs at least;
- that are dominated: of those that have done the same nodes another one has its cores free no
  later, has ended the nodes that others wait for no later, and needs no more energy and bits. (What
  may follow is then as good, as all figures rise with these.)
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from bohwsw.scheduling.choices import Aim, Choices

MOST_NODES = 200
"""Python's stack holds a call for each."""

ROUNDING = 1e-12
"""By which share sums of what is left may be too large."""

Signature = tuple[float, ...]


@dataclass(frozen=True)
class Placed:
    """An order of nodes, each with the number of its core."""

    order: tuple[int, ...]
    core_of: tuple[int, ...]


class ExactSearch:
    """Branch and bound over all schedules.

    Args:
        choices: what is to run, at most ``MOST_NODES``.
        aim: what is minimised.
        best: value of a schedule that is known; only better ones are looked for.
        most: branches to look at before it is given up.
        limits: on the latency of networks, by their numbers. Where the DRAM may stretch a schedule
            one that waits without need may keep to them where no other does; such are not found.
    """

    def __init__(
        self,
        choices: Choices,
        aim: Aim,
        best: float = math.inf,
        most: int = 100_000,
        limits: Mapping[int, float] | None = None,
    ) -> None:
        self._choices, self._aim, self.best = choices, aim, best
        self._left, self._limits = most, dict(limits or {})
        self.found: Placed | None = None
        cycles = choices.cycles.tolist()
        self._options = [
            [
                (core, own, choices.energies[node, core], choices.bits[node, core])
                for core, own in sorted(enumerate(row), key=lambda pair: pair[1])
                if own < math.inf
            ]
            for node, row in enumerate(cycles)
        ]
        fewest = choices.cycles.min(axis=1)
        self._fewest = fewest.tolist()
        self._least_energy = choices.energies.min(axis=1).tolist()
        self._least_bits = choices.bits.min(axis=1).tolist()
        self._seen: dict[int, list[Signature]] = {}

    def run(self) -> bool:
        """Search; whether all schedules were looked at, so that the best known is the best."""
        n, m = len(self._choices.places), len(self._choices.cores)
        if n > MOST_NODES:
            return False
        self._ends, self._core_of, self._order = [0.0] * n, [0] * n, list[int]()
        rest = sum(self._fewest), sum(self._least_energy), sum(self._least_bits)
        self._branch(0, (0.0,) * m, 0.0, 0.0, rest)
        return self._left >= 0

    def _branch(
        self,
        done: int,
        free: tuple[float, ...],
        energy: float,
        bits: float,
        rest: tuple[float, float, float],
    ) -> None:
        """Look at all that may follow; ``rest``: least cycles, energy, bits of what is left."""
        choices, n = self._choices, len(self._ends)
        if len(self._order) == n:
            value = choices.value(self._aim, max(free), energy, bits)
            if value < self.best and self._within(max(free), bits):
                self.best = value
                self.found = Placed(tuple(self._order), tuple(self._core_of))
            return
        moves = []
        for node in range(n):
            if done >> node & 1 or any(not done >> x & 1 for x in choices.before[node]):
                continue
            ready = max((self._ends[x] for x in choices.before[node]), default=0.0)
            start = max(ready, min(free[core] for core, *_ in self._options[node]))
            moves.append((-start - choices.tails[node], node, ready))
        latest = max(max(free), max(-first for first, *_ in moves))
        work = (sum(free) + rest[0]) / len(free)
        cycles, least_energy, least_bits = max(latest, work), energy + rest[1], bits + rest[2]
        bound = choices.value(self._aim, cycles, least_energy, least_bits)
        if bound * (1.0 - ROUNDING) >= self.best:
            return
        if self._is_dominated(done, free, energy, bits):
            return
        for _, node, ready in sorted(moves):
            left = (
                rest[0] - self._fewest[node],
                rest[1] - self._least_energy[node],
                rest[2] - self._least_bits[node],
            )
            for core, own, joules, moved in self._options[node]:
                self._left -= 1
                if self._left < 0:
                    return
                end = max(ready, free[core]) + own
                if end > self._limits.get(choices.network_of[node], math.inf):
                    continue
                self._ends[node], self._core_of[node] = end, core
                self._order.append(node)
                now = (*free[:core], end, *free[core + 1 :])
                self._branch(done | 1 << node, now, energy + joules, bits + moved, left)
                self._order.pop()

    def _within(self, cycles: float, bits: float) -> bool:
        stretch = self._choices.latency(cycles, bits) / cycles if cycles else 1.0
        return all(
            end * stretch <= self._limits.get(network, math.inf)
            for end, network in zip(self._ends, self._choices.network_of, strict=True)
        )

    def _is_dominated(self, done: int, free: tuple[float, ...], energy: float, bits: float) -> bool:
        """Whether a branch that was looked at is as good; if not, this one is remembered."""
        choices, soonest = self._choices, min(free)
        waited_for = [
            max(self._ends[node], soonest)
            for node in sorted(self._order)
            if any(not done >> x & 1 for x in choices.after[node])
        ]
        latest = [
            max((self._ends[x] for x in self._order if choices.network_of[x] == net), default=0.0)
            for net in self._limits
        ]
        costs = () if self._aim == "latency" else (energy,)
        shared = () if choices.dram_bits_per_cycle is None else (bits,)
        own = (*free, *waited_for, *latest, *costs, *shared)
        seen = self._seen.setdefault(done, [])
        if any(_is_no_worse(other, own) for other in seen):
            return True
        seen[:] = [other for other in seen if not _is_no_worse(own, other)]
        seen.append(own)
        return False


def _is_no_worse(one: Signature, other: Signature) -> bool:
    return all(a <= b for a, b in zip(one, other, strict=True))
