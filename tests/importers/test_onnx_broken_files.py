"""Broken and hostile ONNX files: one line each, soon, whatever is wrong with them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import onnx
import pytest
from broken_onnx import BROKEN
from onnx import ModelProto
from onnx_models import imported, info, model, node, weights

from bohwsw.errors import SpecError
from bohwsw.importers import OnnxError, import_onnx

MOST_SECONDS = 30
"""Ten on a machine of one's own; tests share theirs."""


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_ends_in_one_line(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "models"
    folder.mkdir()
    path = BROKEN[name](folder)
    start = time.perf_counter()
    with pytest.raises(OnnxError) as caught:
        import_onnx(path, isolate=False)
    message = str(caught.value)
    assert message.startswith(str(path))
    assert "\n" not in message
    assert caught.value.got is not None or caught.value.expected
    assert time.perf_counter() - start < MOST_SECONDS


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("truncated", "cut off"),
        ("cut_inside", "not an ONNX file; got the file is cut off: 1099511627776 bytes announced"),
        ("wrong_dims", "got 432 for sizes [400, 3, 3, 3]; expected 43200"),
        ("channels", "Conv 'conv': its channels do not fit; got 5 channels"),
        ("matrix_sizes", "MatMul 'product'"),
        ("cyclic", "Add 'one' -> Relu 'two' -> Add 'one'"),
        ("missing_tensor", "Add 'sum': it takes a tensor that nothing makes; got 'nowhere'"),
        ("huge_dims", "got 4611686018427387904 on axis 0; expected at most 2147483648"),
        ("external_escapes", "outside the model's folder; got '../secret.bin'"),
        ("external_link", "behind a link"),
        ("external_missing", "not there; got 'not-there.bin'"),
        ("endless_loop", "more work than 64-bit integers can count"),
        ("attribute_type", "strides is of another type; got STRING; expected INTS"),
        ("negative_strides", "strides is out of range; got [-1, -1]; expected 1 to 65536"),
        ("doubling_functions", "too many nodes, all functions written out"),
        ("forged_mark", "tensor 'w': external data without a place; got 9:abc"),
        ("operator_set", "opset_import '': no version of an operator set; got 4611686018427387904"),
        ("two_constants", "tensor 'w': a name stands twice"),
        ("expanded", "Expand 'wide': size of operator 'wide' is not valid; got 1000000000000"),
        ("scan_axis", "Scan 'scan': there is no such axis; got 9; expected -3 to 2"),
        ("unknown_operator", "MatMul [1]: the shape of what it takes is not known"),
    ],
)
def test_the_line_says_what_and_where(name: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    path = BROKEN[name](tmp_path / "models")
    with pytest.raises(OnnxError) as caught:
        import_onnx(path, isolate=False).network()
    assert words in str(caught.value)


def test_the_command_ends_with_code_2(tmp_path: Path) -> None:
    path = BROKEN["channels"](tmp_path)
    command = [sys.executable, "-m", "bohwsw.cli.app", "import", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"error: {path}: Conv 'conv'")


@pytest.mark.parametrize(
    ("proto", "label"),
    [
        (
            model([node("Split", "x", "a b c d", num_outputs=3)], [info("x", 7)], [info("a")],
                  opset=18),
            "Split [0]",
        ),
        (
            model([node("LayerNormalization", "x w", "y m", name="norm", axis=2**63 - 1)],
                  [info("x", 2, 3, 5)], [info("y")], [weights("w", 5)]),
            "LayerNormalization 'norm'",
        ),
    ],
)  # fmt: skip
def test_a_crash_of_shape_inference_is_a_line(
    proto: ModelProto, label: str, tmp_path: Path
) -> None:
    path = tmp_path / "crash.onnx"
    onnx.save(proto, path)
    with pytest.raises(OnnxError) as caught:
        import_onnx(path)
    assert str(caught.value).startswith(f"{path}: {label}: ")


def test_errors_are_the_same_in_a_process_of_their_own(tmp_path: Path) -> None:
    path = BROKEN["matrix_sizes"](tmp_path)
    messages = set()
    for isolate in (True, False):
        with pytest.raises(OnnxError) as caught:
            import_onnx(path, isolate=isolate)
        messages.add(str(caught.value))
    assert len(messages) == 1


def test_names_are_cut_in_messages(tmp_path: Path) -> None:
    nodes = [node("MatMul", "x w", "y", name="long\n" * 500)]
    with pytest.raises(OnnxError) as caught:
        imported(tmp_path, model(nodes, [info("x", 2, 5)], [info("y")], [weights("w", 4, 4)]))
    assert len(str(caught.value)) < 2_000
    assert "\n" not in str(caught.value)


def test_a_missing_extra_is_said(tmp_path: Path) -> None:
    path = BROKEN["channels"](tmp_path)
    code = (
        "import sys; sys.modules['onnx'] = None; sys.argv = ['bohwsw', 'import', sys.argv[1]]; "
        "from bohwsw.cli.app import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "pip install 'bohwsw[onnx]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "pipe.onnx"
    os.mkfifo(path)
    with pytest.raises(OnnxError, match="not a file"):
        import_onnx(path, isolate=False)


def test_a_file_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    path = BROKEN["matrix_sizes"](tmp_path)
    with pytest.raises(OnnxError, match=r"takes too long; got more than 0\.01 s.*--seconds"):
        import_onnx(path, seconds=0.01)
    with pytest.raises(SpecError, match="not a time-out"):
        import_onnx(path, seconds=0)
