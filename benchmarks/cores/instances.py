"""Random instances of scheduling, and all their schedules: what a search is held to."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bohwsw.arch import Architecture, Chip, MacArray, StorageLevel
from bohwsw.scheduling import NodeCost, Step
from bohwsw.workload import CountedLayer, Edge, Layer, Network

State = tuple[tuple[tuple[str, str], ...], tuple[float, ...], tuple[float, ...], float, float]
"""Nodes that are done, when they end, when each core is free, energy, bits."""


@dataclass(frozen=True)
class Instance:
    """What is to be scheduled."""

    networks: tuple[Network, ...]
    chip: Chip
    costs: Mapping[Step, NodeCost]


def random_instance(draw: random.Random, most_nodes: int = 8, most_cores: int = 3) -> Instance:
    """One to three networks of layers that follow one another in some way, on unlike cores."""
    total = draw.randint(2, most_nodes)
    count = draw.randint(1, min(3, total))
    cuts = sorted(draw.sample(range(1, total), count - 1))
    sizes = [b - a for a, b in zip([0, *cuts], [*cuts, total], strict=True)]
    networks = []
    for number, size in enumerate(sizes):
        nodes = tuple(CountedLayer(Layer(f"n{index}", K=4, C=4)) for index in range(size))
        edges = tuple(
            Edge(f"n{draw.randrange(index)}", f"n{index}")
            for index in range(1, size)
            if draw.random() < 0.7
        )
        networks.append(Network(f"net{number}", nodes, edges))
    dram = StorageLevel("DRAM", "dram")
    cores = [
        Architecture(f"core{x}", (dram,), MacArray()) for x in range(draw.randint(1, most_cores))
    ]
    costs = {
        Step(network.name, node.name, core.name): NodeCost(
            draw.randint(1, 20), draw.randint(1, 20), draw.randint(0, 50)
        )
        for network in networks
        for node in network.nodes
        for position, core in enumerate(cores)
        if position == 0 or draw.random() < 0.9
    }
    bandwidth = draw.choice([None, 2.0, 4.0, 8.0])
    return Instance(tuple(networks), Chip("chip", tuple(cores), bandwidth), costs)


def every_value(instance: Instance, objective: str) -> float:
    """The least objective over all schedules, by making every one of them.

    Nodes are put one by one onto any core, as soon as that is free and what they wait for has
    ended; equal states are followed once. There are no bounds in it, and nothing of the search.
    """
    waits = {
        (network.name, node.name): [
            (network.name, e.producer) for e in network.edges if e.consumer == node.name
        ]
        for network in instance.networks
        for node in network.nodes
    }
    cores = [core.name for core in instance.chip.cores]
    states: set[State] = {((), (), (0.0,) * len(cores), 0.0, 0.0)}
    for _ in waits:
        states = {
            then for state in states for then in _followers(state, waits, cores, instance.costs)
        }
    return min(_value(state, instance.chip, objective) for state in states)


def _followers(
    state: State,
    waits: Mapping[tuple[str, str], Sequence[tuple[str, str]]],
    cores: Sequence[str],
    costs: Mapping[Step, NodeCost],
) -> list[State]:
    done, ends, free, energy, bits = state
    ended = dict(zip(done, ends, strict=True))
    found: list[State] = []
    for place, before in waits.items():
        if place in ended or not all(other in ended for other in before):
            continue
        ready = max((ended[other] for other in before), default=0.0)
        for number, core in enumerate(cores):
            if cost := costs.get(Step(*place, core)):
                end = max(ready, free[number]) + cost.latency_cycles
                now = dict(sorted({**ended, place: end}.items()))
                then = (*free[:number], end, *free[number + 1 :])
                found.append(
                    (
                        tuple(now),
                        tuple(now.values()),
                        then,
                        energy + cost.energy_pj,
                        bits + cost.dram_bits,
                    )
                )
    return found


def _value(state: State, chip: Chip, objective: str) -> float:
    _, ends, _, energy, bits = state
    latency = max(ends)
    if chip.dram_bits_per_cycle is not None:
        latency = max(latency, bits / chip.dram_bits_per_cycle)
    return {"latency": latency, "energy": energy, "edp": latency * energy}[objective]


def improved(instance: Instance, draw: random.Random) -> dict[str, Instance]:
    """Chips that can do all that this one can: a faster core, a wider DRAM, one more core."""
    chip, costs = instance.chip, instance.costs
    faster = draw.choice(chip.cores).name
    sped = {
        step: replace(cost, latency_cycles=cost.latency_cycles * draw.uniform(0.3, 1.0))
        if step.core == faster
        else cost
        for step, cost in costs.items()
    }
    bandwidth = chip.dram_bits_per_cycle
    extra = replace(chip.cores[0], name="extra")
    more = {
        step._replace(core="extra"): NodeCost(
            draw.randint(1, 20), draw.randint(1, 20), draw.randint(0, 50)
        )
        for step in costs
    }
    return {
        "a faster core": replace(instance, costs=sped),
        "more bandwidth": replace(
            instance,
            chip=replace(chip, dram_bits_per_cycle=None if bandwidth is None else 1.5 * bandwidth),
        ),
        "one more core": Instance(
            instance.networks,
            replace(chip, cores=(*chip.cores, extra)),
            {**costs, **more},
        ),
    }


def is_close(found: float, expected: float) -> bool:
    """Whether two values are one but for rounding."""
    return math.isclose(found, expected, rel_tol=1e-9)
