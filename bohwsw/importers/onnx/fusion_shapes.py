"""What operators of com.microsoft put out: ONNX has no schemas for them.

Documented in onnxruntime's docs/ContribOperators.md. Each function gives shape and data type of the
outputs whose shapes are known.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from bohwsw.importers.onnx.node_view import NodeView, words
from bohwsw.importers.onnx.value import Shape, Value

Outputs = list[tuple[Shape | None, int]]
Inputs = list[Value | None]
FLOAT, UINT8, INT8, INT32 = 1, 2, 3, 6


def _given(inputs: Inputs, position: int) -> Value | None:
    return inputs[position] if position < len(inputs) else None


def _at(inputs: Inputs, position: int, node: NodeView) -> Value:
    value = _given(inputs, position)
    if value is None:
        raise node.error(f"input {position} is missing", expected="a tensor")
    return value


def _as_input(node: NodeView, inputs: Inputs) -> Outputs:
    value = _at(inputs, 0, node)
    return [(value.shape, value.data_type)]


def _broadcast(*positions: int) -> Callable[[NodeView, Inputs], Outputs]:
    def shape(node: NodeView, inputs: Inputs) -> Outputs:
        values = [_at(inputs, position, node) for position in positions]
        got = " and ".join(str(list(value.sizes)) for value in values)
        sizes = [value.sizes for value in values]
        return [(_broadcasted(node, sizes, got, "shapes that broadcast"), values[0].data_type)]

    return shape


def _matmul(second: int = 1, data_type: int = 0) -> Callable[[NodeView, Inputs], Outputs]:
    def shape(node: NodeView, inputs: Inputs) -> Outputs:
        first, other = _at(inputs, 0, node), _at(inputs, second, node)
        a, b = list(first.sizes), list(other.sizes)
        if len(a) >= 2 and node.integer("transA"):
            a[-1], a[-2] = a[-2], a[-1]
        if len(b) >= 2 and node.integer("transB"):
            b[-1], b[-2] = b[-2], b[-1]
        if not a or len(b) < 2:
            raise node.error("its inputs do not fit", got=f"{a} and {b}", expected="matrices")
        expected = "batch axes that broadcast"
        batch = _broadcasted(node, [tuple(a[:-2]), tuple(b[:-2])], f"{a} and {b}", expected)
        rows = (a[-2],) if len(a) > 1 else ()
        return [((*batch, *rows, b[-1]), data_type or first.data_type)]

    return shape


def _broadcasted(node: NodeView, shapes: list[Shape], got: str, expected: str) -> Shape:
    try:
        return tuple(map(int, np.broadcast_shapes(*shapes)))
    except ValueError:
        raise node.error("its inputs do not fit", got=got, expected=expected) from None


def _packed(node: NodeView, inputs: Inputs) -> Outputs:
    value = _at(inputs, 0, node)
    return [((*value.sizes[:-1], node.integer("N")), value.data_type)]


def _onnx(op: str, *positions: int) -> Callable[[NodeView, Inputs], Outputs]:
    """As ONNX's own operator of these inputs, with the attributes that it knows."""

    def shape(node: NodeView, inputs: Inputs) -> Outputs:
        from onnx import defs, helper, shape_inference

        schema = defs.get_schema(op, 2**31 - 1, "")
        names = [f"i{position}" for position in positions]
        proto = helper.make_node(op, names, ["o"])
        proto.attribute.extend(a for a in node.proto.attribute if a.name in schema.attributes)
        values = [_at(inputs, position, node) for position in positions]
        types: dict[str, Any] = {
            name: helper.make_tensor_type_proto(FLOAT, value.sizes)
            for name, value in zip(names, values, strict=True)
        }
        try:
            made = shape_inference.infer_node_outputs(schema, proto, types)["o"]
            found = made.tensor_type.shape
        except Exception as error:
            raise node.error("its inputs do not fit", got=str(error), expected=f"as {op}") from None
        return [(tuple(dim.dim_value for dim in found.dim), values[0].data_type)]

    return shape


