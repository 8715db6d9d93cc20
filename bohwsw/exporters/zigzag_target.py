"""A design for ZigZag 3.9 (zigzag-dse): a folder a layer with hardware, workload and mapping.

ZigZag (Mei et al., IEEE Trans. Computers 2021) takes memories from the innermost outwards, sizes in
bits, costs in pJ an access of a port's width, and the order of loops in time; to which memory a
loop belongs it finds out by itself. Each boundary between levels with a fan-out on an axis is one
dimension of its array: D1, D2 ... from the innermost outwards.
"""

from __future__ import annotations

import math
from typing import Any

import yaml

from bohwsw.arch import Architecture
from bohwsw.codesign import Design, MappedLayer
from bohwsw.errors import SpecError
from bohwsw.exporters.export import Export, counts_line, exporter, layer_folders
from bohwsw.mapping import Mapping, check_factors
from bohwsw.simulator import Costs
from bohwsw.workload import DATA_SPACES, Layer

TARGET = "ZigZag 3.9.1 (zigzag-dse)"
LOOPS = dict(zip("NGKCPQRS", ("B", "G", "K", "C", "OX", "OY", "FX", "FY"), strict=True))
OPERANDS = {"Inputs": "I1", "Weights": "I2", "Outputs": "O"}
DIRECTIONS = {"Inputs": ("tl", "fh"), "Weights": ("tl", "fh"), "Outputs": ("tl", "fh", "fl", "th")}
"""Reads go to lower levels, writes come from higher ones; outputs move both ways."""

MOST_ARRAY_DIMENSIONS = 4
UNLIMITED_BITS = 10**10
EQUATION = "O[g][b][k][oy][ox]+=W[g][k][c][fy][fx]*I[g][b][c][iy][ix]"

RUN = """
```sh
pip install zigzag-dse==3.9.1
python run.py FOLDER_OF_A_LAYER
```
"""
DRIVER = '''"""Evaluate the layer in a folder by ZigZag: energy in pJ, latency in cycles."""

import sys
from pathlib import Path

from zigzag.api import get_hardware_performance_zigzag

folder = Path(sys.argv[1])
energy, latency, _ = get_hardware_performance_zigzag(
    workload=str(folder / "workload.yaml"),
    accelerator=str(folder / "hardware.yaml"),
    mapping=str(folder / "mapping.yaml"),
    opt="EDP",
    dump_folder=str(folder / "outputs"),
    loma_show_progress_bar=False,
)
print("energy_pj", energy, "latency_cycles", latency)
'''
LOST = (
    "Which level a loop in time belongs to: their order is given, ZigZag assigns them to memories.",
    "Prices of fills and updates of a level are one price of a write: that of an update.",
    "Energy of hops between children, which ZigZag does not count.",
    "ZigZag keeps data at the ports of the innermost memory while they do not change; we read them"
    " every cycle.",
    "ZigZag adds cycles for the first fill and the last drain of memories; we count perfect"
    " overlap.",
    "A level without a limit has 10^10 bits; one without a bandwidth moves a block a cycle for each"
    " child below it.",
)


@exporter("zigzag")
def zigzag(design: Design) -> Export:
    """Hardware, workload and mapping of each layer, and a script that runs one."""
    files = {"run.py": DRIVER}
    lost = list(LOST)
    for name, mapped in layer_folders(design):
        core = design.core_of(mapped)
        try:
            made = input_files(mapped, core.architecture, core.costs)
        except SpecError as error:
            lost.insert(0, f"{name}: {error}")
            continue
        for file, data in made.items():
            files[f"{name}/{file}"] = yaml.safe_dump(data, sort_keys=False)
    if len(files) == 1:
        raise SpecError("ZigZag's files hold no layer of this design", got=lost[0])
    return Export(TARGET, files, (*RUN.strip().splitlines(), "", counts_line(design)), tuple(lost))


def input_files(mapped: MappedLayer, architecture: Architecture, costs: Costs) -> dict[str, Any]:
    """ZigZag's input files for one layer by name, as plain data for YAML.

    Raises:
        SpecError: the machine fans out in more than four places and axes, or the mapping has
            imperfect factors.
    """
    layer, mapping = mapped.entry.layer, mapped.mapping
    check_factors(layer, mapping)
    axes = _array(architecture)
    return {
        "hardware.yaml": {
            "name": architecture.name,
            "memories": _memories(layer, architecture, mapping, costs, axes),
            "operational_array": {
                "unit_energy": float(costs.mac_energy_pj),
                "unit_area": 0.0,
                "dimensions": [f"D{number}" for number in range(1, len(axes) + 1)],
                "sizes": [fanout for _, _, fanout in axes],
            },
        },
        "workload.yaml": [_workload(layer, architecture)],
        "mapping.yaml": [_mapping(mapping, axes)],
    }


