"""From the nodes of ONNX graphs to layers and operators, graph by graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from bohwsw.errors import SpecError, nearest_name
from bohwsw.importers.onnx.bindings import Bindings
from bohwsw.importers.onnx.builder import Builder
from bohwsw.importers.onnx.constants import constant_value, initializer_value
from bohwsw.importers.onnx.context import Context, Scope
from bohwsw.importers.onnx.contractions import CONTRACTIONS
from bohwsw.importers.onnx.control_flow import CONTROL_FLOW
from bohwsw.importers.onnx.functions import Functions, schema_function
from bohwsw.importers.onnx.inference import UNKNOWN, Inference, Inferred, folded, require_size
from bohwsw.importers.onnx.node_view import NodeView, look_at, plain_domain, words
from bohwsw.importers.onnx.operators import KIND_OF, operator
from bohwsw.importers.onnx.problems import OnnxError
from bohwsw.importers.onnx.value import BitsAfter, Value

_RANDOM = words(
    "RandomNormal RandomUniform RandomNormalLike RandomUniformLike Bernoulli Multinomial"
)

_KNOWN = CONTRACTIONS.keys() | KIND_OF.keys() | CONTROL_FLOW.keys()


class Lowering:
    """A model on its way to a network.

    Attributes:
        inference: shapes under the operator sets in force.
        measured: shapes of tensors of the main graph that a run of the model has shown.
    """

    def __init__(
        self,
        model: Any,
        folder: Path,
        bindings: Bindings,
        measured: Mapping[str, Inferred] | None = None,
    ) -> None:
        self.builder = Builder()
        opsets = {plain_domain(o.domain): o.version for o in model.opset_import}
        self.inference = Inference(opsets, model.ir_version)
        self.measured = measured or {}
        self._bindings = bindings
        self._folder = folder
        self._functions = Functions(model)
        self.known: Scope = {}
        self._unknown: set[str] = set()

    def graph(
        self, graph: Any, outer: Scope, given: Scope, scope: Scope | None = None
    ) -> list[Value]:
        """Lower a graph with given inputs into the builder's fragment; returns its outputs.

        It may take tensors of ``outer`` from around it; ``scope`` is filled with its own.
        """
        scope = {} if scope is None else scope
        scope.update(outer)
        scope.update(given)
        for kind, things in (("input", graph.input), ("tensor", graph.initializer)):
            names = [thing.name for thing in things]
            if len(set(names)) < len(names):
                place = f"{kind} {next(name for name in names if names.count(name) > 1)!r}"
                raise OnnxError("a name stands twice", key_path=place, expected="one of each name")
        for tensor in graph.initializer:
            if tensor.name not in given or given[tensor.name].source is None:
                scope[tensor.name] = initializer_value(tensor, self._folder)
        for sparse in graph.sparse_initializer:
            name = sparse.values.name
            scope[name] = Value(name, tuple(sparse.dims), sparse.values.data_type, is_constant=True)
        declared = {
            info.name: info.type.tensor_type
            for info in (*graph.value_info, *graph.output)
            if info.type.HasField("tensor_type")
        }
        self.nodes(graph.node, scope, BitsAfter(graph), declared, frozenset(outer))
        missing = [info.name for info in graph.output if info.name not in scope]
        if missing:
            place, nearest = f"output {missing[0]!r}", nearest_name(missing[0], scope)
            problem, expected = "an output of the graph is not made", "a tensor of a node"
            raise OnnxError(problem, key_path=place, expected=expected, nearest=nearest)
        return [scope[info.name] for info in graph.output]

    def nodes(
        self,
        protos: Sequence[Any],
        scope: Scope,
        bits_after: BitsAfter,
        declared: Mapping[str, Any],
        shadowed: frozenset[str] = frozenset(),
    ) -> None:
        """Lower nodes in order, each after those that make what it takes."""
        made: set[str] = set()
        for position, proto in _ordered(protos, scope):
            node = NodeView(proto, position)
            for name in node.outputs:
                if name and (name in made or (name in scope and name not in shadowed)):
                    raise node.error("a tensor is made twice", got=repr(name), expected="one node")
                made.add(name)
            self._node(node, scope, bits_after, declared)

    def _node(
        self, node: NodeView, scope: Scope, bits_after: BitsAfter, declared: Mapping[str, Any]
    ) -> None:
        look_at(node)
        inputs = [self._taken(node, name, scope) for name in node.inputs]
        made = self._called(node, inputs)
        if made is not None:
            known: list[Inferred] | None = None
            for position, (name, value) in enumerate(zip(node.outputs, made, strict=False)):
                if value is None:
                    continue
                if value.shape is None and value.type is None:
                    known = known or self.inference.outputs(node, inputs)
                    value = self._measured(node, value, name, known[position])
                scope[name] = value
            return
        if node.op in CONTROL_FLOW:
            results = CONTROL_FLOW[node.op](self, node, inputs, scope)
            for name, value in zip(node.outputs, results, strict=False):
                scope[name] = self._measured(node, value, name)
            return
        if node.op == "Constant":
            for name in node.outputs[:1]:
                scope[name] = constant_value(node, self._folder)
            self.builder.tally(node, 0, "constant")
            return
        outputs = self._outputs(node, inputs, declared)
        scope.update({value.name: value for value in outputs if value is not None})
        try:
            self._lower(node, inputs, outputs, bits_after)
        except OnnxError:
            raise
        except SpecError as error:
            raise node.error(error.problem, error.got, error.expected) from error

    def _taken(self, node: NodeView, name: str, scope: Scope) -> Value | None:
        if not name:
            return None
        if name not in scope:
            nearest = nearest_name(name, scope)
            expected = "the name of a tensor" + (f", perhaps {nearest!r}" if nearest else "")
            raise node.error("it takes a tensor that nothing makes", repr(name), expected)
        value = scope[name]
        if value.shape is None and value.name in self._unknown:
            self.builder.fragment.missing.append(name)
        return value

    def _called(self, node: NodeView, inputs: list[Value | None]) -> list[Value | None] | None:
        """What the function that a node calls makes, None of an operator.

        A function of the model has to be valid. Those of ONNX's schemas stand for operators that
        are not modelled otherwise, where that works.
        """
        function = self._functions.find(node)
        if function is not None:
            return self._functions.run(self, function, node, inputs)
        if node.op in _KNOWN:
            return None
        function = schema_function(self.inference, node, inputs)
        if function is None:
            return None
        try:
            with self.builder.apart() as fragment:
                made = self._functions.run(self, function, node, inputs)
        except OnnxError:
            return None
        self.builder.fragment.extend(fragment)
        return made

    def _measured(
        self, node: NodeView, value: Value, name: str, inferred: Inferred = UNKNOWN
    ) -> Value:
        """An output of graphs in a node, its shape from elsewhere if they do not say it."""
        found = self.measured.get(name, inferred)
        if value.shape is None and found.shape is not None:
            require_size(node, found.shape)
            return Value(name, found.shape, found.data_type)
        return value

    def _outputs(
        self, node: NodeView, inputs: list[Value | None], declared: Mapping[str, Any]
    ) -> list[Value | None]:
        try:
            inferred = self.inference.outputs(node, inputs)
        except OnnxError:
            if not all(name in self.measured for name in node.outputs if name):
                raise
            inferred = [UNKNOWN] * len(node.outputs)
        outputs: list[Value | None] = []
        for name, known in zip(node.outputs, inferred, strict=True):
            if not name:
                outputs.append(None)
                continue
            if known.shape is None and known.type is None:  # as a run has shown, or the file says
                if name in self.measured:
                    known = self.measured[name]
                elif name in declared:
                    type_ = declared[name]
                    shape = self._bindings.shape_of(type_)
                    known = Inferred(shape, type_.elem_type or known.data_type)
                if known.shape is not None:
                    require_size(node, known.shape)
                else:
                    self._unknown.add(name)
            outputs.append(Value(name, known.shape, known.data_type, type=known.type))
        return outputs

    def _lower(
        self,
        node: NodeView,
        inputs: list[Value | None],
        outputs: list[Value | None],
        bits_after: BitsAfter,
    ) -> None:
        name = node.proto.name
        name = name or f"{node.proto.op_type}.{node.label.rpartition('[')[2].rstrip(']')}"
        context = Context(node, inputs, outputs, self.builder, bits_after, name)
        asked = [value for value in outputs if value is not None]
        if (contraction := CONTRACTIONS.get(node.op)) is not None:
            contraction(context)
            for value in asked:
                if value.source is None:
                    value.is_constant = value.shape is not None and value.count == 0
            return
        known = [Inferred(value.shape, value.data_type) for value in asked]
        data = folded(node, inputs, known, self.inference.opsets.get("", 0))
        kind = KIND_OF.get(node.op, "other")
        if data is not None and len(data) == len(outputs):
            for result, array in zip(outputs, data, strict=True):
                if result is not None:
                    result.data, result.shape, result.is_constant = array, array.shape, True
        first = inputs[0] if inputs else None
        bits = None if first is None else first.quantised_bits
        constant = all(v is None or v.is_constant for v in inputs) and node.op not in _RANDOM
        if constant and (inputs or data is not None):
            keeps = kind in ("reshape", "transpose", "slice", "convert") and node.op != "Cast"
            for value in asked:
                value.is_constant = True
                value.bits = value.bits or (bits if keeps else None)
        if data is not None or (constant and inputs):
            self.builder.tally(node, 0, "constant" if kind != "other" else kind)
            return
        operator(context, kind)
        if node.op.endswith("DequantizeLinear") and first is not None:
            for value in asked:
                value.bits = bits


def _ordered(protos: Sequence[Any], scope: Scope) -> list[tuple[int, Any]]:
    """The nodes with their positions, each after those whose results it takes."""
    known = set(scope)
    for proto in protos:
        if any(name and name not in known for name in proto.input):
            break
        known.update(proto.output)
    else:
        return list(enumerate(protos))
    maker = {name: i for i, proto in enumerate(protos) for name in proto.output if name}
    waits = {
        i: [maker[name] for name in (*proto.input, *_captured(proto)) if name in maker]
        for i, proto in enumerate(protos)
    }
    try:
        return [(i, protos[i]) for i in TopologicalSorter(waits).static_order()]
    except CycleError as error:
        cycle = [NodeView(protos[i], i) for i in error.args[1]]
        got, expected = " -> ".join(node.label for node in cycle), "a graph without cycles"
        raise cycle[0].error("nodes wait for one another in a cycle", got, expected) from None


def _captured(proto: Any) -> list[str]:
    """Names that the graphs of a node may take from around it."""
    found: list[str] = []
    for attribute in proto.attribute:
        graphs = [attribute.g] if attribute.type == 5 else attribute.graphs
        for graph in graphs:
            for inner in graph.node:
                found += [*inner.input, *_captured(inner)]
            found += [info.name for info in graph.output]
    return found
