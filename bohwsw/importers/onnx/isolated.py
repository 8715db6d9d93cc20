"""Reading a file in a process of its own, which may crash, hang, or want all memory there is."""

from __future__ import annotations

import json
import pickle
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bohwsw.importers.onnx import watch
from bohwsw.importers.onnx.bindings import Binding
from bohwsw.importers.onnx.problems import OnnxError

SECONDS = 600.0
"""For a file; a node has ``watch.SECONDS``."""
MEMORY_BYTES = 1_600 * 2**20


def isolated(path: Path, bindings: Mapping[str, Binding], run: bool) -> Any:
    """What ``graph.import_here`` returns, or raises, in another process.

    Raises:
        OnnxError: as there; or the process crashed, or took too long.
    """
    with tempfile.NamedTemporaryFile() as place:
        task = {"path": str(path), "bindings": dict(bindings), "run": run, "place": place.name}
        try:
            done = subprocess.run(
                [sys.executable, "-m", "bohwsw.importers.onnx.isolated"],
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


def main() -> None:
    """Read a task from standard input; write what was imported, or the parts of an error."""
    from bohwsw.importers.onnx.graph import import_here

    task = json.load(sys.stdin)
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    watch.start(task["place"])
    result: object
    try:
        result = import_here(Path(task["path"]), task["bindings"], task["run"])
    except OnnxError as error:
        got = error.got if error.got is None or isinstance(error.got, str) else repr(error.got)
        keys = ("problem", "file", "key_path", "expected", "nearest")
        result = {**{key: getattr(error, key) for key in keys}, "got": got}
    except MemoryError:
        problem = "takes too much memory"
        result = {"problem": problem, "file": task["path"], "expected": f"{MEMORY_BYTES} bytes"}
    sys.stdout.buffer.write(pickle.dumps(result))


if __name__ == "__main__":
    main()
