"""Shipped models are what comes out of their networks in torch, layer for layer."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from importers.torch_networks import NETWORKS, module

import bohwsw
from bohwsw.workload import BITS, EXTENTS, Layer, Network

pytest.importorskip("onnxscript")
pytestmark = pytest.mark.usefixtures("one_table_of_operators")


def layers(network: Network) -> Counter[Layer]:
    """Each layer with its count: sizes, strides, dilations, groups; no names, no bits.

    No true extents of inputs either: shipped models have layers as they are published, padding and
    all, and torch knows what is padding.
    """
    none = dict.fromkeys((*BITS, *EXTENTS))
    found: Counter[Layer] = Counter()
    for entry in network.unique_layers():
        found[replace(entry.layer, name="", **none)] += entry.count
    return found


@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_a_shipped_model_is_what_torch_has(name: str) -> None:
    made, x = module(name)
    assert layers(bohwsw.from_torch(made, (x,))) == layers(bohwsw.load_network(name))


@pytest.mark.parametrize("name", ["bert-base", "transformer-encoder"])
def test_an_encoder_is_twelve_of_its_layers(name: str) -> None:
    one = layers(bohwsw.load_network("bert-base-layer"))
    assert layers(bohwsw.load_network(name)) == Counter({layer: 12 * n for layer, n in one.items()})