def _array(architecture: Architecture) -> list[tuple[int, int, int]]:
    """Level above, axis (0 is X) and fan-out of each dimension of the array, innermost first."""
    axes = [
        (index, axis, fanout)
        for index in reversed(range(architecture.depth))
        for axis, fanout in enumerate(architecture.fanout(index))
        if fanout > 1
    ]
    if len(axes) > MOST_ARRAY_DIMENSIONS:
        raise SpecError(
            "ZigZag's array has too few dimensions for this machine",
            got=f"{len(axes)} fan-outs above 1",
            expected=f"at most {MOST_ARRAY_DIMENSIONS}",
        )
    return axes or [(architecture.depth - 1, 0, 1)]


def _memories(
    layer: Layer,
    architecture: Architecture,
    mapping: Mapping,
    costs: Costs,
    axes: list[tuple[int, int, int]],
) -> dict[str, Any]:
    """Memories from the innermost outwards; those that the mapping keeps nothing in are left out.

    Any value of a level is one of its words wide, or what the layer says.
    """
    memories: dict[str, Any] = {}
    for index in reversed(range(architecture.depth)):
        level, nest, cost = architecture.levels[index], mapping.levels[index], costs.storage[index]
        kept = [space for space in DATA_SPACES if space in nest.keep]
        if not kept:
            continue
        served = [f"D{number}" for number, (above, _, _) in enumerate(axes, 1) if above >= index]
        below = math.prod(architecture.fanout(index))
        port = level.word_bits * level.block_size
        ports = []
        for kind, limit, directions in (
            ("read", level.read_words_per_cycle, ("tl", "th")),
            ("write", level.write_words_per_cycle, ("fh", "fl")),
        ):
            most = port * below if limit is None else math.ceil(limit * level.word_bits)
            ports.append(
                {
                    "name": f"{kind[0]}_port_1",
                    "type": kind,
                    "bandwidth_min": min(port, most),
                    "bandwidth_max": most,
                    "allocation": [
                        f"{OPERANDS[space]}, {way}"
                        for space in kept
                        for way in DIRECTIONS[space]
                        if way in directions
                    ],
                }
            )
        memories[f"L{index}_{level.name}"] = {
            "size": UNLIMITED_BITS if level.entries is None else level.entries * level.word_bits,
            "r_cost": float(cost.read_pj),
            "w_cost": float(cost.update_pj),
            "area": 0.0,
            "latency": 1,
            "mem_type": "dram" if index == 0 else "sram",
            "operands": [OPERANDS[space] for space in kept],
            "ports": ports,
            "served_dimensions": served,
        }
    return memories


def _workload(layer: Layer, architecture: Architecture) -> dict[str, Any]:
    word = architecture.mac.word_bits
    bits = {space: width or word for space, width in layer.bits.items()}
    window = [("ix", layer.stride_w, "ox", layer.dilation_w, "fx")]
    window += [("iy", layer.stride_h, "oy", layer.dilation_h, "fy")]
    return {
        "id": 0,
        "name": layer.name,
        "operator_type": "Conv",
        "equation": EQUATION,
        "dimension_relations": [f"{i}={s}*{o}+{d}*{f}" for i, s, o, d, f in window],
        "loop_dims": list(LOOPS.values()),
        "loop_sizes": [layer.sizes[dim] for dim in LOOPS],
        "operand_precision": {
            "W": bits["Weights"],
            "I": bits["Inputs"],
            "O": bits["Outputs"],
            "O_final": bits["Outputs"],
        },
    }


def _mapping(mapping: Mapping, axes: list[tuple[int, int, int]]) -> dict[str, Any]:
    spatial = {}
    for number, (above, axis, _) in enumerate(axes, 1):
        nest = mapping.levels[above]
        loops = nest.spatial_y if axis else nest.spatial_x
        used = [f"{LOOPS[dim]}, {factor}" for dim, factor in loops if factor > 1]
        if used:
            spatial[f"D{number}"] = used
    in_time = [
        [LOOPS[dim], factor]
        for nest in reversed(mapping.levels)
        for dim, factor in reversed(nest.temporal)
        if factor > 1
    ]
    return {
        "name": "default",
        "spatial_mapping": spatial,
        "memory_operand_links": {"O": "O", "W": "I2", "I": "I1"},
        "temporal_ordering": in_time,
    }
