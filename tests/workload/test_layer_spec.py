"""Layers as files have them: numbers, expressions, bits."""

from __future__ import annotations

from typing import Any

import pytest

from bohwsw.errors import SpecError
from bohwsw.workload import CountedLayer, Layer, LayerSpec, Network, layer_data, network_from_dict
from bohwsw.yamlfile import validate


def network(*layers: dict[str, Any]) -> Network:
    return network_from_dict({"name": "net", "layers": list(layers)})


def test_sizes_may_be_expressions() -> None:
    data = {
        "name": "conv",
        "K": "8 * width",
        "stride": ["s", 1],
        "dilation": "s",
        "bits": {"Weights": "b // 2", "Outputs": 16},
        "count": "s + 1",
    }
    built = validate(LayerSpec, data).build({"width": 0.5, "s": 2, "b": 9}, "x.conv")
    sizes = {"stride_w": 2, "dilation_w": 2, "dilation_h": 2}
    assert built == CountedLayer(Layer("x.conv", K=4, **sizes, weights_bits=4, outputs_bits=16), 3)


def test_true_extents_of_inputs_are_written_and_read_back() -> None:
    data = {"name": "conv", "P": 8, "R": 3, "input_width": "2 * w", "input_height": 1}
    built = validate(LayerSpec, data).build({"w": 4})
    assert built.layer == Layer("conv", P=8, R=3, input_width=8, input_height=1)
    assert validate(LayerSpec, layer_data(built)).build({}) == built
    with pytest.raises(SpecError) as caught:
        validate(LayerSpec, data).build({"w": 0})
    assert caught.value.key_path == "input_width"


@pytest.mark.parametrize(
    ("key", "value", "key_path"),
    [
        ("K", "width / 3", "K"),
        ("P", "2 ** 32", "P"),
        ("Q", "width - 1", "Q"),
        ("G", "nothing", "G"),
        ("stride", ["width", "65536 * 2"], "stride[1]"),
        ("dilation", "width * 65537", "dilation"),
        ("bits", "65 * width", "bits"),
        ("bits", {"Inputs": "width / 2"}, "bits.Inputs"),
        ("count", "0 * width", "count"),
    ],
)
def test_expressions_that_give_no_size(key: str, value: object, key_path: str) -> None:
    with pytest.raises(SpecError) as caught:
        validate(LayerSpec, {"name": "a", key: value}).build({"width": 1})
    assert caught.value.key_path == key_path


@pytest.mark.parametrize("text", ["8", " 8 ", "-1", "2.5", "1e3"])
def test_a_number_in_quotes_is_no_expression(text: str) -> None:
    with pytest.raises(SpecError) as caught:
        validate(LayerSpec, {"name": "a", "K": text})
    assert (caught.value.key_path, caught.value.got) == ("K", text)


def test_bits_are_a_number_or_one_for_each_data_space() -> None:
    (eight,) = network({"name": "a", "K": 2, "bits": 8}).unique_layers()
    assert eight.layer.bits == {"Weights": 8, "Inputs": 8, "Outputs": 8}
    (mixed,) = network({"name": "a", "K": 2, "bits": {"Weights": 4, "Outputs": 16}}).unique_layers()
    assert mixed.layer.bits == {"Weights": 4, "Inputs": None, "Outputs": 16}
    both = network({"name": "a", "K": 2}, {"name": "b", "K": 2, "bits": 8})
    assert [entry.count for entry in both.unique_layers()] == [1, 1]


@pytest.mark.parametrize(
    ("bits", "key_path"),
    [
        (0, "layers[0].bits"),
        (65, "layers[0].bits"),
        (8.0, "layers[0].bits"),
        ({"Weight": 8}, "layers[0].bits.Weight"),
        ({"Weights": "8"}, "layers[0].bits.Weights"),
        ([8, 8, 8], "layers[0].bits"),
    ],
)
def test_bits_that_are_not_valid(bits: object, key_path: str) -> None:
    with pytest.raises(SpecError) as caught:
        network({"name": "a", "bits": bits})
    assert caught.value.key_path == key_path
