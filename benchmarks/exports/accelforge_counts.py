"""The counting rules of AccelForge 1.0.467, applied to the files that are exported to it.

From its ``model/_looptree/reuse/symbolic``: a tile is fetched whole in each iteration of each loop
around it, so inputs that neighbouring tiles share are fetched for each of them; children over
which a loop of another dimension runs take one read, children with overlapping windows one each.
Outputs go up from each tile that holds them, and are read there for that. What is read of an output
before it is first written is not counted. Accesses are parts of blocks.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bohwsw.codesign import Design
from bohwsw.exporters import accelforge_files
from bohwsw.workload import RELEVANT_DIMENSIONS, Layer, tile_words

SPACES = {"W": "Weights", "I": "Inputs", "O": "Outputs"}
Node = tuple[str, dict[str, Any]]
Pair = tuple[float, float]
"""Of all instances, and of one."""


@dataclass
class _Moved:
    """What goes between a tile and the one outside it: values of all parents, and of one."""

    down: list[float]
    up: list[float]
    first: list[float]
    """Of ``down``, what is not counted, since nothing has been written yet."""


@dataclass
class _Actions:
    """Reads and writes of one tensor in one memory: (counted, of these left out), all and one."""

    read: list[list[float]] = field(default_factory=lambda: [[0.0, 0.0], [0.0, 0.0]])
    write: list[list[float]] = field(default_factory=lambda: [[0.0, 0.0], [0.0, 0.0]])


def as_accelforge_counts(design: Design) -> Pair:
    """Energy (pJ) and latency (cycles) of a design of one layer by AccelForge's rules."""
    (mapped,) = design.layers
    layer, machine = mapped.entry.layer, design.hardware.architecture
    files = accelforge_files(layer, machine, mapped.mapping, design.hardware.costs)
    memories = {
        entries["name"]: entries
        for tag, entries in _nodes(files["architecture.yaml"])
        if tag == "!Memory"
    }
    nodes = _nodes(files["mapping.yaml"])
    energy = layer.macs * design.hardware.costs.mac_energy_pj
    busy: dict[tuple[str, str], float] = {}
    for tensor in SPACES:
        for name, actions in _tensor_actions(tensor, nodes, layer).items():
            values = memories[name]["bits_per_value"]["All"]
            for action in memories[name]["actions"]:
                counted, left_out = getattr(actions, action["name"])
                per_action = action["bits_per_action"] / values
                energy += (counted[0] - left_out[0]) / per_action * action["energy"]
                one = (counted[1] - left_out[1]) / per_action
                port = name, action["name"]
                busy[port] = busy.get(port, 0.0) + one / float(action["throughput"])
    steps = 1
    left = dict(layer.sizes)
    for tag, entries in nodes:
        if tag in ("!Temporal", "!Spatial"):
            dim = entries["rank_variable"].upper()
            steps *= left[dim] // entries["tile_shape"] if tag == "!Temporal" else 1
            left[dim] = entries["tile_shape"]
    return energy, max(steps, *busy.values())


def _nodes(text: str) -> list[Node]:
    found = []
    for line in text.splitlines():
        if line.startswith("  - !"):
            tag, entries = line[4:].split(" ", 1)
            found.append((tag, json.loads(entries)))
    return found


def _tensor_actions(tensor: str, nodes: list[Node], layer: Layer) -> Mapping[str, _Actions]:
    """What each memory does for a tensor, from the units outwards."""
    space = SPACES[tensor]
    outputs = float(space == "Outputs")
    moved = _Moved([1.0, 1.0], [outputs, outputs], [outputs, outputs])
    actions: dict[str, _Actions] = {}
    for (tag, entries), extents in reversed(list(zip(nodes, _extents(nodes, layer), strict=True))):
        if tag == "!Storage" and tensor in entries["tensors"]:
            is_outermost = not any(
                tag == "!Storage" and tensor in other["tensors"]
                for tag, other in nodes[: nodes.index((tag, entries))]
            )
            fills = 0.0 if is_outermost else float(tile_words(layer, space, extents))
            own = _Moved([fills] * 2, [fills * outputs] * 2, [fills * outputs] * 2)
            made = actions[entries["component"]] = _Actions()
            for i in range(2):
                made.read[0][i] = moved.down[i] + own.up[i]
                made.read[1][i] = moved.first[i]
                made.write[0][i] = moved.up[i] + own.down[i]
                made.write[1][i] = own.first[i]
            moved = own
        elif tag in ("!Temporal", "!Spatial"):
            dim = entries["rank_variable"].upper()
            factor = extents[dim] // entries["tile_shape"]
            relevant = dim in RELEVANT_DIMENSIONS[space]
            _repeat(actions.values(), moved, factor, relevant, in_time=tag == "!Temporal")
    return actions


def _extents(nodes: list[Node], layer: Layer) -> list[dict[str, int]]:
    """The tile around each node."""
    left, found = dict(layer.sizes), []
    for tag, entries in nodes:
        found.append(dict(left))
        if tag in ("!Temporal", "!Spatial"):
            left[entries["rank_variable"].upper()] = entries["tile_shape"]
    return found


def _repeat(all_actions: Any, moved: _Moved, factor: int, relevant: bool, *, in_time: bool) -> None:
    """A loop around all that was counted so far."""
    for values in (moved.down, moved.up, moved.first):
        is_first = values is moved.first
        if (in_time and is_first and not relevant) or (not in_time and not relevant):
            continue
        for i in range(2):
            values[i] *= factor
    for actions in all_actions:
        for counted, left_out in (actions.read, actions.write):
            for values, is_first in ((counted, False), (left_out, True)):
                if in_time and is_first and not relevant:
                    continue
                values[0] *= factor
                values[1] *= factor if in_time else 1
