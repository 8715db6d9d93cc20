"""Multiply-accumulates of an ONNX model as onnxruntime runs it; shares no code with the importer.

onnxruntime is asked to profile one run. The profile has an entry for each kernel that ran, inside
branches and loops too, with the shapes that it took and made; from these alone, and the equation
of an Einsum, follows the work of each.
"""

from __future__ import annotations

import json
import math
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime  # type: ignore[import-untyped]

Shape = list[int]
Feeds = Mapping[str, np.ndarray[Any, Any]]


def macs_by_op(path: Path, feeds: Feeds) -> Counter[str]:
    """Multiply-accumulates of one run, by operator; without what is counted nowhere.

    Args:
        path: of the model.
        feeds: its inputs.
    """
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.add_session_config_entry("session.disable_prepacking", "1")  # keeps weights' shapes
    options.enable_profiling = True
    options.log_severity_level = 4
    with tempfile.TemporaryDirectory() as folder:
        options.profile_file_prefix = str(Path(folder) / "run")
        session = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )
        session.run(None, dict(feeds))
        events = json.loads(Path(session.end_profiling()).read_text())
    equations = _equations(onnx.load(path, load_external_data=False).graph)
    counts: Counter[str] = Counter()
    for event in events:
        arguments = event.get("args", {})
        if event.get("cat") != "Node" or "input_type_shape" not in arguments:
            continue
        taken, made = (
            [next(iter(entry.values())) for entry in arguments[key]]
            for key in ("input_type_shape", "output_type_shape")
        )
        op = arguments["op_name"]
        equation = equations.get(event["name"].removesuffix("_kernel_time"), "")
        if (macs := kernel_macs(op, taken, made, equation)) is not None:
            counts[op] += macs
    return counts


def kernel_macs(
    op: str, taken: Sequence[Shape], made: Sequence[Shape], equation: str = ""
) -> int | None:
    """Multiply-accumulates of a kernel from its shapes, None of one that has none."""
    if op in ("Conv", "ConvInteger", "FusedConv"):
        return math.prod(made[0]) * math.prod(taken[1][1:])
    if op == "QLinearConv":
        return math.prod(made[0]) * math.prod(taken[3][1:])
    if op == "ConvTranspose":
        return math.prod(taken[0]) * math.prod(taken[1][1:])
    if op in ("Gemm", "FusedGemm", "QGemm"):
        return made[0][1] * math.prod(taken[0])
    if op in ("MatMul", "MatMulInteger", "QLinearMatMul", "FusedMatMul", "MatMulIntegerToFloat"):
        return math.prod(made[0]) * taken[0][-1]
    if op in ("LSTM", "GRU", "RNN"):
        (directions, wide, width), hidden = taken[1], taken[2][2]
        return directions * taken[0][0] * taken[0][1] * wide * (width + hidden)
    if op == "DynamicQuantizeLSTM":
        (directions, width, wide), hidden = taken[1], taken[2][1]
        return directions * taken[0][0] * taken[0][1] * wide * (width + hidden)
    if op == "Einsum" and len(taken) == 2:
        terms = equation.replace(" ", "").split("->")[0].split(",")
        sizes: dict[str, int] = {}
        for term, shape in zip(terms, taken, strict=True):
            for letter, size in zip(term, shape, strict=True):
                sizes[letter] = max(size, sizes.get(letter, 1))
        return math.prod(sizes.values())
    return None


def _equations(graph: Any) -> dict[str, str]:
    found = {}
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.name == "equation":
                found[node.name] = attribute.s.decode()
    return found


def feeds_for(path: Path, sizes: Mapping[str, int]) -> dict[str, np.ndarray[Any, Any]]:
    """Inputs of a model with these sizes for what it leaves open, and values of scalars.

    Args:
        path: of the model.
        sizes: by name; an axis without one is called ``input[axis]``.
    """
    graph = onnx.load(path, load_external_data=False).graph
    constants = {tensor.name for tensor in graph.initializer}
    draw, feeds = np.random.default_rng(0), {}
    for info in graph.input:
        if info.name in constants:
            continue
        type_ = info.type.tensor_type
        shape = [
            dim.dim_value
            if dim.HasField("dim_value") and dim.dim_value >= 0
            else sizes.get(dim.dim_param, sizes.get(f"{info.name}[{axis}]", 1))
            for axis, dim in enumerate(type_.shape.dim)
        ]
        kind = onnx.helper.tensor_dtype_to_np_dtype(type_.elem_type)
        if info.name in sizes:
            feeds[info.name] = np.full(shape, sizes[info.name], kind)
        elif np.issubdtype(kind, np.floating):
            feeds[info.name] = draw.normal(size=shape).astype(kind)
        else:
            feeds[info.name] = np.zeros(shape, kind)
    return feeds
