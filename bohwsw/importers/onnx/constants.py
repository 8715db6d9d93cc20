"""Constants of a file: shapes of all, values of small ones."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from bohwsw.importers.onnx.external_data import external_bytes
from bohwsw.importers.onnx.file import check_tensor
from bohwsw.importers.onnx.inference import MOST_FOLDED
from bohwsw.importers.onnx.node_view import NodeView
from bohwsw.importers.onnx.value import Value
from bohwsw.importers.onnx.wire_format import LEFT_OUT


def initializer_value(tensor: Any, folder: Path) -> Value:
    """A constant of a file."""
    check_tensor(tensor, folder)
    shape = tuple(tensor.dims)
    return Value(
        tensor.name, shape, tensor.data_type, data=_small(tensor, folder, shape), is_constant=True
    )


def check_tensors(graph: Any, folder: Path) -> None:
    """Whether all constants of a graph, and of graphs in it, are as large as they say."""
    for tensor in graph.initializer:
        check_tensor(tensor, folder)
    for node in graph.node:
        for attribute in node.attribute:
            for tensor in (attribute.t, *attribute.tensors):
                if tensor.data_location == 1:
                    check_tensor(tensor, folder)
            if attribute.type == 5:
                check_tensors(attribute.g, folder)
            for inner in attribute.graphs:
                check_tensors(inner, folder)


def _small(tensor: Any, folder: Path, shape: tuple[int, ...]) -> np.ndarray[Any, Any] | None:
    from onnx import TensorProto, numpy_helper

    if math.prod(shape) > MOST_FOLDED or tensor.data_type == TensorProto.STRING:
        return None
    if any(entry.key == LEFT_OUT for entry in tensor.external_data):
        return None
    if tensor.data_location == TensorProto.EXTERNAL:
        data = external_bytes(tensor, folder, 8 * MOST_FOLDED)
        if data is None:
            return None
        copy = TensorProto()
        copy.CopyFrom(tensor)
        copy.ClearField("external_data")
        copy.data_location, copy.raw_data = TensorProto.DEFAULT, data
        tensor = copy
    try:
        return numpy_helper.to_array(tensor)
    except (TypeError, ValueError, KeyError):
        return None


def constant_value(node: NodeView, folder: Path) -> Value:
    """What a ``Constant`` node makes."""
    name = node.outputs[0]
    if node.has("value"):
        value = initializer_value(node.tensor("value"), folder)
        value.name = name
        return value
    for key in ("value_int", "value_ints"):
        if node.has(key):
            data = node.integer(key) if key == "value_int" else node.integers(key)
            array = np.array(data, np.int64)
            return Value(name, array.shape, 7, data=array, is_constant=True)
    for attribute in node.proto.attribute:
        if attribute.name == "value_float":
            return Value(name, (), 1, data=np.array(attribute.f, np.float32), is_constant=True)
        if attribute.name == "value_floats":
            array = np.array(attribute.floats, np.float32)
            return Value(name, array.shape, 1, data=array, is_constant=True)
        if attribute.name in ("value_string", "value_strings"):
            size = () if attribute.name == "value_string" else (len(attribute.strings),)
            return Value(name, size, 8, is_constant=True)
        if attribute.name == "sparse_value":
            sparse = attribute.sparse_tensor
            return Value(name, tuple(sparse.dims), sparse.values.data_type, is_constant=True)
    raise node.error("a constant without a value", expected="one of the attributes value...")
