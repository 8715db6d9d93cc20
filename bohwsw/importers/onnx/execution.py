"""Shapes that only a run shows: onnxruntime runs the model once, in a process of its own.

The process has limits of time and memory, so that a file that hangs or crashes onnxruntime costs a
message and no more.
"""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from bohwsw.execution import CommandError, run_program
from bohwsw.importers.onnx.inference import Inferred
from bohwsw.importers.onnx.value import Value

SECONDS = 4.0
"""Of processor time for a model, before its work."""
SECONDS_OF_GIGAMACS = 1.0
MOST_SECONDS = 60.0
PATIENCE = 15
"""Seconds for each of these, on a machine that has other things to do."""
MEMORY_BYTES = 1_400 * 2**20
"""Besides the weights of the model, which are held twice."""


def measured_shapes(
    path: Path, inputs: Iterable[Value], wanted: Iterable[str], macs: int
) -> tuple[dict[str, Inferred], str]:
    """Run a model and look at its tensors.

    Args:
        path: of the file.
        inputs: with their shapes.
        wanted: tensors of the main graph.
        macs: multiply-accumulates that it has as far as that is known, each loop run once.

    Returns:
        What was found, and the reason why that is nothing.
    """
    if find_spec("onnxruntime") is None:
        return {}, "the package onnxruntime is not installed"
    seconds = min(SECONDS + SECONDS_OF_GIGAMACS * macs / 1e9, MOST_SECONDS)
    too_long = f"onnxruntime took more than {seconds:.1f} s"
    task = {
        "seconds": seconds,
        "path": str(path),
        "inputs": [
            {
                "name": value.name,
                "shape": list(value.shape or ()),
                "type": value.data_type,
                "values": None if value.data is None else value.data.reshape(-1).tolist(),
            }
            for value in inputs
            if value.shape is not None
        ],
        "wanted": list(wanted),
        "memory": MEMORY_BYTES + 3 * path.stat().st_size,
    }
    command = [sys.executable, "-P", "-m", "bohwsw.importers.onnx.run_model"]
    try:
        done = run_program(command, Path.cwd(), seconds=PATIENCE * seconds, stdin=json.dumps(task))
    except CommandError:
        return {}, too_long
    if done.returncode == -signal.SIGPROF:
        return {}, too_long
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines()
        return {}, lines[-1] if lines else f"onnxruntime ended with code {done.returncode}"
    found: dict[str, Any] = json.loads(done.stdout)
    return {name: Inferred(tuple(shape), kind) for name, (shape, kind) in found.items()}, ""
