"""Networks as plain data: what is written gives back an equal network."""

from __future__ import annotations

import pytest

from bohwsw.shipped import shipped_names
from bohwsw.workload import (
    CountedLayer,
    Edge,
    Layer,
    Network,
    Operator,
    load_network,
    network_data,
    network_from_dict,
)


@pytest.mark.parametrize("name", shipped_names("models"))
def test_shipped_networks_come_back(name: str) -> None:
    network = load_network(name)
    again = network_from_dict(network_data(network))
    assert (again.name, again.nodes) == (network.name, network.nodes)
    assert set(again.edges) == set(network.edges)
    assert again.tensors == network.tensors


def test_everything_that_a_node_may_say() -> None:
    nodes = (
        Operator("x", "input", N=2, K=6, P=9, Q=8, bits=4),
        CountedLayer(Layer("a", N=2, K=2, C=3, P=7, Q=6, R=3, S=3, G=2, weights_bits=3), 5),
        Operator("c", "concatenate", axis="P"),
        CountedLayer(Layer("s", K=4, C=4, P=9, dilation_w=2, stride_h=3, inputs_bits=8)),
        Operator("w", "input", K=4, P=4),
        CountedLayer(Layer("steps", N=2, K=8, C=2, P=3, sequential="P")),
    )
    edges = (Edge("x", "a"), Edge("a", "c"), Edge("a", "c"), Edge("w", "s", "Weights"))
    network = Network("all", nodes, edges, "what it is")
    assert network_from_dict(network_data(network)) == network
