"""Networks made smaller: by hand, without loss where nothing is lost, worse with fewer bits."""

from __future__ import annotations

from math import comb
from typing import Any

import numpy as np
import pytest
import torch

from bohwsw.accuracy import load_data
from bohwsw.accuracy.compression import (
    Pruning,
    compressed,
    compressed_network,
    cut_to,
    densities,
)
from bohwsw.accuracy.torch_network import TorchNetwork
from bohwsw.accuracy.trained_source import read_weights
from bohwsw.errors import SpecError
from bohwsw.workload import CountedLayer, Layer, Network, load_model, network_from_dict

Weights = dict[str, torch.Tensor]


def two_layers(**bits: int) -> Network:
    image = {"name": "image", "op": "input", "K": 1, "P": 2, "Q": 2}
    first = {"name": "first", "K": 2, "P": 2, "Q": 2, "bits": bits}
    flat = {"name": "flat", "op": "reshape", "K": 8, "P": 1, "Q": 1}
    last = {"name": "last", "K": 2, "C": 8, "bits": bits}
    return network_from_dict({"name": "two", "chain": True, "layers": [image, first, flat, last]})


def weights() -> Weights:
    return {
        "first.weight": torch.tensor([0.5, -2.0]).reshape(2, 1, 1, 1),
        "first.bias": torch.zeros(2),
        "last.weight": torch.tensor([[1, -8, 3, 2, 5, 4, -7, 6], [0.1] * 8]).reshape(2, 8, 1, 1),
        "last.bias": torch.zeros(2),
    }


@pytest.mark.parametrize(
    ("pruning", "first", "last"),
    [
        (Pruning(0.0), [0.5, -2.0], [1, -8, 3, 2, 5, 4, -7, 6]),
        (Pruning(0.5), [0, -2.0], [1, -8, 3, 2, 5, 4, -7, 6]),  # the 0.1s are the smaller half
        (Pruning(0.75), [0, -2.0], [0, -8, 0, 0, 5, 0, -7, 6]),
        (Pruning(0.5, "filters"), [0, -2.0], [1, -8, 3, 2, 5, 4, -7, 6]),
        (Pruning(0.0, "2:4"), [0.5, -2.0], [0, -8, 3, 0, 0, 0, -7, 6]),
    ],
)
def test_the_smallest_weights_go(pruning: Pruning, first: list[float], last: list[float]) -> None:
    found = compressed(two_layers(), weights(), pruning)
    assert found["first.weight"].flatten().tolist() == first
    assert found["last.weight"][0].flatten().tolist() == last


@pytest.mark.parametrize("kept", [1, 4, 8])
def test_filters_of_3x3_keep_their_middle_in_one_of_four_patterns(kept: int) -> None:
    network = Network("net", (CountedLayer(Layer("conv", K=20, C=5, P=4, Q=4, R=3, S=3)),))
    values = torch.randn(20, 5, 3, 3, generator=torch.Generator().manual_seed(0)) + 0.01
    pruning = Pruning(pattern=f"{kept} of 3x3")
    found = compressed(network, {"conv.weight": values}, pruning)["conv.weight"]
    flat, left = values.reshape(-1, 9), found.reshape(-1, 9) != 0
    assert left[:, 4].all()
    assert left.sum(1).tolist() == [kept] * 100
    patterns = torch.unique(left, dim=0)
    assert len(patterns) == min(4, comb(8, kept - 1))
    magnitudes = flat.abs() @ patterns.float().T  # each filter in the best of the four
    assert torch.allclose((flat.abs() * left).sum(1), magnitudes.amax(1))
    assert (found[found != 0] == values[found != 0]).all()
    assert densities(network, {"conv.weight": found})["conv"] == pytest.approx(kept / 9)


def test_densities_are_those_of_what_is_left() -> None:
    found = densities(two_layers(), compressed(two_layers(), weights(), Pruning(0.0, "2:4")))
    assert found == {"first": 1.0, "last": 0.5}
    rounded = compressed(two_layers(Weights=2), weights(), Pruning())
    assert rounded["last.weight"][0].flatten().tolist() == [0, -8, 0, 0, 8, 0, -8, 8]
    assert densities(two_layers(), rounded)["last"] == (4 + 8) / 16


@pytest.mark.parametrize(
    "options",
    [
        (1.0,),
        (-0.1,),
        ("x",),
        (True,),
        (0.5, "blocks"),
        (0, "4:2"),
        (0, "0:4"),
        (0, "9 of 3x3"),
        (0, "4 of 5x5"),
    ],
)
def test_what_is_no_pruning_is_refused(options: tuple[Any, ...]) -> None:
    with pytest.raises(SpecError, match=r"sparsity|pattern"):
        Pruning(*options)


