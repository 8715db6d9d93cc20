"""Shipped networks away from their defaults, against what their authors publish of these points."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest

from bohwsw.errors import SpecError
from bohwsw.workload import Network, load_model, tensor_words

model = cache(load_model)


def network(name: str, **knobs: Any) -> Network:
    return model(name).network(model(name).with_point(knobs))


def weights(made: Network) -> int:
    return sum(entry.count * tensor_words(entry.layer, "Weights") for entry in made.unique_layers())


@pytest.mark.parametrize(
    ("width", "resolution", "millions"),  # tensorflow/models, research/slim/nets/mobilenet
    [
        *((1.4, 224, 582), (1.3, 224, 509), (1, 224, 300), (1, 192, 221), (1, 160, 154)),
        *((1, 128, 99), (1, 96, 56), (0.75, 224, 209), (0.75, 128, 69), (0.5, 224, 97)),
        *((0.5, 160, 50), (0.35, 224, 59), (0.35, 192, 43), (0.35, 128, 20), (0.35, 96, 11)),
    ],
)
def test_mobilenet_v2_has_the_macs_that_are_published(
    width: float, resolution: int, millions: int
) -> None:
    assert network("mobilenet-v2", width=width, resolution=resolution).macs // 10**6 == millions


@pytest.mark.parametrize(
    ("width", "thousands"), [(1.4, 6060), (1, 3470), (0.75, 2610), (0.5, 1950), (0.35, 1660)]
)
def test_mobilenet_v2_has_the_weights_that_are_published(width: float, thousands: int) -> None:
    found = weights(network("mobilenet-v2", width=width)) / 1000
    assert found == pytest.approx(thousands, abs=5)


OFA_ROWS = [  # IntelLabs/DyNAS-T: depths, expansions, kernels, MACs
    ("23243", "43444634434336664344", "57553337553773335555", 255502624),
    ("33343", "43636633644634364434", "55553777757333555755", 297261792),
]


def of_row(depths: str, expansions: str, kernels: str) -> dict[str, int]:
    point = {f"depth_{stage + 1}": int(depth) for stage, depth in enumerate(depths)}
    for place in range(20):
        stage, block = place // 4 + 1, place % 4 + 1
        is_there = block <= int(depths[stage - 1])
        for knob, digits in (("expand", expansions), ("kernel", kernels)):
            point[f"{knob}_{stage}_{block}"] = int(digits[place]) if is_there else 3
    return point


@pytest.mark.parametrize(("depths", "expansions", "kernels", "macs"), OFA_ROWS)
def test_once_for_all_networks_have_the_macs_of_their_authors(
    depths: str, expansions: str, kernels: str, macs: int
) -> None:
    assert network("ofa-mobilenet-v3", **of_row(depths, expansions, kernels)).macs == macs


def test_an_absent_block_has_neither_kernel_nor_expansion() -> None:
    point = of_row(*OFA_ROWS[0][:3])
    assert point["depth_1"] == 2
    with pytest.raises(SpecError, match="kernel_1_3 \\+ expand_1_3 == 6"):
        network("ofa-mobilenet-v3", **{**point, "kernel_1_3": 5})
    with pytest.raises(SpecError, match="heads_11 \\+ ratio_11 == 6"):
        network("gpt2", layers=11)
    assert len(network("gpt2", layers=11, heads_11=4, ratio_11=2).order) == 208 - 17


def macs_of_cell(edges: Mapping[str, str]) -> int:
    """Stem, reductions and classifier, and each convolution in five cells of three stages."""
    fixed = 32 * 32 * 9 * 3 * 16 + 2 * (9 + 18 + 1) * 16 * 16 * 16 * 16 * 2 + 64 * 10
    operator = 15 * 32 * 32 * 16 * 16
    return fixed + operator * sum(
        {"nor_conv_1x1": 1, "nor_conv_3x3": 9}.get(name, 0) for name in edges.values()
    )


@pytest.mark.parametrize(
    ("operators", "macs"),  # the MACs of the benchmark's first network and of two others
    [
        ("avg_pool_3x3 nor_conv_1x1 skip_connect nor_conv_1x1 skip_connect skip_connect", 15647360),
        (
            "nor_conv_3x3 nor_conv_3x3 nor_conv_3x3 nor_conv_3x3 nor_conv_3x3 nor_conv_3x3",
            220119680,
        ),
        ("none none none none none none", 7783040),
    ],
)
def test_cells_have_the_macs_of_their_operators(operators: str, macs: int) -> None:
    names = [f"edge_{edge}" for edge in ("0_1", "0_2", "1_2", "0_3", "1_3", "2_3")]
    edges = dict(zip(names, operators.split(), strict=True))
    assert network("nas-bench-201", **edges).macs == macs == macs_of_cell(edges)


def test_gpt2_has_the_operations_that_are_published() -> None:
    """karpathy/nanoGPT, transformer_sizing.ipynb: 1,024 tokens and the logits of all of them."""
    prefill = network("gpt2")
    logits = prefill.node("lm_head").layer.macs  # type: ignore[union-attr]
    assert 2 * (prefill.macs + 1023 * logits) == 291_648_307_200
    decode = network("gpt2", phase="decode")
    assert decode.macs == 12 * load_model("gpt2-decode").network().macs + logits
    assert decode.tensors["block.0.keys"].P == 1024


def test_keyword_spotting_with_other_knobs_is_counted_by_hand() -> None:
    assert (
        network("kws-ds-cnn", width=16, depth=2, kernel=5).macs
        == 125 * (40 * 16 + 2 * (25 * 16 + 16 * 16)) + 12 * 16
    )


def test_bits_come_to_every_layer() -> None:
    for name in ("digits-cnn", "kws-ds-cnn"):
        made = network(name, weight_bits=4, activation_bits=8)
        for entry in made.unique_layers():
            assert (entry.layer.weights_bits, entry.layer.inputs_bits) == (4, 8)
