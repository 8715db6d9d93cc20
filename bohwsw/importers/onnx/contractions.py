"""Which operators of ONNX are tensor products, and what makes layers of each.

A new one is a function of a context and a row of the table.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

from bohwsw.importers.onnx.attention import attention_of, onnx_attention, projected_attention
from bohwsw.importers.onnx.context import Context
from bohwsw.importers.onnx.convolutions import convolution, transposed_convolution, unmodelled
from bohwsw.importers.onnx.fusion_shapes import grouped_heads, several_heads
from bohwsw.importers.onnx.node_view import words
from bohwsw.importers.onnx.products import einsum, matrix_product
from bohwsw.importers.onnx.recurrent import recurrent

Contraction = Callable[[Context], None]


def matmul(context: Context, first: int = 0, second: int = 1) -> None:
    """A matrix product of any rank; transposes where the operator has attributes for them."""
    node = context.node
    transposed = node.integer("transA") == 1, node.integer("transB") == 1
    a, b = context.operand(first), context.operand(second)
    matrix_product(context, a, b, transposed=transposed)


def packed_matmul(context: Context) -> None:
    """``MatMulNBits`` and ``MatMulBnb4``: weights of few bits, their sizes in attributes."""
    node, data = context.node, context.operand(0)
    rows, columns = node.integer("K"), node.integer("N")
    if not data.sizes or data.sizes[-1] != rows or columns < 1:
        got = f"{list(data.sizes)}, K={rows}, N={columns}"
        raise node.error("its inputs do not fit", got, "K values on the last axis")
    packed = context.operand(1)
    width = node.integer("bits", 4)
    weights = type(packed)("weights", (rows, columns), packed.data_type, is_constant=True)
    bits = (width, data.quantised_bits, context.result_bits)
    matrix_product(context, data, weights, bits=bits)


def deformable(context: Context) -> None:
    """``DeformConv``: its work is that of a convolution; which inputs it takes is in no layer."""
    output, weights = context.output(), context.operand(1)
    if output is None or output.shape is None:
        raise context.node.unknown_shape("the shape of its result is not known", None, "a shape")
    macs = output.count * math.prod(weights.sizes[1:])
    unmodelled(context, context.node.op, macs)


def mixture(context: Context) -> None:
    """``MoE`` and ``QMoE``: which experts a token goes to is in no layer, how many is."""
    node, data = context.node, context.operand(0)
    experts = [context.value(at) for at in ((2, 4, 6) if node.op.endswith(":MoE") else (2, 5, 8))]
    values = sum(math.prod(v.sizes[1:]) for v in experts if v is not None and v.shape)
    packed = 1 if node.op.endswith(":MoE") else 8 // node.integer("expert_weight_bits", 4)
    tokens = math.prod(data.sizes[:-1])
    unmodelled(context, node.op, tokens * node.integer("k", 1) * values * packed)


_MATRIX_PRODUCTS = words(
    "FusedGemm GemmFastGelu GemmFloat8 FusedMatMul FusedMatMulActivation TransposeMatMul "
    "MatMulInteger16 MatMulIntegerToFloat DynamicQuantizeMatMul"
)
_MICROSOFT: dict[str, Contraction] = {
    **dict.fromkeys(("FusedConv", "NhwcConv", "NhwcFusedConv"), convolution),
    "QLinearConv": partial(convolution, weights_at=3),
    "ConvTransposeWithDynamicPads": transposed_convolution,
    **dict.fromkeys(_MATRIX_PRODUCTS, matmul),
    "QGemm": partial(matmul, second=3),
    **dict.fromkeys(("MatMulNBits", "MatMulBnb4"), packed_matmul),
    **dict.fromkeys(("MoE", "QMoE"), mixture),
    "DynamicQuantizeLSTM": recurrent,
    **dict.fromkeys(("Attention", "QAttention"), projected_attention),
    **dict.fromkeys(
        ("MultiHeadAttention", "DecoderMaskedMultiHeadAttention"), attention_of(several_heads)
    ),
    **dict.fromkeys(("GroupQueryAttention", "SparseAttention"), attention_of(grouped_heads)),
}

CONTRACTIONS: dict[str, Contraction] = {
    **dict.fromkeys(("Conv", "ConvInteger", "com.microsoft.nchwc:Conv"), convolution),
    "QLinearConv": partial(convolution, weights_at=3),
    "DeformConv": deformable,
    "ConvTranspose": transposed_convolution,
    **dict.fromkeys(("Gemm", "MatMul", "MatMulInteger"), matmul),
    "QLinearMatMul": partial(matmul, second=3),
    "Einsum": einsum,
    **dict.fromkeys(("LSTM", "GRU", "RNN"), recurrent),
    "Attention": onnx_attention,
    **{f"com.microsoft:{op}": made for op, made in _MICROSOFT.items()},
}
"""What makes layers of a node, by operator."""
