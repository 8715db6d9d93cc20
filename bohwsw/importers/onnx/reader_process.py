"""The process of ``isolated``: reads one ONNX file, within limits."""

from __future__ import annotations

import base64
import json
import pickle
import resource
import sys
from pathlib import Path

from bohwsw.importers.onnx import watch
from bohwsw.importers.onnx.graph import import_here
from bohwsw.importers.onnx.problems import OnnxError

MEMORY_BYTES = 1_600 * 2**20


def main() -> None:
    """Read a task from standard input; print what was imported, or an error, as base64."""
    task = json.load(sys.stdin)
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    watch.start(task["place"], task["seconds"])
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
    print(base64.b64encode(pickle.dumps(result)).decode())


if __name__ == "__main__":
    main()
