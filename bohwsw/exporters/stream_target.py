"""A design for Stream 2.1.1 (stream-dse): a folder a layer with hardware, cores, mapping and ONNX.

Stream (Symons et al., IEEE Trans. Computers 2025) schedules networks on several cores around an
off-chip memory. Each child of our off-chip level is a core; loops over space there become the
split of the layer between cores, loops in time the tiles that cores run one after the other. What
happens inside a core Stream's own ZigZag decides.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from bohwsw.arch import Architecture
from bohwsw.codesign import Design, Hardware, MappedLayer
from bohwsw.errors import MissingExtraError, SpecError
from bohwsw.exporters.export import Export, export_layers, yaml_texts
from bohwsw.exporters.zigzag_target import (
    array_dimensions,
    memories,
    most_bits,
    operational_array,
)
from bohwsw.mapping import Loop, Mapping, check_factors, tiles_of
from bohwsw.simulator import Costs
from bohwsw.workload import DATA_SPACES, Layer, box_widths

TARGET = "Stream 2.1.1 (stream-dse)"
HOW = (
    "```sh",
    "pip install stream-dse==2.1.1 six   # Python 3.12",
    "python run.py FOLDER_OF_A_LAYER",
    "```",
)
DRIVER = '''"""Evaluate the layer in a folder by Stream: energy of cores in pJ, latency (cycles)."""

import math
import sys
from pathlib import Path

from stream.api import SolveOptions, evaluate_mapping

folder = Path(sys.argv[1])
found = evaluate_mapping(
    hardware=str(folder / "hardware.yaml"),
    workload=str(folder / "workload.onnx"),
    output_path=str(folder / "outputs"),
    mapping=str(folder / "mapping.yaml"),
    options=SolveOptions(artifacts=False),
)
costs = found.context.get("cost_lut")
node = costs.get_nodes()[0]
steps = math.prod(found.context.get("fusion_splits").values())
cores = [costs.get_cost(node, core) for core in costs.get_cores(node)]
energy = steps * sum(core.energy_total for core in cores)
print("energy_pj", energy, "latency_cycles", found.cycles)
'''
LOST = (
    "Loops inside a core, in time and over space: Stream's own ZigZag chooses them. A file for a"
    " core can fix loops over space by letters only, and Stream names loops D0, D1 ...",
    "The graph of the network: a stored design has its unique layers, not their edges. So each"
    " layer is a workload of its own, and no layers are fused.",
    "A transfer lands in the outermost memory of a core, and two tiles of each tensor are there at"
    " a time. So that memory holds inputs, weights and outputs, whatever the mapping keeps there,"
    " and is as large as these need if that is more than it has on the machine.",
    "In which order the loops of one dimension alternate with others at the off-chip level: a"
    " dimension is tiled once.",
    "Energy of the off-chip memory: Stream's figure is that of the cores.",
    "Prices of fills and updates of a level are one price of a write: that of an update.",
    "Energy of hops between children.",
    "Bits of a value are 8, 16 or 32: the next above what the layer or the multiplier says.",
)
TYPES = {8: "INT8", 16: "FLOAT16", 32: "FLOAT"}
"""ONNX's name of the element type by its bits; Stream looks at the bits only."""


def stream(design: Design) -> Export:
    """Hardware, cores, core allocation and workload of each layer, and a script that runs one."""

    def files_of(mapped: MappedLayer, core: Hardware) -> dict[str, str | bytes]:
        return input_files(mapped, core.architecture, core.costs)

    return export_layers(design, TARGET, files_of, HOW, LOST, {"run.py": DRIVER})


def input_files(
    mapped: MappedLayer, architecture: Architecture, costs: Costs
) -> dict[str, str | bytes]:
    """Stream's input files for one layer by name.

    Raises:
        SpecError: the machine has no level on the chip or fans out at more than four boundaries
            inside a core, or the mapping has imperfect factors.
        MissingExtraError: onnx is not installed.
    """
    layer, mapping = mapped.entry.layer, mapped.mapping
    check_factors(layer, mapping)
    if architecture.depth < 2:
        raise SpecError("a core needs a memory on the chip", got=architecture.name)
    model, loops = _workload(layer, architecture)
    outermost = mapping.levels[0]
    split = _factors(outermost.spatial)
    cores = math.prod(split.values())
    files = {
        "hardware.yaml": _hardware(architecture, cores),
        "cores/core.yaml": _core(layer, architecture, mapping, costs),
        "cores/offchip.yaml": _offchip(architecture, costs),
        "mapping.yaml": _mapping(layer, loops, split, _factors(reversed(outermost.temporal))),
    }
    return {**yaml_texts(files), "workload.onnx": model}


