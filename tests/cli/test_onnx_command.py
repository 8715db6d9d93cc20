"""``bohwsw import`` of ONNX files, and ``--model`` with one."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from typer.testing import CliRunner

from bohwsw.cli.app import app
from bohwsw.importers import import_onnx
from bohwsw.workload import load_network


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Two products with an open size, and a sort that nothing is known of."""
    w = [
        numpy_helper.from_array(np.zeros(s, np.float32), n)
        for n, s in (("w", (5, 4)), ("v", (4, 3)))
    ]
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["a"], name="first"),
        helper.make_node("TopK", ["a", "four"], ["b", "i"], name="sort"),
        helper.make_node("MatMul", ["b", "v"], ["y"], name="second"),
    ]
    w.append(numpy_helper.from_array(np.array([4]), "four"))
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["rows", 5])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    path = tmp_path / "two.onnx"
    onnx.save(helper.make_model(helper.make_graph(nodes, "g", [x], [y], w)), path)
    return path


def run(*arguments: object, code: int = 0) -> str:
    done = CliRunner().invoke(app, [str(each) for each in arguments])
    assert done.exit_code == code, done.output
    return done.stderr if code else done.stdout


def test_json_is_one_object(file: Path) -> None:
    data = json.loads(run("import", file, "--bind", "rows=7", "--json"))
    assert data["macs"] == 7 * (5 * 4 + 4 * 3)
    assert [(x["name"], x["op"], x["macs"]) for x in data["layers"]] == [
        ("first", "MatMul", 140),
        ("second", "MatMul", 84),
    ]
    assert data["bindings"] == {"rows": 7}
    (row,) = data["not_modelled"]
    assert (row["op"], row["count"]) == ("TopK", 1)
    assert 0 < row["share_of_operations"] < 1


def test_the_model_file_is_the_network(file: Path, tmp_path: Path) -> None:
    out = tmp_path / "model.yaml"
    text = run("import", file, "--bind", "rows=7", "--out", out)
    assert "not modelled: TopK, 1 times" in text
    assert load_network(out) == import_onnx(file, {"rows": 7}).network()


def test_open_sizes_end_in_one_line(file: Path) -> None:
    (line,) = run("import", file, code=2).splitlines()
    assert "rows (axis 0 of x)" in line
    assert "--bind rows=1" in line
    (line,) = run("import", file, "--bind", "row=1", code=2).splitlines()
    assert "nearest rows" in line


def test_an_onnx_file_is_a_model(file: Path) -> None:
    data = json.loads(run("map", "--model", file, "--bind", "rows=7", "--seconds", "20", "--json"))
    assert [layer["name"] for layer in data["layers"]] == ["first", "second"]
    run("map", "--model", file, "--bind", "rows=7", "--knob", "width=2", code=2)
    run("map", "--model", "dqn", "--bind", "rows=7", code=2)
    run("codesign", "--model", file, "--model", "dqn", "--bind", "rosw=7", code=2)


def test_a_model_file_may_count_padding(tmp_path: Path) -> None:
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 2, 8, 9])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    w = numpy_helper.from_array(np.zeros((3, 2, 3, 3), np.float32), "w")
    conv = helper.make_node("Conv", ["x", "w"], ["y"], name="conv", pads=[1, 1, 1, 1])
    file = tmp_path / "conv.onnx"
    onnx.save(helper.make_model(helper.make_graph([conv], "g", [x], [y], [w])), file)
    plain, padded = tmp_path / "plain.yaml", tmp_path / "padded.yaml"
    run("import", file, "--out", plain)
    run("import", file, "--out", padded, "--with-padding")
    (one,), (other,) = (load_network(path).unique_layers() for path in (plain, padded))
    assert (one.layer.input_extents, other.layer.input_extents) == ((9, 8), (11, 10))
    assert load_network(plain).with_padding() == replace(load_network(padded), name="conv")
