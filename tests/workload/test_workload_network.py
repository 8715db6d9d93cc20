"""Networks merge equal layers and count them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bohwsw.errors import SpecError
from bohwsw.workload import CountedLayer, Layer, network_from_layers


def test_equal_shapes_are_merged_in_order_of_first_appearance() -> None:
    wide, tall = Layer("wide", P=4), Layer("tall", Q=4)
    again = Layer("wide again", P=4)
    strided = Layer("strided", P=4, stride_w=2)
    network = network_from_layers("net", [(wide, 2), (tall, 1), (again, 3), (strided, 1)])
    assert network.layers == (
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
    assert (network.layers[0].count, type(network.layers[0].count)) == (5, int)
    for count in (2**70, 10**5000):
        with pytest.raises(SpecError) as caught:
            network_from_layers("net", [(Layer("a"), count)])
        assert caught.value.key_path == "layers[0].count"


def test_all_layers_together_fit_64_bits() -> None:
    large = Layer("large", K=2**30, C=2**28)
    assert (
        network_from_layers("net", [(large, 3), (Layer("x", K=2**30, C=2**28, P=1), 1)]).macs
        == 2**60
    )
    with pytest.raises(SpecError, match="'huge' is more work"):
        network_from_layers("net", [(Layer("huge", K=2**31, C=2**31), 1)])
    with pytest.raises(SpecError, match="more work") as caught:
        network_from_layers("net", [(large, 3), (Layer("small"), 1), (large, 1)])
    assert caught.value.key_path == "layers[2]"
    assert str(2**60) in str(caught.value.expected)
