"""What is mapped: layers and whole networks on machines, with the EDPs that others reached."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.layers import LAYERS
from bohwsw.codesign import Hardware, load_space
from bohwsw.mapping.dataflow import FREE
from bohwsw.mapping.mapspace import MapSpace
from bohwsw.simulator.costs import Costs
from bohwsw.workload import load_network

REFERENCE = Path(__file__).with_name("reference.json")
MACHINES = ("eyeriss-168", "eyeriss-256", "simba-like")
NETWORKS = ("bert-base-layer", "mobilenet-v2")


@dataclass(frozen=True)
class MappingProblem:
    """One layer on one machine.

    Attributes:
        layer: name of the layer, with that of its network if it is one of a network's.
        machine: name of the machine: a space's baseline with free dataflow.
        space: what Timeloop can express; each scratchpad keeps only its own data space.
        costs: what the machine's actions cost.
        best_known_edp_pj_cycles: the best known from elsewhere; None if nothing is.
        timeloop_mapper_edp_pj_cycles: what Timeloop's own mapper found; None if it was not run.
    """

    layer: str
    machine: str
    space: MapSpace
    costs: Costs
    best_known_edp_pj_cycles: float | None = None
    timeloop_mapper_edp_pj_cycles: float | None = None


@dataclass(frozen=True)
class NetworkProblem:
    """A whole network on one machine: map spaces of its layers, and how often it has each."""

    network: str
    machine: str
    layers: tuple[tuple[MapSpace, int], ...]
    costs: Costs


def reference_problems() -> list[MappingProblem]:
    """The layers that there are figures of others for."""
    reference = json.loads(REFERENCE.read_text(encoding="utf-8"))
    machine = reference["machine"]
    hardware = _hardware(machine)
    return [
        MappingProblem(
            layer=name,
            machine=machine,
            space=MapSpace(LAYERS[name], hardware.architecture, hardware.dataflow),
            costs=hardware.costs,
            best_known_edp_pj_cycles=figures["best_known"],
            timeloop_mapper_edp_pj_cycles=figures["timeloop_mapper"],
        )
        for name, figures in reference["layers"].items()
    ]


def all_problems(quick: bool) -> Iterator[MappingProblem]:
    """The layers with figures of others; if there is time, all layers on all machines."""
    known = reference_problems()
    yield from known
    for machine in () if quick else MACHINES:
        hardware = _hardware(machine)
        layers = {} if machine == known[0].machine else dict(LAYERS)
        for network in NETWORKS:
            for entry in load_network(network).unique_layers():
                layers[f"{network} {entry.layer.name}"] = entry.layer
        for name, layer in layers.items():
            space = MapSpace(layer, hardware.architecture, hardware.dataflow)
            yield MappingProblem(name, machine, space, hardware.costs)


def network_problems(quick: bool) -> Iterator[NetworkProblem]:
    """Whole networks on all machines."""
    for machine in MACHINES[:1] if quick else MACHINES:
        hardware = _hardware(machine)
        for network in NETWORKS[:1] if quick else NETWORKS:
            layers = tuple(
                (MapSpace(entry.layer, hardware.architecture, hardware.dataflow), entry.count)
                for entry in load_network(network).unique_layers()
            )
            yield NetworkProblem(network, machine, layers, hardware.costs)


def _hardware(machine: str) -> Hardware:
    """The baseline of a space without a baseline's restrictions and without the space's options."""
    return replace(load_space(machine).baseline(free=True), dataflow=FREE)
