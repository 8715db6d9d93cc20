"""Reading a file in a process of its own, which may crash, hang, or want all memory there is."""

from __future__ import annotations

import json
import pickle
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bohwsw.importers.onnx.bindings import Binding
from bohwsw.importers.onnx.problems import OnnxError

SECONDS = 600.0
"""For a file; a node has ``watch.SECONDS``."""


def isolated(path: Path, bindings: Mapping[str, Binding], run: bool) -> Any:
    """What ``graph.import_here`` returns, or raises, in another process."""
    with tempfile.NamedTemporaryFile() as place:
        task = {"path": str(path), "bindings": dict(bindings), "run": run, "place": place.name}
        try:
            done = subprocess.run(
                [sys.executable, "-m", "bohwsw.importers.onnx.reader_process"],
                input=json.dumps(task).encode(),
                capture_output=True,
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            got = f"no end after {SECONDS:g} s"
            raise OnnxError("takes too long", file=str(path), got=got) from None
        label = place.read().decode(errors="replace").strip()
    if done.returncode != 0:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        got = lines[-1] if lines else f"exit code {done.returncode}"
        if done.returncode < 0:
            got = f"signal {signal.Signals(-done.returncode).name}"
        raise OnnxError(
            "the onnx package cannot handle this",
            file=str(path),
            key_path=label or None,
            got=got,
            expected="a file that onnx.checker accepts",
        )
    result = pickle.loads(done.stdout)
    if isinstance(result, dict):
        raise OnnxError(result.pop("problem"), **result)
    return result
