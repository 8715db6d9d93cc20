"""Cores with more PEs, whose layers are mapped anew.

A mapping of a machine is valid on one with a larger mesh and costs the same there, so the optimum
of a layer cannot get worse; what annealing finds with few mappings can. The schedule of all layers
could, too, where cores share a DRAM, if the faster mappings moved more bits.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from benchmarks.command import Row
from benchmarks.cores.instances import random_instance
from bohwsw import map_network
from bohwsw.chips import chip_of
from bohwsw.codesign import Design
from bohwsw.scheduling import possible_costs, search_schedule
from bohwsw.workload import CountedLayer, Layer, Network, network_from_layers

SPACES = Path(__file__).parents[2] / "spaces/cores"
TEMPLATES = ("nvdla-like", "eyeriss-like", "shidiannao-like")
MESHES = ((8, 8), (16, 8), (16, 16))
FAMILIES = tuple(
    (
        Layer("3 x 3", K=channels, C=channels, P=size, Q=size, R=3, S=3),
        Layer("1 x 1", K=channels, C=channels, P=size, Q=size),
        Layer("depthwise", G=channels, P=size, Q=size, R=3, S=3),
    )
    for channels, size in ((12, 7), (20, 6), (40, 3))
)
"""Layers of one family fit behind one another."""
BANDWIDTHS = (None, 32.0, 64.0, 128.0)
SECONDS = 20.0
"""For the proofs of a machine, of which each takes well below one."""
WORSE = 1 + 1e-9
Machines = Mapping[str, Mapping[tuple[int, int], Design]]


def machines(templates: tuple[str, ...] = TEMPLATES, evaluations: int | None = None) -> Machines:
    """All layers on each machine, mapped for the latency.

    Args:
        templates: which machines.
        evaluations: of annealing, as in a search of chips; None proves the optimum.
    """
    way = {"seconds": SECONDS} if evaluations is None else {"mapper": "annealing"}
    layers = [x for family in FAMILIES for x in family]
    named = [(replace(layer, name=f"layer {n}"), 1) for n, layer in enumerate(layers)]
    network = network_from_layers("all", named)
    return {
        name: {
            (x, y): map_network(
                SPACES / f"{name}.yaml",
                network,
                point={"mesh_x": x, "mesh_y": y, "buffer_kb": 64},
                objective="latency",
                gap=0.0,
                evaluations=evaluations or 1,
                threads=1,
                **way,
            )
            for x, y in MESHES
        }
        for name in templates
    }


def _layered(network: Network, draw: random.Random) -> Network:
    """The same network with layers of a family as its nodes."""
    family = draw.choice(FAMILIES)
    nodes = [replace(draw.choice(family), name=node.name) for node in network.nodes]
    return replace(network, nodes=tuple(map(CountedLayer, nodes)))


def more_pes(known: Machines, instances: int, most_nodes: int) -> Row:
    """Chips of which one core gets a larger mesh: how often layers and makespans are worse."""
    row: Row = {"instances": instances, "layers": 0, "worse_layers": 0, "worse": 0}
    for designs in known.values():
        found = [[x.evaluation.latency_cycles or 0 for x in designs[m].layers] for m in MESHES]
        for before, after in itertools.pairwise(found):
            row["layers"] += len(before)
            row["worse_layers"] += sum(b < a for b, a in zip(before, after, strict=True))
    ratios = []
    for seed in range(instances):
        draw = random.Random(seed)
        asked = random_instance(draw, most_nodes)
        networks = [_layered(network, draw) for network in asked.networks]
        cores = [(draw.choice(list(known)), draw.randrange(2)) for _ in asked.chip.cores]
        larger, bandwidth = draw.randrange(len(cores)), draw.choice(BANDWIDTHS)
        values = []
        for more in (0, 1):
            on = [
                known[name][MESHES[size + more * (number == larger)]]
                for number, (name, size) in enumerate(cores)
            ]
            chip = chip_of([design.hardware for design in on], bandwidth)
            evaluations = {
                core.architecture.name: {x.entry.layer.shape: x.evaluation for x in design.layers}
                for core, design in zip(chip.cores, on, strict=True)
            }
            prices = {core.architecture.name: core.costs for core in chip.cores}
            costs = possible_costs(networks, chip.chip, evaluations, prices)
            values.append(search_schedule(networks, chip.chip, costs, moves=300).value)
        ratios.append(values[1] / values[0])
        row["worse"] += ratios[-1] > WORSE
    return {**row, "ratio": sum(ratios) / instances, "most": max(ratios)}
