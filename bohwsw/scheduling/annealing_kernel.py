"""Annealing of schedules, compiled: nodes move to other cores and to other places in an order.

By the order cores choose, as soon as they are free, among the nodes that are ready. A move takes
some 3 us for 127 nodes; in plain Python it took 400.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bohwsw.compiled import compiled

WARMEST, COLDEST = 0.005, 0.0003
"""Temperatures: of the natural logarithm of what is minimised."""
TINY = 1e-300
EDP, LATENCY, ENERGY = 0, 1, 2

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class Nodes(NamedTuple):
    """What is scheduled, ``n`` nodes on ``m`` cores; see ``Choices``."""

    cycles: Floats  # [n, m]; infinite where a node does not run
    energies: Floats  # [n, m]
    bits: Floats  # [n, m]
    waits: Ints  # [n]; for how many nodes each waits
    after: Ints  # those that wait for node i are after[first[i] : first[i + 1]]
    first: Ints  # [n + 1]
    network_of: Ints  # [n]
    limits: Floats  # of latencies, in cycles, for each network; infinite where there is none
    bandwidth: float  # bits a cycle of the DRAM; infinite without a limit
    aim: int  # EDP, LATENCY or ENERGY


class Work(NamedTuple):
    """Working memory."""

    left: Ints  # [n]; nodes still waited for
    ready: Ints  # [n]; nodes that could begin
    ready_at: Floats  # [n]
    free: Floats  # [m]; when cores are free
    ends: Floats  # of each network
    begun: Ints  # [n]; nodes in the order in which they begin
    rank: Ints  # [n]; the place of each node in the order


@compiled(internal=True, inlined=False)
def dispatched(nodes, core_of, work):
    """Run the nodes so that no core waits while it could work; ``work.begun`` has their order.

    Of nodes that could begin at one time the one of the lowest rank does.

    Returns:
        By how much latencies are over their limits, the value, the sum of all ends.
    """
    work.free[:] = 0.0
    work.ends[:] = 0.0
    count = done = 0
    for node in range(len(core_of)):
        work.left[node], work.ready_at[node] = nodes.waits[node], 0.0
        if nodes.waits[node] == 0:
            work.ready[count] = node
            count += 1
    energy = bits = ends = last = 0.0
    while count > 0:
        chosen, start = 0, math.inf
        for k in range(count):
            node = work.ready[k]
            begin = max(work.ready_at[node], work.free[core_of[node]])
            if begin < start or (
                begin == start and work.rank[node] < work.rank[work.ready[chosen]]
            ):
                chosen, start = k, begin
        node = work.ready[chosen]
        count -= 1
        work.ready[chosen] = work.ready[count]
        core = core_of[node]
        end = start + nodes.cycles[node, core]
        work.free[core] = end
        network = nodes.network_of[node]
        work.ends[network] = max(work.ends[network], end)
        energy += nodes.energies[node, core]
        bits += nodes.bits[node, core]
        ends += end
        last = max(last, end)
        work.begun[done] = node
        done += 1
        for k in range(nodes.first[node], nodes.first[node + 1]):
            other = nodes.after[k]
            work.ready_at[other] = max(work.ready_at[other], end)
            work.left[other] -= 1
            if work.left[other] == 0:
                work.ready[count] = other
                count += 1
    latency = max(last, bits / nodes.bandwidth)
    stretch = latency / last if last > 0.0 else 1.0
    over = 0.0
    for network in range(len(work.ends)):
        over += max(0.0, work.ends[network] * stretch / nodes.limits[network] - 1.0)
    value = energy if nodes.aim == ENERGY else latency
    return over, value * energy if nodes.aim == EDP else value, ends


@compiled(internal=True, once=True)
def _shift(order, rank, place, then):
    """Move a node in the order; those between close up."""
    node, step = order[place], 1 if then > place else -1
    while place != then:
        order[place] = order[place + step]
        rank[order[place]] = place
        place += step
    order[place] = node
    rank[node] = place


@compiled(internal=True, once=True)
def _other_core(nodes, node, old):
    """Another core that can run a node, at random; the old one if there is none."""
    others = 0
    chosen = old
    for core in range(nodes.cycles.shape[1]):
        if core != old and nodes.cycles[node, core] < math.inf:
            others += 1
            if np.random.randint(others) == 0:
                chosen = core
    return chosen


@compiled(internal=True)
def _keep(work, core_of, best):
    """Note the order and the cores of what was run last."""
    for node in range(len(core_of)):
        best[0, node], best[1, node] = work.begun[node], core_of[node]


@compiled(internal=True, once=True)
def _cost(over, value, ends):
    """What annealing lowers: limits first, then the value, and a little all ends."""
    return 10.0 * over + math.log(max(value, TINY)) + 1e-3 * math.log(max(ends, TINY))


@compiled()
def anneal_schedule(nodes, order, core_of, moves, seed, work, best):
    """The best schedule that some moves from a given one on come by.

    Args:
        nodes: what is scheduled.
        order: the nodes in some order ``[n]``; changed in place, as is ``core_of``.
        core_of: the core of each node ``[n]``.
        moves: how many.
        seed: of all random draws.
        work: working memory.
        best: ``[2, n]``; the order and the cores of the best end here.

    Returns:
        Of the best what ``dispatched`` says of it.
    """
    np.random.seed(seed)
    n = len(order)
    for place in range(n):
        work.rank[order[place]] = place
    least = dispatched(nodes, core_of, work)
    now = _cost(least[0], least[1], least[2])
    _keep(work, core_of, best)
    cooling = (COLDEST / WARMEST) ** (1.0 / max(moves, 1))
    temperature = WARMEST
    for _ in range(moves):
        temperature *= cooling
        node = np.random.randint(n)
        old, place = core_of[node], work.rank[node]
        core = _other_core(nodes, node, old)
        onto_core = core != old and np.random.random() < 0.5
        if onto_core:
            core_of[node] = core
        else:
            _shift(order, work.rank, place, np.random.randint(n))
        found = dispatched(nodes, core_of, work)
        if found < least:
            least = found
            _keep(work, core_of, best)
        then = _cost(found[0], found[1], found[2])
        if then <= now or np.random.random() < math.exp((now - then) / temperature):
            now = then
        elif onto_core:
            core_of[node] = old
        else:
            _shift(order, work.rank, work.rank[node], place)
    return least
