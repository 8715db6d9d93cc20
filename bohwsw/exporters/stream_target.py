"""A design for Stream 2.1.1 (stream-dse): a folder a layer with hardware, cores, mapping and ONNX.

Stream (Symons et al., IEEE Trans. Computers 2025) schedules networks on several cores around an
off-chip memory. Each child of our off-chip level is a core; loops over space there become the
split of the layer between cores, loops in time the tiles that cores run one after the other. What
happens inside a core Stream's own ZigZag decides.
"""

from __future__ import annotations

from collections.abc import Mapping as ByName
from typing import Any

from bohwsw.arch import Architecture
from bohwsw.codesign import Design, Hardware, MappedLayer
from bohwsw.errors import MissingExtraError, SpecError
from bohwsw.exporters.export import NETWORK, Export, export_layers, graph_of, with_network
from bohwsw.exporters.stream_files import (
    CONV_LOOPS,
    TYPES,
    allocation_of,
    bits_above,
    bits_of,
    files_of,
    window_of,
)
from bohwsw.mapping import check_factors
from bohwsw.workload import CountedLayer, Layer, Network, Operator, Tensor, box_widths

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
if len(found.group_cycles) > 1:  # a network: Stream tells the energy of its last node only
    print("cycles of each node", *found.group_cycles)
    sys.exit(print("latency_cycles", found.cycles))
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
NO_GRAPH = "The graph of the network, so that each layer is a workload of its own: "
ALONE = (
    f"Layers are run alone, and in `{NETWORK}` all together, along the edges of the network; there"
    " normalisations are left out, pools are maxima, and one memory of a core holds the largest"
    " layer. No layers are fused."
)
NODE = "Layer"
"""The name of the one node of a workload."""


def stream(design: Design) -> Export:
    """Hardware, cores, core allocation and workload of each layer, and a script that runs one.

    Of a network on one core that Stream can hold there is a folder with its graph, too.
    """

    def graph() -> dict[str, str | bytes]:
        layers = {mapped.entry.layer.shape: mapped for mapped in design.layers}
        return network_files(graph_of(design), layers, design.hardware)

    made = export_layers(design, TARGET, input_files, HOW, LOST, {"run.py": DRIVER})
    return with_network(made, graph, HOW, (ALONE, NO_GRAPH))


def input_files(mapped: MappedLayer, core: Hardware) -> dict[str, str | bytes]:
    """Stream's input files for one layer by name.

    Raises:
        SpecError: the machine has no level on the chip or fans out at more than four boundaries
            inside a core, or the mapping has imperfect factors.
        MissingExtraError: onnx is not installed.
    """
    layer, mapping = mapped.entry.layer, mapped.mapping
    check_factors(layer, mapping)
    if core.architecture.depth < 2:
        raise SpecError("a core needs a memory on the chip", got=core.architecture.name)
    graph, loops = _workload(layer, core.architecture)
    allocation, group = allocation_of(NODE, layer, mapping, loops)
    return files_of(core, [(layer, mapping)], [allocation], [group], graph, doc_string=layer.name)


def _workload(layer: Layer, architecture: Architecture) -> tuple[Any, list[str]]:
    """A graph with one node and no data, and our dimension of each of its loops D0, D1 ...

    Where windows are 1x1 it is a matrix product with batch axes, otherwise a convolution.
    """
    if layer.R == layer.S == layer.Q == layer.stride_w == 1:
        batch = [dim for dim in "GN" if layer.sizes[dim] > 1]
        rows = [layer.sizes[dim] for dim in batch]
        shared = [size if dim == "G" else 1 for dim, size in zip(batch, rows, strict=True)]
        shapes = ([*rows, layer.P, layer.C], [*shared, layer.C, layer.K], [*rows, layer.P, layer.K])
        op = "MatMul" if batch else "Gemm"
        loops = [*batch, "P", "K", "C"] if batch else ["P", "C", "K"]
        return _graph(layer, architecture, op, shapes, {}), loops
    *_, width, height = box_widths(layer, "Inputs", layer.sizes)
    shapes = (
        [layer.N, layer.G * layer.C, height, width],
        [layer.G * layer.K, layer.C, layer.S, layer.R],
        [layer.N, layer.G * layer.K, layer.Q, layer.P],
    )
    return _graph(layer, architecture, "Conv", shapes, window_of(layer)), list(CONV_LOOPS)


