"""ResNet-50 (He et al., arXiv:1512.03385, table 1) as an ONNX file of 100 MB, weights random."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

STAGES = ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2))
"""Width, blocks and stride of each stage."""
MACS = 4_089_184_256
"""Of its convolutions and its last layer at 224 x 224, stride on the 3 x 3 convolutions."""


class _Graph:
    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: list[onnx.TensorProto] = []
        self._draw = np.random.default_rng(0)

    def add(self, op: str, *inputs: str, **attributes: Any) -> str:
        output = f"t{len(self.nodes)}"
        name = f"node{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, list(inputs), [output], name=name, **attributes))
        return output

    def weight(self, *shape: int) -> str:
        name = f"w{len(self.weights)}"
        values = self._draw.normal(size=shape).astype(np.float32)
        self.weights.append(numpy_helper.from_array(values, name))
        return name

    def conv(self, taken: str, channels: tuple[int, int], kernel: int, stride: int) -> str:
        padding = [kernel // 2] * 4
        weights = self.weight(channels[1], channels[0], kernel, kernel)
        bias = self.weight(channels[1])
        return self.add("Conv", taken, weights, bias, strides=[stride] * 2, pads=padding)


def write_resnet50(path: Path) -> None:
    """Write the file."""
    graph = _Graph()
    x = graph.add("Relu", graph.conv("image", (3, 64), 7, 2))
    x = graph.add("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    channels = 64
    for width, blocks, stride in STAGES:
        for block in range(blocks):
            step = stride if block == 0 else 1
            y = graph.add("Relu", graph.conv(x, (channels, width), 1, 1))
            y = graph.add("Relu", graph.conv(y, (width, width), 3, step))
            y = graph.conv(y, (width, 4 * width), 1, 1)
            if block == 0:
                x = graph.conv(x, (channels, 4 * width), 1, step)
            channels = 4 * width
            x = graph.add("Relu", graph.add("Add", x, y))
    x = graph.add("Flatten", graph.add("GlobalAveragePool", x))
    graph.add("Gemm", x, graph.weight(1000, channels), graph.weight(1000), transB=1)
    image = helper.make_tensor_value_info("image", onnx.TensorProto.FLOAT, ["batch", 3, 224, 224])
    last = helper.make_tensor_value_info(graph.nodes[-1].output[0], onnx.TensorProto.FLOAT, None)
    made = helper.make_graph(graph.nodes, "resnet50", [image], [last], graph.weights)
    opset = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(made, opset_imports=opset, ir_version=8), path)
