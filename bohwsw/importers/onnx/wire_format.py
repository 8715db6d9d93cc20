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
