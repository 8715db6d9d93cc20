"""Reading an ONNX file: the graph, and of the weights no more than their shapes."""

from __future__ import annotations

import mmap
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from bohwsw.errors import MissingExtraError
from bohwsw.importers.onnx.external_data import checked_bytes
from bohwsw.importers.onnx.problems import OnnxError
from bohwsw.importers.onnx.wire_format import LEFT_OUT, without_weights

MOST_GRAPH_BYTES = 256 * 2**20
"""Of a model without its large tensors."""


def require_onnx() -> None:
    """Raise MissingExtraError unless the package onnx is installed."""
    if find_spec("onnx") is None:
        raise MissingExtraError("onnx", "onnx")


def read_model(path: Path) -> Any:
    """The ModelProto of a file, without the values of large tensors."""
    require_onnx()
    import onnx
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

    name, expected = str(path), "an ONNX model"
    try:
        with path.open("rb") as file:
            if path.stat().st_size == 0:
                raise OnnxError("the file is empty", file=name, got="0 bytes", expected=expected)
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            with mapped, memoryview(mapped) as view:
                data = without_weights(view)
        if len(data) > MOST_GRAPH_BYTES:
            raise OnnxError(
                "the graph is too large",
                file=name,
                got=f"{len(data)} bytes without its weights",
                expected=f"at most {MOST_GRAPH_BYTES}",
            )
        model = onnx.ModelProto()
        model.ParseFromString(data)
    except OSError as error:
        reason = error.strerror or str(error)
        raise OnnxError("cannot be read", file=name, got=reason, expected=expected) from error
    except (ValueError, DecodeError) as error:
        raise OnnxError("not an ONNX file", file=name, got=str(error), expected=expected) from error
    if not model.HasField("graph") or not (model.graph.node or model.graph.initializer):
        raise OnnxError(
            "not an ONNX file", file=name, got="no graph in it", expected="a model with a graph"
        )
    return model


def check_tensor(tensor: Any, folder: Path) -> None:
    """Whether a tensor of a file is as large as its dimensions say.

    Args:
        tensor: a TensorProto.
        folder: of the model; external data are only read from within it.
    """
    from onnx import TensorProto

    place = f"tensor {tensor.name!r}"
    kinds = TensorProto.DataType.values()
    if tensor.data_type not in kinds or tensor.data_type == TensorProto.UNDEFINED:
        raise OnnxError(
            "unknown type of values", key_path=place, got=tensor.data_type, expected="a DataType"
        )
    count = 1
    for size in tensor.dims:
        if size < 0:
            raise OnnxError(
                "a negative size", key_path=place, got=list(tensor.dims), expected="sizes from 0"
            )
        count *= size
    found, wanted = _held(tensor, folder, count)
    if found is not None and found != wanted:
        raise OnnxError(
            "a tensor's values do not fit its sizes",
            key_path=place,
            got=f"{found} for sizes {list(tensor.dims)}",
            expected=str(wanted),
        )


def _held(tensor: Any, folder: Path, count: int) -> tuple[int | None, int]:
    """How many bytes or values a tensor has, None where nobody can say, and how many it needs."""
    from onnx import TensorProto, helper

    bits = value_bits(tensor.data_type)
    bytes_ = -(-count * bits // 8)
    if tensor.data_type == TensorProto.STRING:
        return None, count
    if tensor.data_location == TensorProto.EXTERNAL:
        return checked_bytes(tensor, folder, bytes_), bytes_
    for entry in tensor.external_data:
        if entry.key == LEFT_OUT:
            field, length = map(int, entry.value.split(":"))
            width = {9: 1, 4: 4, 10: 8}.get(field)
            return (length // width if width else None), (bytes_ if field == 9 else count)
    if tensor.HasField("raw_data"):
        return len(tensor.raw_data), bytes_
    found = len(getattr(tensor, helper.tensor_dtype_to_field(tensor.data_type)))
    if bits < 8:
        return found, bytes_
    if tensor.data_type in (TensorProto.COMPLEX64, TensorProto.COMPLEX128):
        return found, 2 * count
    return found, count


@cache
def value_bits(data_type: int) -> int:
    """Bits of a value of a TensorProto.DataType; strings count as none."""
    from onnx import TensorProto

    name = TensorProto.DataType.Name(data_type)
    if name in ("STRING", "UNDEFINED"):
        return 0
    if name == "BOOL":
        return 8
    widths = {"FLOAT": 32, "DOUBLE": 64, "BFLOAT16": 16, "COMPLEX64": 64, "COMPLEX128": 128}
    if name in widths:
        return widths[name]
    digits = "".join(c for c in name.split("E")[0] if c.isdigit())
    return int(digits) if digits else 32
