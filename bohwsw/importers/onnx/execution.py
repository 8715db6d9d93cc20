"""Shapes that only a run shows: onnxruntime runs the model once, in a process of its own.

The process has limits of time and memory, so that a file that hangs or crashes onnxruntime costs a
message and no more.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from bohwsw.execution import CommandError, run_program
from bohwsw.importers.onnx.inference import Inferred
from bohwsw.importers.onnx.value import Value

SECONDS = 60.0
"""For a model whose shapes depend on values."""
SECONDS_IF_BROKEN = 4.0
"""For a model that shape inference refuses."""
MEMORY_BYTES = 1_400 * 2**20
"""Besides the weights of the model, which are held twice."""


def measured_shapes(
    path: Path, inputs: Iterable[Value], wanted: Iterable[str], seconds: float
) -> tuple[dict[str, Inferred], str]:
    """Run a model and look at its tensors.

    Args:
        path: of the file.
        inputs: with their shapes.
        wanted: tensors of the main graph.
        seconds: after which the run is given up.

    Returns:
        What was found, and the reason why that is nothing.
    """
    if find_spec("onnxruntime") is None:
        return {}, "the package onnxruntime is not installed"
    task = {
        "path": str(path),
        "inputs": [
            {
                "name": value.name,
                "shape": list(value.shape or ()),
                "type": value.data_type,
                "value": None if value.data is None else value.data.reshape(-1)[0].item(),
            }
            for value in inputs
            if value.shape is not None
        ],
        "wanted": list(wanted),
        "memory": MEMORY_BYTES + 3 * path.stat().st_size,
    }
    command = [sys.executable, "-P", "-m", "bohwsw.importers.onnx.run_model"]
    try:
        done = run_program(command, Path.cwd(), seconds=seconds, stdin=json.dumps(task))
    except CommandError:
        return {}, f"onnxruntime took more than {seconds:g} s"
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines()
        return {}, lines[-1] if lines else f"onnxruntime ended with code {done.returncode}"
    found: dict[str, Any] = json.loads(done.stdout)
    return {name: Inferred(tuple(shape), kind) for name, (shape, kind) in found.items()}, ""
