"""A design for AccelForge: a folder a layer, each with architecture, workload and full mapping.

A tile is stored above all loops in time around it that leave it in place: what we keep, AccelForge
keeps. Loops over space then stand outside loops in time that ours have around them. Weights are
counted alike. It counts otherwise: one more read of outputs when they leave a level; inputs where
windows overlap; parts of blocks, pro rata; and a tile that is passed through once needs less room.
Reads of outputs before they are first written are switched off in the files.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from bohwsw.arch import Architecture, StorageLevel
from bohwsw.codesign import Design, Hardware, MappedLayer
from bohwsw.errors import SpecError
from bohwsw.exporters.export import (
    Export,
    counted_with_padding,
    export_layers,
    level_name,
    refuse_bits,
)
from bohwsw.mapping import Loop, Mapping, check_factors
from bohwsw.simulator import Costs
from bohwsw.tech import StorageCost
from bohwsw.workload import DATA_SPACES, RELEVANT_DIMENSIONS, Layer, box_widths

TARGET = "AccelForge 1.0.467"
HOW = (
    "```sh",
    "pip install accelforge==1.0.467 six   # Python 3.12",
    "python run.py FOLDER_OF_A_LAYER",
    "```",
)
DRIVER = '''"""Evaluate the layer in a folder by AccelForge: energy in pJ, latency in cycles."""

import sys
from pathlib import Path

import accelforge

folder = Path(sys.argv[1])
names = ("architecture.yaml", "workload.yaml", "mapping.yaml")
found = accelforge.Spec.from_yaml(*[folder / name for name in names]).evaluate_mapping()
print("energy_pj", 1e12 * found.energy(), "latency_cycles", float(found.latency()))
'''
LOST = (
    "Clocks: a cycle is a second in these files.",
    "Blocks: their parts are counted pro rata.",
    "AccelForge reads an output once more when it leaves a level; no switch turns that off. Reads"
    " of outputs before they are first written are switched off: `skip_initial_output_write`.",
    "Where windows overlap, inputs that tiles share are fetched for each tile; weights are counted"
    " alike.",
    "A tile is stored above all loops in time around it that leave it in place; inside a fan-out it"
    " is fetched again when a tile outside the fan-out changes, whether or not it changes, too.",
)
TENSORS = {"Weights": "W", "Inputs": "I", "Outputs": "O"}
SKIP_FIRST = "skip_initial_output_write"
"""The switch: outputs begin as zeros, which nobody reads or writes."""
SEPARATE_PORTS = "max(a.n_calls / a.throughput for a in actions)"
"""A memory's time: reads and writes do not wait for each other."""
JOULE_PER_PJ = 1e-12
Node = tuple[str, dict[str, Any]]
"""A node of AccelForge's YAML: its tag and its entries."""


def accelforge(design: Design) -> Export:
    """Architecture, workload and mapping of each layer, and a script that runs one."""

    def files_of(mapped: MappedLayer, core: Hardware) -> dict[str, str]:
        layer = mapped.entry.layer
        if layer.is_padded:
            counted_with_padding(mapped, core)
        return accelforge_files(layer, core.architecture, mapped.mapping, core.costs)

    return export_layers(design, TARGET, files_of, HOW, LOST, {"run.py": DRIVER})


def accelforge_files(
    layer: Layer, architecture: Architecture, mapping: Mapping, costs: Costs
) -> dict[str, str]:
    """AccelForge's input files by name, in bits and J; a cycle is a second there.

    Raises:
        SpecError: the mapping is not one of this layer, or has imperfect factors; the layer says
            its bits; hops cost energy, or fills and updates of a level differ in price.
    """
    refuse_bits(layer)
    check_factors(layer, mapping)
    if any(costs.hop_energy_pj):
        raise SpecError("AccelForge is given no network", got=costs.hop_energy_pj, expected="0 pJ")
    names = [level_name(index, level) for index, level in enumerate(architecture.levels)]
    bits = architecture.mac.word_bits
    action = {"name": "compute", "energy": costs.mac_energy_pj, "throughput": 1}
    units = {**_component("MAC", multiplier_width=bits), "actions": [action]}
    nodes = [*_machine(architecture, names, costs), ("!Compute", units)]
    return {
        "architecture.yaml": f"arch:\n  nodes:\n{_yaml(nodes)}",
        "workload.yaml": json.dumps({"workload": _workload(layer, bits)}),
        "mapping.yaml": f"mapping:\n  nodes:\n{_yaml(_nest(layer, mapping, names))}",
    }


def _yaml(nodes: Iterable[Node]) -> str:
    return "".join(f"  - {tag} {json.dumps(entries)}\n" for tag, entries in nodes)


def _component(name: str, **extra: object) -> dict[str, Any]:
    """What memories and units have in common; nobody but us reads what is extra."""
    return {
        "name": name,
        "area": 0,
        "leak_power": 0,
        "energy_scale": JOULE_PER_PJ,
        SKIP_FIRST: True,
        "extra_attributes_for_component_model": extra,
    }


