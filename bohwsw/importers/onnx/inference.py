"""What each node puts out: shapes and types by ONNX's own inference, small values computed.

All sizes are numbers by now, so that each node is inferred by itself, with the values of what it
takes where these are known; nothing is left to symbols, and a shape that the graph computes is
there when it is needed.
"""

from __future__ import annotations

import math
from contextlib import suppress
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from bohwsw.importers.onnx.bindings import MOST_VALUES
from bohwsw.importers.onnx.fusion_shapes import FUSION_SHAPES
from bohwsw.importers.onnx.node_view import NodeView, words
from bohwsw.importers.onnx.value import Shape, Taken, Value

MOST_FOLDED = 4096
"""Values of a tensor that is computed."""

FOLDED = words(
    "Size Gather GatherElements GatherND Concat Slice Unsqueeze Squeeze Reshape Transpose "
    "Cast Add Sub Mul Div Mod Neg Abs Floor Ceil Round Sign Min Max Range ConstantOfShape "
    "Equal Less Greater LessOrEqual GreaterOrEqual Not And Or Xor Where Expand ReduceProd "
    "ReduceSum ReduceMin ReduceMax ReduceMean NonZero Identity Flatten Split Tile Pow Sqrt "
    "ScatterElements ScatterND CumSum ArgMax ArgMin Trilu OneHot TopK Compress Pad CastLike "
    "EyeLike"
)
"""Operators that shapes are computed with."""
_SHAPED_BY_FLOATS = words("Resize Upsample Range OneHot")
_NOT_SHAPED_BY_VALUES = words(
    "Add Sub Mul Div Mod Neg Abs Floor Ceil Round Sign Min Max Equal Less Greater LessOrEqual "
    "GreaterOrEqual Not And Or Xor Where Cast Gather GatherElements GatherND Concat Transpose "
    "Identity Flatten Pow Sqrt ScatterElements ScatterND Shape Size MatMul Conv Gemm"
)
_GROWS_WITH_INPUT = frozenset(("NonZero", "Compress", "Unique"))

Data = np.ndarray[Any, Any] | None


class Inferred(NamedTuple):
    """What is known of an output before it is made."""

    shape: Shape | None
    data_type: int
    type: Any = None


UNKNOWN = Inferred(None, 0)


class Inference:
    """Shapes of nodes under the operator sets of a model (or of a function in it)."""

    def __init__(self, opsets: dict[str, int], ir_version: int) -> None:
        self.opsets = opsets
        self._ir_version = ir_version
        self._known: dict[Any, list[Inferred]] = {}
        self._schemas: dict[str, Any] = {}

    def schema(self, node: NodeView) -> Any:
        """The operator's schema in the version that the model uses, None if there is none."""
        if node.op not in self._schemas:
            from onnx import defs

            version = self.opsets.get(node.domain) or 2**31 - 1
            try:
                schema = defs.get_schema(node.proto.op_type, version, node.domain)
            except defs.SchemaError:
                schema = None
            self._schemas[node.op] = schema
        return self._schemas[node.op]

    def outputs(self, node: NodeView, inputs: list[Value | None]) -> list[Inferred]:
        """What a node puts out, as far as that is known."""
        if function := FUSION_SHAPES.get(node.op):
            if any(value is not None and value.shape is None for value in inputs):
                return [UNKNOWN] * len(node.outputs)
            found = [Inferred(*pair) for pair in function(Taken(node, inputs))]
            return (found + [UNKNOWN] * len(node.outputs))[: len(node.outputs)]
        schema = self.schema(node)
        if schema is None:
            return [UNKNOWN] * len(node.outputs)
        told = _telling(node.op, inputs)
        if node.op == "Slice" and (shape := _sliced(node, inputs, told)) is not None:
            require_size(node, shape)
            return [Inferred(shape, inputs[0].data_type if inputs[0] else 0)]
        key = self._key(node, inputs, told)
        if key is None or key not in self._known:
            node.check_types(schema)
            self._known[key] = self._inferred(node, inputs, schema, told)
        return self._known[key]

    def _key(self, node: NodeView, inputs: list[Value | None], told: list[Data]) -> Any:
        if any(v is not None and v.type is not None for v in inputs):
            return None
        return (
            node.op,
            *[attribute.SerializeToString() for attribute in node.proto.attribute],
            *[v and (v.shape, v.data_type) for v in inputs],
            *[data if data is None else data.tobytes() for data in told],
            *map(bool, node.outputs),
        )

    def _inferred(
        self, node: NodeView, inputs: list[Value | None], schema: Any, told: list[Data]
    ) -> list[Inferred]:
        from onnx import numpy_helper, shape_inference

        types, data = {}, {}
        for name, value, values in zip(node.inputs, inputs, told, strict=True):
            if value is None:
                continue
            if value.type is None and value.data_type == 0:
                return [UNKNOWN] * len(node.outputs)
            is_scalar = node.op == "Range" and value.shape == (1,)  # onnxruntime takes it
            shape = () if is_scalar else value.shape
            types[name] = value.type or _type_of(value.data_type, shape)
            if values is not None and not is_scalar:
                with suppress(TypeError, ValueError, RuntimeError):
                    data[name] = numpy_helper.from_array(values)
        versions = {node.domain: schema.since_version, **self.opsets}
        imports = _imports(tuple(versions.items()))
        given: dict[str, Any] = {"opset_imports": imports, "ir_version": self._ir_version}
        try:
            found = shape_inference.infer_node_outputs(schema, node.proto, types, data, **given)
        except Exception as error:  # C++ reports everything this way
            shapes = ", ".join(
                "none"
                if v is None
                else "?"
                if v.shape is None
                else "x".join(map(str, v.shape)) or "scalar"
                for v in inputs
            )
            got = f"inputs {shapes}: {str(error).rpartition('] ')[2]}"
            problem, expected = "its inputs do not fit", "what the operator takes"
            raise node.unknown_shape(problem, got, expected) from None
        return [_of_type(node, found.get(name)) for name in node.outputs]


