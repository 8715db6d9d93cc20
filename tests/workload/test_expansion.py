"""Entries of a model file become nodes and edges: chains, blocks, conditions, names."""

from __future__ import annotations

from typing import Any

import pytest

from bohwsw.errors import SpecError
from bohwsw.shipped import shipped_names
from bohwsw.workload import CountedLayer, Network, Operator
from bohwsw.workload.expansion import expand
from bohwsw.workload.model_file import load_network
from bohwsw.workload.model_spec import ModelSpec
from bohwsw.yamlfile import validate

IMAGE = {"name": "image", "op": "input", "K": 4}


def layer(name: str, **keys: Any) -> dict[str, Any]:
    return {"name": name, "K": 4, "C": 4, **keys}


def network(*entries: dict[str, Any], chain: bool = True, **values: Any) -> Network:
    spec = validate(ModelSpec, {"name": "net", "chain": chain, "layers": list(entries)})
    return expand(spec, values)


def edges(found: Network) -> list[str]:
    return [f"{edge.producer} > {edge.consumer}" for edge in found.edges]


def test_a_plain_list_has_no_edges_unless_it_is_a_chain() -> None:
    plain = [layer("a"), layer("b"), layer("c", count=3)]
    assert edges(network(*plain, chain=False)) == []
    assert edges(network(*plain)) == ["a > b", "b > c"]
    assert [n.count for n in network(*plain).unique_layers()] == [5]


def test_inputs_are_said_or_those_of_the_chain_and_sources_have_none() -> None:
    found = network(
        IMAGE,
        layer("a"),
        {"name": "more", "op": "input", "K": 4},
        layer("b", inputs="a"),
        {"name": "sum", "op": "add", "inputs": ["b", "more"]},
        layer("c", weights="more", C=1),
        chain=False,
    )
    assert edges(found) == ["a > b", "b > sum", "more > sum", "more > c"]
    assert found.inputs("c") == ()
    assert found.inputs("c", "Weights") == ("more",)


def test_what_follows_at_once_has_the_name_of_its_node_in_front() -> None:
    found = network(
        layer("a", then=["normalise", "activation"]),
        {"name": "sum", "op": "add", "inputs": ["a.activation", "a"], "then": ["softmax"]},
        layer("b"),
    )
    assert edges(found) == [
        "a > a.normalise",
        "a.normalise > a.activation",
        "a.activation > sum",
        "a > sum",
        "sum > sum.softmax",
        "sum.softmax > b",
    ]


def test_a_block_is_repeated_and_each_takes_what_the_one_before_puts_out() -> None:
    block = {
        "block": "stage",
        "repeat": "depth",
        "first": 1,
        "layers": [
            layer("conv", K="2 * i", C="2 * i", when="i > 1"),
            {"name": "add", "op": "add", "inputs": ["in", "in"]},
        ],
    }
    assert edges(network({**IMAGE, "K": 4}, block, depth=2)) == [
        "image > stage.1.add",
        "image > stage.1.add",
        "stage.1.add > stage.2.conv",
        "stage.1.add > stage.2.add",
        "stage.1.add > stage.2.add",
    ]
    assert edges(network(IMAGE, layer("a"), block, layer("b"), depth=0)) == ["image > a", "a > b"]


def test_names_are_looked_up_from_the_inside_out() -> None:
    inner = {"block": "y", "layers": [layer("a"), layer("c", inputs="b"), layer("d", inputs="in")]}
    outer = {"block": "x", "layers": [layer("a"), layer("b", inputs="x.a"), inner]}
    found = network(layer("a"), layer("b"), outer, layer("e", inputs="x.y.a"))
    assert edges(found) == [
        "a > b",
        "b > x.a",
        "x.a > x.b",
        "x.b > x.y.a",
        "x.b > x.y.c",
        "x.b > x.y.d",
        "x.y.a > e",
    ]


def test_the_input_of_a_block_is_the_outer_node_even_if_an_inner_one_has_its_name() -> None:
    found = network(layer("a"), {"block": "x", "layers": [layer("a"), layer("b", inputs="in")]})
    assert edges(found) == ["a > x.a", "a > x.b"]
    said = {"block": "x", "inputs": "a", "layers": [layer("a", inputs="in")]}
    assert edges(network(layer("a"), layer("b"), said, chain=False)) == ["a > x.a"]


