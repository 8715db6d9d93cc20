"""What operators of com.microsoft put out: ONNX has no schemas for them.

Documented in onnxruntime's docs/ContribOperators.md. Each function gives shape and data type of the
outputs whose shapes are known.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from bohwsw.importers.onnx.node_view import words
from bohwsw.importers.onnx.value import Shape, Taken, Value

Outputs = list[tuple[Shape | None, int]]
Rule = Callable[[Taken], Outputs]
FLOAT, UINT8, INT8, INT32 = 1, 2, 3, 6


def _as_input(taken: Taken) -> Outputs:
    value = taken.operand(0)
    return [(value.shape, value.data_type)]


def _packed(taken: Taken) -> Outputs:
    value = taken.operand(0)
    return [((*value.sizes[:-1], taken.node.integer("N")), value.data_type)]


def _onnx(op: str, *positions: int) -> Rule:
    """As ONNX's own operator of these inputs, with the attributes that it knows."""

    def shape(taken: Taken) -> Outputs:
        from onnx import defs, helper, shape_inference

        node, schema = taken.node, defs.get_schema(op, 2**31 - 1, "")
        names = [f"i{position}" for position in positions]
        proto = helper.make_node(op, names, ["o"])
        proto.attribute.extend(a for a in node.proto.attribute if a.name in schema.attributes)
        values = [taken.operand(position) for position in positions]
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


def _matmul(second: int = 1, data_type: int = 0) -> Rule:
    """As ONNX's product, after the transposes that it may say."""
    rule = _onnx("MatMul", 0, second)

    def shape(taken: Taken) -> Outputs:
        inputs = list(taken.inputs)
        for position, attribute in ((0, "transA"), (second, "transB")):
            value = taken.operand(position)
            if len(value.sizes) > 1 and taken.node.integer(attribute):
                turned = (*value.sizes[:-2], value.sizes[-1], value.sizes[-2])
                inputs[position] = replace(value, shape=turned)
        ((found, kind),) = rule(Taken(taken.node, inputs))
        return [(found, data_type or kind)]

    return shape


def _channels_last(op: str, *positions: int) -> Rule:
    """As ONNX's operator; channels are on the last axis if the node, or its name, says so."""
    rule = _onnx(op, *positions)

    def shape(taken: Taken) -> Outputs:
        if not taken.node.integer("channels_last") and "Nhwc" not in taken.node.op:
            return rule(taken)
        data = taken.operand(positions[0])
        turned = replace(data, shape=data.sizes[:1] + data.sizes[-1:] + data.sizes[1:-1])
        ((found, kind),) = rule(Taken(taken.node, [turned, *taken.inputs[1:]]))
        assert found is not None
        return [((found[0], *found[2:], found[1]), kind)]

    return shape


@dataclass(frozen=True)
class Heads:
    """The sizes of an attention."""

    batch: int  # sequences
    queries: int  # tokens that ask
    keys: int  # tokens that are asked, the past among them
    heads: int  # of the queries
    key_heads: int  # of the keys and values
    size: int  # of a head of queries and keys
    value_size: int  # of a head of the values

    @property
    def result(self) -> Shape:
        """The shape of what it puts out."""
        return self.batch, self.queries, self.heads * self.value_size


def _rank(taken: Taken, value: Value, *ranks: int) -> list[int]:
    if len(value.sizes) not in ranks or 0 in value.sizes[2:]:
        got, expected = f"{value.name!r} {list(value.sizes)}", " or ".join(map(str, ranks))
        raise taken.node.error("an input has the wrong rank", got, f"rank {expected}")
    return list(value.sizes)


def _kept(taken: Taken, position: int, rank: int = 4) -> int:
    """Tokens of the past, whose axis is the last but one."""
    past = taken.value(position)
    return past.sizes[-2] if past is not None and len(past.shape or ()) == rank else 0


