"""Putting a network together: layers and operators with the tensors between them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from bohwsw.errors import SpecError
from bohwsw.importers.onnx.node_view import NodeView
from bohwsw.importers.onnx.value import Value, default_letters
from bohwsw.workload import (
    CountedLayer,
    Edge,
    Layer,
    Node,
    Operator,
    Tensor,
    check_inputs,
    check_weights,
    output_of,
)

Bits = tuple[int | None, int | None, int | None]
"""Of a value of Weights, Inputs and Outputs; None where the word width of a level holds."""
NO_BITS: Bits = (None, None, None)

_FOLLOWS = frozenset(("activation", "normalise", "softmax", "convert"))
"""Kinds whose result has the sizes of their input."""

LONGEST_NAME = 200
"""Of a node, as model files have it."""


@dataclass
class Tally:
    """Nodes of one operator."""

    count: int = 0  # how many; those of a loop once for each iteration
    operations: int = 0  # multiply-accumulates, or values made or read where there are none
    kinds: set[str] = field(default_factory=set)
    """What they have become: layer, a kind of operator, constant."""


@dataclass
class Fragment:
    """A part of a network: what one graph has become."""

    nodes: list[Node] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)  # between them and from nodes before
    ops: dict[str, str] = field(default_factory=dict)
    """For each layer the operator that it comes from."""
    tallies: dict[str, Tally] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)  # what a reader has to know
    branches: list[dict[str, Any]] = field(default_factory=list)
    """Graphs that are run under a condition."""
    missing: list[str] = field(default_factory=list)
    """Tensors that are taken, and whose shapes are not known."""
    outer: Fragment | None = None  # the part that has taken this one up

    @property
    def macs(self) -> int:
        """Multiply-accumulates of its layers."""
        return sum(n.count * n.layer.macs for n in self.nodes if isinstance(n, CountedLayer))

    def extend(self, other: Fragment) -> None:
        """Append another part."""
        other.outer = self
        self.nodes += other.nodes
        self.edges += other.edges
        self.ops |= other.ops
        self.notes += other.notes
        self.branches += other.branches
        self.missing += other.missing
        for op, tally in other.tallies.items():
            mine = self.tallies.setdefault(op, Tally())
            mine.count += tally.count
            mine.operations += tally.operations
            mine.kinds |= tally.kinds


class Builder:
    """Grows a fragment node by node.

    Attributes:
        iterations: how often the graph that is being built is run.
        is_unrolling: whether it is one iteration of several.
    """

    def __init__(self) -> None:
        self.fragment = Fragment()
        self.tensors: dict[str, Tensor] = {}
        self.iterations = 1
        self.is_unrolling = False
        self._names: dict[str, int] = {}
        self._whole = self.fragment
        self._homes: dict[str, Fragment] = {}

    @contextmanager
    def apart(self, iterations: int = 1) -> Iterator[Fragment]:
        """A fragment of its own, for a graph that is run so many times."""
        outer, times = self.fragment, self.iterations
        self.fragment, self.iterations = Fragment(), times * iterations
        try:
            yield self.fragment
        finally:
            self.fragment, self.iterations = outer, times

    def tally(self, node: NodeView, operations: int, kind: str, op: str | None = None) -> None:
        """Count a node of the file."""
        tally = self.fragment.tallies.setdefault(op or node.op, Tally())
        tally.count += self.iterations
        tally.operations += self.iterations * operations
        tally.kinds.add(kind)

    def note(self, text: str) -> None:
        """Tell the reader something, once."""
        if text not in self.fragment.notes:
            self.fragment.notes.append(text)

    def unique(self, name: str) -> str:
        """A name that no node has yet, made from this one."""
        plain = name
        if not name.isprintable():
            plain = "".join(c if c.isprintable() else "_" for c in name)
        plain = plain.strip() or "node"
        if len(plain) > LONGEST_NAME - 10:
            digest = hashlib.sha256(plain.encode(errors="replace")).hexdigest()[:8]
            plain = f"{plain[: LONGEST_NAME - 30]}~{digest}"
        while True:
            number = self._names[plain] = self._names.get(plain, 0) + 1
            if number == 1:
                return plain
            candidate = f"{plain}~{number}"
            if candidate not in self._names:
                self._names[candidate] = 1
                return candidate

    def layer(
        self,
        node: NodeView,
        name: str,
        sizes: Mapping[str, int],
        *,
        inputs: tuple[Value, Tensor] | None = None,
        weights: Value | None = None,
        count: int = 1,
        sequential: str | None = None,
        bits: Bits = NO_BITS,
    ) -> str:
        """Add a layer.

        Args:
            sizes: dimensions, strides and dilations of ``Layer``.
            inputs: its Inputs and the sizes in which they lie; constants have no edge.
            weights: its Weights, the same.
            count: how many equal layers it stands for, besides the loop that it is in.
            sequential: the dimension whose steps wait for one another.
            bits: of weights, inputs and outputs.
        """
        kinds = ("weights_bits", "inputs_bits", "outputs_bits")
        widths: dict[str, Any] = dict(zip(kinds, bits, strict=True))
        try:
            layer = Layer(self.unique(name), **sizes, **widths, sequential=sequential)
            layer.require_countable()
            counted = CountedLayer(layer, count * self.iterations)
        except SpecError as error:
            raise node.error(f"{error.problem}", got=error.got, expected=error.expected) from error
        if inputs is not None and (source := self._inputs(*inputs, layer)) is not None:
            self.fragment.edges.append(Edge(source, layer.name))
        if weights is not None and (source := self._weights(weights, layer)) is not None:
            self.fragment.edges.append(Edge(source, layer.name, "Weights"))
        self._add(counted, output_of(layer))
        self.fragment.ops[layer.name] = node.op
        return layer.name

    def operator(
        self,
        name: str,
        kind: str,
        sources: Sequence[str],
        result: Tensor,
        *,
        bits: int | None = None,
        axis: str = "K",
    ) -> str:
        """Add an operator; one of any sizes if those of ``kind`` do not follow from its inputs."""
        own, taken = self.unique(name), [self.tensors[source] for source in sources]
        n, k, p, q = result.N, result.K, result.P, result.Q
        try:
            if not sources:
                operator = Operator(own, "input", n, k, p, q, bits=bits)
            elif kind in _FOLLOWS and result == (taken[0] if len(taken) == 1 else None):
                operator = Operator(own, kind, bits=bits)
            else:
                operator = Operator(own, kind, n, k, p, q, axis, bits)
                operator.output(taken)
        except SpecError:
            kind = "elementwise" if len(sources) > 1 else "other"
            operator = Operator(own, kind, n, k, p, q, bits=bits)
        self.fragment.edges += [Edge(source, operator.name) for source in sources]
        self._add(operator, result)
        return operator.name

    def source(self, value: Value, wanted: Tensor | None = None) -> str | None:
        """The node that makes a tensor in these sizes, None of one that is empty or unknown.

        Inputs of the network and constants become nodes when they are first asked for, in the
        sizes in which they are; other sizes than a node makes are a view of it. These do not lie in
        a branch that asks for them, which may not be counted, but where the tensor comes from.
        """
        if value.shape is None or value.count == 0:
            return None
        wanted = value.tensor if wanted is None else wanted
        if wanted not in value.as_tensors:
            home = self._homes.get(value.source or "", self._whole)
            while home.outer is not None:
                home = home.outer
            own, self.fragment = self.fragment, home
            if value.source is None:
                name = self.operator(value.name or "constant", "input", (), wanted, bits=value.bits)
                value.source = name
            else:
                name = self.operator(f"{value.source}.view", "reshape", (value.source,), wanted)
            self.fragment = own
            value.as_tensors[wanted] = name
        return value.as_tensors[wanted]

    def bind(self, value: Value | None, source: str | None, letters: str | None) -> None:
        """Say which node makes a value, if that is asked for, and where its axes lie."""
        if source is None or value is None or value.shape is None or value.count == 0:
            return
        made = self.tensors[source]
        letters = letters or default_letters(len(value.shape))
        value.letters, value.source = letters, source
        value.as_tensors[made] = source
        if value.tensor.words != made.words:  # a count stands for several equal tensors
            name = self.operator(f"{source}.all", "other", (source,), value.tensor)
            value.source, value.as_tensors = name, {value.tensor: name}

    def _inputs(self, value: Value, wanted: Tensor, layer: Layer) -> str | None:
        source = None if value.is_constant else self.source(value, wanted)
        if source is None:
            return None
        try:
            check_inputs(layer, source, wanted)
        except SpecError:
            width = _nearest(wanted.P, layer.P, layer.stride_w, layer.R, layer.dilation_w)
            height = _nearest(wanted.Q, layer.Q, layer.stride_h, layer.S, layer.dilation_h)
            fitting = Tensor(layer.N, layer.G * layer.C, width, height)
            return self.operator(f"{layer.name}.pad", "pad", (source,), fitting)
        return source

    def _weights(self, value: Value, layer: Layer) -> str | None:
        if value.shape is None or value.count == 0 or value.is_constant:
            return None
        if value.source is not None:
            for tensor, name in value.as_tensors.items():
                try:
                    check_weights(layer, name, tensor)
                except SpecError:
                    continue
                return name
        return self.source(value, Tensor(K=layer.G * layer.C, P=layer.K * layer.R * layer.S))

    def _add(self, node: Node, made: Tensor) -> None:
        self.tensors[node.name] = made
        if self.fragment is not self._whole:
            self._homes[node.name] = self.fragment
        self.fragment.nodes.append(node)


def _nearest(size: int, steps: int, stride: int, taps: int, dilation: int) -> int:
    """The nearest width that a layer of so many outputs may have been given."""
    reach = (taps - 1) * dilation
    whole = (steps - 1) * stride + reach + 1
    return min(max(size, 1, whole - 2 * reach), whole + stride - 1)
