"""Reading a file in a process of its own, which may crash, hang, or want all memory there is."""

from __future__ import annotations

import base64
import json
import pickle
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bohwsw.execution import CommandError, exit_message, run_program
from bohwsw.importers.onnx.bindings import Binding
from bohwsw.importers.onnx.problems import OnnxError

PROCESSOR_SECONDS = 8.0
"""For a file: many times what a real network takes, and an end to what does not end."""
MOST_SECONDS = 10**6
PATIENCE = 60
"""Seconds for each of these and one more, on a machine that has other things to do."""


def isolated(
    path: Path, bindings: Mapping[str, Binding], run: bool, seconds: float | None = None
) -> Any:
    """What ``graph.import_here`` returns, or raises, in another process."""
    seconds = min(seconds or PROCESSOR_SECONDS, MOST_SECONDS)
    command = [sys.executable, "-P", "-m", "bohwsw.importers.onnx.reader_process"]
    with tempfile.NamedTemporaryFile() as place:
        given = {"path": str(path), "bindings": dict(bindings), "run": run, "place": place.name}
        task = json.dumps(given | {"seconds": seconds})
        try:
            done = run_program(command, Path.cwd(), seconds=PATIENCE * (1 + seconds), stdin=task)
        except CommandError as error:
            raise OnnxError("takes too long", file=str(path), got=str(error)) from None
        if done.returncode != 0:
            node = place.read().decode(errors="replace").strip(" \0") or None
            raise _ended(done, seconds).within(file=str(path), key_path=node)
    result = pickle.loads(base64.b64decode(done.stdout))
    if isinstance(result, dict):
        raise OnnxError(result.pop("problem"), **result)
    return result


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
