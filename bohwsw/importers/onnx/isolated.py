"""An ONNX file in a process of its own: read, or run once for shapes that only a run shows.

The process has limits of time and memory: a file may crash or hang what is C++, or want all memory
there is, and costs a message and no more.
"""

from __future__ import annotations

import base64
import json
import pickle
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from bohwsw.execution import CommandError, exit_message, run_program
from bohwsw.importers.onnx.bindings import Binding
from bohwsw.importers.onnx.inference import Inferred
from bohwsw.importers.onnx.problems import OnnxError
from bohwsw.importers.onnx.value import Value

PROCESSOR_SECONDS = 8.0
"""For a file: many times what a real network takes, and an end to what does not end."""
MOST_SECONDS = 10**6
PATIENCE = 60
"""Seconds for each of these and one more, on a machine that has other things to do."""
MEMORY_BYTES = 1_600 * 2**20

RUN_SECONDS = 4.0
"""Of processor time for a run of a model, before its work."""
RUN_SECONDS_OF_GIGAMACS = 1.0
MOST_RUN_SECONDS = 60.0
RUN_PATIENCE = 15
RUN_MEMORY_BYTES = 1_400 * 2**20
"""Besides the weights of the model, which are held twice."""


def isolated(
    path: Path, bindings: Mapping[str, Binding], run: bool, seconds: float | None = None
) -> Any:
    """What ``graph.import_here`` returns, or raises, in another process."""
    seconds = min(seconds or PROCESSOR_SECONDS, MOST_SECONDS)
    with tempfile.NamedTemporaryFile() as place:
        given = {"path": str(path), "bindings": dict(bindings), "run": run, "place": place.name}
        given |= {"seconds": seconds, "memory": MEMORY_BYTES}
        try:
            done = _done(given, PATIENCE * (1 + seconds))
        except CommandError as error:
            raise OnnxError("takes too long", file=str(path), got=str(error)) from None
        if done.returncode != 0:
            node = place.read().decode(errors="replace").strip(" \0") or None
            raise _ended(done, seconds).within(file=str(path), key_path=node)
    result = pickle.loads(base64.b64decode(done.stdout))
    if isinstance(result, dict):
        raise OnnxError(result.pop("problem"), **result)
    return result


def measured_shapes(
    path: Path, inputs: Iterable[Value], wanted: Iterable[str], macs: int
) -> tuple[dict[str, Inferred], str]:
    """What tensors of the main graph are once onnxruntime has run a model, or why nothing is known.

    ``macs`` are those of the model as far as that is known, each loop run once.
    """
    if find_spec("onnxruntime") is None:
        return {}, "the package onnxruntime is not installed"
    seconds = min(RUN_SECONDS + RUN_SECONDS_OF_GIGAMACS * macs / 1e9, MOST_RUN_SECONDS)
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
        "memory": RUN_MEMORY_BYTES + 3 * path.stat().st_size,
    }
    try:
        done = _done(task, RUN_PATIENCE * seconds)
    except CommandError:
        return {}, too_long
    if done.returncode == -signal.SIGPROF:
        return {}, too_long
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines()
        return {}, lines[-1] if lines else f"onnxruntime ended with code {done.returncode}"
    found: dict[str, Any] = json.loads(done.stdout)
    return {name: Inferred(tuple(shape), kind) for name, (shape, kind) in found.items()}, ""


def _done(task: Mapping[str, Any], seconds: float) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-m", "bohwsw.importers.onnx.reader_process"]
    return run_program(command, Path.cwd(), seconds=seconds, stdin=json.dumps(task))


def _ended(done: subprocess.CompletedProcess[str], seconds: float) -> OnnxError:
    """Why there is no answer: a process ended early."""
    if done.returncode == -signal.SIGPROF:
        return OnnxError(
            "takes too long",
            got=f"more than {seconds:g} s of processor time",
            expected="a smaller file, or more time: bohwsw import FILE --seconds 600",
        )
    *_, last = ["", *done.stderr.strip().splitlines()]
    return OnnxError(
        "the onnx package cannot handle this",
        got=last if last and done.returncode > 0 else exit_message(done),
        expected="a file that onnx.checker accepts",
    )
