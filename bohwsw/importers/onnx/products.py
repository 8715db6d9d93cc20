"""Tensor products of any indices: matrix products with broadcasting, Gemm, Einsum.

Every index of a product of two tensors is one of four kinds, and each kind is a dimension: in both
tensors and the result G (a batch), in both but not in the result C (summed over), in the first only
P (rows), in the second only K (columns). An axis of size 1 that meets a larger one is no index of
its tensor; so operands may be broadcast on different axes, and no work is counted twice.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from bohwsw.importers.onnx.builder import Bits
from bohwsw.importers.onnx.context import Context
from bohwsw.importers.onnx.value import Value, tensor_of
from bohwsw.workload import Tensor


def product(
    context: Context,
    first: Value,
    second: Value,
    indices: tuple[Sequence[str], Sequence[str], Sequence[str]],
    sizes: Mapping[str, int],
    *,
    name: str | None = None,
    bits: Bits | None = None,
) -> tuple[str | None, str]:
    """Add the layer of a product of two tensors.

    Args:
        second: the layer's Weights, unless only the first tensor is constant.
        indices: of the first, of the second and of the result, axis by axis; "" is an axis of size
            1 that stands for no index.
        name: of the layer, the node's if absent.
        bits: of weights, inputs, outputs; from the tensors if absent.

    Returns:
        Its node, None if a size is 0, and the dimension on which each axis of the result lies.
    """
    mine, other, result = indices
    if first.is_constant and not second.is_constant:
        first, second, mine, other = second, first, other, mine
    kinds = dict.fromkeys(mine, "P") | dict.fromkeys(other, "K")
    kinds |= {label: "G" if label in result else "C" for label in {*mine} & {*other}}
    extents = dict.fromkeys("GCPK", 1)
    for label in kinds.keys() - {""}:
        extents[kinds[label]] *= sizes[label]
    letters = "".join("P" if not label or kinds.get(label) == "P" else "K" for label in result)
    if 0 in extents.values():
        context.nothing()
        return None, letters
    if bits is None:
        bits = (second.quantised_bits, first.quantised_bits, context.result_bits)
    wanted = Tensor(K=extents["G"] * extents["C"], P=extents["P"])
    builder = context.builder
    layer = builder.layer(
        context.node,
        name or context.name,
        extents,
        inputs=(first, wanted),
        weights=second,
        bits=bits,
    )
    builder.tally(context.node, math.prod(extents.values()), "layer")
    return layer, letters


def matrix_product(
    context: Context,
    first: Value,
    second: Value,
    *,
    transposed: tuple[bool, bool] = (False, False),
    bits: Bits | None = None,
) -> None:
    """Add the layer of a product as NumPy's ``matmul`` has it, and bind the output to it."""
    a, b = list(first.sizes), list(second.sizes)
    if not a or not b:
        raise context.node.error("a scalar is no matrix", got=f"{a} and {b}", expected="a matrix")
    rows, columns = ["", "c"] if len(a) == 1 else ["p", "c"], [""] if len(b) == 1 else ["k"]
    a, b = [1, *a] if len(a) == 1 else a, [*b, 1] if len(b) == 1 else b
    if transposed[0]:
        a[-1], a[-2] = a[-2], a[-1]
    if transposed[1]:
        b[-1], b[-2] = b[-2], b[-1]
    rank = max(len(a), len(b))
    a_batch, b_batch = ([1] * (rank - len(s)) + s[:-2] for s in (a, b))
    sizes = {"p": a[-2], "c": a[-1], "k": b[-1]}
    batches: tuple[list[str], list[str], list[str]] = ([], [], [])
    for axis, (m, n) in enumerate(zip(a_batch, b_batch, strict=True)):
        if m != n and 1 not in (m, n):
            raise _misfit(context, first, second, "batch axes that are equal or 1")
        label = f"b{axis}"
        sizes[label] = m if n == 1 else n
        batches[0].append(label if m != 1 else "")
        batches[1].append(label if n != 1 else "")
        batches[2].append(label if (m, n) != (1, 1) else "")
    if a[-1] != b[-2]:
        raise _misfit(context, first, second, "as many columns of the first as rows of the second")
    indices = (
        [*batches[0], *rows],
        [*batches[1], "c", *columns],
        [*batches[2], *(["p"] if len(first.sizes) > 1 else []), *(["k"] if columns[0] else [])],
    )
    layer, letters = product(context, first, second, indices, sizes, bits=bits)
    context.builder.bind(context.output(), layer, letters)


def _misfit(context: Context, first: Value, second: Value, expected: str) -> Exception:
    got = f"{list(first.sizes)} and {list(second.sizes)}"
    return context.node.error("its inputs do not fit", got=got, expected=expected)


