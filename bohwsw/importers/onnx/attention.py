"""Attention as one node: ONNX's own and the fused operators of com.microsoft.

Scores are [G = batch x heads, P = queries, C = head size, K = keys], the context [G, P = queries,
C = keys, K = head size of the values]. Where several heads of the queries share one of the keys
(grouped-query attention), G counts the heads of the keys, and the queries of a group lie side by
side on P. Masks save no work: all products are counted, as ONNX Runtime computes them.
"""

from __future__ import annotations

from dataclasses import dataclass

from bohwsw.importers.onnx.builder import NO_BITS, Bits
from bohwsw.importers.onnx.context import Context
from bohwsw.importers.onnx.value import Value
from bohwsw.workload import Tensor


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


def _rank(context: Context, value: Value, *ranks: int) -> list[int]:
    if len(value.sizes) not in ranks or 0 in value.sizes[2:]:
        got, expected = f"{value.name!r} {list(value.sizes)}", " or ".join(map(str, ranks))
        raise context.node.error("an input has the wrong rank", got, f"rank {expected}")
    return list(value.sizes)


def onnx_attention(context: Context) -> None:
    """``Attention`` of ONNX (operator sets 23 and later): 3D or 4D, any heads, a past."""
    node = context.node
    query, key, value = (context.operand(position) for position in range(3))
    q, k, v = (_rank(context, each, 3, 4) for each in (query, key, value))
    heads = q[1] if len(q) == 4 else node.integer("q_num_heads", 1)
    key_heads = k[1] if len(k) == 4 else node.integer("kv_num_heads", 1)
    size = q[-1] if len(q) == 4 else q[2] // heads
    value_size = v[-1] if len(v) == 4 else v[2] // key_heads
    past = context.value(4)
    keys = k[-2] + (past.sizes[2] if past is not None and past.shape else 0)
    found = Heads(q[0], q[-2], keys, heads, key_heads, size, value_size)
    attend(context, found, (query, key, value), (key.quantised_bits, query.quantised_bits, None))


def projected_attention(context: Context) -> None:
    """``Attention`` and ``QAttention`` of com.microsoft: the projections are in the node."""
    node = context.node
    data, weights = context.operand(0), context.operand(1)
    batch, tokens, width = _rank(context, data, 3)
    rows, columns = _rank(context, weights, 2)
    is_quantised = node.op.endswith("QAttention")
    past = context.value(8 if is_quantised else 4)
    heads = node.integer("num_heads", 1)
    sizes = node.integers("qkv_hidden_sizes", [columns // 3] * 3)
    if rows != width or sum(sizes) != columns or any(size % heads for size in sizes):
        got = f"input {list(data.sizes)}, weights {list(weights.sizes)}, {heads} heads"
        expected = f"weights of {width} rows, sizes of q, k, v that {heads} heads divide"
        raise node.error("its inputs do not fit", got, expected)
    bits = (weights.quantised_bits, data.quantised_bits, None)
    if 0 in (batch, tokens, width):
        context.nothing()
        return
    builder = context.builder
    layer = builder.layer(
        node,
        f"{context.name}.projection",
        {"P": batch * tokens, "C": width, "K": columns},
        inputs=(data, Tensor(K=width, P=batch * tokens)),
        weights=weights,
        bits=bits,
    )
    tensors = [Tensor(K=size, P=batch * tokens) for size in sizes]
    q, k, v = (
        builder.operator(f"{context.name}.{name}", "slice", (layer,), tensor)
        for name, tensor in zip("qkv", tensors, strict=True)
    )
    kept = past.sizes[3] if past is not None and past.shape and len(past.shape) == 5 else 0
    size, value_size = sizes[0] // heads, sizes[2] // heads
    found = Heads(batch, tokens, tokens + kept, heads, heads, size, value_size)
    attend(context, found, (q, k, v), projected=batch * tokens * width * columns)


def multi_head_attention(context: Context) -> None:
    """``MultiHeadAttention`` and its decoder forms: queries, keys, values, or packed in one."""
    node = context.node
    query, key, value = context.operand(0), context.value(1), context.value(2)
    past = context.value(6 if node.op.endswith("MultiHeadAttention") else 5)
    if "Masked" in node.op:
        past = context.value(5)
    heads = node.integer("num_heads", 1)
    q = _rank(context, query, 3, 5)
    batch, tokens = q[:2]
    size = q[4] if len(q) == 5 else q[2] // heads
    if len(q) == 3 and q[2] % heads:
        raise node.error("the heads do not fit", got=heads, expected=f"a divisor of {q[2]}")
    keys, value_size = tokens, size
    if key is not None:
        k = _rank(context, key, 3, 4, 5)
        keys = k[2] if len(k) == 4 else k[1]
        if value is not None:
            v = _rank(context, value, 3, 4)
            value_size = v[3] if len(v) == 4 else v[2] // heads
    kept = past.sizes[2] if past is not None and past.shape and len(past.shape) == 4 else 0
    keys += 0 if key is not None and len(key.sizes) == 4 else kept  # none of a cross attention
    found = Heads(batch, tokens, keys, heads, heads, size, value_size)
    attend(context, found, (query, key, value))


def grouped_attention(context: Context) -> None:
    """``GroupQueryAttention`` and ``SparseAttention`` (counted as if it were dense)."""
    node = context.node
    query, key, value = context.operand(0), context.value(1), context.value(2)
    heads, key_heads = node.integer("num_heads", 1), node.integer("kv_num_heads", 1)
    batch, tokens, width = _rank(context, query, 3)
    is_packed = key is None or key.shape is None
    size = width // (heads + 2 * key_heads if is_packed else heads)
    past = context.value(3)
    total = context.value(7 if node.op.endswith("SparseAttention") else 6)
    keys = tokens
    if total is not None and total.single is not None:
        keys = int(total.single)
    elif past is not None and past.shape and len(past.shape) == 4:
        keys = max(tokens, past.sizes[2] + tokens)
    attend(context, Heads(batch, tokens, keys, heads, key_heads, size, size), (query, key, value))
