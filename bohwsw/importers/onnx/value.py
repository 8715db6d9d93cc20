"""A tensor of an ONNX graph while the network is put together, and the bits of its values."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any

import numpy as np

from bohwsw.importers.onnx.file import value_bits
from bohwsw.importers.onnx.node_view import NodeView
from bohwsw.workload import Tensor

Shape = tuple[int, ...]

DEFAULT_LETTERS: tuple[str, ...] = ("", "K", "PK", "NPK", "NKQP")
"""Of tensors of rank 0 to 4 about which nothing else is known: rows and features, images."""

_PASSES_ON = frozenset(("Relu", "Clip", "LeakyRelu", "Reshape", "Transpose", "Squeeze", "Flatten"))
_QUANTISE = frozenset(("QuantizeLinear", "DynamicQuantizeLinear"))
FURTHEST = 4
"""Nodes between a layer and the quantisation of its result."""


@dataclass(eq=False)
class Value:
    """A tensor, or what else ONNX hands on."""

    name: str
    shape: Shape | None = None  # None where it is not known, or where it is no tensor
    data_type: int = 0  # a TensorProto.DataType, 0 where it is not known
    data: np.ndarray[Any, Any] | None = None  # its values, if they are few and known
    type: Any = None  # the TypeProto of what is no tensor
    is_constant: bool = False  # whether it is the same at every inference
    source: str | None = None  # the node of the network that makes it
    letters: str | None = None  # for each axis the dimension of the network that it lies on
    bits: int | None = None
    """Of a value, where the file quantises it and the data type does not say so."""
    as_tensors: dict[Tensor, str] = field(default_factory=dict)
    """Nodes of the network that make it, by the sizes in which they do."""

    @property
    def sizes(self) -> Shape:
        """Its shape, which has to be known."""
        assert self.shape is not None
        return self.shape

    @property
    def count(self) -> int:
        """How many values it has."""
        return math.prod(self.sizes)

    @property
    def tensor(self) -> Tensor:
        """Its sizes as the network writes them."""
        return tensor_of(self.sizes, self.letters or default_letters(len(self.sizes)))

    @property
    def single(self) -> Any:
        """Its value where it has one only, and that is known; else None."""
        data = self.data
        return data.reshape(-1)[0] if data is not None and data.size == 1 else None

    @property
    def quantised_bits(self) -> int | None:
        """Bits of a value where the file makes it an integer or quantises it, else None."""
        return self.bits or integer_bits(self.data_type)


@dataclass
class Taken:
    """A node with what it takes."""

    node: NodeView
    inputs: list[Value | None]  # None where an optional input is left out

    def value(self, position: int) -> Value | None:
        """An input, None where it is left out."""
        return self.inputs[position] if position < len(self.inputs) else None

    def operand(self, position: int) -> Value:
        """An input that has to be there, with a known shape."""
        value = self.value(position)
        if value is None:
            raise self.node.error(f"input {position} is missing", expected="a tensor")
        if value.shape is None:
            raise self.node.unknown_shape(
                "the shape of what it takes is not known",
                got=f"input {value.name!r} of unknown shape",
                expected="a file whose shapes can be inferred, or the package onnxruntime",
            )
        return value


def default_letters(rank: int) -> str:
    """The dimensions on which the axes of a tensor lie where nothing else is known."""
    if rank < len(DEFAULT_LETTERS):
        return DEFAULT_LETTERS[rank]
    return "NK" + "Q" * (rank - 3) + "P"


@lru_cache(maxsize=4096)
def tensor_of(shape: Shape, letters: str) -> Tensor:
    """The tensor of a shape whose axes lie on these dimensions."""
    sizes = {"N": 1, "K": 1, "P": 1, "Q": 1}
    for size, letter in zip(shape, letters, strict=True):
        sizes[letter] *= size
    return Tensor(**sizes)


@cache
def integer_bits(data_type: int) -> int | None:
    """Bits of an integer type, or of one of at most 8 bits; None of other floats."""
    from onnx import TensorProto

    bits = value_bits(data_type)
    if bits == 0:
        return None
    name = TensorProto.DataType.Name(data_type)
    is_integer = name.startswith(("INT", "UINT"))
    return bits if is_integer or (bits <= 8 and name != "BOOL") else None


class BitsAfter:
    """For each tensor of a graph the bits to which it is quantised right after it is made."""

    def __init__(self, graph: Any) -> None:
        self._users: dict[str, list[Any]] = {}
        if not any(node.op_type in _QUANTISE for node in graph.node):
            return
        for node in graph.node:
            for name in node.input:
                self._users.setdefault(name, []).append(node)
        self._types = {t.name: t.data_type for t in graph.initializer}
        for node in graph.node:
            if node.op_type == "Constant" and node.output:
                for attribute in node.attribute:
                    if attribute.name == "value" and attribute.type == 4:
                        self._types[node.output[0]] = attribute.t.data_type

    def __call__(self, name: str) -> int | None:
        """The bits, None where the tensor is also used as it is."""
        for _ in range(FURTHEST):
            users = self._users.get(name, [])
            if len(users) == 1 and users[0].op_type in _PASSES_ON and users[0].output:
                name = users[0].output[0]
                continue
            widths = {self._quantised(user) for user in users}
            return widths.pop() if len(widths) == 1 else None
        return None

    def _quantised(self, node: Any) -> int | None:
        if node.op_type == "DynamicQuantizeLinear":
            return 8
        if node.op_type != "QuantizeLinear":
            return None
        for attribute in node.attribute:
            if attribute.name == "output_dtype" and attribute.i:
                return value_bits(attribute.i)
        if len(node.input) > 2 and node.input[2] in self._types:
            return value_bits(self._types[node.input[2]])
        return 8
