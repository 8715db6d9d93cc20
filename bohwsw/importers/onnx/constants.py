"""Constants of a file: shapes of all, values of small ones."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from bohwsw.importers.onnx.file import LEFT_OUT, check_sparse, check_tensor, external_bytes
from bohwsw.importers.onnx.inference import MOST_FOLDED
from bohwsw.importers.onnx.node_view import NodeView
from bohwsw.importers.onnx.problems import OnnxError
from bohwsw.importers.onnx.value import Value

_NUMBERS = frozenset((1, 2, 3, 6, 7, 8))
"""Types of attributes that hold numbers and texts."""

_PLAIN = {1: "<f4", 2: "u1", 3: "i1", 6: "<i4", 7: "<i8", 9: "?", 10: "<f2", 11: "<f8"}
"""Types of values that are read as they lie in the file."""


def initializer_value(tensor: Any, folder: Path) -> Value:
    """A constant of a file, which ``check_tensors`` has passed."""
    shape = tuple(tensor.dims)
    return Value(
        tensor.name, shape, tensor.data_type, data=_small(tensor, folder, shape), is_constant=True
    )


def check_tensors(model: Any, folder: Path) -> None:
    """Whether all constants of a model, in functions and branches too, are what they say."""
    _check_graph(model.graph, folder)
    for function in model.functions:
        _check_nodes(function.node, folder)


def _check_graph(graph: Any, folder: Path) -> None:
    for tensor in graph.initializer:
        check_tensor(tensor, folder)
    for sparse in graph.sparse_initializer:
        check_sparse(sparse, folder)
    _check_nodes(graph.node, folder)


def _check_nodes(nodes: Any, folder: Path) -> None:
    for position, node in enumerate(nodes):
        for attribute in node.attribute:
            if attribute.type in _NUMBERS:
                continue
            try:
                for tensor in (attribute.t, *attribute.tensors):
                    if tensor.data_type or tensor.dims:
                        check_tensor(tensor, folder)
                for sparse in (attribute.sparse_tensor, *attribute.sparse_tensors):
                    if sparse.dims:
                        check_sparse(sparse, folder)
            except OnnxError as error:
                label = NodeView(node, position).label
                error.key_path = f"{label}: {error.key_path}"
                raise
            for graph in (attribute.g, *attribute.graphs):
                _check_graph(graph, folder)


def _small(tensor: Any, folder: Path, shape: tuple[int, ...]) -> np.ndarray[Any, Any] | None:
    if math.prod(shape) > MOST_FOLDED:
        return None
    if tensor.data_type in _PLAIN and (raw := tensor.raw_data):
        return np.frombuffer(raw, _PLAIN[tensor.data_type]).reshape(shape)
    from onnx import TensorProto, numpy_helper

    if tensor.data_type == TensorProto.STRING:
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
