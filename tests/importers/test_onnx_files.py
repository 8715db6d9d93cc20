"""What real ONNX files do: open sizes, names, control flow, functions, external data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import AttributeProto, ModelProto, TensorProto, helper
from onnx_models import INT64, constant, graph, imported, info, model, node, weights

from bohwsw.importers import OnnxError, import_onnx, onnx_open_sizes, onnx_summary

BOOL = TensorProto.BOOL


def tokens() -> ModelProto:
    """A product over tokens, with two open sizes and one that has no name."""
    nodes = [node("MatMul", "x w", "h"), node("Concat", "past h", "y", axis=1)]
    inputs = [info("x", "batch", "sequence", 5), info("past", "batch", None, 4)]
    return model(nodes, inputs, [info("y")], [weights("w", 5, 4)])


def test_open_sizes_are_listed_with_what_to_bind(tmp_path: Path) -> None:
    with pytest.raises(OnnxError) as caught:
        imported(tmp_path, tokens())
    message = str(caught.value)
    for place in ("batch (axis 0 of x)", "sequence (axis 1 of x)", "past[1] (axis 1 of past)"):
        assert place in message
    assert "--bind batch=1 --bind sequence=128" in message
    assert onnx_open_sizes(tmp_path / "model.onnx") == ["batch", "sequence", "past[1]"]


def test_bound_sizes(tmp_path: Path) -> None:
    given = {"batch": 2, "sequence": 7, "past[1]": 0}
    made = imported(tmp_path, tokens(), **given)
    assert made.macs == 2 * 7 * 5 * 4
    assert onnx_summary(made)["bindings"] == given


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"batch": 1, "sequense": 7, "past[1]": 1}, "nearest sequence"),
        ({"batch": 0.5, "sequence": 7, "past[1]": 1}, "got 0.5"),
        ({"batch": -1, "sequence": 7, "past[1]": 1}, "got -1"),
        ({"batch": True, "sequence": 7, "past[1]": 1}, "got True"),
        ({"batch": 2**40, "sequence": 7, "past[1]": 1}, "got 1099511627776"),
        ({"batch": "many", "sequence": 7, "past[1]": 1}, "got 'many'"),
    ],
)
def test_bindings_that_are_none(given: dict[str, Any], words: str, tmp_path: Path) -> None:
    with pytest.raises(OnnxError, match="--bind") as caught:
        imported(tmp_path, tokens(), **given)
    assert words in str(caught.value)


def test_a_fixed_size_is_not_bound(tmp_path: Path) -> None:
    proto = model(
        [node("MatMul", "x w", "y")], [info("x", 1, 5)], [info("y")], [weights("w", 5, 4)]
    )
    with pytest.raises(OnnxError, match="all sizes are fixed"):
        imported(tmp_path, proto, batch=3)


def test_sizes_that_are_sums_of_others(tmp_path: Path) -> None:
    inputs = [info("x", "past + 1", 5), info("z", "past", 5)]
    nodes = [node("MatMul", "x w", "y"), node("MatMul", "z w", "q")]
    proto = model(nodes, inputs, [info("y"), info("q")], [weights("w", 5, 4)])
    assert imported(tmp_path, proto, past=6).macs == (7 + 6) * 5 * 4


def test_an_input_of_unknown_rank(tmp_path: Path) -> None:
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, None)
    proto = model([node("MatMul", "x w", "y")], [x], [info("y")], [weights("w", 5, 4)])
    with pytest.raises(OnnxError, match="unknown rank"):
        imported(tmp_path, proto)
    assert imported(tmp_path, proto, x="2x3x5").macs == 2 * 3 * 5 * 4


def test_shapes_computed_in_the_graph(tmp_path: Path) -> None:
    nodes = [
        node("Shape", "x", "s"),
        node("Gather", "s zero", "n", axis=0),
        node("Unsqueeze", "n zero1", "n1"),
        node("Concat", "n1 minus", "target", axis=0),
        node("Reshape", "x target", "r"),
        node("MatMul", "r w", "y"),
    ]
    parts = [constant("zero", 0), constant("zero1", [0]), constant("minus", [-1])]
    x = info("x", "batch", 3, 4)
    made = imported(
        tmp_path, model(nodes, [x], [info("y")], [*parts, weights("w", 12, 5)]), batch=2
    )
    assert made.macs == 2 * 12 * 5


def test_names_empty_long_and_twice(tmp_path: Path) -> None:
    long = "module/" * 52 + "abc"
    names = ["", "", long, long, "same", "same", "tab\tand\nline"]
    nodes = [node("MatMul", f"t{i} w", f"t{i + 1}", name=name) for i, name in enumerate(names)]
    proto = model(nodes, [info("t0", 4, 4)], [info("t7")], [weights("w", 4, 4)])
    network = imported(tmp_path, proto).network()
    layers = [n.name for n in network.nodes if n.name != "t0"]
    assert len(set(layers)) == len(names)
    assert all(0 < len(name) <= 200 and name.isprintable() for name in layers)
    assert [network.inputs(b) for b in layers[1:]] == [(a,) for a in layers[:-1]]


def test_initializers_as_inputs(tmp_path: Path) -> None:
    inputs = [info("x", 2, 5), info("w", 5, 4)]
    proto = model([node("MatMul", "x w", "y")], inputs, [info("y")], [weights("w", 5, 4)])
    network = imported(tmp_path, proto).network()
    assert [n.name for n in network.nodes] == ["x", "MatMul.0"]


def test_a_domain_without_an_opset_import(tmp_path: Path) -> None:
    proto = model([node("MatMul", "x w", "m"), node("Gelu", "m", "y", domain="com.microsoft")],
                  [info("x", 2, 5)], [info("y")], [weights("w", 5, 4)])  # fmt: skip
    del proto.opset_import[:]
    made = imported(tmp_path, proto)
    assert made.macs == 40
    assert onnx_summary(made)["not_modelled"] == []


def test_nodes_in_any_order(tmp_path: Path) -> None:
    nodes = [node("Relu", "m", "y"), node("MatMul", "x w", "m")]
    proto = model(nodes, [info("x", 2, 5)], [info("y")], [weights("w", 5, 4)])
    assert imported(tmp_path, proto).macs == 40


def test_what_is_not_modelled_is_told(tmp_path: Path) -> None:
    nodes = [
        node("TopK", "x two", "v i"),
        node("TopK", "v one", "u j"),
        node("MatMul", "u w", "y"),
    ]
    parts = [constant("two", [2]), constant("one", [1]), weights("w", 1, 4)]
    made = imported(tmp_path, model(nodes, [info("x", 3, 5)], [info("y")], parts))
    data = onnx_summary(made)
    total = 15 + 6 + 12
    assert data["not_modelled"] == [
        {"op": "TopK", "count": 2, "share_of_operations": pytest.approx(21 / total)}
    ]
    assert data["macs"] == 12
    assert made.network().inputs("MatMul.2")  # the edge leads through


def branches(*, known: bool) -> ModelProto:
    small = graph([node("MatMul", "x w", "a", name="small")], [], [info("a", 2, 4)])
    large = graph(
        [node("MatMul", "x v", "b", name="wide"), node("MatMul", "b u", "c")], [], [info("c", 2, 4)]
    )
    choice = node("If", "c", "y", name="choice", then_branch=small, else_branch=large)
    nodes = [node("MatMul", "y s", "z"), choice]
    parts = [weights("w", 5, 4), weights("v", 5, 9), weights("u", 9, 4), weights("s", 4, 3)]
    if known:
        nodes = [node("Equal", "rate high", "c"), *nodes]
        inputs = [info("x", 2, 5), info("rate", data_type=INT64)]
        return model(nodes, inputs, [info("z")], [*parts, constant("high", 16000)])
    return model(nodes, [info("x", 2, 5), info("c", data_type=BOOL)], [info("z")], parts)


def test_the_branch_of_most_work_is_counted(tmp_path: Path) -> None:
    made = imported(tmp_path, branches(known=False))
    assert made.macs == 2 * (5 * 9 + 9 * 4) + 2 * 4 * 3
    told = {entry["graph"]: entry for entry in onnx_summary(made)["branches"]}
    assert (told["then_branch"]["macs"], told["then_branch"]["counted"]) == (40, False)
    assert (told["else_branch"]["macs"], told["else_branch"]["counted"]) == (162, True)
    assert told["else_branch"]["why"] == "the most multiply-accumulates"


def test_a_branch_that_is_not_counted_leaves_no_gap(tmp_path: Path) -> None:
    """Both branches take x and its sizes turned around; only one of them is in the network."""
    for known in (False, True):
        network = imported(tmp_path, branches(known=known), **({"rate": 8000} if known else {}))
        assert set(network.network().inputs("wide")) == {"x"}
    turned = [node("MatMul", "r w", "a", name="small")]
    wide = [node("MatMul", "r v", "a", name="wide")]
    choice = node(
        "If", "c", "y", name="choice",
        then_branch=graph([node("Reshape", "x flat", "r"), *turned], [], [info("a")]),
        else_branch=graph([node("Reshape", "x flat", "r"), *wide], [], [info("a")]),
    )  # fmt: skip
    parts = [weights("w", 5, 4), weights("v", 5, 9), constant("flat", [4, 5])]
    inputs = [info("x", 2, 10), info("c", data_type=BOOL)]
    network = imported(tmp_path, model([choice], inputs, [info("y")], parts)).network()
    assert [n.name for n in network.nodes if n.name.startswith("x")] == ["x"]


def test_a_bound_scalar_decides(tmp_path: Path) -> None:
    made = imported(tmp_path, branches(known=True), rate=16000)
    assert made.macs == 40 + 24
    told = {entry["graph"]: entry for entry in onnx_summary(made)["branches"]}
    assert told["then_branch"]["counted"]
    assert told["then_branch"]["why"] == "the condition is known"
    assert imported(tmp_path, branches(known=True), rate=8000).macs == 162 + 24


def loop(trips: int | None, nodes: Any = None) -> ModelProto:
    body = graph(
        nodes or [node("Identity", "go", "more"), node("MatMul", "state w", "next", name="step")],
        [info("i", data_type=INT64), info("go", data_type=BOOL), info("state", 4, 4)],
        [info("more", data_type=BOOL), info("next", 4, 4)],
    )
    parts = [constant("yes", True, np.bool_), weights("w", 4, 4)]
    inputs = [info("x", 4, 4)]
    if trips is None:
        inputs.append(info("trips", data_type=INT64))
    else:
        parts.append(constant("trips", trips))
    return model([node("Loop", "trips yes x", "y", body=body)], inputs, [info("y")], parts)


@pytest.mark.parametrize(
    ("trips", "count", "why"),
    [(7, 7, "7 iterations"), (None, 1, "one iteration"), (2**63 - 1, 1, "one iteration")],
)
def test_loops(trips: int | None, count: int, why: str, tmp_path: Path) -> None:
    made = imported(tmp_path, loop(trips))
    assert made.macs == count * 64
    (entry,) = onnx_summary(made)["branches"]
    assert why in entry["why"]
    assert onnx_summary(made)["layers"][0]["count"] == count


def test_a_loop_that_never_runs(tmp_path: Path) -> None:
    proto = loop(0)
    proto.graph.node.append(node("MatMul", "y w", "z", name="after"))
    made = imported(tmp_path, proto)
    assert made.macs == 64
    assert len(made.network().inputs("after")) == 1


def test_a_loop_whose_shapes_grow(tmp_path: Path) -> None:
    """Autoregressive decoding: the cache has one row more after each step."""
    body = graph(
        [
            node("Identity", "go", "more"),
            node("Concat", "cache x", "next", axis=0),
            node("MatMul", "next w", "seen", name="step"),
        ],
        [info("i", data_type=INT64), info("go", data_type=BOOL), info("cache", None, 4)],
        [info("more", data_type=BOOL), info("next", None, 4)],
    )
    parts = [constant("yes", True, np.bool_), constant("trips", 3), weights("w", 4, 5)]
    proto = model(
        [node("Loop", "trips yes x", "y", body=body)], [info("x", 1, 4)], [info("y")], parts
    )
    assert imported(tmp_path, proto).macs == (2 + 3 + 4) * 4 * 5


def test_scans(tmp_path: Path) -> None:
    body = graph(
        [
            node("MatMul", "row w", "made"),
            node("Add", "sum made", "next"),
            node("Relu", "next", "o"),
        ],
        [info("sum", 3), info("row", 4)],
        [info("next", 3), info("o", 3)],
    )
    nodes = [node("Scan", "start x", "last all", num_scan_inputs=1, body=body)]
    nodes.append(node("MatMul", "all v", "y"))
    inputs = [info("start", 3), info("x", 6, 4)]
    parts = [weights("w", 4, 3), weights("v", 3, 2)]
    made = imported(tmp_path, model(nodes, inputs, [info("last"), info("y")], parts))
    assert made.macs == 6 * 12 + 6 * 3 * 2


def test_functions_of_the_model(tmp_path: Path) -> None:
    imports = [helper.make_opsetid("", 17), helper.make_opsetid("own", 1)]
    inner = [node("Transpose", "a", "t"), node("MatMul", "t b", "c")]
    order = AttributeProto(name="perm", type=AttributeProto.INTS, ref_attr_name="order")
    inner[0].attribute.append(order)
    own = helper.make_function("own", "Turned", ["a", "b"], ["c"], inner, imports, ["order"])
    outer = [node("Turned", "p q", "r", domain="own", order=[1, 0])]
    twice = helper.make_function("own", "Outer", ["p", "q"], ["r"], outer, imports)
    proto = model([node("Outer", "x w", "y", domain="own")], [info("x", 5, 2)], [info("y")],
                  [weights("w", 5, 4)])  # fmt: skip
    proto.functions.extend([own, twice])
    assert imported(tmp_path, proto).macs == 2 * 5 * 4


def test_operators_that_onnx_defines_by_others(tmp_path: Path) -> None:
    nodes = [node("MatMul", "x w", "l"), node("SoftmaxCrossEntropyLoss", "l labels", "y")]
    inputs = [info("x", 3, 5), info("labels", 3, data_type=INT64)]
    made = imported(tmp_path, model(nodes, inputs, [info("y")], [weights("w", 5, 4)]))
    assert made.macs == 60
    assert onnx_summary(made)["not_modelled"] == []


def test_weights_in_another_file(tmp_path: Path) -> None:
    nodes = [node("Reshape", "x shape", "r"), node("MatMul", "r w", "y")]
    parts = [constant("shape", [2, 5]), weights("w", 5, 4)]
    proto = model(nodes, [info("x", 10)], [info("y")], parts)
    path = tmp_path / "model.onnx"
    onnx.save(proto, path, save_as_external_data=True, location="weights.bin", size_threshold=0)
    assert import_onnx(path).macs == 40


def test_large_weights_are_not_read(tmp_path: Path) -> None:
    proto = model(
        [node("MatMul", "x w", "y")], [info("x", 2, 5000)], [info("y")], [weights("w", 5000, 5000)]
    )
    made = imported(tmp_path, proto)
    assert (tmp_path / "model.onnx").stat().st_size > 90_000_000
    assert made.macs == 2 * 5000 * 5000
    proto.graph.initializer[0].dims[1] = 4999
    with pytest.raises(OnnxError, match="do not fit its sizes"):
        imported(tmp_path, proto)


def test_edges_keep_the_extent_without_padding(tmp_path: Path) -> None:
    nodes = [
        node("Conv", "x w", "a", name="one", pads=[1, 1, 1, 1]),
        node("Relu", "a", "r", name="relu"),
        node("Conv", "r v", "b", name="two", pads=[2, 2, 2, 2]),
        node("Add", "b a", "y", name="sum"),
    ]
    parts = [weights("w", 4, 3, 3, 3), weights("v", 4, 4, 5, 5)]
    network = imported(
        tmp_path, model(nodes, [info("x", 1, 3, 8, 9)], [info("y")], parts)
    ).network()
    assert str(network.tensors["x"]) == "K=3 P=9 Q=8"
    assert str(network.tensors["one"]) == str(network.tensors["two"]) == "K=4 P=9 Q=8"
    assert network.inputs("two") == ("relu",)
    assert network.inputs("sum") == ("two", "one")
    kinds = {n.name: getattr(n, "kind", "layer") for n in network.nodes}
    assert kinds == {
        "x": "input",
        "one": "layer",
        "relu": "activation",
        "two": "layer",
        "sum": "add",
    }


def test_a_file_without_contractions_has_a_summary(tmp_path: Path) -> None:
    made = imported(tmp_path, model([node("Relu", "x", "y")], [info("x", 2, 5)], [info("y")]))
    assert onnx_summary(made)["macs"] == 0
    with pytest.raises(OnnxError, match="a network needs layers"):
        made.network()


def test_a_bound_vector_says_a_size(tmp_path: Path) -> None:
    proto = model(
        [node("Expand", "x size", "wide"), node("MatMul", "wide w", "y")],
        [info("x", 1, 1, 5), info("size", 3, data_type=INT64)],
        [info("y")],
        [weights("w", 5, 4)],
    )
    assert imported(tmp_path, proto, size="6,7,5").macs == 6 * 7 * 5 * 4
    with pytest.raises(OnnxError, match="values for sizes"):
        imported(tmp_path, proto, size="6,7")


def test_contractions_that_no_layer_is_are_named_with_their_work(tmp_path: Path) -> None:
    proto = model(
        [
            node("DeformConv", "image filter offset", "moved"),
            node("MoE", "rows gate up none down", "mixed", domain="com.microsoft", k=2),
            node("MatMul", "rows w", "y"),
        ],
        [info("image", 1, 3, 6, 6), info("offset", 1, 18, 4, 4), info("rows", 7, 8)],
        [info("y")],
        [weights("filter", 5, 3, 3, 3), weights("gate", 7, 4), weights("up", 4, 8, 16),
         weights("none", 4, 16), weights("down", 4, 16, 8), weights("w", 8, 2)],
        opset=22,
    )  # fmt: skip
    data = onnx_summary(imported(tmp_path, proto))
    work = {"DeformConv": 5 * 16 * 27, "com.microsoft:MoE": 7 * 2 * 2 * 8 * 16}
    total = sum(work.values()) + 7 * 8 * 2
    assert data["macs"] == 7 * 8 * 2
    assert {row["op"]: row["share_of_operations"] for row in data["not_modelled"]} == {
        op: pytest.approx(macs / total) for op, macs in work.items()
    }
