"""ONNX files without their weights: protobuf messages copied, large tensors left out.

An importer needs the shapes of weights, not their values, so a model of gigabytes is read in the
time and memory of its graph. Only what protobuf's encoding says is used: keys, lengths, nesting
(https://protobuf.dev/programming-guides/encoding/), and the field numbers of onnx.proto3.
"""

from __future__ import annotations

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
            position = _skipped(data, position, wire_type)
            out += data[start:position]
            continue
        length, position = _varint(data, position)
        inner, position = position, position + length
        if position > end:
            raise ValueError(f"the file is cut off: {length} bytes announced, {end - inner} there")
        if length <= LARGE:
            out += data[start:position]
        elif kind == "tensor" and field in _VALUES:
            out += _left_out(field, length)
        elif child := _CHILDREN[kind].get(field):
            copied = _copied(data[inner:position], child, depth + 1, fields)
            out += _written(key) + _written(len(copied)) + copied
        else:
            out += data[start:position]
    return out


def _left_out(field: int, length: int) -> bytes:
    """An entry of a tensor's external data that says how long its values were."""
    key, value = LEFT_OUT.encode(), f"{field}:{length}".encode()
    entry = b"\x0a" + _written(len(key)) + key + b"\x12" + _written(len(value)) + value
    return _written(_EXTERNAL_DATA << 3 | 2) + _written(len(entry)) + entry


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


def _skipped(data: memoryview, position: int, wire_type: int) -> int:
    if wire_type == 0:
        _, position = _varint(data, position)
    elif wire_type in (1, 5):
        position += 8 if wire_type == 1 else 4
    else:
        raise ValueError(f"not protobuf: a field of wire type {wire_type}")
    if position > len(data):
        raise ValueError("the file is cut off")
    return position


def _written(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
