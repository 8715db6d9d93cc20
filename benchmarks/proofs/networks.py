"""Several layers on one machine: what a network mapper claims, against all combinations.

Memory that is slow but cheap over memory that is fast but dear: then energy and cycles conflict,
each layer has several mappings that no other beats, and a network has tens of them.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from random import Random
from unittest import mock

from benchmarks.proofs.brute_force import Point, best, front_of, pareto
from benchmarks.proofs.check import ROUNDING, Failure
from benchmarks.proofs.problems import Problem, is_small, random_layer, random_machine
from benchmarks.proofs.rules import SPACES, Layer, Machine
from benchmarks.proofs.translation import costs, map_space
from bohwsw.mapper import network_mapper
from bohwsw.mapper.branch_and_bound import BranchAndBoundMapper
from bohwsw.mapper.mapper import Objective

LEAST_POINTS = 10


@dataclass(frozen=True)
class Network:
    """Layers, how often each runs, their machine, and the Pareto front of all of them together."""

    machine: Machine
    layers: list[Layer]
    counts: list[int]
    front: list[Point]


def random_network(seed: int) -> Network:
    """Two or three layers with a front of at least ``LEAST_POINTS`` points."""
    rng = Random(seed)
    while True:
        machine = _slow_outside(rng)
        layers = [_layer(rng, machine) for _ in range(rng.choice((2, 3, 3)))]
        counts = [rng.choice((1, 1, 2, 3)) for _ in layers]
        fronts = [pareto(layer, machine) for layer in layers]
        together = sum_of_fronts(fronts, counts)
        if len(together) >= LEAST_POINTS:
            return Network(machine, layers, counts, together)


def sum_of_fronts(fronts: Sequence[list[Point]], counts: Sequence[int]) -> list[Point]:
    """The Pareto front of layers that run one after another; empty if one cannot run."""
    total = [Point(0.0, 0, [])]
    for front, count in zip(fronts, counts, strict=True):
        total = front_of(
            Point(a.energy + count * b.energy, a.cycles + count * b.cycles, a.mapping + b.mapping)
            for a, b in itertools.product(total, front)
        )
    return total


def check_network(network: Network, objective: Objective) -> Failure | None:
    """Map all layers, each search from one random mapping, and compare."""
    spaces = [
        map_space(
            Problem("network", layer, network.machine, [{} for _ in network.machine["levels"]])
        )
        for layer in network.layers
    ]
    unaided = partial(BranchAndBoundMapper, start_evaluations=1)
    with mock.patch.object(network_mapper, "BranchAndBoundMapper", unaided):
        found = network_mapper.map_layers(
            list(zip(spaces, network.counts, strict=True)),
            costs(network.machine),
            objective=objective,
        )
    optimum = best(network.front, objective)
    least = optimum.value(objective)
    value = Point(found.energy_pj, int(found.latency_cycles), []).value(objective)
    details = {
        "network": network.layers,
        "counts": network.counts,
        "machine": network.machine,
        "objective": objective,
        "bound": found.lower_bound,
        "gap": found.gap,
        "value": value,
        "least": least,
        "optimum": optimum,
    }
    margin = ROUNDING * least
    if value < least - margin:
        return Failure("below", value / least - 1.0, details)
    if found.lower_bound > least + margin:
        return Failure("bound", found.lower_bound / least - 1.0, details)
    if found.gap <= ROUNDING and value > least + margin:
        return Failure("value", value / least - 1.0, details)
    return None


def _slow_outside(rng: Random) -> Machine:
    machine = random_machine(rng, "general", 2)
    for i, level in enumerate(machine["levels"]):
        speeds = (0.2, 0.37, 0.5) if i else (0.05, 0.11)
        prices = {name: (1 + i) * rng.uniform(0.3, 3.0) for name in ("read", "fill", "update")}
        level |= prices | {"read_bw": rng.choice(speeds), "write_bw": rng.choice(speeds)}
        level |= {"block": 1, "keeps": frozenset(SPACES), "fan_y": 1}
        level["entries"] = rng.choice((2, 3, 6, 9, 16)) if i else None
    return machine


def _layer(rng: Random, machine: Machine) -> Layer:
    while True:
        layer = random_layer(rng, rng.choice(("coincidence", "slide", "general")))
        if is_small(layer, machine, [{} for _ in machine["levels"]], share=2):
            return layer
