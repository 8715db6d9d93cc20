"""Small ONNX models, put together in a line or two."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import (
    GraphProto,
    ModelProto,
    NodeProto,
    TensorProto,
    ValueInfoProto,
    helper,
    numpy_helper,
)

from bohwsw.importers import ImportedOnnx, import_onnx

FLOAT, INT64 = TensorProto.FLOAT, TensorProto.INT64


def node(op: str, inputs: str, outputs: str, **attributes: Any) -> NodeProto:
    """A node; names of tensors stand in one text, ``-`` is an input left out."""
    taken = ["" if name == "-" else name for name in inputs.split()]
    return helper.make_node(op, taken, outputs.split(), **attributes)


def info(name: str, *shape: int | str | None, data_type: int = FLOAT) -> ValueInfoProto:
    """A tensor's name and shape."""
    return helper.make_tensor_value_info(name, data_type, shape)


def weights(name: str, *shape: int, kind: Any = np.float32) -> TensorProto:
    """A constant of zeros."""
    return numpy_helper.from_array(np.zeros(shape, kind), name)


def constant(name: str, values: Any, kind: Any = np.int64) -> TensorProto:
    """A constant of these values."""
    return numpy_helper.from_array(np.array(values, kind), name)


def graph(
    nodes: Sequence[NodeProto],
    inputs: Sequence[ValueInfoProto],
    outputs: Sequence[ValueInfoProto],
    constants: Sequence[TensorProto] = (),
) -> GraphProto:
    """A graph."""
    return helper.make_graph(list(nodes), "graph", list(inputs), list(outputs), list(constants))


def model(
    nodes: Sequence[NodeProto],
    inputs: Sequence[ValueInfoProto],
    outputs: Sequence[ValueInfoProto],
    constants: Sequence[TensorProto] = (),
    *,
    opset: int = 17,
) -> ModelProto:
    """A model; outputs without a shape have an unknown one."""
    for output in outputs:
        if not output.type.tensor_type.shape.dim:
            output.type.tensor_type.ClearField("shape")
    made = graph(nodes, inputs, outputs, constants)
    domains = {n.domain for n in nodes} - {""}
    imports = [helper.make_opsetid("", opset), *(helper.make_opsetid(d, 1) for d in domains)]
    return helper.make_model(made, opset_imports=imports, ir_version=8)


def save_open_network(path: Path, *, width: int | str = 8) -> None:
    """One convolution of a batch that is left open, as the width of its images may be."""
    made = model(
        [node("Conv", "x w", "y")],
        [info("x", "batch", 3, 8, width)],
        [info("y")],
        [weights("w", 4, 3, 3, 3)],
    )
    onnx.save(made, path)


def imported(folder: Path, proto: ModelProto, **sizes: Any) -> ImportedOnnx:
    """A model by way of a file."""
    path = folder / "model.onnx"
    onnx.save(proto, path)
    return import_onnx(path, sizes, isolate=False)
