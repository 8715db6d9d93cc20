"""Networks merge equal layers and count them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bohwsw.errors import SpecError
from bohwsw.workload import (
    CountedLayer,
    Edge,
    Layer,
    Network,
    Node,
    Operator,
    Tensor,
    network_from_layers,
)


def test_equal_shapes_are_merged_in_order_of_first_appearance() -> None:
    wide, tall = Layer("wide", P=4), Layer("tall", Q=4)
    again = Layer("wide again", P=4)
    strided = Layer("strided", P=4, stride_w=2)
    network = network_from_layers("net", [(wide, 2), (tall, 1), (again, 3), (strided, 1)])
    assert network.unique_layers() == (
        CountedLayer(wide, 5),
        CountedLayer(tall, 1),
        CountedLayer(strided, 1),
    )
    assert network.macs == 4 * 7


@pytest.mark.parametrize("count", [0, -1, 1.5, True, "2"])
def test_counts_are_whole_numbers_of_at_least_one(count: Any) -> None:
    with pytest.raises(SpecError, match="count is not valid") as caught:
        network_from_layers("net", [(Layer("a"), 1), (Layer("b"), count)])
    assert caught.value.key_path == "layers[1].count"


def test_a_network_without_layers_is_refused() -> None:
    with pytest.raises(SpecError, match="a network needs layers"):
        network_from_layers("net", [])


def test_counts_of_numpy_become_plain_and_have_limits() -> None:
    network = network_from_layers("net", [(Layer("a"), np.int64(2)), (Layer("b"), 3)])
    assert (network.unique_layers()[0].count, type(network.unique_layers()[0].count)) == (5, int)
    for count in (2**70, 10**5000):
        with pytest.raises(SpecError) as caught:
            network_from_layers("net", [(Layer("a"), count)])
        assert caught.value.key_path == "layers[0].count"


def test_all_layers_together_fit_64_bits() -> None:
    large, again = (Layer(name, K=2**30, C=2**28) for name in ("large", "again"))
    assert (
        network_from_layers("net", [(large, 3), (Layer("x", K=2**30, C=2**28, P=1), 1)]).macs
        == 2**60
    )
    with pytest.raises(SpecError, match="'huge' is more work"):
        network_from_layers("net", [(Layer("huge", K=2**31, C=2**31), 1)])
    with pytest.raises(SpecError, match="more work") as caught:
        network_from_layers("net", [(large, 3), (Layer("small"), 1), (again, 1)])
    assert caught.value.key_path == "layers[2]"
    assert str(2**60) in str(caught.value.expected)


IMAGE = Operator("image", "input", K=8, P=14, Q=14)
FIRST = CountedLayer(Layer("first", K=8, C=8, P=14, Q=14, R=3, S=3))
SECOND = CountedLayer(Layer("second", K=8, C=8, P=14, Q=14, R=3, S=3))
SUM = Operator("sum", "add")
LAST = CountedLayer(Layer("last", K=4, C=8, P=7, Q=7, stride_w=2, stride_h=2))
RESIDUAL = (
    Edge("image", "first"),
    Edge("first", "second"),
    Edge("second", "sum"),
    Edge("image", "sum"),
    Edge("sum", "last"),
)


def residual(*nodes: Node, edges: tuple[Edge, ...] = RESIDUAL) -> Network:
    return Network("net", nodes or (IMAGE, FIRST, SECOND, SUM, LAST), edges)


def test_a_graph_has_every_node_and_its_unique_layers() -> None:
    network = residual()
    assert network.unique_layers() == (CountedLayer(FIRST.layer, 2), LAST)
    assert network.macs == 2 * FIRST.layer.macs + LAST.layer.macs
    assert network.node("sum") is SUM
    assert network.inputs("sum") == ("second", "image")
    assert network.inputs("image") == network.inputs("last", "Weights") == ()
    assert network.tensors["sum"] == Tensor(K=8, P=14, Q=14)
    assert network.tensors["last"] == Tensor(K=4, P=7, Q=7)


def test_nodes_are_ordered_by_their_edges_and_else_as_they_stand() -> None:
    assert residual().order == ("image", "first", "second", "sum", "last")
    backwards = residual(LAST, SUM, SECOND, FIRST, IMAGE)
    assert backwards.order == ("image", "first", "second", "sum", "last")
    apart = Network("net", (LAST, SECOND, FIRST))
    assert apart.order == ("last", "second", "first")


def test_a_cycle_is_named() -> None:
    with pytest.raises(SpecError, match="in a cycle") as caught:
        residual(edges=(*RESIDUAL, Edge("sum", "first")))
    assert set(str(caught.value.got).split(" -> ")) == {"first", "second", "sum"}
    assert str(caught.value.key_path) in {f"nodes[{i}].inputs" for i in (1, 2, 3)}


@pytest.mark.parametrize(
    ("edge", "key_path", "got", "nearest"),
    [
        (Edge("frist", "last"), "nodes[4].inputs", "frist", "first"),
        (Edge("image", "lasts"), "nodes[0].inputs", "lasts", "last"),
        (Edge("image", "last"), "nodes[4].inputs", ["sum", "image"], None),
    ],
)
def test_edges_that_are_refused(edge: Edge, key_path: str, got: Any, nearest: str | None) -> None:
    with pytest.raises(SpecError) as caught:
        residual(edges=(*RESIDUAL, edge))
    assert (caught.value.key_path, caught.value.got) == (key_path, got)
    assert caught.value.nearest == nearest


def test_an_edge_ends_in_inputs_or_in_the_weights_of_a_layer() -> None:
    with pytest.raises(SpecError, match="unknown data space"):
        Edge("a", "b", "Outputs")
    with pytest.raises(SpecError, match="add 'sum' takes no weights") as caught:
        residual(edges=(*RESIDUAL, Edge("first", "sum", "Weights")))
    assert caught.value.key_path == "nodes[3].weights"


def test_a_tensor_that_does_not_fit_says_who_makes_it_and_who_takes_it() -> None:
    narrow = CountedLayer(Layer("second", K=8, C=4, P=14, Q=14, R=3, S=3))
    with pytest.raises(SpecError, match="'second' cannot take the output of 'first'") as caught:
        residual(IMAGE, FIRST, narrow, SUM, LAST)
    assert caught.value.key_path == "nodes[2].inputs"
    assert caught.value.got == "K=8 P=14 Q=14"
    assert caught.value.expected == "N=1 K=4 P=12..16 Q=12..16"


def test_names_are_used_once() -> None:
    with pytest.raises(SpecError, match="two nodes have one name") as caught:
        residual(IMAGE, FIRST, FIRST, SUM, LAST)
    assert caught.value.key_path == "nodes[2].name"
    with pytest.raises(SpecError, match="two nodes have one name") as caught:
        network_from_layers("net", [(Layer("a", K=2), 1), (Layer("a", K=3), 1)])
    assert (caught.value.key_path, caught.value.nearest) == ("layers[1].name", None)
    assert "layers[0]" in str(caught.value.expected)
    (twice,) = network_from_layers("net", [(Layer("a", K=2), 1), (Layer("a", K=2), 4)]).nodes
    assert twice == CountedLayer(Layer("a", K=2), 5)
