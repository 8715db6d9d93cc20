"""Attention as one node: ONNX's own and the fused operators of com.microsoft.

Scores are [G = batch x heads, P = queries, C = head size, K = keys], the context [G, P = queries,
C = keys, K = head size of the values]. Where several heads of the queries share one of the keys
(grouped-query attention), G counts the heads of the keys, and the queries of a group lie side by
side on P. Masks save no work: all products are counted, as ONNX Runtime computes them.
"""

from __future__ import annotations

from collections.abc import Callable

from bohwsw.importers.onnx.builder import NO_BITS, Bits
from bohwsw.importers.onnx.context import Context
from bohwsw.importers.onnx.fusion_shapes import Heads, onnx_heads, projected_heads
from bohwsw.importers.onnx.value import Taken, Value
from bohwsw.workload import Tensor


def attend(
    context: Context,
    heads: Heads,
    tensors: tuple[Value | str | None, Value | str | None, Value | str | None],
    bits: Bits = NO_BITS,
    projected: int = 0,
) -> None:
    """Add the products of an attention and its softmax, and bind the first output.

    Queries, keys and values are tensors of the file, or nodes that hold them; ``projected`` are
    multiply-accumulates of the node before.
    """
    builder, h = context.builder, heads
    if h.key_heads < 1 or h.heads % h.key_heads:
        got = f"{h.heads} heads, {h.key_heads} of the keys"
        raise context.node.error("the heads do not fit", got=got, expected="a multiple")
    groups, rows = h.batch * h.key_heads, h.queries * (h.heads // h.key_heads)
    macs = groups * rows * h.keys * (h.size + h.value_size)
    if macs + projected == 0:
        context.nothing()
        return
    builder.tally(context.node, macs + projected, "layer")
    if macs == 0:
        return
    query, key, value = (_value(context, each, n) for each, n in zip(tensors, "qkv", strict=True))
    wanted = Tensor(K=groups * h.size, P=rows)
    taken = (query, wanted) if query is not None and query.count == wanted.words else None
    first = builder.layer(
        context.node,
        f"{context.name}.scores",
        {"G": groups, "P": rows, "C": h.size, "K": h.keys},
        inputs=taken,
        weights=_weights(key, groups * h.size * h.keys),
        bits=bits,
    )
    scores = Tensor(K=groups * h.keys, P=rows)
    soft = builder.operator(f"{context.name}.softmax", "softmax", (first,), scores)
    held = Value(soft, (groups * h.keys, rows), source=soft, letters="KP")
    held.as_tensors[held.tensor] = soft
    second = builder.layer(
        context.node,
        f"{context.name}.context",
        {"G": groups, "P": rows, "C": h.keys, "K": h.value_size},
        inputs=(held, held.tensor),
        weights=_weights(value, groups * h.keys * h.value_size),
        bits=bits,
    )
    if (output := context.output()) is not None:
        rank = len(output.shape or ())
        letters = {3: "PPK", 4: "KKPK"}.get(rank, "P" * (rank - 1) + "K")
        builder.bind(output, second, letters)
    _caches(context, key, value)


def _caches(context: Context, key: Value | None, value: Value | None) -> None:
    """Further outputs that have a shape: the keys and values with the past."""
    for output, taken in zip(context.outputs[1:3], (key, value), strict=False):
        if output is None or not output.shape or output.count == 0 or output.source is not None:
            continue
        source = None if taken is None else context.builder.source(taken)
        if source is not None:
            name = f"{context.name}.{output.name}"
            made = context.builder.operator(name, "concatenate", (source,), output.tensor)
            context.builder.bind(output, made, None)


def _value(context: Context, given: Value | str | None, name: str) -> Value | None:
    """A tensor of the file, or one of a node that was just made, as a value."""
    if not isinstance(given, str):
        return given
    made = context.builder.tensors[given]
    value = Value(f"{context.name}.{name}", (made.N, made.K, made.P), source=given, letters="NKP")
    value.as_tensors[made] = given
    return value


def _weights(value: Value | None, words: int) -> Value | None:
    """Keys or values as Weights; without an edge where a cache makes up a part of them."""
    if value is None or value.shape is None or value.count != words:
        return None
    return value


def onnx_attention(context: Context) -> None:
    """``Attention`` of ONNX."""
    query, key, value = (context.operand(position) for position in range(3))
    bits = (key.quantised_bits, query.quantised_bits, None)
    attend(context, onnx_heads(context), (query, key, value), bits)


def projected_attention(context: Context) -> None:
    """Queries, keys and values are parts of one product, which is in the node."""
    builder, data, weights = context.builder, context.operand(0), context.operand(1)
    h, columns = projected_heads(context), weights.sizes[1]
    rows, width = h.batch * h.queries, data.sizes[2]
    if 0 in (rows, width):
        context.nothing()
        return
    layer = builder.layer(
        context.node,
        f"{context.name}.projection",
        {"P": rows, "C": width, "K": columns},
        inputs=(data, Tensor(K=width, P=rows)),
        weights=weights,
        bits=(weights.quantised_bits, data.quantised_bits, None),
    )
    last = h.heads * h.value_size
    sizes = {"q": h.heads * h.size, "k": columns - h.heads * h.size - last, "v": last}
    q, k, v = (
        builder.operator(f"{context.name}.{name}", "slice", (layer,), Tensor(K=size, P=rows))
        for name, size in sizes.items()
    )
    attend(context, h, (q, k, v), projected=rows * width * columns)


def attention_of(heads: Callable[[Taken], Heads]) -> Callable[[Context], None]:
    """Attention whose first inputs are queries, keys and values, or all packed in the first."""

    def lowered(context: Context) -> None:
        tensors = (context.operand(0), context.value(1), context.value(2))
        attend(context, heads(context), tensors)

    return lowered