def _sliced(node: NodeView, inputs: list[Value | None], told: list[Data]) -> Shape | None:
    """The sizes of a slice whose indices are known, as in graphs that cut a tensor into thousands.

    None where anything is out of the ordinary: onnx, which is slower, says what it makes of it.
    """
    data, indices = inputs[0] if inputs else None, told[1:]
    if data is None or data.shape is None or not data.data_type or node.proto.attribute:
        return None
    if not 2 <= len(indices) <= 4 or len(node.outputs) != 1:
        return None
    if any(x is None or x.ndim != 1 or x.dtype not in (np.int32, np.int64) for x in indices):
        return None
    starts, ends, *others = [x.tolist() for x in indices if x is not None]
    axes = others[0] if others else [*range(len(starts))]
    steps = others[1] if len(others) > 1 else [1] * len(starts)
    sizes, rank = list(data.shape), len(data.shape)
    if not len(starts) == len(ends) == len(axes) == len(steps) == len({a % rank for a in axes}):
        return None
    if min(steps, default=1) < 1 or not all(-rank <= axis < rank for axis in axes):
        return None
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        sizes[axis] = len(range(*slice(start, end, step).indices(sizes[axis])))
    return tuple(sizes)


# What is handed to onnx again and again: it reads these, and does not change them.


@lru_cache(maxsize=4096)
def _type_of(data_type: int, shape: Shape | None) -> Any:
    from onnx import helper

    return helper.make_tensor_type_proto(data_type, shape)


@lru_cache(maxsize=64)
def _imports(versions: tuple[tuple[str, int], ...]) -> list[Any]:
    from onnx import helper

    return [helper.make_opsetid(domain, version) for domain, version in versions]


def _of_type(node: NodeView, type_: Any) -> Inferred:
    if type_ is None:
        return UNKNOWN
    if not type_.HasField("tensor_type"):
        return Inferred(None, 0, type_) if type_.WhichOneof("value") else UNKNOWN
    tensor = type_.tensor_type
    dims = tensor.shape.dim
    if not tensor.HasField("shape") or not all(dim.HasField("dim_value") for dim in dims):
        return Inferred(None, tensor.elem_type)
    shape = tuple([dim.dim_value for dim in dims])
    require_size(node, shape)
    return Inferred(shape, tensor.elem_type)


def require_size(node: NodeView, shape: Shape) -> None:
    """Refuse a tensor of negative sizes, or of too many values."""
    if min(shape, default=0) < 0 or math.prod(shape) > MOST_VALUES:
        expected = f"sizes from 0, at most {MOST_VALUES} values"
        raise node.error("its result has no valid size", str(list(shape)), expected)


def folded(
    node: NodeView, inputs: list[Value | None], outputs: list[Inferred], version: int
) -> list[Any] | None:
    """The values of what a node puts out, if they are few and follow from known ones."""
    shape = inputs[0].shape if inputs and inputs[0] is not None else None
    if node.op == "Shape" and shape is not None:
        end = node.integer("end", len(shape))
        return [np.array(shape[node.integer("start") : end], np.int64)]
    if node.op == "Size" and shape is not None:
        return [np.array(math.prod(shape), np.int64)]
    if node.op not in FOLDED or any(v is not None and v.data is None for v in inputs):
        return None
    for output in outputs:
        is_known = output.shape is not None and math.prod(output.shape) <= MOST_FOLDED
        if not is_known and node.op not in _GROWS_WITH_INPUT:
            return None
    feeds = {f"i{n}": v.data for n, v in enumerate(inputs) if v is not None}
    given = "".join("." if v is None else "i" for v in inputs)
    try:
        attributes = tuple(attribute.SerializeToString() for attribute in node.proto.attribute)
        evaluator = _evaluator(node.op, attributes, given, len(node.outputs), version or 17)
        with np.errstate(all="ignore"):
            found = evaluator.run(None, feeds)
    except Exception:  # whatever goes wrong in there, the value is not known
        return None
    return [value if isinstance(value, np.ndarray) else np.asarray(value) for value in found]


@lru_cache(maxsize=1024)
def _evaluator(op: str, attributes: tuple[bytes, ...], given: str, made: int, version: int) -> Any:
    """What computes nodes of this operator, with these attributes and inputs ``i0``, ``i1``."""
    from onnx import AttributeProto, helper
    from onnx.reference import ReferenceEvaluator

    names = [f"i{number}" if kind == "i" else "" for number, kind in enumerate(given)]
    node = helper.make_node(op, names, [f"o{number}" for number in range(made)])
    node.attribute.extend(AttributeProto.FromString(text) for text in attributes)
    return ReferenceEvaluator(node, opsets={"": version})


def _telling(op: str, inputs: list[Value | None]) -> list[Data]:
    """Values of the inputs of a node as far as shapes may follow from them."""
    if op in _NOT_SHAPED_BY_VALUES:
        return [None] * len(inputs)
    kinds = "iuf" if op in _SHAPED_BY_FLOATS else "iu"
    return [
        v.data if v is not None and v.data is not None and v.data.dtype.kind in kinds else None
        for v in inputs
    ]