def _graph(
    layer: Layer,
    architecture: Architecture,
    op: str,
    shapes: tuple[list[int], list[int], list[int]],
    attributes: dict[str, Any],
) -> Any:
    try:
        from onnx import TensorProto, helper
    except ImportError:
        raise MissingExtraError("onnx", "onnx") from None
    types = {
        space: TensorProto.DataType.Value(TYPES[bits])
        for space, bits in bits_of(layer, architecture).items()
    }
    inputs, weights, outputs = shapes
    taken = helper.make_tensor_value_info("inputs", types["Inputs"], inputs)
    given = helper.make_tensor_value_info("outputs", types["Outputs"], outputs)
    shape_only = TensorProto(name="weights", data_type=types["Weights"], dims=weights)
    node = helper.make_node(op, ["inputs", "weights"], ["outputs"], name=NODE, **attributes)
    return helper.make_graph([node], "network", [taken], [given], [shape_only])


ELEMENTWISE = {"add": "Add", "multiply": "Mul", "activation": "Relu"}
LEFT_OUT = ("normalise",)


def network_files(
    network: Network, layers: ByName[tuple[int, ...], MappedLayer], core: Hardware
) -> dict[str, str | bytes]:
    """Stream's input files for a network on one core of ours.

    Every layer is a convolution there, also a product (of one row of positions), so that all
    tensors have the four axes N, K, Q and P. Normalisations are left out: they follow a layer,
    element by element. What a window reaches over is padding. Each node is a group of its own. What
    is no layer runs whole on the first core, and so does a layer of a reshaped tensor.

    Args:
        layers: the mapped layers by their shapes.
        core: the machine that runs them all.

    Raises:
        SpecError: a node has no counterpart in Stream; it is named.
        MissingExtraError: onnx is not installed.
    """
    graph = _Graph(network, core)
    allocations, groups = [], []
    for name in network.order:
        node = network.node(name)
        graph.add(name)
        # Of a reshaped tensor Stream has other loops than we.
        kinds = {getattr(network.node(each), "kind", "") for each in network.inputs(name)}
        if isinstance(node, CountedLayer) and "reshape" not in kinds:
            mapping = layers[node.layer.shape].mapping
            allocation, group = allocation_of(graph.names[name], node.layer, mapping, CONV_LOOPS)
        elif name in graph.names and graph.nodes[-1].op_type != "Reshape":
            plain = graph.names[name]
            allocation = {"name": plain, "core_allocation": [[0]]}
            group = {"name": plain, "layers": [plain], "intra_core_tiling": []}
        else:
            continue
        allocations.append(allocation)
        groups.append(group)
    mapped = [(entry.entry.layer, entry.mapping) for entry in layers.values()]
    return files_of(core, mapped, allocations, groups, graph.proto())


