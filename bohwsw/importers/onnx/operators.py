"""What is no contraction: kinds of operators, by the tensors that they move.

Every other node of a file becomes one of these, so that edges lead through it. What has no kind is
``other``, and told as not modelled.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bohwsw.importers.onnx.context import Context
from bohwsw.importers.onnx.node_view import words
from bohwsw.importers.onnx.value import Value, default_letters, tensor_of

_KINDS = {
    "activation": "Relu Sigmoid Tanh Elu Selu Celu LeakyRelu ThresholdedRelu Clip HardSigmoid "
    "HardSwish Gelu Mish Swish Softplus Softsign Erf Exp Log Sqrt Reciprocal Neg Abs Sign Floor "
    "Ceil Round Sin Cos Tan Asin Acos Atan Sinh Cosh Asinh Acosh Atanh Not BitwiseNot IsNaN IsInf "
    "Shrink CumSum Trilu com.microsoft:Gelu com.microsoft:FastGelu com.microsoft:QuickGelu "
    "com.microsoft:BiasGelu com.microsoft:QLinearSigmoid com.microsoft:QLinearLeakyRelu "
    "com.microsoft:BiasDropout",
    "add": "Add Sub Sum com.microsoft:QLinearAdd",
    "multiply": "Mul com.microsoft:QLinearMul",
    "elementwise": "Div Pow Mod Max Min Mean Where Equal Less Greater LessOrEqual GreaterOrEqual "
    "And Or Xor BitShift BitwiseAnd BitwiseOr BitwiseXor PRelu com.microsoft:BiasAdd "
    "RotaryEmbedding com.microsoft:RotaryEmbedding",
    "pool": "MaxPool AveragePool LpPool GlobalMaxPool GlobalAveragePool GlobalLpPool MaxRoiPool "
    "com.microsoft:QLinearAveragePool com.microsoft:QLinearGlobalAveragePool",
    "normalise": "BatchNormalization LayerNormalization InstanceNormalization GroupNormalization "
    "RMSNormalization LpNormalization LRN MeanVarianceNormalization SimplifiedLayerNormalization "
    "com.microsoft:SimplifiedLayerNormalization com.microsoft:SkipLayerNormalization "
    "com.microsoft:SkipSimplifiedLayerNormalization com.microsoft:GroupNorm "
    "com.microsoft:SkipGroupNorm",
    "softmax": "Softmax LogSoftmax Hardmax com.microsoft:BiasSoftmax com.microsoft:QLinearSoftmax",
    "concatenate": "Concat com.microsoft:QLinearConcat",
    "slice": "Slice Split",
    "reshape": "Reshape Flatten Squeeze Unsqueeze Identity Dropout",
    "transpose": "Transpose",
    "convert": "Cast CastLike QuantizeLinear DequantizeLinear DynamicQuantizeLinear "
    "com.microsoft:QuantizeLinear com.microsoft:DequantizeLinear",
    "depth_to_space": "DepthToSpace SpaceToDepth",
    "reduce": "ReduceSum ReduceMean ReduceMax ReduceMin ReduceProd ReduceL1 ReduceL2 ReduceLogSum "
    "ReduceLogSumExp ReduceSumSquare ArgMax ArgMin",
    "resize": "Resize Upsample Expand Tile",
    "gather": "Gather GatherElements GatherND Scatter ScatterElements ScatterND TensorScatter "
    "Compress ReverseSequence com.microsoft:GatherBlockQuantized "
    "com.microsoft:EmbedLayerNormalization",
    "pad": "Pad",
    "constant": "Constant ConstantOfShape Shape Size Range EyeLike OptionalHasElement",
}

KIND_OF: dict[str, str] = {op: kind for kind, ops in _KINDS.items() for op in ops.split()}
"""The kind of operator that a node becomes; ``other`` where it is none of these."""

_VIEWS = frozenset(("reshape", "transpose"))
_ONE_INPUT = words(
    "activation normalise softmax slice reshape transpose convert depth_to_space reduce "
    "resize pad pool"
)
_SPATIAL = frozenset(("pool", "depth_to_space"))


def operator(context: Context, kind: str) -> None:
    """Add an operator for each result of a node that is asked for."""
    results = [v for v in context.outputs if v is not None and v.shape is not None and v.count]
    values = _operands(context, kind)
    moved = [v.count for v in [*values, *results] if v.shape is not None]
    context.builder.tally(context.node, 0 if kind in _VIEWS else max(moved, default=0), kind)
    kind = "other" if kind == "constant" else kind  # one that depends on values after all
    for number, result in enumerate(results):
        name = context.name if number == 0 else f"{context.name}.{number}"
        if number and context.node.op == "DynamicQuantizeLinear":
            kind = "reduce"  # its scale and zero point
        _add(context, kind, values, result, name)


def _operands(context: Context, kind: str) -> list[Value]:
    """The tensors that a node moves: not the sizes, scales and axes that it is told beside them."""
    node, given = context.node, [v for v in context.inputs if v is not None]
    if node.op.startswith("com.microsoft:QLinear") and kind in ("add", "multiply"):
        given = [v for v in (context.value(0), context.value(3)) if v is not None]
    elif node.op == "com.microsoft:QLinearConcat":
        given = [v for v in context.inputs[2::3] if v is not None]
    elif "Skip" in node.op:
        given = given[:2]
    elif kind in _ONE_INPUT:
        given = given[:1]
    given = [v for v in given if v.shape is not None and v.count]
    return [v for v in given if not (v.is_constant and v.count == 1)] or given[:1]


def _add(context: Context, kind: str, values: Sequence[Value], result: Value, name: str) -> None:
    builder = context.builder
    letters = _letters(context, kind, values, result)
    tensor = tensor_of(result.sizes, letters)
    bits = result.quantised_bits if kind == "convert" else None
    if kind in _VIEWS and values:
        source = builder.source(values[0])
        if source is not None and builder.tensors[source] == tensor:
            builder.bind(result, source, letters)
            result.bits = values[0].bits
            return
    sources = [s for v in values if (s := _source(context, v, letters)) is not None]
    if len(sources) == 1 and kind in ("add", "multiply"):
        kind = "elementwise"
    at = context.node.integer("axis", 0) if context.node.has("axis") else -1
    axis = letters[at] if letters and -len(letters) <= at < len(letters) else "K"
    made = builder.operator(name, kind, sources, tensor, bits=bits, axis=axis)
    builder.bind(result, made, letters)
    if kind in ("slice", "concatenate", "gather", "pad", "pool", *_VIEWS) and values:
        result.bits = values[0].bits


def _source(context: Context, value: Value, letters: str) -> str | None:
    """An operand; one that no node makes yet in a layout that is broadcast to the result's."""
    missing = len(letters) - len(value.sizes)
    if value.source is None and missing >= 0:
        return context.builder.source(value, tensor_of(value.sizes, letters[missing:]))
    return context.builder.source(value)