def einsum(context: Context) -> None:
    """Einsum: products two by two from the left, each as above."""
    node = context.node
    operands = [context.operand(position) for position in range(len(context.inputs))]
    terms, result = _equation(context, operands)
    sizes: dict[str, int] = {}
    for value, written in zip(operands, terms, strict=True):
        for label, size in zip(written, value.sizes, strict=True):
            known = sizes.setdefault(label, size)
            if known == 1:
                sizes[label] = size
            elif size not in (1, known):
                raise node.error("sizes differ", got=f"{label}={size}", expected=f"{label}={known}")
    builder, output = context.builder, context.output()
    current, labels = operands[0], _indices(operands[0], terms[0], sizes)
    labels, current = _without_alone(context, current, labels, [*terms[1:], result])
    if len(operands) == 1:
        context.builder.tally(node, operands[0].count, "reduce")
        _finish(context, current, labels, result)
        return
    for position, value in enumerate(operands[1:], start=1):
        term = _indices(value, terms[position], sizes)
        later = [*terms[position + 1 :], result]
        term, value = _without_alone(context, value, term, [labels, *later])
        wanted = {label for each in later for label in each}
        made = list(dict.fromkeys(label for label in (*labels, *term) if label and label in wanted))
        last = position == len(operands) - 1
        if last:
            made = [label if label in made else "" for label in result]
        name = context.name if last else f"{context.name}.{position}"
        layer, letters = product(context, current, value, (labels, term, made), sizes, name=name)
        shape = tuple(sizes[label] if label else 1 for label in made)
        made_value = output if last else Value(name, shape, operands[0].data_type)
        if layer is None or made_value is None:
            return
        builder.bind(made_value, layer, letters)
        current, labels = made_value, made


def _finish(context: Context, value: Value, labels: Sequence[str], result: str) -> None:
    output = context.output()
    source = context.builder.source(value)
    if output is None or source is None or output.shape is None or output.count == 0:
        return
    letters = dict(zip(labels, value.letters or "K" * len(labels), strict=False))
    kept = "".join(letters.get(label, "K") for label in result)
    tensor = tensor_of(output.shape, kept)
    made = context.builder.operator(context.name, "reduce", (source,), tensor)
    context.builder.bind(output, made, kept)


def _without_alone(
    context: Context, value: Value, labels: list[str], others: Sequence[Sequence[str]]
) -> tuple[list[str], Value]:
    """A tensor summed over the indices that nothing else has; an index twice is its diagonal."""
    wanted = {label for each in others for label in each}
    kept: list[int] = []
    for axis, label in enumerate(labels):
        if label == "" or (label in wanted and label not in [labels[k] for k in kept]):
            kept.append(axis)
    if len(kept) == len(labels):
        return labels, value
    shape = tuple(value.sizes[axis] for axis in kept)
    reduced = Value(f"{value.name}.sum", shape, value.data_type, is_constant=value.is_constant)
    old = value.letters or "K" * len(labels)
    letters = "".join(old[axis] for axis in kept)
    source = None if value.is_constant else context.builder.source(value)
    if source is not None and reduced.count:
        made = context.builder.operator(
            f"{context.name}.sum", "reduce", (source,), tensor_of(shape, letters)
        )
        context.builder.bind(reduced, made, letters)
    return [labels[axis] for axis in kept], reduced


def _indices(value: Value, term: str, sizes: Mapping[str, int]) -> list[str]:
    """The indices of a tensor; an axis of size 1 that is broadcast is none."""
    return [
        "" if size == 1 and sizes[label] != 1 else label
        for label, size in zip(term, value.sizes, strict=True)
    ]


def _equation(context: Context, operands: Sequence[Value]) -> tuple[list[str], str]:
    """The indices of each operand and of the result, ellipses written out as capital Greek."""
    node = context.node
    text, problem = node.text("equation").replace(" ", ""), "the equation does not fit"
    left, arrow, right = text.partition("->")
    terms = left.split(",")
    if len(terms) != len(operands):
        raise node.error(problem, got=text, expected=f"{len(operands)} terms")
    pairs = list(zip(operands, terms, strict=True))
    left_out = [len(value.sizes) - len(term.replace("...", "")) for value, term in pairs]
    most = max((n for n, term in zip(left_out, terms, strict=True) if "..." in term), default=0)
    ellipsis = "".join(chr(0x391 + axis) for axis in range(max(most, 0)))
    written = []
    for (value, term), own in zip(pairs, left_out, strict=True):
        plain = term.replace("...", ellipsis[len(ellipsis) - own :] if own > 0 else "")
        if len(plain) != len(value.sizes):
            got = f"{term} for {list(value.sizes)}"
            raise node.error(problem, got, expected="a letter for each axis")
        written.append(plain)
    every = "".join(written)
    if arrow:
        result = right.replace("...", ellipsis)
        if len(set(result)) != len(result) or not set(result) <= set(every):
            raise node.error(problem, got=text, expected="each index once")
        return written, result
    once = sorted(x for x in set(every) if every.count(x) == 1 and x not in ellipsis)
    return written, ellipsis + "".join(once)
