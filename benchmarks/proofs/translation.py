"""Plain problems and mappings as the package has them, and back."""

from __future__ import annotations

from typing import Any

from benchmarks.proofs.problems import Problem
from benchmarks.proofs.rules import Block, Machine
from bohwsw.arch import Architecture, MacArray, StorageLevel
from bohwsw.mapping.dataflow import Dataflow, LevelDataflow
from bohwsw.mapping.mapspace import MapSpace
from bohwsw.mapping.nest import Mapping
from bohwsw.simulator.costs import Costs
from bohwsw.tech.technology import StorageCost
from bohwsw.workload import Layer


def architecture(machine: Machine) -> Architecture:
    """A machine with absolute meshes in place of fan-outs."""
    mesh, levels = [1, 1], []
    for i, level in enumerate(machine["levels"]):
        levels.append(
            StorageLevel(
                f"L{i}",
                kind="sram" if i else "dram",
                entries=level["entries"],
                block_size=level["block"],
                read_words_per_cycle=level["read_bw"],
                write_words_per_cycle=level["write_bw"],
                mesh_x=mesh[0],
                mesh_y=mesh[1],
                keeps=frozenset(level["keeps"]),
            )
        )
        mesh = [mesh[0] * level["fan_x"], mesh[1] * level["fan_y"]]
    return Architecture("plain", tuple(levels), MacArray(16, *mesh))


def costs(machine: Machine) -> Costs:
    """What its accesses cost."""
    levels = machine["levels"]
    return Costs(
        tuple(StorageCost(x["read"], x["fill"], x["update"], None) for x in levels),
        tuple(x["hop"] for x in levels),
        machine["mac"],
    )


def map_space(problem: Problem) -> MapSpace:
    """The map space of a problem; a SpecError if nothing satisfies its restrictions."""
    outermost = dict(problem.limits[0])
    sequential = outermost.pop("sequential", None)
    rules: dict[str, Any] = {
        f"L{i}": LevelDataflow(**limit)
        for i, limit in enumerate([outermost, *problem.limits[1:]])
        if limit
    }
    layer = Layer("plain", **problem.layer, sequential=sequential)
    return MapSpace(layer, architecture(problem.machine), Dataflow(rules))


def plain_mapping(mapping: Mapping) -> list[Block]:
    """Loops and kept data spaces of a mapping."""
    return [
        {
            "temporal": tuple(level.temporal),
            "spatial_x": tuple(level.spatial_x),
            "spatial_y": tuple(level.spatial_y),
            "keep": set(level.keep),
        }
        for level in mapping.levels
    ]