def onnx_heads(taken: Taken) -> Heads:
    """Of ``Attention`` of ONNX (operator sets 23 and later): 3D or 4D, any heads, a past."""
    node, past = taken.node, taken.value(4)
    q, k, v = (_rank(taken, taken.operand(position), 3, 4) for position in range(3))
    heads = q[1] if len(q) == 4 else node.integer("q_num_heads", 1)
    key_heads = k[1] if len(k) == 4 else node.integer("kv_num_heads", 1)
    size = q[-1] if len(q) == 4 else q[2] // heads
    value_size = v[-1] if len(v) == 4 else v[2] // key_heads
    keys = k[-2] + (past.sizes[2] if past is not None and past.shape else 0)
    return Heads(q[0], q[-2], keys, heads, key_heads, size, value_size)


def projected_heads(taken: Taken) -> Heads:
    """Of ``Attention`` and ``QAttention`` of com.microsoft: the projections are in the node."""
    node, data, weights = taken.node, taken.operand(0), taken.operand(1)
    batch, tokens, width = _rank(taken, data, 3)
    rows, columns = _rank(taken, weights, 2)
    heads = node.integer("num_heads", 1)
    sizes = node.integers("qkv_hidden_sizes", [columns // 3] * 3)
    if rows != width or sum(sizes) != columns or any(size % heads for size in sizes):
        got = f"input {list(data.sizes)}, weights {list(weights.sizes)}, {heads} heads"
        expected = f"weights of {width} rows, sizes of q, k, v that {heads} heads divide"
        raise node.error("its inputs do not fit", got, expected)
    keys = tokens + _kept(taken, 8 if node.op.endswith("QAttention") else 4, 5)
    return Heads(batch, tokens, keys, heads, heads, sizes[0] // heads, sizes[2] // heads)


def several_heads(taken: Taken) -> Heads:
    """Of ``MultiHeadAttention`` and its decoder forms: queries, keys, values, or all in one."""
    node, key, value = taken.node, taken.value(1), taken.value(2)
    heads = node.integer("num_heads", 1)
    q = _rank(taken, taken.operand(0), 3, 5)
    if len(q) == 3 and q[2] % heads:
        raise node.error("the heads do not fit", got=heads, expected=f"a divisor of {q[2]}")
    keys, size = q[1], q[4] if len(q) == 5 else q[2] // heads
    value_size, is_crossed = size, False  # the keys of a cross attention have no past
    if key is not None:
        k = _rank(taken, key, 3, 4, 5)
        keys, is_crossed = k[2] if len(k) == 4 else k[1], len(k) == 4
        if value is not None:
            v = _rank(taken, value, 3, 4)
            value_size = v[3] if len(v) == 4 else v[2] // heads
    keys += 0 if is_crossed else _kept(taken, 5 if "Masked" in node.op else 6)
    return Heads(q[0], q[1], keys, heads, heads, size, value_size)


def grouped_heads(taken: Taken) -> Heads:
    """Of ``GroupQueryAttention`` and ``SparseAttention`` (counted as if it were dense)."""
    node, key = taken.node, taken.value(1)
    heads, key_heads = node.integer("num_heads", 1), node.integer("kv_num_heads", 1)
    batch, tokens, width = _rank(taken, taken.operand(0), 3)
    is_packed = key is None or key.shape is None
    size = width // (heads + 2 * key_heads if is_packed else heads)
    total = taken.value(7 if node.op.endswith("SparseAttention") else 6)
    known = total.single if total is not None else None
    keys = tokens + _kept(taken, 3) if known is None else int(known)
    return Heads(batch, tokens, keys, heads, key_heads, size, size)


def _projected(taken: Taken) -> Outputs:
    h = projected_heads(taken)
    kind = FLOAT if taken.node.op.endswith("QAttention") else taken.operand(0).data_type
    return [(h.result, kind), ((2, h.batch, h.heads, h.keys, h.size), kind)]


def _several(taken: Taken) -> Outputs:
    h, kind, key = several_heads(taken), taken.operand(0).data_type, taken.value(1)
    sizes = (h.size, h.value_size) if key is not None and len(key.sizes) == 3 else ()
    return [(h.result, kind), *(((h.batch, h.heads, h.keys, size), kind) for size in sizes)]


def _grouped(taken: Taken) -> Outputs:
    h, kind = grouped_heads(taken), taken.operand(0).data_type
    cache = (h.batch, h.key_heads, max(h.keys, _kept(taken, 3)), h.size)
    return [(h.result, kind), (cache, kind), (cache, kind)]


def _lstm(taken: Taken) -> Outputs:
    x, r = taken.operand(0), taken.operand(2)
    if len(x.sizes) != 3 or len(r.sizes) != 3:
        raise taken.node.error("its inputs do not fit", got=f"{list(x.sizes)}", expected="rank 3")
    directions, hidden = r.sizes[:2]
    steps, batch = x.sizes[:2]
    last = ((directions, batch, hidden), FLOAT)
    return [((steps, directions, batch, hidden), FLOAT), last, last]


def _concatenated(taken: Taken) -> Outputs:
    parts = [v for v in taken.inputs[2::3] if v is not None]
    if not parts or not parts[0].sizes:
        raise taken.node.error("its inputs do not fit", got=len(parts), expected="tensors to join")
    axis = taken.node.integer("axis") % len(parts[0].sizes)
    shape = list(parts[0].sizes)
    shape[axis] = sum(part.sizes[axis] for part in parts if len(part.sizes) > axis)
    return [(tuple(shape), parts[0].data_type)]


def _skip(taken: Taken) -> Outputs:
    (pair,) = _as_input(taken)
    return [pair, (None, 0), (None, 0), pair]


def _embedded(taken: Taken) -> Outputs:
    tokens, table = taken.operand(0), taken.operand(2)
    made = ((*tokens.sizes, *table.sizes[-1:]), table.data_type)
    return [made, (tokens.sizes[:1], INT32), made]


def _quantised(taken: Taken) -> Outputs:
    zero = taken.value(2)
    return [(taken.operand(0).shape, zero.data_type if zero is not None else UINT8)]


_LIKE_INPUT = words(
    "Gelu FastGelu QuickGelu BiasGelu BiasSoftmax SimplifiedLayerNormalization QLinearSigmoid "
    "QLinearLeakyRelu QLinearSoftmax NGramRepeatBlock Inverse GroupNorm Rfft RotaryEmbedding "
    "SkipGroupNorm BiasDropout BiasSplitGelu BiasAdd Trilu MoE QMoE"
)
_MATRIX_PRODUCTS = words(
    "FusedMatMul FusedMatMulActivation TransposeMatMul GemmFloat8 GemmFastGelu "
    "DynamicQuantizeMatMul"
)
_MICROSOFT: dict[str, Rule] = {
    **dict.fromkeys(_LIKE_INPUT, _as_input),
    "SkipLayerNormalization": _skip,
    "SkipSimplifiedLayerNormalization": _skip,
    "QLinearAdd": _onnx("Add", 0, 3),
    "QLinearMul": _onnx("Mul", 0, 3),
    "QLinearGlobalAveragePool": _channels_last("GlobalAveragePool", 0),
    "QLinearAveragePool": _onnx("AveragePool", 0),
    "QLinearConcat": _concatenated,
    "QuantizeLinear": _quantised,
    "DequantizeLinear": lambda x: [(x.operand(0).shape, x.operand(1).data_type)],
    "FusedConv": _onnx("Conv", 0, 1),
    "QLinearConv": _channels_last("Conv", 0, 3),
    "NhwcConv": _channels_last("Conv", 0, 1),
    "NhwcFusedConv": _channels_last("Conv", 0, 1),
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
    "MultiHeadAttention": _several,
    "DecoderMaskedMultiHeadAttention": _several,
    "GroupQueryAttention": _grouped,
    "SparseAttention": _grouped,
}

FUSION_SHAPES = {f"com.microsoft:{op}": function for op, function in _MICROSOFT.items()}
FUSION_SHAPES["com.microsoft.nchwc:Conv"] = _onnx("Conv", 0, 1)
"""Shapes and types of the outputs of a node, by operator; inputs have known shapes."""
