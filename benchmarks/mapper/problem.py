"""What is searched: layers on a machine, with the EDPs that others reached there."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from benchmarks.layers import LAYERS
from bohwsw.codesign.hardware_space import load_space
from bohwsw.mapping.dataflow import FREE
from bohwsw.mapping.mapspace import MapSpace
from bohwsw.simulator.costs import Costs

REFERENCE = Path(__file__).with_name("reference.json")


@dataclass(frozen=True)
class MappingProblem:
    """One layer on one machine.

    Attributes:
        layer: name of the layer.
        machine: name of the machine: a space's baseline with free dataflow.
        space: what Timeloop can express; each scratchpad keeps only its own data space.
        costs: what the machine's actions cost.
        best_known_edp_pj_cycles: the best known from elsewhere.
        timeloop_mapper_edp_pj_cycles: what Timeloop's own mapper found; None if it was not run.
    """

    layer: str
    machine: str
    space: MapSpace
    costs: Costs
    best_known_edp_pj_cycles: float
    timeloop_mapper_edp_pj_cycles: float | None


def all_problems() -> list[MappingProblem]:
    """The layers of the reference figures."""
    reference = json.loads(REFERENCE.read_text(encoding="utf-8"))
    machine = reference["machine"]
    hardware = load_space(machine).baseline(free=True)
    return [
        MappingProblem(
            layer=name,
            machine=machine,
            space=MapSpace(LAYERS[name], hardware.architecture, FREE),
            costs=hardware.costs,
            best_known_edp_pj_cycles=figures["best_known"],
            timeloop_mapper_edp_pj_cycles=figures["timeloop_mapper"],
        )
        for name, figures in reference["layers"].items()
    ]
