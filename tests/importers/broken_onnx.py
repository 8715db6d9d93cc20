"""Files that are broken, or made to do harm; each function writes one into a folder."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from onnx import AttributeProto, ModelProto, NodeProto, TensorProto, helper, numpy_helper
from onnx_models import INT64, graph, info, model, node, weights

Writer = Callable[[Path], Path]
BROKEN: dict[str, Writer] = {}


def broken(function: Callable[[Path], Any]) -> Callable[[Path], Any]:
    """Enter a function into the table; what it returns is written to a file."""

    def write(folder: Path) -> Path:
        made = function(folder)
        path = folder / f"{function.__name__}.onnx"
        if isinstance(made, ModelProto):
            made = made.SerializeToString()
        if isinstance(made, bytes):
            path.write_bytes(made)
            return path
        assert isinstance(made, Path)
        return made

    BROKEN[function.__name__] = write
    return function


def _conv(**attributes: Any) -> ModelProto:
    nodes = [node("Conv", "x w", "y", name="conv", **attributes)]
    return model(nodes, [info("x", 1, 3, 8, 8)], [info("y")], [weights("w", 4, 3, 3, 3)])


@broken
def missing(folder: Path) -> Path:
    return folder / "there-is-none.onnx"


@broken
def a_folder(folder: Path) -> Path:
    path = folder / "folder.onnx"
    path.mkdir()
    return path


@broken
def empty(folder: Path) -> bytes:
    return b""


@broken
def text(folder: Path) -> bytes:
    return b"layers:\n  - {name: conv, K: 4}\n" * 10


@broken
def random_bytes(folder: Path) -> bytes:
    return random.Random(0).randbytes(100_000)


@broken
def truncated(folder: Path) -> bytes:
    large = model(
        [node("Conv", "x w", "y")],
        [info("x", 1, 64, 8, 8)],
        [info("y")],
        [weights("w", 64, 64, 9, 9)],
    )
    return large.SerializeToString()[:-200_000]


@broken
def truncated_small(folder: Path) -> bytes:
    return _conv().SerializeToString()[:-7]


@broken
def no_graph(folder: Path) -> ModelProto:
    return ModelProto(ir_version=8)


@broken
def nested_messages(folder: Path) -> bytes:
    """A graph in an attribute in a node in a graph, 5,000 deep."""
    inner = b""
    for _ in range(5_000):
        for field in (6, 5, 1):
            inner = bytes([field << 3 | 2]) + _varint(len(inner)) + inner
    return bytes([7 << 3 | 2]) + _varint(len(inner)) + inner


def _varint(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


@broken
def announced_length(folder: Path) -> bytes:
    return bytes([7 << 3 | 2]) + _varint(2**62) + b"abc"


@broken
def wrong_dims(folder: Path) -> ModelProto:
    made = _conv()
    made.graph.initializer[0].dims[0] = 400
    return made


@broken
def negative_dims(folder: Path) -> ModelProto:
    made = _conv()
    made.graph.initializer[0].dims[0] = -4
    return made


@broken
def channels(folder: Path) -> ModelProto:
    nodes = [node("Conv", "x w", "y", name="conv")]
    return model(nodes, [info("x", 1, 5, 8, 8)], [info("y")], [weights("w", 4, 3, 3, 3)])


@broken
def matrix_sizes(folder: Path) -> ModelProto:
    nodes = [node("MatMul", "x w", "y", name="product")]
    return model(nodes, [info("x", 7, 5)], [info("y")], [weights("w", 6, 4)])


@broken
def cyclic(folder: Path) -> ModelProto:
    nodes = [node("Add", "x b", "a", name="one"), node("Relu", "a", "b", name="two")]
    return model(nodes, [info("x", 1, 4)], [info("b")])


@broken
def missing_tensor(folder: Path) -> ModelProto:
    return model([node("Add", "x nowhere", "y", name="sum")], [info("x", 1, 4)], [info("y")])


@broken
def missing_output(folder: Path) -> ModelProto:
    return model([node("Relu", "x", "y")], [info("x", 1, 4)], [info("z")])


@broken
def made_twice(folder: Path) -> ModelProto:
    nodes = [node("Relu", "x", "y"), node("Tanh", "x", "y")]
    return model(nodes, [info("x", 1, 4)], [info("y")])


@broken
def huge_dims(folder: Path) -> ModelProto:
    return model([node("MatMul", "x x", "y")], [info("x", 2**62, 2**62)], [info("y")])


@broken
def huge_bound(folder: Path) -> ModelProto:
    x, shape = info("x", 4), numpy_helper.from_array(np.array([2**62, 4]), "shape")
    return model([node("Expand", "x shape", "y", name="wide")], [x], [info("y")], [shape])


@broken
def huge_range(folder: Path) -> ModelProto:
    parts = [numpy_helper.from_array(np.array(v), n) for n, v in (("a", 0), ("b", 2**60), ("c", 1))]
    nodes = [node("Range", "a b c", "r"), node("Add", "r x", "y")]
    return model(nodes, [info("x", 1, data_type=INT64)], [info("y", data_type=INT64)], parts)


@broken
def external_escapes(folder: Path) -> ModelProto:
    (folder.parent / "secret.bin").write_bytes(bytes(4 * 108))
    return _external("../secret.bin")


@broken
def external_absolute(folder: Path) -> ModelProto:
    return _external("/etc/passwd")


@broken
def external_link(folder: Path) -> ModelProto:
    (folder.parent / "linked.bin").write_bytes(bytes(4 * 108))
    (folder / "link.bin").symlink_to(folder.parent / "linked.bin")
    return _external("link.bin")


@broken
def external_missing(folder: Path) -> ModelProto:
    return _external("not-there.bin")


@broken
def external_short(folder: Path) -> ModelProto:
    (folder / "short.bin").write_bytes(bytes(10))
    return _external("short.bin")


@broken
def external_offset(folder: Path) -> ModelProto:
    (folder / "offset.bin").write_bytes(bytes(4 * 108))
    return _external("offset.bin", offset="-5")


def _external(location: str, **more: str) -> ModelProto:
    made = _conv()
    tensor = made.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in {"location": location, **more}.items():
        tensor.external_data.add(key=key, value=value)
    return made


@broken
def deep_ifs(folder: Path) -> ModelProto:
    """Branches in branches, both ways twelve deep and then one way, a mistake in the middle."""
    leaf = graph([node("Add", "x nowhere", "o")], [], [info("o", 1, 4)])
    plain = graph([node("Identity", "x", "o")], [], [info("o", 1, 4)])
    for level in range(28):
        name = f"o{level}"
        branches = {"then_branch": leaf, "else_branch": leaf if level < 12 else plain}
        leaf = graph([node("If", "c", name, **branches)], [], [info(name, 1, 4)])
        plain = graph([node("Add", "x nowhere", "o")], [], [info("o", 1, 4)])
    return model(
        [*leaf.node, node("MatMul", "o27 w", "y")],
        [info("x", 1, 4), info("c", data_type=TensorProto.BOOL)],
        [info("y")],
        [weights("w", 4, 4)],
    )


@broken
def endless_loop(folder: Path) -> ModelProto:
    """A trip count of 2^60 around a matrix product."""
    body = helper.make_graph(
        [node("Identity", "go", "more"), node("MatMul", "state w", "next", name="step")],
        "body",
        [info("i", data_type=INT64), info("go", data_type=TensorProto.BOOL), info("state", 4, 4)],
        [info("more", data_type=TensorProto.BOOL), info("next", 4, 4)],
    )
    trips = numpy_helper.from_array(np.array(2**60), "trips")
    go = numpy_helper.from_array(np.array(True), "yes")
    nodes = [node("Loop", "trips yes x", "y", name="loop", body=body)]
    return model(nodes, [info("x", 4, 4)], [info("y")], [trips, go, weights("w", 4, 4)])


@broken
def attribute_type(folder: Path) -> ModelProto:
    made = _conv()
    made.graph.node[0].attribute.append(helper.make_attribute("strides", "two"))
    return made


@broken
def attribute_kind(folder: Path) -> ModelProto:
    made = model([node("Flatten", "x", "y", name="flat")], [info("x", 2, 3)], [info("y")])
    made.graph.node[0].attribute.append(AttributeProto(name="axis", type=1, f=1.0))
    return made


@broken
def negative_strides(folder: Path) -> ModelProto:
    return _conv(strides=[-1, -1])


@broken
def zero_strides(folder: Path) -> ModelProto:
    return _conv(strides=[0, 1])


@broken
def zero_group(folder: Path) -> ModelProto:
    return _conv(group=0)


@broken
def odd_group(folder: Path) -> ModelProto:
    return _conv(group=2)


@broken
def kernel_shape(folder: Path) -> ModelProto:
    return _conv(kernel_shape=[5, 5])


@broken
def kernel_too_large(folder: Path) -> ModelProto:
    nodes = [node("Conv", "x w", "y", name="conv")]
    return model(nodes, [info("x", 1, 3, 2, 2)], [info("y")], [weights("w", 4, 3, 9, 9)])


@broken
def three_strides(folder: Path) -> ModelProto:
    return _conv(strides=[1, 1, 1])


@broken
def strings(folder: Path) -> ModelProto:
    text = helper.make_tensor("w", TensorProto.STRING, [5, 4], [b"word"] * 20)
    return model([node("MatMul", "x w", "y", name="words")], [info("x", 2, 5)], [info("y")], [text])


@broken
def unknown_type(folder: Path) -> ModelProto:
    made = _conv()
    made.graph.initializer[0].data_type = 99
    return made


@broken
def unknown_operator(folder: Path) -> ModelProto:
    nodes = [NodeProto(op_type="Frob", input=["x"], output=["a"]), node("MatMul", "a w", "y")]
    return model(nodes, [info("x", 2, 5)], [info("y")], [weights("w", 5, 4)])


@broken
def no_inputs(folder: Path) -> ModelProto:
    return model([node("MatMul", "", "y", name="none")], [info("x", 2, 5)], [info("y")])


@broken
def recursive_function(folder: Path) -> ModelProto:
    made = model([node("F", "x", "y", domain="own")], [info("x", 2, 5)], [info("y")])
    imports = [helper.make_opsetid("own", 1)]
    call = [node("F", "a", "b", domain="own")]
    made.functions.append(helper.make_function("own", "F", ["a"], ["b"], call, imports))
    return made


@broken
def doubling_functions(folder: Path) -> ModelProto:
    """Forty functions, each of which calls the next one twice."""
    made = model([node("F0", "x", "y", domain="own")], [info("x", 2, 5)], [info("y")])
    imports = [helper.make_opsetid("own", 1), helper.make_opsetid("", 17)]
    for level in range(40):
        calls = [node(f"F{level + 1}", "a", "m", domain="own")]
        calls.append(node(f"F{level + 1}", "m", "b", domain="own"))
        if level == 39:
            calls = [node("Relu", "a", "b")]
        made.functions.append(
            helper.make_function("own", f"F{level}", ["a"], ["b"], calls, imports)
        )
    return made


@broken
def lstm_sizes(folder: Path) -> ModelProto:
    parts = [weights("w", 1, 64, 10), weights("r", 1, 64, 12)]
    nodes = [node("LSTM", "x w r", "y", name="lstm", hidden_size=16)]
    return model(nodes, [info("x", 5, 1, 10)], [info("y")], parts)


@broken
def einsum_equation(folder: Path) -> ModelProto:
    nodes = [node("Einsum", "x w", "y", name="sum", equation="ij,->->k")]
    return model(nodes, [info("x", 2, 5)], [info("y")], [weights("w", 5, 4)])


@broken
def permutation(folder: Path) -> ModelProto:
    nodes = [node("Transpose", "x", "t", perm=[7, 7]), node("MatMul", "t w", "y")]
    return model(nodes, [info("x", 2, 5)], [info("y")], [weights("w", 2, 4)])


@broken
def attention_heads(folder: Path) -> ModelProto:
    nodes = [node("Attention", "x w", "y", name="a", domain="com.microsoft", num_heads=7)]
    return model(nodes, [info("x", 1, 8, 64)], [info("y")], [weights("w", 64, 192)])


@broken
def forged_mark(folder: Path) -> ModelProto:
    """The mark of values that were left out, in the file itself."""
    made = _conv()
    tensor = made.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.external_data.add(key="left out", value="9:abc")
    return made


@broken
def external_long_name(folder: Path) -> ModelProto:
    return _external("a" * 5000)


@broken
def operator_set(folder: Path) -> ModelProto:
    made = _conv()
    made.opset_import[0].version = 2**62
    return made


@broken
def two_constants(folder: Path) -> ModelProto:
    made = _conv()
    made.graph.initializer.append(made.graph.initializer[0])
    return made


@broken
def no_operator(folder: Path) -> ModelProto:
    made = _conv()
    made.graph.node[0].op_type = ""
    return made


@broken
def padding_kind(folder: Path) -> ModelProto:
    return _conv(auto_pad="WHAT")


@broken
def expanded(folder: Path) -> ModelProto:
    x, shape = info("x", 4), numpy_helper.from_array(np.array([10**12, 4]), "shape")
    return model([node("Expand", "x shape", "y", name="wide")], [x], [info("y")], [shape])


@broken
def scan_axis(folder: Path) -> ModelProto:
    body = graph([node("MatMul", "s w", "t")], [info("s")], [info("t")])
    attributes = {"body": body, "num_scan_inputs": 1, "scan_input_axes": [9]}
    nodes = [node("Scan", "x", "y", name="scan", **attributes)]
    return model(nodes, [info("x", 7, 2, 4)], [info("y")], [weights("w", 4, 4)])


@broken
def lstm_direction(folder: Path) -> ModelProto:
    parts = [weights("w", 1, 64, 10), weights("r", 1, 64, 16)]
    nodes = [node("LSTM", "x w r", "y", name="lstm", hidden_size=16, direction="bidirectional")]
    return model(nodes, [info("x", 5, 1, 10)], [info("y")], parts)


@broken
def cut_inside(folder: Path) -> bytes:
    """A large node that announces more than there is, in a graph that does not."""
    node_ = bytes([1 << 3 | 2]) + _varint(2**40) + bytes(100_000)
    inner = bytes([1 << 3 | 2]) + _varint(len(node_)) + node_
    return bytes([7 << 3 | 2]) + _varint(len(inner)) + inner


@broken
def zeros(folder: Path) -> Path:
    """A file of fields, and nothing else: 50 GB that take no room on a disk."""
    path = folder / "zeros.onnx"
    with path.open("wb") as file:
        file.truncate(50 * 2**30)
    return path
