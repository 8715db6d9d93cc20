"""What files for Stream have in common: cores, their allocation, convolutions as ONNX has them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from bohwsw.arch import Architecture
from bohwsw.codesign import Hardware
from bohwsw.exporters.export import yaml_texts
from bohwsw.exporters.zigzag_target import (
    array_dimensions,
    factors_of,
    kept_by_any,
    memories,
    most_bits,
    operational_array,
)
from bohwsw.mapping import Mapping, tiles_of
from bohwsw.simulator import Costs
from bohwsw.workload import DATA_SPACES, Layer

TYPES = {8: "INT8", 16: "FLOAT16", 32: "FLOAT"}
"""ONNX's name of the element type by its bits; Stream looks at the bits only."""
CONV_LOOPS = ("N", "P", "Q", "R", "S", "C", "K", "G")
"""Our dimension of each loop D0, D1 ... of a convolution in Stream."""


def files_of(
    core: Hardware,
    mapped: Sequence[tuple[Layer, Mapping]],
    allocations: Sequence[dict[str, Any]],
    groups: Sequence[dict[str, Any]],
    graph: Any,
    **about: str,
) -> dict[str, str | bytes]:
    """Stream's input files by name.

    Args:
        core: a machine, each child of whose off-chip level is a core.
        mapped: the layers that it runs, with their mappings.
        allocations: as `allocation_of` gives them, and so ``groups``.
        graph: ONNX's GraphProto of the workload; ``about`` are further entries of its model.
    """
    from onnx import helper

    cores = max((len(each["core_allocation"][0]) for each in allocations), default=1)
    files = {
        "hardware.yaml": _hardware(core.architecture, cores),
        "cores/core.yaml": _core(mapped, core),
        "cores/offchip.yaml": _offchip(core.architecture, core.costs),
        "mapping.yaml": {"layers": allocations, "fused_groups": groups},
    }
    opsets = [helper.make_opsetid("", 17)]
    about |= {"producer_name": "bohwsw"}
    model = helper.make_model(graph, opset_imports=opsets, ir_version=8, **about)
    return {**yaml_texts(files), "workload.onnx": model.SerializeToString()}


def _hardware(architecture: Architecture, cores: int) -> dict[str, Any]:
    """The cores that are used, and a bus to the off-chip one."""
    level = architecture.levels[0]
    reads, writes = (
        most_bits(architecture, 0, words)
        for words in (level.read_words_per_cycle, level.write_words_per_cycle)
    )
    return {
        "name": architecture.name,
        "cores": {**dict.fromkeys(range(cores), "core.yaml"), cores: "offchip.yaml"},
        "offchip_core_id": cores,
        "unit_energy_cost": 0.0,
        "core_connectivity": [
            {
                "type": "bus",
                "cores": list(range(cores + 1)),
                "bandwidth": float(max(reads, writes)),
                "unit_energy_cost": 0.0,
            }
        ],
    }


def _core(mapped: Sequence[tuple[Layer, Mapping]], core: Hardware) -> dict[str, Any]:
    """All below one child of the off-chip level, with room for each of some layers."""
    architecture, costs = core.architecture, core.costs
    array = array_dimensions(architecture, outermost=1)
    kept = kept_by_any([mapping for _, mapping in mapped])
    made = memories(architecture, [(), DATA_SPACES, *kept[2:]], costs, array)
    *_, outermost = made.values()
    for layer, mapping in mapped:
        words = tiles_of(layer, mapping).words[1]
        bits = bits_of(layer, architecture)
        needed = 2 * sum(words[space] * width for space, width in bits.items())
        outermost["size"] = max(outermost["size"], needed)
    return {
        "name": architecture.name,
        "type": "zigzag.compute",
        "memories": made,
        "operational_array": operational_array(costs, array),
    }


def _offchip(architecture: Architecture, costs: Costs) -> dict[str, Any]:
    kept = [DATA_SPACES, *[()] * (architecture.depth - 1)]
    return {
        "name": architecture.levels[0].name,
        "type": "zigzag.offchip",
        "memories": memories(architecture, kept, costs, []),
        "operational_array": {
            "unit_energy": 0.0,
            "unit_area": 0.0,
            "dimensions": ["D1", "D2"],
            "sizes": [0, 0],
        },
    }


def allocation_of(
    name: str, layer: Layer, mapping: Mapping, loops: Sequence[str]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Which cores run which part of a node, and the tiles of one step of a core, innermost first.

    Args:
        loops: our dimension of each of the node's loops D0, D1 ...
    """
    outermost = mapping.levels[0]
    split, steps = factors_of(outermost.spatial), factors_of(reversed(outermost.temporal))
    allocation: dict[str, Any] = {
        "name": name,
        "core_allocation": [list(range(math.prod(split.values())))],
    }
    if split:
        allocation["inter_core_tiling"] = [
            [{"dim": f"D{loops.index(dim)}", "split": factor} for dim, factor in split.items()]
        ]
    tiles = [
        {
            "dim": f"{name}.D{loops.index(dim)}",
            "tile": layer.sizes[dim] // factor // split.get(dim, 1),
        }
        for dim, factor in steps.items()
    ]
    return allocation, {"name": name, "layers": [name], "intra_core_tiling": tiles}


def window_of(layer: Layer) -> dict[str, Any]:
    """The attributes of a layer as ONNX's Conv."""
    return {
        "kernel_shape": [layer.S, layer.R],
        "strides": [layer.stride_h, layer.stride_w],
        "dilations": [layer.dilation_h, layer.dilation_w],
        "group": layer.G,
    }


def bits_of(layer: Layer, architecture: Architecture) -> dict[str, int]:
    """Bits of a value of each data space in the workload."""
    wanted = {space: bits or architecture.mac.word_bits for space, bits in layer.bits.items()}
    return {space: bits_above(bits) for space, bits in wanted.items()}


def bits_above(bits: int) -> int:
    """The smallest size of a value that Stream has and that is no less, or its largest."""
    return next((size for size in TYPES if size >= bits), max(TYPES))
