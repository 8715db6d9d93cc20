"""Reading an ONNX file: the graph, and of the weights no more than their shapes.

External data of tensors are only read from within the model's folder, and only as much as is there.
Messages are copied and large tensors left out, so that a model of gigabytes is read in the time and
memory of its graph; only what protobuf's encoding says is used: keys, lengths, nesting
(https://protobuf.dev/programming-guides/encoding/), and the field numbers of onnx.proto3.
"""

from __future__ import annotations

import math
import mmap
import re
import stat
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from bohwsw.errors import MissingExtraError
from bohwsw.importers.onnx.problems import OnnxError

LARGE = 65_536
"""Bytes; a message up to here is copied whole, a tensor's values beyond are left out."""
MOST_FIELDS = 1_000_000
"""Of messages that are not copied whole: a graph has one for each node, tensor and input."""
DEEPEST = 200
"""Messages in one another; protobuf's own limit is 100."""

LEFT_OUT = "left out"
"""Key in a tensor's external data that says which field was left out, and how many bytes."""

_CHILDREN: dict[str, dict[int, str]] = {
    "model": {7: "graph", 25: "function"},
    "graph": {1: "node", 5: "tensor", 15: "sparse tensor"},
    "function": {7: "node"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse tensor"},
    "sparse tensor": {1: "tensor", 2: "tensor"},
    "tensor": {},
}
_VALUES = frozenset((4, 5, 6, 7, 9, 10, 11))
"""Fields of a tensor that hold its values: raw, or typed."""
_EXTERNAL_DATA = 13


def without_weights(data: memoryview) -> bytes:
    """A model's bytes without the values of large tensors."""
    return bytes(_copied(data, "model", 0, [0]))


def _copied(data: memoryview, kind: str, depth: int, fields: list[int]) -> bytearray:
    if depth > DEEPEST:
        raise ValueError("messages are nested too deeply")
    out, position, end = bytearray(), 0, len(data)
    while position < end:
        start = position
        fields[0] += 1
        if fields[0] > MOST_FIELDS:
            raise ValueError(f"more than {MOST_FIELDS} nodes, tensors and others")
        key, position = _varint(data, position)
        field, wire_type = key >> 3, key & 7
        if wire_type != 2:
            if wire_type not in (0, 1, 5):
                raise ValueError(f"not protobuf: a field of wire type {wire_type}")
            if wire_type == 0:
                _, position = _varint(data, position)
            else:
                position += 8 if wire_type == 1 else 4
            if position > end:
                raise ValueError("the file is cut off")
            out += data[start:position]
            continue
        length, position = _varint(data, position)
        inner, position = position, position + length
        if position > end:
            raise ValueError(f"the file is cut off: {length} bytes announced, {end - inner} there")
        if length <= LARGE:
            out += data[start:position]
        elif kind == "tensor" and field in _VALUES:  # an entry of external data says how long
            texts = LEFT_OUT.encode(), f"{field}:{length}".encode()
            entry = b"".join(_entry(number, text) for number, text in enumerate(texts, start=1))
            out += _entry(_EXTERNAL_DATA, entry)
        elif child := _CHILDREN[kind].get(field):
            out += _entry(field, _copied(data[inner:position], child, depth + 1, fields))
        else:
            out += data[start:position]
    return out


def _entry(field: int, content: bytes | bytearray) -> bytes:
    """A field that is a message or text."""
    return _written(field << 3 | 2) + _written(len(content)) + content


def _varint(data: memoryview, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if position >= len(data) or shift > 63:
            raise ValueError("the file is cut off, or not protobuf")
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7


def _written(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


MOST_GRAPH_BYTES = 256 * 2**20
"""Of a model without its large tensors."""

MOST_VERSIONS = 1_000
"""Of an operator set; ONNX has 26 of its own."""


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
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            raise OnnxError("not a file", file=name, got="a device or a pipe", expected=expected)
        with path.open("rb") as file:
            if path.stat().st_size == 0:
                raise OnnxError("the file is empty", file=name, got="0 bytes", expected=expected)
            # not closed here: an error holds views of it
            data = without_weights(memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)))
        if len(data) > MOST_GRAPH_BYTES:
            got, most = f"{len(data)} bytes without its weights", f"at most {MOST_GRAPH_BYTES}"
            raise OnnxError("the graph is too large", file=name, got=got, expected=most)
        model = onnx.ModelProto()
        model.ParseFromString(data)
        own = (entry for function in model.functions for entry in function.opset_import)
        for entry in (*model.opset_import, *own):
            if type(entry.domain) is not str or not 1 <= entry.version <= MOST_VERSIONS:
                raise OnnxError(
                    "no version of an operator set",
                    file=name,
                    key_path=f"opset_import {entry.domain!r}",
                    got=entry.version,
                    expected=f"1 to {MOST_VERSIONS}",
                )
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
    """Whether a tensor of a file, of a model in a folder, is as large as its dimensions say."""
    dims, kind = tensor.dims, tensor.data_type
    if kind not in _types():
        raise _tensor_error(tensor, "unknown type of values", kind, "a DataType")
    if any(size < 0 for size in dims):
        raise _tensor_error(tensor, "a negative size", list(dims), "sizes from 0")
    found, wanted = _held(tensor, folder, math.prod(dims))
    if found is not None and found != wanted:
        got = f"{found} for sizes {list(dims)}"
        raise _tensor_error(tensor, "a tensor's values do not fit its sizes", got, str(wanted))


def check_sparse(sparse: Any, folder: Path) -> None:
    """The same of a SparseTensorProto: positions and values, as many as one another."""
    values, dims = sparse.values, sparse.dims
    check_tensor(values, folder)
    check_tensor(sparse.indices, folder)
    count, places = math.prod(values.dims), sparse.indices.dims
    if any(size < 0 for size in dims) or math.prod(dims) < count or count != (*places, 0)[0]:
        got = f"{list(dims)} for {count} values, positions {list(places)}"
        raise _tensor_error(values, "sizes of a sparse tensor are not valid", got, "enough of each")


def _tensor_error(tensor: Any, problem: str, got: object, expected: str) -> OnnxError:
    return OnnxError(problem, key_path=f"tensor {tensor.name!r}", got=got, expected=expected)


@cache
def _types() -> frozenset[int]:
    from onnx import TensorProto

    return frozenset(TensorProto.DataType.values()) - {TensorProto.UNDEFINED}


def _held(tensor: Any, folder: Path, count: int) -> tuple[int | None, int]:
    """How many bytes or values a tensor has, None where nobody can say, and how many it needs."""
    from onnx import helper

    kind, bits = tensor.data_type, value_bits(tensor.data_type)
    bytes_ = -(-count * bits // 8)
    if tensor.data_location == 1:  # external
        path, offset, length = external_file(tensor, folder)
        length = bytes_ if length is None else length
        size = path.stat().st_size
        if offset < 0 or length < 0 or offset + length > size:
            got, expected = f"{size} bytes in {path.name}", f"{length} bytes from {offset} on"
            raise _tensor_error(tensor, "external data end too early", got, expected)
        return length, bytes_
    for entry in tensor.external_data:
        if entry.key == LEFT_OUT:
            if not re.fullmatch(r"\d{1,2}:\d{1,15}", entry.value):
                raise _tensor_error(tensor, "external data without a place", entry.value, "a file")
            field, length = map(int, entry.value.split(":"))
            width = {9: 1, 4: 4, 10: 8}.get(field)
            return (length // width if width else None), (bytes_ if field == 9 else count)
    if raw := tensor.raw_data:
        return len(raw), bytes_
    found = len(getattr(tensor, helper.tensor_dtype_to_field(kind)))
    if 0 < bits < 8:
        return found, bytes_
    return found, 2 * count if kind in (14, 15) else count  # complex


def external_file(tensor: Any, folder: Path) -> tuple[Path, int, int | None]:
    """Where the values of a tensor lie: file, offset, and length if the model says it."""
    entries = {entry.key: entry.value for entry in tensor.external_data}
    location = entries.get("location", "")
    expected = "a file in the model's folder"
    parts = Path(location).parts
    is_inside = bool(parts) and not Path(location).is_absolute() and ".." not in parts
    if not is_inside or "\\" in location or "\0" in location:
        problem = "external data outside the model's folder"
        raise _tensor_error(tensor, problem, repr(location), expected)
    path = folder / location
    try:
        is_link = any(at.is_symlink() for at in (path, *path.parents[: len(parts) - 1]))
        is_there = path.is_file()
    except OSError:  # a name of any length
        is_link = is_there = False
    if is_link or not is_there:
        problem = "external data behind a link" if is_link else "external data are not there"
        raise _tensor_error(tensor, problem, repr(location), expected)
    try:
        offset = int(entries.get("offset", "0") or 0)
        length = int(entries["length"]) if entries.get("length") else None
    except ValueError:
        got = f"offset {entries.get('offset')!r}, length {entries.get('length')!r}"
        problem = "external data without a place"
        raise _tensor_error(tensor, problem, got, "whole numbers") from None
    return path, offset, length


def external_bytes(tensor: Any, folder: Path, most: int) -> bytes | None:
    """The values of a small tensor, None of one above ``most`` bytes."""
    path, offset, length = external_file(tensor, folder)
    if length is None:
        length = max(0, path.stat().st_size - offset)
    if length > most:
        return None
    with path.open("rb") as file:
        file.seek(offset)
        return file.read(length)


@cache
def value_bits(data_type: int) -> int:
    """Bits of a value of a TensorProto.DataType; strings and what is no type count as none."""
    from onnx import TensorProto

    if data_type not in _types():
        return 0
    name = TensorProto.DataType.Name(data_type)
    digits = re.search(r"\d+", name)  # of FLOAT8E4M3FN the 8
    return int(digits[0]) if digits else {"STRING": 0, "BOOL": 8, "DOUBLE": 64}.get(name, 32)
