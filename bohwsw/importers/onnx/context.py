"""What functions that turn ONNX nodes into layers are given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from bohwsw.importers.onnx.builder import Builder
from bohwsw.importers.onnx.inference import Inference
from bohwsw.importers.onnx.value import Taken, Value

Scope = dict[str, Value]


class Graphs(Protocol):
    """What lowers graphs and nodes; see ``Lowering``."""

    builder: Builder
    inference: Inference

    def graph(self, graph: Any, outer: Scope, given: Scope) -> list[Value]:
        """Lower a graph into the builder's fragment."""

    def nodes(self, protos: Any, scope: Scope, bits_after: Any, declared: Any) -> None:
        """Lower nodes into the builder's fragment."""


@dataclass
class Context(Taken):
    """A node with what it takes and makes."""

    outputs: list[Value | None]  # None where an output is not asked for
    builder: Builder  # what layers and operators are added to
    bits_after: Callable[[str], int | None]
    """Bits in which the file keeps a tensor, from its quantisation further on."""
    name: str  # what nodes made from this one are called

    def output(self, position: int = 0) -> Value | None:
        """An output, None where it is not asked for."""
        return self.outputs[position] if position < len(self.outputs) else None

    @property
    def result_bits(self) -> int | None:
        """Bits of the first result: what its type says, or a quantisation right after."""
        value = self.output()
        if value is None:
            return None
        return value.quantised_bits or self.bits_after(value.name)

    def nothing(self) -> None:
        """Note that a size is 0, so that there is no work."""
        self.builder.tally(self.node, 0, "layer")
        self.builder.note(f"{self.node.label}: a size is 0, so there is no work")