def kws(**knobs: Any) -> Network:
    return load_model("kws-ds-cnn").network(load_model("kws-ds-cnn").with_point(knobs))


def test_the_shipped_network_has_the_parameters_of_the_reference() -> None:
    trained = read_weights("kws-ds-cnn")
    assert sum(values.numel() for values in trained.values()) == 22_604
    TorchNetwork(kws(), is_folded=True).load(trained)


def test_a_cut_without_loss_changes_nothing() -> None:
    """Filters that are zero go, and what read them: the rest computes the same."""
    torch.manual_seed(0)
    model = load_model("digits-cnn")
    whole = model.network(model.with_point({"width": 8, "depth": 3, "operator": "separable"}))
    small = model.network(model.with_point({"width": 4, "depth": 3, "operator": "separable"}))
    trained = TorchNetwork(whole, is_folded=True).weights()
    for name, values in trained.items():
        if not name.startswith("fc"):
            values[torch.randperm(len(values))[: len(values) // 2]] = 0.0
    for name in ("block.0", "block.1"):  # a depthwise filter is lost with the channel before it
        before = "conv0" if name == "block.0" else "block.0.conv"
        is_gone = trained[f"{before}.weight"].abs().sum((1, 2, 3)) == 0
        for kind in ("weight", "bias"):
            trained[f"{before}.{kind}"][is_gone] = 0.0
            trained[f"{name}.depthwise.{kind}"][is_gone] = 0.0
    for kind in ("weight", "bias"):
        is_gone = trained["block.1.conv.weight"].abs().sum((1, 2, 3)) == 0
        trained[f"block.1.conv.{kind}"][is_gone] = 0.0
    models = [TorchNetwork(network, is_folded=True).eval() for network in (whole, small)]
    models[0].load(trained)
    models[1].load(cut_to(small, whole, trained))
    x = torch.rand(6, 1, 8, 8)
    assert torch.allclose(models[0](x), models[1](x), atol=1e-5)


def test_of_a_larger_filter_the_middle_stays_and_a_larger_network_is_refused() -> None:
    model = load_model("digits-cnn")
    five, three = (model.network(model.with_point({"kernel": k, "depth": 1})) for k in (5, 3))
    trained = TorchNetwork(five, is_folded=True).weights()
    found = cut_to(three, five, trained)["conv0.weight"]
    assert torch.equal(found, trained["conv0.weight"][:, :, 1:4, 1:4])
    with pytest.raises(SpecError, match="conv0: no part of the trained network"):
        cut_to(five, three, TorchNetwork(three, is_folded=True).weights())
    deeper = model.network(model.with_point({"depth": 2}))
    with pytest.raises(SpecError, match=r"block\.0\.conv: no part of the trained network"):
        cut_to(deeper, three, TorchNetwork(three, is_folded=True).weights())


def test_fewer_bits_are_further_from_the_network_that_was_trained() -> None:
    trained, data = read_weights("kws-ds-cnn"), _noise()
    exact = compressed_network(kws(weight_bits=16, activation_bits=16), trained, data, Pruning())
    x = torch.from_numpy(data.x)
    errors = []
    for bits in (8, 6, 5, 4, 3, 2):
        network = kws(weight_bits=bits, activation_bits=16)
        rough = compressed_network(network, trained, data, Pruning())
        with torch.no_grad():
            errors.append(float((rough(x) - exact(x)).square().mean()))
    assert errors == sorted(errors)
    assert errors[0] < errors[-1] / 100


def _noise() -> Any:
    from bohwsw.accuracy import DataSet

    x = np.random.default_rng(0).normal(scale=20, size=(8, 1, 49, 10)).astype(np.float32)
    return DataSet("noise", x, np.arange(8), np.arange(0))


def test_activations_are_rounded_to_the_bits_of_the_layers() -> None:
    digits, model = load_data("digits"), load_model("digits-cnn")
    network = model.network(model.with_point({"weight_bits": 8, "activation_bits": 4}))
    torch.manual_seed(0)
    found = compressed_network(
        network, TorchNetwork(network, is_folded=True).weights(), digits, Pruning()
    )
    assert {name: grid.bits for name, grid in found.grids.items()} == {
        "conv0": 4,
        "block.0.conv": 4,
        "fc": 4,
    }
    assert not any(grid.is_signed for grid in found.grids.values())  # grey levels, and max(x, 0)
    assert found.grids["conv0"].largest == 1.0