class _Graph:
    """The nodes of an ONNX graph as they come together."""

    def __init__(self, network: Network, core: Hardware) -> None:
        try:
            import onnx
        except ImportError:
            raise MissingExtraError("onnx", "onnx") from None
        self.onnx = onnx
        self.network, self.architecture = network, core.architecture
        self.names: dict[str, str] = {}
        self.results: dict[str, str] = {}
        self.nodes: list[Any] = []
        self.inputs: list[Any] = []
        self.constants: list[Any] = []
        self.known: list[Any] = []

    def add(self, name: str) -> None:
        """The next node of the network."""
        node, made = self.network.node(name), self.network.tensors[name]
        taken = [self.results[each] for each in self.network.inputs(name)]
        if isinstance(node, CountedLayer):
            self._layer(name, node.layer, taken)
        elif node.kind == "input":
            self.results[name] = self._input(name, made)
        elif node.kind in LEFT_OUT:
            self.results[name] = taken[0]
        else:
            self._operator(name, node, taken, made)

    def proto(self) -> Any:
        """The graph as ONNX has it; what nobody takes is its output."""
        read = {name for node in self.nodes for name in node.input}
        last = [value for value in self.known if value.name not in read]
        inner = [value for value in self.known if value.name in read]
        parts = (self.nodes, "network", self.inputs, last, self.constants)
        return self.onnx.helper.make_graph(*parts, value_info=inner)

    def _layer(self, name: str, layer: Layer, taken: list[str]) -> None:
        if self.network.inputs(name, "Weights"):
            raise SpecError("Stream is given no weights that the network computes", got=name)
        *_, width, height = box_widths(layer, "Inputs", layer.sizes)
        window = window_of(layer)
        if taken:
            tensor = self.network.tensors[self.network.inputs(name)[0]]
            missing = max(height - tensor.Q, 0), max(width - tensor.P, 0)
            begin = [rest // 2 for rest in missing]
            window["pads"] = [*begin, *(r - b for r, b in zip(missing, begin, strict=True))]
        else:
            made = Tensor(layer.N, layer.G * layer.C, width, height)
            taken = [self._input(f"{name}.inputs", made)]
        shape = [layer.G * layer.K, layer.C, layer.S, layer.R]
        bits = bits_of(layer, self.architecture)
        kind = self.onnx.TensorProto.DataType.Value(TYPES[bits["Weights"]])
        weights = f"weights{len(self.constants)}"
        self.constants.append(self.onnx.TensorProto(name=weights, data_type=kind, dims=shape))
        self._node(name, "Conv", [*taken, weights], window, self.network.tensors[name])

    def _operator(self, name: str, node: Operator, taken: list[str], made: Tensor) -> None:
        given = self.network.tensors[self.network.inputs(name)[0]]
        if node.kind in ELEMENTWISE and len(taken) <= 2:
            self._node(name, ELEMENTWISE[node.kind], taken, {}, made)
        elif node.kind == "pool" and (made.P, made.Q) == (1, 1):
            self._node(name, "GlobalAveragePool", taken, {}, made)
        elif node.kind == "pool":
            strides = [given.Q // made.Q, given.P // made.P]
            kernel = [given.Q - (made.Q - 1) * strides[0], given.P - (made.P - 1) * strides[1]]
            window = {"kernel_shape": kernel, "strides": strides}
            self._node(name, "MaxPool", taken, window, made)
        elif node.kind == "reshape":
            shape = f"shape{len(self.constants)}"
            sizes = [made.N, made.K, made.Q, made.P]
            kind = self.onnx.TensorProto.INT64
            self.constants.append(self.onnx.helper.make_tensor(shape, kind, [4], sizes))
            self._node(name, "Reshape", [*taken, shape], {}, made)
        else:
            raise SpecError("Stream's graph has no such node", got=f"{node.kind} {name!r}")

    def _input(self, name: str, tensor: Tensor) -> str:
        value = f"input{len(self.inputs)}"
        self.inputs.append(self._value(value, tensor))
        return value

    def _node(
        self, name: str, op: str, taken: list[str], attributes: dict[str, Any], made: Tensor
    ) -> None:
        plain = self.names[name] = f"Node{len(self.nodes)}"
        self.results[name] = f"tensor{len(self.nodes)}"
        self.known.append(self._value(self.results[name], made))
        attributes = {**attributes, "name": plain, "doc_string": name}
        node = self.onnx.helper.make_node(op, taken, [self.results[name]], **attributes)
        self.nodes.append(node)

    def _value(self, name: str, tensor: Tensor) -> Any:
        kind = TYPES[bits_above(self.architecture.mac.word_bits)]
        sizes = [tensor.N, tensor.K, tensor.Q, tensor.P]
        number = self.onnx.TensorProto.DataType.Value(kind)
        return self.onnx.helper.make_tensor_value_info(name, number, sizes)