def _machine(architecture: Architecture, names: list[str], costs: Costs) -> Iterable[Node]:
    levels = zip(names, architecture.levels, costs.storage, strict=True)
    for index, (name, level, cost) in enumerate(levels):
        yield "!Memory", _memory(name, level, cost, "Nothing" if index else "All")
        x, y = architecture.fanout(index)
        if (x, y) != (1, 1):
            axes = [{"name": "X", "fanout": x}, {"name": "Y", "fanout": y}]
            yield "!Container", {"name": f"below_{name}", "spatial": axes}


def _memory(name: str, level: StorageLevel, cost: StorageCost, keep: str) -> dict[str, Any]:
    if cost.fill_pj != cost.update_pj:
        raise SpecError(
            f"AccelForge has one price of a write, {level.name} has two",
            got=[cost.fill_pj, cost.update_pj],
            expected="the same for fills and updates",
        )
    actions = [("read", cost.read_pj, level.read_words_per_cycle)]
    actions += [("write", cost.fill_pj, level.write_words_per_cycle)]
    may_keep = [TENSORS[space] for space in DATA_SPACES if space in level.keeps]
    return {
        **_component(name, kind=level.kind, cluster_size=level.cluster_size),
        "size": level.entries * level.word_bits if level.entries else "inf",
        "bits_per_value": {"All": level.word_bits},
        "total_latency": SEPARATE_PORTS,
        "tensors": {"may_keep": " | ".join(may_keep) or "Nothing", "keep": keep},
        "actions": [
            {
                "name": action,
                "bits_per_action": level.word_bits * level.block_size,
                "energy": energy_pj,
                "throughput": words / level.block_size if words else "inf",
            }
            for action, energy_pj, words in actions
        ],
    }


def _workload(layer: Layer, bits: int) -> dict[str, Any]:
    *_, width, height = box_widths(layer, "Inputs", layer.sizes)
    window = {
        "W": f"{layer.stride_w} * p + {layer.dilation_w} * r",
        "H": f"{layer.stride_h} * q + {layer.dilation_h} * s",
    }
    projections = {
        "Weights": {dim: dim.lower() for dim in "GKCRS"},
        "Inputs": {**{dim: dim.lower() for dim in "NGC"}, **window},
        "Outputs": {dim: dim.lower() for dim in "NGKQP"},
    }
    accesses: list[dict[str, Any]] = [
        {
            "name": TENSORS[space],
            "projection": projections[space],
            **({"output": True} if space == "Outputs" else {}),
        }
        for space in DATA_SPACES
    ]
    renames = {"weight": "W", "input": "I", "output": "O"}
    return {
        "rank_sizes": {**layer.sizes, "W": width, "H": height},
        "bits_per_value": {"All": bits},
        "einsums": [{"name": "Layer", "tensor_accesses": accesses, "renames": renames}],
    }


def _nest(layer: Layer, mapping: Mapping, names: list[str]) -> Iterable[Node]:
    """Loops and stored tiles from the outside in."""
    loops = [(dim, n) for block in mapping.levels for dim, n in block.temporal if n > 1]
    stored, fanned = _places(mapping, loops)
    left = layer.sizes

    def tiled(loop: Loop) -> dict[str, Any]:
        left[loop[0]] //= loop[1]
        return {"rank_variable": loop[0].lower(), "tile_shape": left[loop[0]]}

    for outside in range(len(loops) + 1):
        for index, block in enumerate(mapping.levels):
            here = [TENSORS[s] for s in DATA_SPACES if stored[index].get(s) == outside]
            if here:
                yield "!Storage", {"component": names[index], "tensors": here}
            if fanned.get(index) == outside:
                for axis, spatial in (("Y", block.spatial_y), ("X", block.spatial_x)):
                    for loop in (loop for loop in spatial if loop[1] > 1):
                        where = {"name": axis, "component": f"below_{names[index]}"}
                        yield "!Spatial", {**tiled(loop), **where}
        if outside < len(loops):
            yield "!Temporal", tiled(loops[outside])
    yield "!Compute", {"einsum": "Layer", "component": "MAC"}


def _places(mapping: Mapping, loops: list[Loop]) -> tuple[list[dict[str, int]], dict[int, int]]:
    """How many loops in time stand outside each level's tiles, and outside its fan-out."""
    stored: list[dict[str, int]] = []
    fanned: dict[int, int] = {}
    end = outermost = 0
    for index, block in enumerate(mapping.levels):
        places = {}
        for space in block.keep:
            place = end
            while place and loops[place - 1][0] not in RELEVANT_DIMENSIONS[space]:
                place -= 1
            places[space] = max(place, outermost)
        stored.append(places)
        if any(factor > 1 for _, factor in block.spatial):
            outermost = max(place for each in stored for place in each.values())
            fanned[index] = outermost
        end += sum(factor > 1 for _, factor in block.temporal)
    return stored, fanned
