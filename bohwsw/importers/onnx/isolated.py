"""Reading a file in a process of its own, which may crash, hang, or want all memory there is."""

from __future__ import annotations

import base64
import json
import pickle
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bohwsw.execution import CommandError, exit_message, run_program
from bohwsw.importers.onnx.bindings import Binding
from bohwsw.importers.onnx.problems import OnnxError

SECONDS = 600.0
"""For a file; a node has ``watch.SECONDS``."""


def isolated(path: Path, bindings: Mapping[str, Binding], run: bool) -> Any:
    """What ``graph.import_here`` returns, or raises, in another process."""
    command = [sys.executable, "-P", "-m", "bohwsw.importers.onnx.reader_process"]
    with tempfile.NamedTemporaryFile() as place:
        given = {"path": str(path), "bindings": dict(bindings), "run": run, "place": place.name}
        try:
            done = run_program(command, Path.cwd(), seconds=SECONDS, stdin=json.dumps(given))
        except CommandError as error:
            raise OnnxError("takes too long", file=str(path), got=str(error)) from None
        if done.returncode != 0:
            *_, last = ["", *done.stderr.strip().splitlines()]
            raise OnnxError(
                "the onnx package cannot handle this",
                file=str(path),
                key_path=place.read().decode(errors="replace").strip() or None,
                got=last if last and done.returncode > 0 else exit_message(done),
                expected="a file that onnx.checker accepts",
            )
    result = pickle.loads(base64.b64decode(done.stdout))
    if isinstance(result, dict):
        raise OnnxError(result.pop("problem"), **result)
    return result
