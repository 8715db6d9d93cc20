"""Networks of the workload as PyTorch modules: against plain loops, folded, refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from bohwsw.accuracy.torch_network import Grid, TorchNetwork
from bohwsw.errors import SpecError
from bohwsw.workload import load_network, network_from_dict

IMAGE = {"name": "image", "op": "input", "K": 2, "P": 6, "Q": 5}


def made(*layers: dict[str, Any], **options: Any) -> TorchNetwork:
    data = {"name": "net", "chain": True, "layers": [IMAGE, *layers]}
    torch.manual_seed(0)
    return TorchNetwork(network_from_dict(data), **options).eval()


@pytest.mark.parametrize(
    ("sizes", "first"),  # where the filter starts: half of the padding, rounded down, before
    [
        ({"P": 6, "Q": 5, "R": 3, "S": 3}, (-1, -1)),
        ({"P": 3, "Q": 3, "R": 3, "S": 4, "stride": 2}, (0, -1)),
        ({"P": 4, "Q": 3, "R": 3, "S": 3}, (0, 0)),
        ({"P": 6, "Q": 5, "R": 3, "S": 1, "dilation": 2}, (-2, 0)),
    ],
)
def test_a_convolution_equals_its_loop_nest(sizes: dict[str, int], first: tuple[int, int]) -> None:
    model = made({"name": "conv", "K": 3, "C": 2, **sizes})
    weights = {name: value.numpy() for name, value in model.weights().items()}
    x = np.random.default_rng(0).normal(size=(2, 6, 5)).astype(np.float32)
    found = model(torch.from_numpy(x[None])).detach().numpy().reshape(3, sizes["P"], sizes["Q"])
    stride, dilation = sizes.get("stride", 1), sizes.get("dilation", 1)
    for k, p, q in np.ndindex(found.shape):
        total = float(weights["conv.bias"][k])
        for c, r, s in np.ndindex(2, sizes["R"], sizes["S"]):
            w, h = p * stride + r * dilation + first[0], q * stride + s * dilation + first[1]
            if 0 <= w < 6 and 0 <= h < 5:
                total += float(weights["conv.weight"][k, c, r, s] * x[c, w, h])
        assert found[k, p, q] == pytest.approx(total, abs=1e-5)


def test_operators_do_what_they_are_called() -> None:
    model = made(
        {"name": "both", "op": "concatenate", "inputs": ["image", "image"]},
        {"name": "pool", "op": "pool", "P": 3, "Q": 5},
        {"name": "mean", "op": "pool", "P": 1, "Q": 1},
        {"name": "scaled", "op": "multiply", "inputs": ["pool", "mean"]},
        {"name": "sum", "op": "add", "inputs": ["scaled", "pool"]},
        {"name": "flat", "op": "reshape", "K": 60, "P": 1, "Q": 1},
        {"name": "fc", "K": 2, "C": 60},
    )
    x = torch.randn(3, 2, 6, 5)
    pool = torch.cat([x, x], 1).reshape(3, 4, 3, 2, 5).amax(3)
    flat = (pool * pool.mean((2, 3), keepdim=True) + pool).flatten(1)
    weights = model.weights()
    expected = flat @ weights["fc.weight"][:, :, 0, 0].T + weights["fc.bias"]
    assert torch.allclose(model(x), expected, atol=1e-5)


def test_folded_normalisations_change_nothing() -> None:
    network = load_network("digits-cnn")
    model = TorchNetwork(network).train()
    for _ in range(3):
        model(torch.randn(32, 1, 8, 8) * 3 + 1)  # moves means and variances
    folded = TorchNetwork(network, is_folded=True).eval()
    folded.load(model.eval().weights())
    x = torch.randn(5, 1, 8, 8)
    assert torch.allclose(model(x), folded(x), atol=1e-4)
    assert not torch.allclose(model(x), TorchNetwork(network).eval()(x), atol=1e-2)


@pytest.mark.parametrize(
    ("layers", "place"),
    [
        ([{"name": "a", "K": 2, "C": 2, "P": 6, "Q": 5, "count": 2}], "a"),
        ([{"name": "s", "op": "slice", "K": 1}, {"name": "a", "C": 1, "P": 6, "Q": 5}], "s"),
        ([{"name": "b", "op": "input"}, {"name": "a", "inputs": "b"}], "b"),
    ],
)
def test_what_cannot_be_computed_is_refused_by_name(
    layers: list[dict[str, Any]], place: str
) -> None:
    with pytest.raises(SpecError, match="cannot be trained or evaluated") as caught:
        made(*layers)
    assert caught.value.key_path == place


def test_weights_that_do_not_fit_are_refused_by_name() -> None:
    model = made({"name": "conv", "K": 3, "C": 2, "P": 6, "Q": 5})
    with pytest.raises(SpecError, match=r"conv\.bias: these weights do not fit"):
        model.load({"conv.weight": torch.zeros(3, 2, 1, 1)})
    with pytest.raises(SpecError, match=r"shape \(3, 1, 1, 1\)"):
        model.load({"conv.weight": torch.zeros(3, 1, 1, 1)})


@pytest.mark.parametrize(
    ("bits", "is_signed", "given", "expected"),
    [
        (2, True, [-1.0, -0.6, -0.4, 0.2, 0.9], [-1.0, -1.0, 0.0, 0.0, 1.0]),
        (3, True, [-1.0, -0.5, 0.1, 0.2, 2.0], [-1.0, -2 / 3, 0.0, 1 / 3, 1.0]),
        (2, False, [-0.3, 0.1, 0.2, 0.5, 0.9], [0.0, 0.0, 1 / 3, 2 / 3, 1.0]),
        (1, True, [-0.3, 0.1], [-1.0, 1.0]),
        (1, False, [0.3, 0.6], [0.0, 1.0]),
    ],
)
def test_values_are_rounded_to_what_bits_tell_apart(
    bits: int, is_signed: bool, given: list[float], expected: list[float]
) -> None:
    grid = Grid(bits, torch.tensor(1.0), is_signed)
    assert grid.rounded(torch.tensor(given)).tolist() == pytest.approx(expected)
