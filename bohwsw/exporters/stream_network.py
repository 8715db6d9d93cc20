"""A whole network for Stream: one ONNX graph with its edges, and who runs which node.

Every layer is a convolution there, also a product (of one row of positions), so that all tensors
have the four axes N, K, Q and P. Normalisations are left out: they follow a layer, element by
element. What a window reaches over is padding. Each node is a group of its own: nothing is fused.
What is no layer runs whole on the first core, and so does a layer of a reshaped tensor.
"""

from __future__ import annotations

from collections.abc import Mapping as ByName
from typing import Any

from bohwsw.codesign import Hardware, MappedLayer
from bohwsw.errors import MissingExtraError, SpecError
from bohwsw.exporters.stream_files import (
    CONV_LOOPS,
    TYPES,
    allocation_of,
    bits_above,
    bits_of,
    files_of,
    window_of,
)
from bohwsw.workload import CountedLayer, Layer, Network, Operator, Tensor, box_widths

ELEMENTWISE = {"add": "Add", "multiply": "Mul", "activation": "Relu"}
LEFT_OUT = ("normalise",)


def network_files(
    network: Network, layers: ByName[tuple[int, ...], MappedLayer], core: Hardware
) -> dict[str, str | bytes]:
    """Stream's input files for a network on one core of ours.

    Args:
        network: with edges.
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
