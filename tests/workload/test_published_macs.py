"""Shipped networks against totals that others published, and against tables of their layers."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from bohwsw.shipped import shipped_names
from bohwsw.workload import tensor_words
from bohwsw.workload.model_file import load_network

DATA = Path(__file__).parents[1] / "data"
TABLE, LAYERS = (
    json.loads((DATA / file).read_text(encoding="utf-8"))["models"]
    for file in ("published_macs.json", "unique_layers.json")
)
NAMES = shipped_names("models")


def test_the_table_has_every_model() -> None:
    assert sorted(TABLE) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_totals(name: str) -> None:
    network, row = load_network(name), TABLE[name]
    assert network.name == name
    assert network.description
    assert network.macs == row["macs"]
    assert len(network.unique_layers()) == row["unique_layers"]
    assert sum(entry.count for entry in network.unique_layers()) == row["layers"]


@pytest.mark.parametrize("name", LAYERS)
def test_unique_layers_are_those_of_the_tables(name: str) -> None:
    found = [[*entry.layer.shape, entry.count] for entry in load_network(name).unique_layers()]
    assert found == LAYERS[name]


@pytest.mark.parametrize("name", [name for name in TABLE if "published_gmacs" in TABLE[name]])
def test_published_figures_to_their_last_digit(name: str) -> None:
    row = TABLE[name]
    published = Decimal(row["published_gmacs"])
    ours = Decimal(load_network(name).macs * row["copies"]) / 10**9
    assert ours.quantize(published) == published


@pytest.mark.parametrize("name", NAMES)
def test_weights_without_those_that_attention_computes(name: str) -> None:
    words = sum(
        entry.count * tensor_words(entry.layer, "Weights")
        for entry in load_network(name).unique_layers()
        if not entry.layer.name.endswith(("qk", "av"))
    )
    assert words == TABLE[name]["weights"]


@pytest.mark.parametrize(
    ("name", "tokens", "context"),
    [("bert-base-layer", 128, 128), ("gpt2-prefill", 1024, 1024), ("gpt2-decode", 1, 1024)],
)
def test_transformer_layers_follow_the_textbook_formula(
    name: str, tokens: int, context: int
) -> None:
    width = 768
    projections = 12 * width**2  # 4 of attention, 8 of the feed-forward pair
    assert load_network(name).macs == tokens * projections + 2 * tokens * context * width


@pytest.mark.parametrize(
    ("model", "name", "sizes"),
    [
        ("mobilenet-v2", "blocks.0.0.conv_dw", "P=112 Q=112 R=3 S=3 G=32"),
        ("alexnet-2012", "conv2", "K=128 C=48 P=27 Q=27 R=5 S=5 G=2"),
        ("vit-b16", "blocks.0.attn.qk", "K=197 C=64 P=197 G=12"),
        ("gpt2-decode", "qk", "K=1024 C=64 G=12"),
        ("dqn", "conv1", "K=32 C=4 P=20 Q=20 R=8 S=8"),
    ],
)
def test_kinds_of_layers_are_told_by_their_sizes(model: str, name: str, sizes: str) -> None:
    layers = [
        entry.layer for entry in load_network(model).unique_layers() if entry.layer.name == name
    ]
    said = [f"{dim}={size}" for dim, size in layers[0].sizes.items() if size > 1]
    assert " ".join(said) == sizes
