"""Functions that a model defines itself: their nodes stand for each call."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from bohwsw.importers.onnx.context import Graphs, Scope
from bohwsw.importers.onnx.inference import Inference
from bohwsw.importers.onnx.node_view import NodeView, plain_domain
from bohwsw.importers.onnx.problems import OnnxError
from bohwsw.importers.onnx.value import BitsAfter, Value

Key = tuple[str, str, str]

MOST_NODES = 200_000
"""Of a model with its functions written out."""
DEEPEST = 60
"""Functions that call one another."""


class Functions:
    """The functions of a model by domain, name and overload, and those in ONNX's schemas."""

    def __init__(self, model: Any) -> None:
        self._functions: dict[Key, Any] = {
            (plain_domain(f.domain), f.name, f.overload): f for f in model.functions
        }
        self._inferences: dict[Any, Inference] = {}
        self._ir_version = model.ir_version
        self._open: list[Key] = []
        self._sizes: dict[Key, int] = {}
        written_out = self._size(model.graph.node, 0)
        if written_out > MOST_NODES:
            got, expected = f"{written_out:.4g}", f"at most {MOST_NODES}"
            problem = "too many nodes, all functions written out"
            raise OnnxError(problem, got=got, expected=expected)

    def _size(self, nodes: Any, depth: int) -> int:
        """How many nodes these are with all functions written out."""
        if depth > DEEPEST:
            raise OnnxError(
                "functions call each other too deeply, or themselves",
                got=f"{nodes[0].op_type!r} after {depth} calls" if nodes else None,
                expected=f"at most {DEEPEST} calls",
            )
        size = 0
        for node in nodes:
            size += 1
            key = (plain_domain(node.domain), node.op_type, node.overload)
            if key in self._functions:
                if key not in self._sizes:
                    self._sizes[key] = self._size(self._functions[key].node, depth + 1)
                size += self._sizes[key]
            for attribute in node.attribute:
                if attribute.type == 5:
                    size += self._size(attribute.g.node, depth)
        return size

    def find(self, node: NodeView) -> Any:
        """The function of the model that a node calls, None if it is an operator."""
        return self._functions.get((node.domain, node.proto.op_type, node.proto.overload))

    def run(
        self, lowering: Graphs, function: Any, node: NodeView, inputs: list[Value | None]
    ) -> list[Value | None]:
        """Lower a call; returns what it makes."""
        key = (plain_domain(function.domain), function.name, node.proto.overload)
        if key in self._open:
            raise node.error("a function calls itself", got=key[1], expected="no recursion")
        pairs = zip(function.input, inputs, strict=False)
        scope: Scope = {name: value for name, value in pairs if value is not None}
        given = {a.name: a for a in function.attribute_proto}
        schema = lowering.inference.schema(node)
        defaults = {} if schema is None else schema.attributes
        given |= {k: a.default_value for k, a in defaults.items() if a.default_value.type}
        given |= {a.name: a for a in node.proto.attribute}
        absent = set(function.input) - scope.keys()
        protos = []
        for proto in function.node:
            copy = type(proto)()
            copy.CopyFrom(proto)
            prefix = node.proto.name or node.proto.op_type
            copy.name = f"{prefix}/{proto.name or proto.op_type}"
            copy.input[:] = ["" if name in absent else name for name in proto.input]
            _fill(copy, given)
            protos.append(copy)
        own = {plain_domain(o.domain): o.version for o in function.opset_import}
        outer, self._open = lowering.inference, [*self._open, key]
        opsets = {**outer.opsets, **own}
        lowering.inference = self._inferences.setdefault(
            frozenset(opsets.items()), Inference(opsets, self._ir_version)
        )
        graph = SimpleNamespace(node=protos, initializer=())
        try:
            lowering.nodes(protos, scope, BitsAfter(graph), {})
        finally:
            lowering.inference, self._open = outer, self._open[:-1]
        lowering.builder.tally(node, 0, "function")
        made = [scope.get(name) for name in function.output][: len(node.outputs)]
        for name, value in zip(node.outputs, made, strict=False):
            if name and value is None:
                raise node.error("a function does not make its output", got=repr(name))
        return made


def schema_function(inference: Inference, node: NodeView, inputs: list[Value | None]) -> Any:
    """What ONNX itself defines an operator as, in other operators; None if it does not."""
    from onnx import FunctionProto, helper

    schema = inference.schema(node)
    if schema is None:
        return None
    try:
        if schema.has_function:
            return schema.function_body
        if not schema.has_context_dependent_function:
            return None
        types = []
        for value in inputs:
            if value is None or (value.type is None and value.data_type == 0):
                types.append(b"")
                continue
            type_ = value.type or helper.make_tensor_type_proto(value.data_type, value.shape)
            types.append(type_.SerializeToString())
        text = schema.get_context_dependent_function(node.proto.SerializeToString(), types)
        return FunctionProto.FromString(text)
    except Exception:  # C++ reports everything this way
        return None


def _fill(node: Any, given: dict[str, Any]) -> None:
    """Put the attributes of a call in the place of their names."""
    kept = []
    for attribute in node.attribute:
        if attribute.ref_attr_name:
            if attribute.ref_attr_name in given:
                filled = type(attribute)()
                filled.CopyFrom(given[attribute.ref_attr_name])
                filled.name = attribute.name
                kept.append(filled)
            continue
        for graph in [attribute.g, *attribute.graphs] if attribute.type in (5, 10) else ():
            for inner in graph.node:
                _fill(inner, given)
        kept.append(attribute)
    del node.attribute[:]
    node.attribute.extend(kept)
