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
from bohwsw.exporters.export import yaml_texts
from bohwsw.exporters.stream_files import (
    CONV_LOOPS,
    TYPES,
    allocation_of,
    bits_of,
    core_of,
    hardware_of,
    offchip_of,
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
    allocations, groups, most = [], [], 1
    for name in network.order:
        node = network.node(name)
        graph.add(name)
        if isinstance(node, CountedLayer) and not graph.is_reshaped(name):
            mapping = layers[node.layer.shape].mapping
            allocation, group = allocation_of(graph.names[name], node.layer, mapping, CONV_LOOPS)
            most = max(most, len(allocation["core_allocation"][0]))
        elif graph.is_computed(name):
            plain = graph.names[name]
            allocation = {"name": plain, "core_allocation": [[0]]}
            group = {"name": plain, "layers": [plain], "intra_core_tiling": []}
        else:
            continue
        allocations.append(allocation)
        groups.append(group)
    mapped = [(entry.entry.layer, entry.mapping) for entry in layers.values()]
    files = {
        "hardware.yaml": hardware_of(core.architecture, most),
        "cores/core.yaml": core_of(mapped, core),
        "cores/offchip.yaml": offchip_of(core.architecture, core.costs),
        "mapping.yaml": {"layers": allocations, "fused_groups": groups},
    }
    return {**yaml_texts(files), "workload.onnx": graph.model()}


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

    def is_computed(self, name: str) -> bool:
        """Whether a node of the network is one of Stream's."""
        return name in self.names and self.nodes[-1].op_type not in ("Reshape",)

    def is_reshaped(self, name: str) -> bool:
        """Whether a node reads a reshaped tensor: Stream then has other loops of it than we."""
        kinds = {getattr(self.network.node(x), "kind", "") for x in self.network.inputs(name)}
        return "reshape" in kinds

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

    def model(self) -> bytes:
        """The graph as a file; what nobody takes is its output."""
        helper = self.onnx.helper
        read = {name for node in self.nodes for name in node.input}
        last = [value for value in self.known if value.name not in read]
        inner = [value for value in self.known if value.name in read]
        graph = helper.make_graph(
            self.nodes, "network", self.inputs, last, self.constants, value_info=inner
        )
        model = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", 17)],
            ir_version=8,
            producer_name="bohwsw",
        )
        content: bytes = model.SerializeToString()
        return content

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
            self.constants.append(
                self.onnx.helper.make_tensor(shape, self.onnx.TensorProto.INT64, [4], sizes)
            )
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
        helper = self.onnx.helper
        self.nodes.append(
            helper.make_node(
                op, taken, [self.results[name]], name=plain, doc_string=name, **attributes
            )
        )

    def _value(self, name: str, tensor: Tensor) -> Any:
        bits = self.architecture.mac.word_bits
        kind = TYPES[next((size for size in TYPES if size >= bits), max(TYPES))]
        sizes = [tensor.N, tensor.K, tensor.Q, tensor.P]
        number = self.onnx.TensorProto.DataType.Value(kind)
        return self.onnx.helper.make_tensor_value_info(name, number, sizes)
