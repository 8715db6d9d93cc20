"""Bits of what layers put out: the quantisation that follows them in the file."""

from __future__ import annotations

from typing import Any

from bohwsw.importers.onnx.file import value_bits

_PASSES_ON = frozenset(("Relu", "Clip", "LeakyRelu", "Reshape", "Transpose", "Squeeze", "Flatten"))
_QUANTISE = frozenset(("QuantizeLinear", "DynamicQuantizeLinear"))
FURTHEST = 4
"""Nodes between a layer and the quantisation of its result."""


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