def _letters(context: Context, kind: str, values: Sequence[Value], result: Value) -> str:
    """On which dimensions the axes of the result lie, from those of its inputs."""
    rank = len(result.sizes)
    with_source = [v for v in values if v.source is not None and v.letters is not None]
    first = max(with_source, key=lambda v: (len(v.sizes), v.count), default=None)
    if first is None or first.letters is None:
        is_image = kind in _SPATIAL or context.node.op in _CHANNELS_SECOND
        return "NKP" if is_image and rank == 3 else default_letters(rank)
    rule = _RULES.get(context.node.op)
    found = rule(context, first, result) if rule else None
    if found is None and len(first.letters) == rank:
        found = first.letters
    return found if found is not None and len(found) == rank else default_letters(rank)


_CHANNELS_SECOND = frozenset(("BatchNormalization", "InstanceNormalization", "LRN"))


def _permuted(context: Context, value: Value, result: Value) -> str | None:
    letters = value.letters or ""
    order = context.node.integers("perm", list(reversed(range(len(letters)))))
    if sorted(order) != list(range(len(letters))):
        raise context.node.error("perm is no permutation", got=order, expected="each axis once")
    return "".join(letters[axis] for axis in order)


def _regrouped(context: Context, value: Value, result: Value) -> str | None:
    """Axes that are split or merged keep their dimension, where they lie on one."""
    old, new, letters = value.sizes, result.sizes, value.letters or ""
    found, i, j = [], 0, 0
    while j < len(new):
        left, right, first_i, first_j = 1, 1, i, j
        while j < len(new):
            right *= new[j]
            j += 1
            while i < len(old) and left < right:
                left *= old[i]
                i += 1
            if left == right:
                break
        if left != right:
            return None
        own = {x for x, size in zip(letters[first_i:i], old[first_i:i], strict=True) if size != 1}
        if len(own) > 1:
            own = {"K"} if "K" in own else {min(own)}
        found += list(own or {letters[min(first_i, len(letters) - 1)] if letters else "K"}) * (
            j - first_j
        )
    return "".join(found)


def _reduced(context: Context, value: Value, result: Value) -> str | None:
    letters = value.letters or ""
    if len(result.sizes) == len(letters):
        return letters
    left, found = list(zip(letters, value.sizes, strict=True)), []
    for size in result.sizes:
        while left and left[0][1] != size:
            left.pop(0)
        if not left:
            return None
        found.append(left.pop(0)[0])
    return "".join(found)


_RULES: dict[str, Callable[[Context, Value, Value], str | None]] = {
    "Transpose": _permuted,
    **dict.fromkeys(("Reshape", "Flatten", "Squeeze", "Unsqueeze"), _regrouped),
    **dict.fromkeys((op for op, kind in KIND_OF.items() if kind == "reduce"), _reduced),
}
