"""Convolutions in one and two dimensions, and transposed ones as their phases."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product as pairs

from bohwsw.importers.onnx.context import Context
from bohwsw.importers.onnx.value import Value, tensor_of

LETTERS = {1: "NKP", 2: "NKQP"}
"""On which dimensions the axes of an image lie."""
PADDING = ("NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID")


def _check(context: Context, data: Value, weights: Value, group: int, *, transposed: bool) -> None:
    """Whether the channels of a convolution fit."""
    x, w = data.sizes, weights.sizes
    padding = context.node.text("auto_pad", "NOTSET")
    if padding not in PADDING:
        raise context.node.error("no kind of padding", got=padding, expected=", ".join(PADDING))
    if len(x) != len(w) or len(x) < 3:
        got = f"{list(x)} and {list(w)}"
        raise context.node.error("its inputs do not fit", got, "images and filters")
    kernel = context.node.integers("kernel_shape", w[2:])
    if tuple(kernel) != tuple(w[2:]):
        raise context.node.error("kernel_shape does not fit", got=kernel, expected=f"{list(w[2:])}")
    channels = w[0] if transposed else w[1] * group
    if x[1] != channels or (not transposed and w[0] % group) or channels % group:
        got = f"{x[1]} channels, weights {list(w)}, {group} groups"
        expected = f"{channels} channels in groups of equal size"
        raise context.node.error("its channels do not fit", got, expected)


def unmodelled(context: Context, op: str, macs: int) -> None:
    """A contraction that no layer is, such as one of three axes or more: named with its work."""
    builder, output = context.builder, context.output()
    builder.tally(context.node, macs, "other", op)
    source = builder.source(context.operand(0))
    if output is not None and source is not None and output.shape and output.count:
        made = builder.operator(context.name, "other", (source,), output.tensor)
        builder.bind(output, made, None)


def _is_layer(context: Context, axes: int, macs: int) -> bool:
    """Whether there is work of at most two axes; what is none is named."""
    if axes > 2:
        unmodelled(context, f"{context.node.op} ({axes}D)", macs)
    elif macs == 0:
        context.nothing()
    return axes <= 2 and macs > 0


def convolution(context: Context, data_at: int = 0, weights_at: int = 1) -> None:
    """A convolution of any stride, dilation and groups; with channels last under NHWC operators."""
    node, output = context.node, context.output()
    data, weights = context.operand(data_at), context.operand(weights_at)
    group = node.integer("group", 1)
    is_last = node.integer("channels_last") == 1 or node.op.endswith(("NhwcConv", "NhwcFusedConv"))
    if is_last:
        data, output = _channels_second(data), output and _channels_second(output)
    _check(context, data, weights, group, transposed=False)
    if output is None or output.shape is None:
        raise node.unknown_shape("the shape of its result is not known", None, "a known shape")
    axes = len(data.sizes) - 2
    macs = output.count * weights.count // (weights.sizes[0] or 1)
    if not _is_layer(context, axes, macs):
        return
    out_channels, in_channels = weights.sizes[:2]
    sizes = {"N": data.sizes[0], "G": group, "K": out_channels // group, "C": in_channels}
    sizes |= dict(zip("QP"[-axes:], output.sizes[2:], strict=True))
    sizes |= dict(zip("SR"[-axes:], weights.sizes[2:], strict=True))
    sizes |= _steps(node.integers("strides", [1] * axes), node.integers("dilations", [1] * axes))
    layer = context.builder.layer(
        node,
        context.name,
        sizes | _true_extents(sizes, data.sizes[2:]),
        inputs=(data, tensor_of(data.sizes, LETTERS[axes])),
        weights=weights,
        bits=(weights.quantised_bits, data.quantised_bits, context.result_bits),
    )
    context.builder.tally(node, macs, "layer")
    letters = LETTERS[axes]
    if is_last and (result := context.output()) is not None:
        output, letters = result, letters[0] + letters[2:] + letters[1]
    context.builder.bind(output, layer, letters)


def _channels_second(value: Value) -> Value:
    """A tensor with its channels moved from the last axis to the second; the same values."""
    shape = value.sizes[:1] + value.sizes[-1:] + value.sizes[1:-1]
    return replace(value, shape=shape, letters=None)


def _steps(strides: list[int], dilations: list[int]) -> dict[str, int]:
    """Strides and dilations by the axis that they belong to; the last one is the width."""
    found: dict[str, int] = {}
    for kind, steps in (("stride", strides), ("dilation", dilations)):
        found |= {f"{kind}_{axis}": step for axis, step in zip("wh", reversed(steps), strict=False)}
    return found


def _true_extents(sizes: Mapping[str, int], given: Sequence[int]) -> dict[str, int]:
    """Height and width of an image where the filter reaches over more, which is padding."""
    axes = (("input_height", "Q", "S", "h"), ("input_width", "P", "R", "w"))[-len(given) :]
    found = {}
    for (key, out, tap, axis), extent in zip(axes, given, strict=True):
        window = (sizes[tap] - 1) * sizes[f"dilation_{axis}"]
        if extent < 1 + (sizes[out] - 1) * sizes[f"stride_{axis}"] + window:
            found[key] = extent
    return found


def transposed_convolution(context: Context) -> None:
    """A transposed convolution as its phases: for each residue of the stride a convolution.

    Its multiply-accumulates are input elements times output channels of a group times the kernel.
    An output lies at ``input * stride + tap * dilation``, so that outputs of one residue see only
    the taps of that residue: dense convolutions over the input, as many as residues with taps
    (Shi et al., "Is the deconvolution layer the same as a convolutional layer?", arXiv:1609.07009).
    """
    node, builder, output = context.node, context.builder, context.output()
    data, weights = context.operand(0), context.operand(1)
    group = node.integer("group", 1)
    _check(context, data, weights, group, transposed=True)
    axes = len(data.sizes) - 2
    macs = data.count * math.prod(weights.sizes[1:])
    if not _is_layer(context, axes, macs):
        return
    strides, dilations = (node.integers(k, [1] * axes) for k in ("strides", "dilations"))
    phases = list(map(_phases, weights.sizes[2:], strides, dilations))
    combined: Counter[tuple[tuple[int, int], ...]] = Counter()  # phases of all axes together
    for each in pairs(*(axis.items() for axis in phases)):
        combined[tuple(kind for kind, _ in each)] += math.prod(count for _, count in each)
    image = {"N": data.sizes[0], "G": group, "K": weights.sizes[1], "C": data.sizes[1] // group}
    image |= dict(zip("QP"[-axes:], data.sizes[2:], strict=True))
    layers = []
    builder.tally(node, macs, "layer")
    for number, (combination, count) in enumerate(combined.items()):
        filters = dict(zip("SR"[-axes:], (taps for taps, _ in combination), strict=True))
        sizes = image | filters | _steps([1] * axes, [dilation for _, dilation in combination])
        layers.append(
            builder.layer(
                node,
                context.name if number == 0 else f"{context.name}.phase{number}",
                sizes | _true_extents(sizes, data.sizes[2:]),
                inputs=(data, tensor_of(data.sizes, LETTERS[axes])),
                count=count,
                bits=(weights.quantised_bits, data.quantised_bits, context.result_bits),
            )
        )
    if output is not None and output.shape is not None and output.count:
        tensor = tensor_of(output.shape, LETTERS[axes])
        made = builder.operator(f"{context.name}.interleave", "depth_to_space", layers, tensor)
        builder.bind(output, made, LETTERS[axes])


def _phases(taps: int, stride: int, dilation: int) -> Counter[tuple[int, int]]:
    """How often which (taps, dilation) occurs among the phases of an axis that have taps."""
    common = math.gcd(stride, dilation)
    period = stride // common  # taps so far apart have one residue
    counts: Counter[tuple[int, int]] = Counter()
    for first in range(min(taps, period)):
        own = len(range(first, taps, period))
        counts[own, dilation // common if own > 1 else 1] += 1
    return counts