def _factors(loops: Iterable[Loop]) -> dict[str, int]:
    """Into how many parts loops divide each dimension, in their order."""
    factors: dict[str, int] = {}
    for dim, factor in loops:
        if factor > 1:
            factors[dim] = factors.get(dim, 1) * factor
    return factors


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


def _core(
    layer: Layer, architecture: Architecture, mapping: Mapping, costs: Costs
) -> dict[str, Any]:
    """All below one child of the off-chip level."""
    array = array_dimensions(architecture, outermost=1)
    kept = [(), DATA_SPACES, *(nest.keep for nest in mapping.levels[2:])]
    made = memories(architecture, kept, costs, array)
    *_, outermost = made.values()
    words = tiles_of(layer, mapping).words[1]
    needed = 2 * sum(words[space] * bits for space, bits in _bits(layer, architecture).items())
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


def _mapping(
    layer: Layer, loops: list[str], split: dict[str, int], steps: dict[str, int]
) -> dict[str, Any]:
    """Which cores run which part, and the tiles of one step of a core, innermost first."""
    allocation: dict[str, Any] = {
        "name": NODE,
        "core_allocation": [list(range(math.prod(split.values())))],
    }
    if split:
        allocation["inter_core_tiling"] = [
            [{"dim": f"D{loops.index(dim)}", "split": factor} for dim, factor in split.items()]
        ]
    tiles = [
        {
            "dim": f"{NODE}.D{loops.index(dim)}",
            "tile": layer.sizes[dim] // factor // split.get(dim, 1),
        }
        for dim, factor in steps.items()
    ]
    group = {"name": "all", "layers": [NODE], "intra_core_tiling": tiles}
    return {"layers": [allocation], "fused_groups": [group]}


NODE = "Layer"
"""The name of the one node of a workload."""


def _workload(layer: Layer, architecture: Architecture) -> tuple[bytes, list[str]]:
    """A model with one node and no data, and our dimension of each of its loops D0, D1 ...

    Where windows are 1x1 it is a matrix product with batch axes, otherwise a convolution.
    """
    if layer.R == layer.S == layer.Q == layer.stride_w == 1:
        batch = [dim for dim in "GN" if layer.sizes[dim] > 1]
        rows = [layer.sizes[dim] for dim in batch]
        shared = [size if dim == "G" else 1 for dim, size in zip(batch, rows, strict=True)]
        shapes = ([*rows, layer.P, layer.C], [*shared, layer.C, layer.K], [*rows, layer.P, layer.K])
        op = "MatMul" if batch else "Gemm"
        loops = [*batch, "P", "K", "C"] if batch else ["P", "C", "K"]
        return _model(layer, architecture, op, shapes, {}), loops
    *_, width, height = box_widths(layer, "Inputs", layer.sizes)
    shapes = (
        [layer.N, layer.G * layer.C, height, width],
        [layer.G * layer.K, layer.C, layer.S, layer.R],
        [layer.N, layer.G * layer.K, layer.Q, layer.P],
    )
    window = {
        "kernel_shape": [layer.S, layer.R],
        "strides": [layer.stride_h, layer.stride_w],
        "dilations": [layer.dilation_h, layer.dilation_w],
        "group": layer.G,
    }
    loops = ["N", "P", "Q", "R", "S", "C", "K", "G"]
    return _model(layer, architecture, "Conv", shapes, window), loops


def _model(
    layer: Layer,
    architecture: Architecture,
    op: str,
    shapes: tuple[list[int], list[int], list[int]],
    attributes: dict[str, Any],
) -> bytes:
    try:
        from onnx import TensorProto, helper
    except ImportError:
        raise MissingExtraError("onnx", "onnx") from None
    types = {
        space: TensorProto.DataType.Value(TYPES[bits])
        for space, bits in _bits(layer, architecture).items()
    }
    inputs, weights, outputs = shapes
    taken = helper.make_tensor_value_info("inputs", types["Inputs"], inputs)
    given = helper.make_tensor_value_info("outputs", types["Outputs"], outputs)
    shape_only = TensorProto(name="weights", data_type=types["Weights"], dims=weights)
    node = helper.make_node(op, ["inputs", "weights"], ["outputs"], name=NODE, **attributes)
    graph = helper.make_graph([node], "network", [taken], [given], [shape_only])
    model = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=8,
        producer_name="bohwsw",
        doc_string=layer.name,
    )
    content: bytes = model.SerializeToString()
    return content


def _bits(layer: Layer, architecture: Architecture) -> dict[str, int]:
    """Bits of a value of each data space in the workload."""
    wanted = {space: bits or architecture.mac.word_bits for space, bits in layer.bits.items()}
    return {
        space: next((size for size in TYPES if size >= bits), max(TYPES))
        for space, bits in wanted.items()
    }
