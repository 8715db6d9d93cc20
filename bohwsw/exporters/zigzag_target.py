"""A design for ZigZag 3.9 (zigzag-dse): a folder a layer with hardware, workload and mapping.

ZigZag (Mei et al., IEEE Trans. Computers 2021) takes memories from the innermost outwards, sizes in
bits, costs in pJ an access as wide as the most that a port moves in a cycle, and the order of loops
in time; to which memory a loop belongs it finds out by itself. Each boundary between levels with a
fan-out on an axis is one dimension of its array: D1, D2 ... from the innermost outwards. Where
these are too many, both axes of a boundary are one dimension.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bohwsw.arch import Architecture
from bohwsw.codesign import Design, Hardware, MappedLayer
from bohwsw.errors import SpecError
from bohwsw.exporters.export import (
    NETWORK,
    Export,
    export_layers,
    graph_of,
    with_network,
    yaml_texts,
)
from bohwsw.mapping import Loop, Mapping, check_factors
from bohwsw.simulator import Costs
from bohwsw.workload import DATA_SPACES, CountedLayer, Layer, Network

TARGET = "ZigZag 3.9.1 (zigzag-dse)"
LOOPS = dict(zip("NGKCPQRS", ("B", "G", "K", "C", "OX", "OY", "FX", "FY"), strict=True))
OPERANDS = {"Inputs": "I1", "Weights": "I2", "Outputs": "O"}
DIRECTIONS = {"Inputs": ("tl", "fh"), "Weights": ("tl", "fh"), "Outputs": ("tl", "fh", "fl", "th")}
"""Reads go to lower levels, writes come from higher ones; outputs move both ways."""

MOST_ARRAY_DIMENSIONS = 4
UNLIMITED_BITS = 10**10
UNLIMITED_BLOCKS = 64
"""What a level without a bandwidth moves a cycle for each child below it. ZigZag counts whole
accesses of that width: the wider, the coarser."""
EQUATION = "O[g][b][k][oy][ox]+=W[g][k][c][fy][fx]*I[g][b][c][iy][ix]"

HOW = ("```sh", "pip install zigzag-dse==3.9.1", "python run.py FOLDER_OF_A_LAYER", "```")
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
    "Below a memory that moves less than one element a cycle ZigZag unrolls nothing, and fails.",
    "A level without a limit has 10^10 bits; one without a bandwidth moves"
    f" {UNLIMITED_BLOCKS} blocks a cycle for each child below it.",
)
ALONE = (
    f"Layers are run alone, and in `{NETWORK}` all together, along the edges of the network: of a"
    " sum that of its first summand. There a memory holds what any layer keeps in it."
)


@dataclass(frozen=True)
class ArrayDimension:
    """One dimension of ZigZag's array."""

    above: int  # the level whose children it counts
    axes: str
    size: int


def zigzag(design: Design) -> Export:
    """Hardware, workload and mapping of each layer, and a script that runs one."""

    def files_of(mapped: MappedLayer, core: Hardware) -> dict[str, str]:
        return yaml_texts(input_files(mapped, core.architecture, core.costs))

    def graph() -> dict[str, str]:
        return yaml_texts(_network_files(design, graph_of(design)))

    made = export_layers(design, TARGET, files_of, HOW, LOST, {"run.py": DRIVER})
    return with_network(made, graph, HOW, (ALONE, "The graph of the network: "))


def _network_files(design: Design, network: Network) -> dict[str, Any]:
    """All layers along the edges of the network; ids are positions, and one's own is no edge."""
    mappings = {mapped.entry.layer.shape: mapped.mapping for mapped in design.layers}
    architecture, costs = design.hardware.architecture, design.hardware.costs
    array = array_dimensions(architecture)
    kept = kept_by_any(list(mappings.values()))
    ids: dict[str, int] = {}
    workload: list[dict[str, Any]] = []
    loops: list[dict[str, Any]] = []
    for name in network.order:
        node = network.node(name)
        if not isinstance(node, CountedLayer):
            source = _source(network, name, "Inputs", ids)
            ids |= {name: source} if source is not None else {}
            continue
        ids[name] = len(workload)
        told = {}
        for operand, space in (("I", "Inputs"), ("W", "Weights")):
            source = _source(network, name, space, ids)
            told[operand] = ids[name] if source is None else source
        layer = replace(node.layer, name=f"Node{ids[name]}")
        workload.append({**_workload(layer, architecture), "id": ids[name], "operand_source": told})
        loops.append({**_mapping(mappings[layer.shape], array), "name": layer.name})
    return {
        "hardware.yaml": _hardware(architecture, kept, costs, array),
        "workload.yaml": workload,
        "mapping.yaml": [*loops, {**loops[0], "name": "default"}],
    }


def _hardware(
    architecture: Architecture,
    kept: Sequence[Collection[str]],
    costs: Costs,
    array: Sequence[ArrayDimension],
) -> dict[str, Any]:
    return {
        "name": architecture.name,
        "memories": memories(architecture, kept, costs, array),
        "operational_array": operational_array(costs, array),
    }


def kept_by_any(mappings: Sequence[Mapping]) -> list[frozenset[str]]:
    """The data spaces that any of some mappings keeps at each level, outermost first."""
    nests = zip(*(mapping.levels for mapping in mappings), strict=True)
    return [frozenset[str]().union(*(nest.keep for nest in level)) for level in nests]


def _source(network: Network, name: str, space: str, ids: dict[str, int]) -> int | None:
    """The layer that a node takes a tensor from, if need be through operators."""
    return next((ids[each] for each in network.inputs(name, space) if each in ids), None)