def test_of_alternatives_under_one_name_one_is_there() -> None:
    entries = [
        layer("a", when="kind == 'wide'", K=8),
        layer("a", when="kind == 'narrow'", K=2),
        {"name": "pool", "op": "activation"},
    ]
    assert network(*entries, kind="wide").tensors["pool"].K == 8
    assert network(*entries, kind="narrow").tensors["pool"].K == 2


@pytest.mark.parametrize(
    ("entries", "key_path", "got", "nearest"),
    [
        ([layer("conv1"), layer("b", inputs="cnov1")], "layers[1].inputs", "cnov1", "conv1"),
        (
            [{"block": "x", "layers": [layer("conv1"), layer("b", inputs="conv2")]}],
            "layers[0].layers[1].inputs",
            "conv2",
            "conv1",
        ),
        ([layer("a"), layer("b", weights="c")], "layers[1].weights", "c", None),
        ([layer("a", inputs="in")], "layers[0].inputs", "in", None),
        (
            [{"block": "x", "layers": [layer("a", inputs="in")]}],
            "layers[0].layers[0].inputs",
            "in",
            None,
        ),
        ([layer("a"), layer("a")], "layers[1].name", "a", None),
        ([layer("a"), layer("b", C=3)], "layers[1].inputs", "K=4", None),
        (
            [layer("a"), {"block": "x", "layers": [layer("b", C=3)]}],
            "layers[1].layers[0].inputs",
            "K=4",
            None,
        ),
        ([layer("a"), {"name": "b", "op": "reshpae"}], "layers[1].op", "reshpae", "reshape"),
        ([layer("a"), {"name": "b", "op": "add"}], "layers[1].inputs", 1, None),
        ([layer("a"), {"name": "b", "op": "pool", "P": 2}], "layers[1]", "K=4 P=2", None),
        ([layer("a", inputs="b"), layer("b", inputs="a")], "layers[0].inputs", "a -> b -> a", None),
        ([layer("a", then=["relu"])], "layers[0].then[0]", "relu", None),
        ([{"block": "x", "repeat": 20_000, "layers": [layer("a")]}], "layers[0].repeat", 20_000, 0),
        ([{**IMAGE}], "layers", [], None),
    ],
)
def test_what_is_refused(
    entries: list[dict[str, Any]], key_path: str, got: object, nearest: object
) -> None:
    with pytest.raises(SpecError) as caught:
        network(*entries)
    assert (caught.value.key_path, caught.value.got) == (key_path, got)
    assert caught.value.expected
    assert caught.value.nearest == (nearest or None)


def test_too_many_nodes() -> None:
    block = {"block": "x", "repeat": 10_000, "layers": [layer("a"), layer("b")]}
    with pytest.raises(SpecError, match="too many nodes"):
        network(block)


@pytest.mark.parametrize("name", shipped_names("models"))
def test_shipped_networks_are_whole_graphs_with_one_result(name: str) -> None:
    found = load_network(name)
    producers = {edge.producer for edge in found.edges}
    assert len([node for node in found.nodes if node.name not in producers]) == 1
    sources = [n for n in found.nodes if not found.inputs(n.name)]
    assert all(isinstance(node, Operator) and node.kind == "input" for node in sources)
    layers = [node for node in found.nodes if isinstance(node, CountedLayer)]
    assert {node.count for node in layers} == {1}
    assert found.order == tuple(node.name for node in found.nodes)


def test_residuals_attention_and_branches_of_shipped_networks() -> None:
    resnet = load_network("resnet18")
    shortcut = "layer2.0.downsample.0"
    assert resnet.inputs("layer2.0.add") == ("layer2.0.conv2.normalise", f"{shortcut}.normalise")
    assert resnet.inputs(shortcut) == ("layer1.1.add.activation",)
    assert resnet.inputs("layer4.1.add")[1] == "layer4.0.add.activation"
    assert str(resnet.tensors["layer3.0.add"]) == "K=256 P=14 Q=14"
    assert len([n for n in resnet.nodes if isinstance(n, CountedLayer)]) == 21
    mobile = load_network("mobilenet-v2")
    assert mobile.inputs("blocks.2.2.add")[1] == "blocks.2.1.add"
    assert "blocks.2.0.add" not in mobile.order
    bert = load_network("bert-base")
    assert bert.inputs("layer.7.attention.qk", "Weights") == ("layer.7.attention.key",)
    assert bert.inputs("layer.7.attention.value") == ("layer.6.add.normalise",)
    scale = "blocks.3.1.se.scale"
    assert load_network("efficientnet-b0").inputs(scale)[1].endswith("conv_expand.activation")
    assert load_network("gpt2-decode").tensors["keys"].P == 1024
