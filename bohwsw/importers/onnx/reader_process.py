"""The process of ``isolated``: reads an ONNX file, or runs it for its shapes, within limits."""

from __future__ import annotations

import base64
import json
import pickle
import resource
import signal
import sys
from pathlib import Path
from typing import Any

import numpy as np

from bohwsw.importers.onnx.graph import import_here
from bohwsw.importers.onnx.node_view import watch_in
from bohwsw.importers.onnx.problems import OnnxError


def main() -> None:
    """Read a task from standard input, write what came of it to standard output."""
    task = json.load(sys.stdin)
    resource.setrlimit(resource.RLIMIT_DATA, (task["memory"], task["memory"]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_PROF, task["seconds"])
    if "place" in task:
        print(base64.b64encode(pickle.dumps(_read(task))).decode())
        return
    try:
        found = _run(task)
    except Exception as error:
        print(" ".join(str(error).split())[:500], file=sys.stderr)
        sys.exit(1)
    json.dump(found, sys.stdout)


def _read(task: dict[str, Any]) -> object:
    """What was imported, or an error as a dictionary."""
    watch_in(task["place"])
    try:
        return import_here(Path(task["path"]), task["bindings"], task["run"])
    except OnnxError as error:
        got = error.got if error.got is None or isinstance(error.got, str) else repr(error.got)
        keys = ("problem", "file", "key_path", "expected", "nearest")
        return {**{key: getattr(error, key) for key in keys}, "got": got}
    except MemoryError:
        problem = "takes too much memory"
        return {"problem": problem, "file": task["path"], "expected": f"{task['memory']} bytes"}


def _run(task: dict[str, Any]) -> dict[str, Any]:
    import onnx
    import onnxruntime  # type: ignore[import-untyped]

    path = Path(task["path"])
    model = onnx.load(path, load_external_data=False)
    known = {info.name for info in model.graph.output}
    for name in task["wanted"]:
        if name not in known:
            model.graph.output.append(onnx.helper.make_empty_tensor_value_info(name))
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    folder_key = "session.model_external_initializers_file_folder_path"
    options.add_session_config_entry(folder_key, str(path.resolve().parent))
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    draw = np.random.default_rng(0)
    feeds = {}
    names = {each.name for each in session.get_inputs()}
    for entry in task["inputs"]:
        if entry["name"] in names:
            array = _array(entry, draw, onnx)
            feeds[entry["name"]] = onnxruntime.OrtValue.ortvalue_from_numpy(array)
    outputs = [each.name for each in session.get_outputs()]
    values = session.run_with_ort_values(outputs, feeds)
    return {
        name: [value.shape(), value.element_type()]
        for name, value in zip(outputs, values, strict=True)
        if value.is_tensor()
    }


def _array(entry: dict[str, Any], draw: np.random.Generator, onnx: Any) -> np.ndarray[Any, Any]:
    """Zeros for whole numbers, which are indices; small numbers for others."""
    kind, shape = onnx.helper.tensor_dtype_to_np_dtype(entry["type"]), tuple(entry["shape"])
    if entry["values"] is not None:
        return np.array(entry["values"], kind).reshape(shape)
    if np.issubdtype(kind, np.floating):
        return draw.normal(size=shape).astype(kind)
    return np.zeros(shape, kind)


if __name__ == "__main__":
    main()