def _channels_last(positions: tuple[int, int]) -> Callable[[NodeView, Inputs], Outputs]:
    """A convolution; its channels are on the last axis if it, or its name, says so."""
    second = _onnx("Conv", *positions)

    def shape(node: NodeView, inputs: Inputs) -> Outputs:
        if not node.integer("channels_last") and "Nhwc" not in node.op:
            return second(node, inputs)
        data = _at(inputs, positions[0], node)
        turned = replace(data, shape=data.sizes[:1] + data.sizes[-1:] + data.sizes[1:-1])
        ((found, kind),) = second(node, [turned, *inputs[1:]])
        assert found is not None
        return [((found[0], *found[2:], found[1]), kind)]

    return shape


def _projected(node: NodeView, inputs: Inputs) -> Outputs:
    data, weights = _at(inputs, 0, node), _at(inputs, 1, node)
    is_quantised = node.op.endswith("QAttention")
    columns = weights.sizes[-1] if weights.sizes else 0
    sizes = node.integers("qkv_hidden_sizes", [columns // 3] * 3)
    kind = FLOAT if is_quantised else data.data_type
    past = _given(inputs, 8 if is_quantised else 4)
    heads = node.integer("num_heads", 1)
    kept = past.sizes[3] if past is not None and len(past.sizes) == 5 else 0
    batch, tokens = (*data.sizes, 1, 1)[:2]
    present = (2, batch, heads, tokens + kept, sizes[0] // heads)
    return [((batch, tokens, sizes[-1]), kind), (present, kind)]


def _heads(node: NodeView, inputs: Inputs) -> Outputs:
    query = _at(inputs, 0, node)
    key, value, past = (_given(inputs, at) for at in (1, 2, 6))
    q, heads = query.sizes, node.integer("num_heads", 1)
    if len(q) not in (3, 5) or (value is not None and len(value.sizes) not in (3, 4)):
        got = " and ".join(str(list(v.sizes)) for v in (query, value) if v is not None)
        raise node.error("its inputs do not fit", got=got, expected="rank 3, or 5 if packed")
    if len(q) == 5:
        return [((q[0], q[1], q[2] * q[4]), query.data_type)]
    width = q[-1] if q else 0
    if value is not None:
        width = value.sizes[-1] * (heads if len(value.sizes) == 4 else 1)
    batch, tokens = (*q, 1, 1)[:2]
    outputs: Outputs = [((batch, tokens, width), query.data_type)]
    if key is not None and len(key.sizes) == 3:
        keys = key.sizes[1] + (past.sizes[2] if past is not None and len(past.sizes) == 4 else 0)
        sizes = (key.sizes[2] // heads, width // heads)
        outputs += [((batch, heads, keys, size), query.data_type) for size in sizes]
    return outputs


def _grouped(node: NodeView, inputs: Inputs) -> Outputs:
    query = _at(inputs, 0, node)
    heads, key_heads = node.integer("num_heads", 1), node.integer("kv_num_heads", 1)
    batch, tokens, width = (*query.sizes, 1, 1, 1)[:3]
    key, past, total = (_given(inputs, at) for at in (1, 3, 6))
    size = width // (heads + 2 * key_heads if key is None else heads)
    kept = past.sizes[2] if past is not None and len(past.sizes) == 4 else 0
    keys = tokens + kept
    if total is not None and total.single is not None:
        keys = max(kept, int(total.single))
    cache = (batch, key_heads, keys, size)
    return [((batch, tokens, heads * size), query.data_type)] + [(cache, query.data_type)] * 2


def _lstm(node: NodeView, inputs: Inputs) -> Outputs:
    x, r = _at(inputs, 0, node), _at(inputs, 2, node)
    if len(x.sizes) != 3 or len(r.sizes) != 3:
        raise node.error("its inputs do not fit", got=f"{list(x.sizes)}", expected="rank 3")
    directions, hidden = r.sizes[:2]
    steps, batch = x.sizes[:2]
    last = ((directions, batch, hidden), FLOAT)
    return [((steps, directions, batch, hidden), FLOAT), last, last]


def _global_pool(node: NodeView, inputs: Inputs) -> Outputs:
    value = _at(inputs, 0, node)
    if node.integer("channels_last"):
        shape = (value.sizes[0], *[1] * (len(value.sizes) - 2), value.sizes[-1])
    else:
        shape = (*value.sizes[:2], *[1] * (len(value.sizes) - 2))
    return [(shape, value.data_type)]


def _concatenated(node: NodeView, inputs: Inputs) -> Outputs:
    parts = [v for v in inputs[2::3] if v is not None]
    if not parts or not parts[0].sizes:
        raise node.error("its inputs do not fit", got=len(parts), expected="tensors to join")
    axis = node.integer("axis") % len(parts[0].sizes)
    shape = list(parts[0].sizes)
    shape[axis] = sum(part.sizes[axis] for part in parts if len(part.sizes) > axis)
    return [(tuple(shape), parts[0].data_type)]


def _skip(node: NodeView, inputs: Inputs) -> Outputs:
    (pair,) = _as_input(node, inputs)
    return [pair, (None, 0), (None, 0), pair]


def _embedded(node: NodeView, inputs: Inputs) -> Outputs:
    tokens, table = _at(inputs, 0, node), _at(inputs, 2, node)
    made = ((*tokens.sizes, *table.sizes[-1:]), table.data_type)
    return [made, (tokens.sizes[:1], INT32), made]


def _quantised(node: NodeView, inputs: Inputs) -> Outputs:
    zero = _given(inputs, 2)
    return [(_at(inputs, 0, node).shape, zero.data_type if zero is not None else UINT8)]


_LIKE_INPUT = words(
    "Gelu FastGelu QuickGelu BiasGelu BiasSoftmax SimplifiedLayerNormalization QLinearSigmoid "
    "QLinearLeakyRelu QLinearSoftmax NGramRepeatBlock Inverse GroupNorm Rfft RotaryEmbedding "
    "SkipGroupNorm BiasDropout BiasSplitGelu BiasAdd Trilu MoE QMoE"
)
_MATRIX_PRODUCTS = words(
    "FusedMatMul FusedMatMulActivation TransposeMatMul GemmFloat8 GemmFastGelu "
    "DynamicQuantizeMatMul"
)
_MICROSOFT: dict[str, Callable[[NodeView, Inputs], Outputs]] = {
    **dict.fromkeys(_LIKE_INPUT, _as_input),
    "SkipLayerNormalization": _skip,
    "SkipSimplifiedLayerNormalization": _skip,
    "QLinearAdd": _broadcast(0, 3),
    "QLinearMul": _broadcast(0, 3),
    "QLinearGlobalAveragePool": _global_pool,
    "QLinearAveragePool": _onnx("AveragePool", 0),
    "QLinearConcat": _concatenated,
    "QuantizeLinear": _quantised,
    "DequantizeLinear": lambda n, i: [(_at(i, 0, n).shape, _at(i, 1, n).data_type)],
    "FusedConv": _onnx("Conv", 0, 1),
    "QLinearConv": _channels_last((0, 3)),
    "NhwcConv": _channels_last((0, 1)),
    "NhwcFusedConv": _channels_last((0, 1)),
    "FusedGemm": _onnx("Gemm", 0, 1),
    **dict.fromkeys(_MATRIX_PRODUCTS, _matmul()),
    "QGemm": _matmul(3),
    "MatMulInteger16": _matmul(1, INT32),
    "MatMulIntegerToFloat": _matmul(1, FLOAT),
    "MatMulNBits": _packed,
    "MatMulBnb4": _packed,
    "DynamicQuantizeLSTM": _lstm,
    "EmbedLayerNormalization": _embedded,
    "Attention": _projected,
    "QAttention": _projected,
    "MultiHeadAttention": _heads,
    "DecoderMaskedMultiHeadAttention": _heads,
    "GroupQueryAttention": _grouped,
    "SparseAttention": _grouped,
}

FUSION_SHAPES = {f"com.microsoft:{op}": function for op, function in _MICROSOFT.items()}
FUSION_SHAPES["com.microsoft.nchwc:Conv"] = _onnx("Conv", 0, 1)
"""Shapes and types of the outputs of a node, by operator; inputs have known shapes."""
