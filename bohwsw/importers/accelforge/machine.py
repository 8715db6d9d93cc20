"""Architectures of AccelForge as machines of ours, with prices, and what names mean to mappings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

from bohwsw.arch import Architecture, MacArray
from bohwsw.importers.accelforge.component import (
    COMPONENT,
    MEMORY,
    PAT,
    Part,
    action_of,
    energy_pj_of,
    kept_of,
    level_of,
    note_others,
    number_of,
    price_of,
    scale_of,
    unit_bits_of,
    without_tensors,
)
from bohwsw.importers.accelforge.workload import Workload
from bohwsw.importers.yaml_files.imported import short_names
from bohwsw.importers.yaml_files.place import Place, note_unused
from bohwsw.importers.yaml_files.scope import Scope
from bohwsw.simulator import Costs
from bohwsw.tech import technology_of

CONTAINER = ("name", "spatial")
SPATIAL = ("name", "fanout")


@dataclass(frozen=True)
class Machine:
    """An architecture with the names that AccelForge's files have for its parts."""

    architecture: Architecture
    costs: Costs  # its prices; where the files give none, those of Timeloop's public model
    has_energies: bool
    keep: Mapping[int, list[str]]  # data spaces that a level must keep, by level
    levels: Mapping[str, int]
    axes: Mapping[tuple[str, str], tuple[int, int]]
    """The level above a fan-out and its axis, 0 for X, by component and name of the axis."""
    units: str
    tolls: frozenset[str]  # names of components that only charge for what passes


def machine_of(arch: Place, variables: Scope, name: str, workload: Workload | None) -> Machine:
    """The machine that an architecture of AccelForge describes.

    Raises:
        SpecError: it is none that is a chain of memories, or something in it is not valid.
    """
    keys = arch.known(("nodes", "variables", "extra_attributes_for_all_component_models"))
    variables = Scope(keys["variables"].mapping() if "variables" in keys else {}, variables)
    variables.read = partial(without_tensors, workload)
    beside = ("extra_attributes_for_all_component_models",)
    note_unused(keys, beside, "attributes for models of components: not modelled")
    arch.require(keys, "an architecture", "nodes")
    tolls: set[str] = set()
    memories, units = _chain(list(_nodes(keys["nodes"], variables, tolls)), keys["nodes"])
    bits = unit_bits_of(units, memories[-1], workload)
    clock = number_of(action_of(units, "compute").get("throughput"), units.scope)
    if clock is not None:
        clock *= scale_of(units, "compute", "throughput_scale")
    mesh, axes, levels, costs, given = (1, 1), {}, [], [], []
    keep: dict[int, list[str]] = {}
    for index, part in enumerate([*memories, units]):
        for position, (component, axis, fanout) in enumerate(part.fans):
            # As names say; where they say nothing X is the first.
            at = {"X": 0, "Y": 1}.get(axis.upper(), min(position, 1))
            axes[component, axis] = (index - 1, at)
            mesh = (mesh[0] * fanout, mesh[1]) if at == 0 else (mesh[0], mesh[1] * fanout)
        if index == 0 and mesh != (1, 1):
            raise part.place.error("a fan-out above all memories", "one outermost memory")
        if part is units:
            break
        keeps, keep[index] = kept_of(part, index, workload)
        level = level_of(part, index, mesh, clock, workload, keeps)
        price, is_given = price_of(part, level)
        levels.append(level)
        costs.append(price)
        given.append(is_given)
    mac_pj = energy_pj_of(units, "compute")
    names = short_names([part.name for part in memories])
    with arch.explained():
        made = [replace(level, name=text) for level, text in zip(levels, names, strict=True)]
        architecture = Architecture(name, tuple(made), MacArray(bits, *mesh))
    otherwise = technology_of(PAT).mac(bits).energy_pj
    return Machine(
        architecture,
        Costs(tuple(costs), (0.0,) * len(costs), otherwise if mac_pj is None else mac_pj),
        any(given) or mac_pj is not None,
        {index: spaces for index, spaces in keep.items() if index and spaces},
        {part.name: index for index, part in enumerate(memories)},
        axes,
        units.name,
        frozenset(tolls),
    )


def _nodes(place: Place, outer: Scope, tolls: set[str]) -> Iterator[tuple[str, Part]]:
    for node in place.sequence():
        tag = node.item.tag
        if tag == "Hierarchical":
            yield from _nodes(node.known(("nodes",))["nodes"], outer, tolls)
        elif tag in ("Toll", "Network"):
            what = (
                "passing through it costs nothing here" if tag == "Toll" else "hops are free here"
            )
            node.note(f"!{tag}: {what}")
            tolls.add(node.mapping()["name"].text() if "name" in node.mapping() else "")
        elif tag in ("Memory", "Compute", "Container"):
            keys = node.known({"Memory": MEMORY, "Compute": COMPONENT}.get(tag, CONTAINER))
            yield tag, Part(node, keys, Scope(keys, outer))
        else:
            expected = "!Memory, !Container, !Compute, !Toll, !Network or !Hierarchical"
            raise node.error("not a node of a chain", expected, f"!{tag}" if tag else "no tag")


def _chain(nodes: list[tuple[str, Part]], place: Place) -> tuple[list[Part], Part]:
    """Memories from the outermost, and the units; each has the fan-outs right above it."""
    memories: list[Part] = []
    fans: list[tuple[str, str, int]] = []
    for position, (tag, part) in enumerate(nodes):
        fans += _fans(part)
        if tag == "Memory":
            part.fans, fans = fans, []
            memories.append(part)
            note_others(part)
        elif tag == "Compute" and position == len(nodes) - 1:
            part.fans = fans
            note_others(part)
            if not memories:
                raise place.error("no memory above the units", "a !Memory")
            return memories, part
        elif tag == "Compute":
            part.place.note("units above other components: left out")
    raise place.error("no units at the end", "a !Compute as the last node")


def _fans(part: Part) -> list[tuple[str, str, int]]:
    found = []
    for at in part.keys["spatial"].sequence() if "spatial" in part.keys else []:
        keys = at.mapping()
        at.require(keys, "a fan-out", *SPATIAL)
        others = [key for key in keys if key not in SPATIAL]
        note_unused(keys, others, "{} of a fan-out: any loop may stand there")
        found.append((part.name, keys["name"].text(), part.scope.whole(keys["fanout"])))
    return found
