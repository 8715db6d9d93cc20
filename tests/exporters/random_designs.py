"""Designs of random layers on random machines, for tests that read exported files back."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from random_nests import random_costs, random_layer, random_machine, random_mapping

from bohwsw.codesign import Design, Hardware, MappedLayer, MappedNetwork
from bohwsw.mapping import FREE
from bohwsw.simulator import simulate
from bohwsw.workload import CountedLayer

RESIDUAL = [
    {"name": "image", "op": "input", "K": 4, "P": 12, "Q": 12},
    {"name": "a", "K": 8, "C": 4, "P": 12, "Q": 12, "R": 3, "S": 3, "inputs": "image"},
    {"name": "norm", "op": "normalise", "inputs": "a"},
    {"name": "relu", "op": "activation", "inputs": "norm"},
    {"name": "b", "K": 8, "C": 8, "P": 12, "Q": 12, "R": 3, "S": 3, "inputs": "relu"},
    {"name": "sum", "op": "add", "inputs": ["b", "relu"]},
    {"name": "dw", "G": 8, "P": 6, "Q": 6, "R": 3, "S": 3, "stride": 2, "inputs": "sum"},
    {"name": "pool", "op": "pool", "P": 3, "Q": 3, "inputs": "dw"},
    {"name": "flat", "op": "reshape", "K": 72, "P": 1, "Q": 1, "inputs": "pool"},
    {"name": "fc", "K": 16, "C": 72, "inputs": "flat"},
]
"""Layers with a sum, operators of several kinds, and a dense layer at the end."""


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
