"""A node of an ONNX graph: its attributes by name and type, and how messages call it."""

from __future__ import annotations

import mmap
import os
from collections.abc import Sequence
from typing import Any

from bohwsw.importers.onnx.problems import OnnxError, UnknownShapeError

_LABEL_BYTES = 400

_place: mmap.mmap | None = None


def watch_in(path: str) -> None:
    """Leave the label of the node at hand in this file from now on, for whoever waits."""
    global _place
    os.truncate(path, _LABEL_BYTES)
    with open(path, "r+b") as file:
        _place = mmap.mmap(file.fileno(), _LABEL_BYTES)


def look_at(node: NodeView) -> None:
    """Say that a node is at hand; its inference is C++ that may crash or hang."""
    if _place is not None:
        label = node.label.encode(errors="replace")
        _place[:] = label[:_LABEL_BYTES].ljust(_LABEL_BYTES)


def words(text: str) -> frozenset[str]:
    """Names that stand in a text."""
    return frozenset(text.split())


def plain_domain(domain: str) -> str:
    """A domain of operators; ONNX's own, however it is written, is ""."""
    return "" if domain == "ai.onnx" else domain


_TYPES = {1: "FLOAT", 2: "INT", 3: "STRING", 6: "FLOATS", 7: "INTS", 8: "STRINGS"}
_MUST_BE_POSITIVE = words(
    "strides dilations kernel_shape group num_heads kv_num_heads q_num_heads hidden_size "
    "num_scan_inputs block_size blocksize"
)
MOST_OF_A_STEP = 2**16
"""The largest stride or dilation of a layer."""


class NodeView:
    """A NodeProto with its attributes checked.

    Attributes:
        proto: the NodeProto; attributes of functions are filled in.
        op: its operator, ``domain:name`` outside of ONNX's own domain.
    """

    def __init__(self, proto: Any, position: int) -> None:
        self.proto = proto
        op, domain, name = proto.op_type, proto.domain, proto.name
        self.label = f"node [{position}]"
        if type(op) is not str or type(domain) is not str:
            raise self.error("an operator's name is no text", got=repr(op), expected="UTF-8")
        if not op:
            raise self.error("a node without an operator", expected="op_type")
        self.domain = plain_domain(domain)
        self.op = f"{self.domain}:{op}" if self.domain else op
        self.label = f"{self.op} {name!r}" if name else f"{self.op} [{position}]"
        self.inputs: list[str] = list(proto.input)
        self.outputs: list[str] = list(proto.output)
        if {type(name), *map(type, self.inputs), *map(type, self.outputs)} != {str}:
            raise self.error("a name is no text", expected="UTF-8")
        self._attributes = {a.name: a for a in proto.attribute}
        for name in _MUST_BE_POSITIVE & self._attributes.keys():
            attribute = self._attributes[name]
            values = [attribute.i] if attribute.type == 2 else list(attribute.ints)
            most = MOST_OF_A_STEP if name in ("strides", "dilations") else 2**31
            if not all(1 <= value <= most for value in values):
                raise self.error(f"{name} is out of range", got=values, expected=f"1 to {most}")

    def error(self, problem: str, got: object = None, expected: str | None = None) -> OnnxError:
        """An error about this node."""
        return OnnxError(problem, key_path=self.label, got=got, expected=expected)

    def unknown_shape(self, problem: str, got: object, expected: str) -> UnknownShapeError:
        """An error about this node that a run of the model may settle."""
        return UnknownShapeError(problem, key_path=self.label, got=got, expected=expected)

    def has(self, name: str) -> bool:
        """Whether the attribute is there."""
        return name in self._attributes

    def graph(self, name: str) -> Any:
        """A GraphProto that the node runs."""
        attribute = self._attributes.get(name)
        if attribute is None or attribute.type != 5:
            raise self.error(f"{name} is missing", expected="a graph")
        return attribute.g

    def integer(self, name: str, default: int = 0) -> int:
        """An attribute that is a whole number."""
        return int(self._get(name, 2, "i", default))

    def text(self, name: str, default: str = "") -> str:
        """An attribute that is text."""
        value = self._get(name, 3, "s", default.encode())
        return bytes(value).decode(errors="replace")

    def integers(self, name: str, default: Sequence[int] = ()) -> list[int]:
        """An attribute that is a list of whole numbers."""
        return [int(value) for value in self._get(name, 7, "ints", default)]

    def tensor(self, name: str) -> Any:
        """An attribute that is a TensorProto, or None."""
        return self._get(name, 4, "t", None)

    def _get(self, name: str, type_: int, field: str, default: Any) -> Any:
        attribute = self._attributes.get(name)
        if attribute is None:
            return default
        if attribute.type != type_:
            got = _TYPES.get(attribute.type, f"attribute type {attribute.type}")
            expected = _TYPES.get(type_, "a tensor")
            raise self.error(f"{name} is of another type", got, expected)
        return getattr(attribute, field)

    def check_types(self, schema: Any) -> None:
        """Whether the attributes are of the types that the operator's schema says."""
        for name, attribute in schema.attributes.items():
            given = self._attributes.get(name)
            expected = str(attribute.type).rpartition(".")[2]
            if given is None:
                if attribute.required:
                    raise self.error(f"attribute {name} is missing", expected=expected)
            elif given.type != int(attribute.type.value):
                got = _TYPES.get(given.type, f"attribute type {given.type}")
                raise self.error(f"attribute {name} is of another type", got, expected)
