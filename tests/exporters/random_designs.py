"""Designs of random layers on random machines, for tests that read exported files back."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from random_nests import random_costs, random_layer, random_machine, random_mapping

from bohwsw.codesign import Design, Hardware, MappedLayer, MappedNetwork
from bohwsw.mapping import FREE
from bohwsw.simulator import simulate
from bohwsw.workload import CountedLayer


def random_designs(seed: int, n: int) -> list[Design]:
    """Designs of one layer each, on machines of 2 to 5 levels."""
    rng, found = Random(seed), []
    for number in range(n):
        layer, depth = replace(random_layer(rng, 4096), name=f"layer{number}"), rng.randint(2, 5)
        mapping = random_mapping(rng, layer, depth)
        machine, costs = random_machine(rng, layer, [mapping]), random_costs(rng, depth)
        entry = CountedLayer(layer, rng.randint(1, 3))
        mapped = MappedLayer(entry, mapping, simulate(layer, machine, mapping, costs))
        found.append(Design(Hardware({}, machine, FREE, costs), (MappedNetwork("n", (mapped,)),)))
    return found
