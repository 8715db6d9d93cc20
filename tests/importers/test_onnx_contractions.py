"""Contractions of ONNX files: sizes of the layers, and totals held against a run of the model."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import ModelProto, TensorProto
from onnx_models import INT64, constant, imported, info, model, node, weights

from benchmarks.onnx_import.counter import feeds_for, macs_by_op
from bohwsw.importers import import_onnx, onnx_summary
from bohwsw.workload import CountedLayer, network_data, network_from_dict

MS = "com.microsoft"


def layers(folder: Path, proto: ModelProto, **sizes: Any) -> list[CountedLayer]:
    """The layers of a model; it is also run, and written as a model file and read back."""
    made = imported(folder, proto, **sizes)
    network = made.network()
    assert network_from_dict(network_data(network)) == network
    assert onnx_summary(made)["not_modelled"] == []
    assert sum(row["macs"] for row in onnx_summary(made)["layers"]) == made.macs == network.macs
    return [entry for entry in network.nodes if isinstance(entry, CountedLayer)]


def run(folder: Path, **sizes: int) -> int:
    """What onnxruntime does in a run of the last model."""
    path = folder / "model.onnx"
    return macs_by_op(path, feeds_for(path, sizes)).total()


def sizes(entry: CountedLayer) -> str:
    """Sizes above 1, with strides and dilations."""
    found = {dim: size for dim, size in entry.layer.sizes.items() if size > 1}
    for key in ("stride_w", "stride_h", "dilation_w", "dilation_h"):
        if getattr(entry.layer, key) > 1:
            found[key] = getattr(entry.layer, key)
    return " ".join(f"{key}={value}" for key, value in found.items())


def single(op: str, x: tuple[int, ...], w: tuple[int, ...], **attributes: Any) -> ModelProto:
    """One node that takes a tensor and weights."""
    return model(
        [node(op, "x w", "y", name="n", **attributes)],
        [info("x", *x)],
        [info("y")],
        [weights("w", *w)],
    )


@pytest.mark.parametrize(
    ("proto", "width", "height"),
    [
        (single("Conv", (1, 3, 9, 12), (8, 3, 3, 3), pads=[1, 1, 1, 1]), 12, 9),
        (single("Conv", (1, 3, 9, 12), (8, 3, 3, 3), pads=[0, 2, 0, 1]), 12, None),
        (single("Conv", (1, 3, 9, 12), (8, 3, 3, 3)), None, None),
        (single("Conv", (1, 3, 9, 9), (8, 3, 1, 1), strides=[2, 2]), None, None),
        (single("Conv", (1, 6, 7), (8, 6, 1), pads=[1, 1]), 7, None),
        (single("Conv", (1, 3, 8, 8), (8, 3, 3, 3), pads=[5, 5, 5, 5]), 8, 8),
        (single("ConvTranspose", (1, 3, 8, 8), (3, 8, 4, 4), strides=[2, 2]), 8, 8),
    ],
)
def test_inputs_are_counted_without_padding(
    tmp_path: Path, proto: ModelProto, width: int | None, height: int | None
) -> None:
    (entry,) = layers(tmp_path, proto)
    assert (entry.layer.input_width, entry.layer.input_height) == (width, height)
    (row,) = onnx_summary(imported(tmp_path, proto))["layers"]
    given = [d.dim_value for d in proto.graph.input[0].type.tensor_type.shape.dim]
    assert row["input_words"] == math.prod(given)


@pytest.mark.parametrize(
    ("proto", "expected"),
    [
        (single("Conv", (2, 3, 9, 12), (8, 3, 3, 5)), "N=2 K=8 C=3 P=8 Q=7 R=5 S=3"),
        (
            single("Conv", (1, 3, 9, 12), (8, 3, 3, 3), pads=[1, 1, 1, 1], strides=[2, 3]),
            "K=8 C=3 P=4 Q=5 R=3 S=3 stride_w=3 stride_h=2",
        ),
        (
            single("Conv", (1, 3, 20, 20), (8, 3, 3, 3), dilations=[3, 2]),
            "K=8 C=3 P=16 Q=14 R=3 S=3 dilation_w=2 dilation_h=3",
        ),
        (
            single("Conv", (1, 3, 20, 21), (8, 3, 3, 3), strides=[2, 2], auto_pad="SAME_UPPER"),
            "K=8 C=3 P=11 Q=10 R=3 S=3 stride_w=2 stride_h=2",
        ),
        (single("Conv", (1, 6, 9, 9), (6, 1, 3, 3), group=6), "P=7 Q=7 R=3 S=3 G=6"),
        (single("Conv", (1, 6, 9, 9), (12, 1, 3, 3), group=6), "K=2 P=7 Q=7 R=3 S=3 G=6"),
        (single("Conv", (1, 6, 9, 9), (8, 3, 3, 3), group=2), "K=4 C=3 P=7 Q=7 R=3 S=3 G=2"),
        (single("Conv", (1, 6, 30), (8, 6, 5), strides=[2]), "K=8 C=6 P=13 R=5 stride_w=2"),
        (single("Conv", (1, 6, 7), (8, 6, 1), pads=[1, 1]), "K=8 C=6 P=9"),
        (
            single("Conv", (1, 3, 8, 8), (8, 3, 3, 3), pads=[5, 5, 5, 5]),
            "K=8 C=3 P=16 Q=16 R=3 S=3",
        ),
        (single("MatMul", (7, 5), (5, 4)), "K=4 C=5 P=7"),
        (single("MatMul", (2, 3, 7, 5), (5, 4)), "K=4 C=5 P=42"),
        (single("MatMul", (2, 3, 7, 5), (3, 5, 4)), "K=4 C=5 P=14 G=3"),
        (single("MatMul", (2, 1, 7, 5), (1, 3, 5, 4)), "K=12 C=5 P=14"),
        (single("MatMul", (5,), (5, 4)), "K=4 C=5"),
        (single("MatMul", (7, 5), (5,)), "C=5 P=7"),
        (single("Gemm", (7, 5), (4, 5), transB=1), "K=4 C=5 P=7"),
        (single("Gemm", (5, 7), (5, 4), transA=1), "K=4 C=5 P=7"),
        (single("Einsum", (2, 7, 5), (5, 4), equation="bij,jk->bik"), "K=4 C=5 P=14"),
        (single("Einsum", (2, 7, 5), (2, 4, 5), equation="bij,bkj->bki"), "K=4 C=5 P=7 G=2"),
    ],
)
def test_one_layer(proto: ModelProto, expected: str, tmp_path: Path) -> None:
    (entry,) = layers(tmp_path, proto)
    assert sizes(entry) == expected
    assert run(tmp_path) == entry.layer.macs


@pytest.mark.parametrize("opset", [7, 9, 11, 13, 17, 21, 23, 25])
def test_operator_sets(opset: int, tmp_path: Path) -> None:
    nodes = [
        node("Conv", "x w", "c", kernel_shape=[3, 3]),
        node("Relu", "c", "r"),
        node("GlobalAveragePool", "r", "p"),
        node("Flatten", "p", "f"),
        node("Gemm", "f g b", "y"),
    ]
    parts = [weights("w", 8, 3, 3, 3), weights("g", 8, 10), weights("b", 10)]
    proto = model(nodes, [info("x", 1, 3, 8, 8)], [info("y")], parts, opset=opset)
    assert [sizes(e) for e in layers(tmp_path, proto)] == ["K=8 C=3 P=6 Q=6 R=3 S=3", "K=10 C=8"]


@pytest.mark.parametrize("dilation", [1, 2, 3])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("kernel", [1, 2, 3, 4, 5])
def test_phases_of_a_transposed_convolution(
    kernel: int, stride: int, dilation: int, tmp_path: Path
) -> None:
    proto = single(
        "ConvTranspose",
        (2, 6, 7, 5),
        (6, 4, kernel, 3),
        group=2,
        strides=[stride, 2],
        dilations=[dilation, 1],
    )
    entries = layers(tmp_path, proto)
    work = sum(entry.count * entry.layer.macs for entry in entries)
    assert work == 2 * 6 * 7 * 5 * 4 * kernel * 3 == run(tmp_path)
    assert {(e.layer.P, e.layer.Q, e.layer.K, e.layer.G) for e in entries} == {(5, 7, 4, 2)}
    taps = {tap * dilation % stride for tap in range(kernel)}
    assert sum(entry.count for entry in entries) == 2 * len(taps)


def test_a_volume_is_named(tmp_path: Path) -> None:
    nodes = [node("Conv", "x w", "c"), node("Flatten", "c", "f"), node("MatMul", "f v", "y")]
    parts = [weights("w", 4, 3, 3, 3, 3), weights("v", 4 * 6**3, 5)]
    made = imported(tmp_path, model(nodes, [info("x", 1, 3, 8, 8, 8)], [info("y")], parts))
    work, dense = 4 * 6**3 * 81, 4 * 6**3 * 5
    (row,) = onnx_summary(made)["not_modelled"]
    assert (row["op"], row["count"]) == ("Conv (3D)", 1)
    assert made.macs == dense
    assert run(tmp_path) == work + dense
    assert 0.9 < row["share_of_operations"] < 1


@pytest.mark.parametrize(("op", "gates"), [("LSTM", 4), ("GRU", 3), ("RNN", 1)])
@pytest.mark.parametrize("directions", [1, 2])
def test_recurrent_layers(op: str, gates: int, directions: int, tmp_path: Path) -> None:
    wide = gates * 16
    parts = [weights("w", directions, wide, 10), weights("r", directions, wide, 16)]
    direction = "bidirectional" if directions == 2 else "reverse"
    nodes = [node(op, "x w r", "y h", hidden_size=16, direction=direction)]
    proto = model(nodes, [info("x", 5, 2, 10)], [info("y"), info("h")], parts)
    entries = layers(tmp_path, proto)
    assert [(sizes(e), e.count) for e in entries] == directions * [
        (f"N=2 K={wide} C=10 P=5", 1),
        (f"N=2 K={wide} C=16 P=5", 1),
    ]
    assert [e.layer.sequential for e in entries] == directions * [None, "P"]
    assert run(tmp_path) == sum(e.count * e.layer.macs for e in entries)


def test_products_of_computed_tensors(tmp_path: Path) -> None:
    """Self-attention as exporters write it: reshape, transpose, two products."""
    heads = constant("heads", [0, 0, 4, 16])
    flat = constant("flat", [0, 0, 64])
    nodes = [
        *(node("MatMul", f"x w{n}", f"p{n}", name=n) for n in "qkv"),
        *(node("Reshape", f"p{n} heads", f"r{n}") for n in "qkv"),
        node("Transpose", "rq", "q", perm=[0, 2, 1, 3]),
        node("Transpose", "rk", "k", perm=[0, 2, 3, 1]),
        node("Transpose", "rv", "v", perm=[0, 2, 1, 3]),
        node("MatMul", "q k", "s", name="scores"),
        node("Softmax", "s", "a"),
        node("MatMul", "a v", "c", name="context"),
        node("Transpose", "c", "t", perm=[0, 2, 1, 3]),
        node("Reshape", "t flat", "y"),
    ]
    parts = [heads, flat, *(weights(f"w{n}", 64, 64) for n in "qkv")]
    proto = model(nodes, [info("x", 1, 10, 64)], [info("y")], parts)
    entries = {e.name: sizes(e) for e in layers(tmp_path, proto)}
    assert entries["scores"] == "K=10 C=16 P=10 G=4"
    assert entries["context"] == "K=16 C=10 P=10 G=4"
    network = imported(tmp_path, proto).network()
    assert network.inputs("scores", "Weights") == ("k",)
    assert network.inputs("scores") == ("q",)
    assert network.inputs("context", "Weights") == ("v",)
    assert run(tmp_path) == network.macs


QUANTISED = [
    constant("s", 0.5, np.float32),
    constant("z", 0, np.uint8),
    constant("zw", 0, np.int8),
]


@pytest.mark.parametrize(
    ("nodes", "bits"),
    [
        (
            [
                node("QuantizeLinear", "x s z", "xq"),
                node("DequantizeLinear", "xq s z", "xd"),
                node("DequantizeLinear", "w s zw", "wd"),
                node("Conv", "xd wd", "c"),
                node("Relu", "c", "r"),
                node("QuantizeLinear", "r s z", "y"),
            ],
            (8, 8, 8),
        ),
        (
            [
                node("QuantizeLinear", "x s z", "xq"),
                node("QLinearConv", "xq s z w s zw s z", "y"),
            ],
            (8, 8, 8),
        ),
        (
            [
                node("DynamicQuantizeLinear", "x", "xq xs xz"),
                node("ConvInteger", "xq w xz zw", "y"),
            ],
            (8, 8, 32),
        ),
        ([node("DequantizeLinear", "w s zw", "wd"), node("Conv", "x wd", "y")], (8, None, None)),
    ],
)
def test_bits_of_quantised_forms(
    nodes: list[Any], bits: tuple[int | None, ...], tmp_path: Path
) -> None:
    parts = [*QUANTISED, weights("w", 4, 3, 3, 3, kind=np.int8)]
    last = info("y", data_type=TensorProto.INT32 if bits[2] == 32 else TensorProto.UINT8)
    if bits[2] is None:
        last = info("y")
    (entry,) = layers(tmp_path, model(nodes, [info("x", 1, 3, 8, 8)], [last], parts))
    assert tuple(entry.layer.bits.values()) == bits
    assert run(tmp_path) == entry.layer.macs


def test_weights_of_four_bits(tmp_path: Path) -> None:
    w = onnx.helper.make_tensor("w", TensorProto.INT4, [6, 5], [1] * 30)
    nodes = [node("DequantizeLinear", "w s", "d"), node("MatMul", "x d", "y")]
    parts = [w, constant("s", 0.5, np.float32)]
    (entry,) = layers(tmp_path, model(nodes, [info("x", 2, 6)], [info("y")], parts, opset=21))
    assert tuple(entry.layer.bits.values()) == (4, None, None)


@pytest.mark.parametrize("kind", [TensorProto.FLOAT16, TensorProto.BFLOAT16])
def test_short_floats(kind: int, tmp_path: Path) -> None:
    w = onnx.helper.make_tensor("w", kind, [5, 4], [1.0] * 20)
    proto = model(
        [node("MatMul", "x w", "y")],
        [info("x", 7, 5, data_type=kind)],
        [info("y", data_type=kind)],
        [w],
    )
    (entry,) = layers(tmp_path, proto)
    assert sizes(entry) == "K=4 C=5 P=7"
    assert set(entry.layer.bits.values()) == {None}


def fused(op: str, inputs: str, outputs: str = "y", **attributes: Any) -> Any:
    """A node of com.microsoft."""
    return node(op, inputs, outputs, domain=MS, name="n", **attributes)


@pytest.mark.parametrize(
    ("proto", "expected"),
    [
        (
            model(
                [fused("Attention", "x w b", num_heads=4)],
                [info("x", 2, 10, 64)],
                [info("y")],
                [weights("w", 64, 192), weights("b", 192)],
            ),
            ["K=192 C=64 P=20", "K=10 C=16 P=10 G=8", "K=16 C=10 P=10 G=8"],
        ),
        (
            model(
                [fused("MultiHeadAttention", "q k v", num_heads=4)],
                [info("q", 2, 10, 64), info("k", 2, 12, 64), info("v", 2, 12, 32)],
                [info("y")],
            ),
            ["K=12 C=16 P=10 G=8", "K=8 C=12 P=10 G=8"],
        ),
        (
            model(
                [fused("GroupQueryAttention", "q k v pk pv l t", "y a b", num_heads=8,
                       kv_num_heads=2)],
                [info("q", 1, 1, 64), info("k", 1, 1, 16), info("v", 1, 1, 16),
                 info("pk", 1, 2, 20, 8), info("pv", 1, 2, 20, 8)],
                [info("y"), info("a"), info("b")],
                [constant("l", [20], np.int32), constant("t", 21, np.int32)],
            ),
            ["K=21 C=8 P=4 G=2", "K=8 C=21 P=4 G=2"],
        ),
        (
            model(
                [node("Attention", "q k v", "y", q_num_heads=8, kv_num_heads=2)],
                [info("q", 1, 5, 64), info("k", 1, 7, 16), info("v", 1, 7, 16)],
                [info("y")],
                opset=23,
            ),
            ["K=7 C=8 P=20 G=2", "K=8 C=7 P=20 G=2"],
        ),
        (
            model(
                [fused("QLinearConv", "x s z w s z s z", channels_last=1, strides=[1, 2])],
                [info("x", 1, 8, 9, 3, data_type=TensorProto.UINT8)],
                [info("y", data_type=TensorProto.UINT8)],
                [constant("s", 0.5, np.float32), constant("z", 0, np.uint8),
                 weights("w", 4, 3, 3, 5, kind=np.uint8)],
            ),
            ["K=4 C=3 P=3 Q=6 R=5 S=3 stride_w=2"],
        ),
        (
            model(
                [fused("FusedMatMul", "x w", transB=1)],
                [info("x", 2, 7, 5)],
                [info("y")],
                [weights("w", 4, 5)],
            ),
            ["K=4 C=5 P=14"],
        ),
        (
            model(
                [fused("MatMulNBits", "x w s", K=64, N=32, bits=4, block_size=32)],
                [info("x", 1, 7, 64)],
                [info("y")],
                [weights("w", 32, 2, 16, kind=np.uint8), weights("s", 64)],
            ),
            ["K=32 C=64 P=7"],
        ),
    ],
)  # fmt: skip
def test_fused_operators(proto: ModelProto, expected: list[str], tmp_path: Path) -> None:
    assert [sizes(entry) for entry in layers(tmp_path, proto)] == expected


def test_several_operands_of_einsum(tmp_path: Path) -> None:
    nodes = [node("Einsum", "x w v", "y", equation="bi,ij,jk->bk")]
    parts = [weights("w", 5, 4), weights("v", 4, 3)]
    entries = layers(tmp_path, model(nodes, [info("x", 2, 5)], [info("y")], parts))
    assert [sizes(entry) for entry in entries] == ["K=4 C=5 P=2", "K=3 C=4 P=2"]


def test_a_size_of_zero(tmp_path: Path) -> None:
    nodes = [node("Concat", "x none", "c", axis=0), node("MatMul", "c w", "y")]
    nodes.append(node("MatMul", "none w", "z", name="empty"))
    inputs = [info("x", 3, 5), info("none", 0, 5)]
    proto = model(nodes, inputs, [info("y"), info("z")], [weights("w", 5, 4)])
    (entry,) = layers(tmp_path, proto)
    assert sizes(entry) == "K=4 C=5 P=3"
    assert any("'empty'" in note for note in imported(tmp_path, proto).fragment.notes)


def test_shapes_that_only_a_run_shows(tmp_path: Path) -> None:
    nodes = [
        node("NonZero", "x", "i"),
        node("Cast", "i", "f", to=TensorProto.FLOAT),
        node("Transpose", "f", "t", perm=[1, 0]),
        node("MatMul", "t w", "y"),
    ]
    made = imported(tmp_path, model(nodes, [info("x", 4, 5)], [info("y")], [weights("w", 2, 3)]))
    assert made.macs == 20 * 2 * 3
    assert any("onnxruntime" in note for note in made.fragment.notes)
    assert [row["op"] for row in onnx_summary(made)["not_modelled"]] == ["NonZero"]
    apart = import_onnx(tmp_path / "model.onnx")  # the run is a process of that process
    assert onnx_summary(apart) == onnx_summary(made)
    assert INT64 == 7