def input_files(mapped: MappedLayer, architecture: Architecture, costs: Costs) -> dict[str, Any]:
    """ZigZag's input files for one layer by name, as plain data for YAML.

    Raises:
        SpecError: the machine fans out at more than four boundaries, or the mapping has imperfect
            factors.
    """
    layer, mapping = mapped.entry.layer, mapped.mapping
    check_factors(layer, mapping)
    array = array_dimensions(architecture)
    kept = [nest.keep for nest in mapping.levels]
    return {
        "hardware.yaml": _hardware(architecture, kept, costs, array),
        "workload.yaml": [_workload(layer, architecture)],
        "mapping.yaml": [_mapping(mapping, array)],
    }


def array_dimensions(architecture: Architecture, outermost: int = 0) -> list[ArrayDimension]:
    """The dimensions of the array below a level, innermost first.

    Raises:
        SpecError: more than four, even with both axes of a boundary as one.
    """
    fanouts = [(i, architecture.fanout(i)) for i in reversed(range(outermost, architecture.depth))]
    array = [
        ArrayDimension(index, axis, size)
        for index, sizes in fanouts
        for axis, size in zip("XY", sizes, strict=True)
        if size > 1
    ]
    if len(array) > MOST_ARRAY_DIMENSIONS:
        array = [ArrayDimension(i, "XY", math.prod(s)) for i, s in fanouts if math.prod(s) > 1]
    if len(array) > MOST_ARRAY_DIMENSIONS:
        raise SpecError(
            "ZigZag's array has too few dimensions for this machine",
            got=f"fan-outs at {len(array)} boundaries between levels",
            expected=f"at most {MOST_ARRAY_DIMENSIONS}",
        )
    return array or [ArrayDimension(architecture.depth - 1, "X", 1)]


def operational_array(costs: Costs, array: Sequence[ArrayDimension]) -> dict[str, Any]:
    """The multipliers, by the dimensions of their array."""
    return {
        "unit_energy": float(costs.mac_energy_pj),
        "unit_area": 0.0,
        "dimensions": [f"D{number}" for number in range(1, len(array) + 1)],
        "sizes": [dimension.size for dimension in array],
    }


def memories(
    architecture: Architecture,
    kept: Sequence[Collection[str]],
    costs: Costs,
    array: Sequence[ArrayDimension],
) -> dict[str, Any]:
    """Memories from the innermost outwards.

    Args:
        architecture: the machine; any value of a level is one of its words wide.
        kept: the data spaces that each level keeps, outermost first; a level with none is left out.
    """
    made: dict[str, Any] = {}
    for index in reversed(range(architecture.depth)):
        spaces = [space for space in DATA_SPACES if space in kept[index]]
        if not spaces:
            continue
        level, cost = architecture.levels[index], costs.storage[index]
        (read, r_cost), (write, w_cost) = (
            _port(kind, limit, architecture, index, spaces, price)
            for kind, limit, price in (
                ("read", level.read_words_per_cycle, cost.read_pj),
                ("write", level.write_words_per_cycle, cost.update_pj),
            )
        )
        made[f"L{index}_{level.name}"] = {
            "size": UNLIMITED_BITS if level.entries is None else level.entries * level.word_bits,
            "r_cost": r_cost,
            "w_cost": w_cost,
            "area": 0.0,
            "latency": 1,
            "mem_type": "dram" if index == 0 else "sram",
            "operands": [OPERANDS[space] for space in spaces],
            "ports": [read, write],
            "served_dimensions": [f"D{n}" for n, d in enumerate(array, 1) if d.above >= index],
        }
    return made


def _port(
    kind: str,
    words: float | None,
    architecture: Architecture,
    index: int,
    spaces: Sequence[str],
    block_pj: float,
) -> tuple[dict[str, Any], float]:
    """A port, and what an access as wide as its bandwidth costs in pJ."""
    level = architecture.levels[index]
    block = level.word_bits * level.block_size
    most = most_bits(architecture, index, words)
    ways = ("tl", "th") if kind == "read" else ("fh", "fl")
    port = {
        "name": f"{kind[0]}_port_1",
        "type": kind,
        "bandwidth_min": min(block, most),
        "bandwidth_max": most,
        "allocation": [
            f"{OPERANDS[space]}, {way}"
            for space in spaces
            for way in DIRECTIONS[space]
            if way in ways
        ],
    }
    return port, float(block_pj) * most / block


def factors_of(loops: Iterable[Loop]) -> dict[str, int]:
    """Into how many parts loops divide each dimension, in their order."""
    factors: dict[str, int] = {}
    for dim, factor in loops:
        if factor > 1:
            factors[dim] = factors.get(dim, 1) * factor
    return factors


def most_bits(architecture: Architecture, index: int, words: float | None) -> int:
    """Bits a cycle that one instance of a level moves."""
    level = architecture.levels[index]
    if words is not None:
        return math.ceil(words * level.word_bits)
    below = math.prod(architecture.fanout(index))
    return level.word_bits * level.block_size * below * UNLIMITED_BLOCKS


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


def _mapping(mapping: Mapping, array: Sequence[ArrayDimension]) -> dict[str, Any]:
    spatial = {}
    for number, dimension in enumerate(array, 1):
        nest = mapping.levels[dimension.above]
        loops = [*(nest.spatial_x if "X" in dimension.axes else ())]
        loops += nest.spatial_y if "Y" in dimension.axes else ()
        # ZigZag unrolls what it likes over a dimension of which nothing is said.
        factors = factors_of(loops) or {"K": 1}
        spatial[f"D{number}"] = [f"{LOOPS[dim]}, {n}" for dim, n in factors.items()]
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
