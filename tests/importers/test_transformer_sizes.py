"""Transformers from sizes: totals of shipped models, of torch's own modules, and by hand."""

from __future__ import annotations

from typing import Any

import pytest

import bohwsw
from bohwsw.errors import SpecError
from bohwsw.importers import from_sizes

GPT2 = {"model_type": "gpt2", "n_embd": 768, "n_layer": 12, "n_head": 12, "vocab_size": 50257}
BERT = {
    "model_type": "bert",
    "hidden_size": 768,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "intermediate_size": 3072,
}
VIT = {**BERT, "model_type": "vit", "image_size": 224, "patch_size": 16, "num_labels": 1000}
LLAMA = {
    "model_type": "llama",
    "hidden_size": 64,
    "num_hidden_layers": 3,
    "num_attention_heads": 8,
    "num_key_value_heads": 2,
    "intermediate_size": 160,
    "vocab_size": 1000,
}


@pytest.mark.parametrize(
    ("sizes", "options", "model", "times"),
    [
        (GPT2, {"tokens": 1024, "logits": "none"}, "gpt2-prefill", 12),
        (GPT2, {"phase": "decode", "cached": 1023, "logits": "none"}, "gpt2-decode", 12),
        (BERT, {"tokens": 128}, "bert-base", 1),
        (VIT, {}, "vit-b16", 1),
    ],
)
def test_totals_equal_those_of_shipped_models(
    sizes: dict[str, Any], options: dict[str, Any], model: str, times: int
) -> None:
    assert from_sizes(sizes, **options).macs == times * bohwsw.load_network(model).macs


def test_an_encoder_has_the_products_that_torch_counts() -> None:
    torch = pytest.importorskip("torch")
    from torch.nn.attention import SDPBackend, sdpa_kernel
    from torch.utils.flop_counter import FlopCounterMode

    layer = torch.nn.TransformerEncoderLayer(64, 4, 96, batch_first=True).eval()
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        layer(torch.zeros(2, 10, 64, requires_grad=True))
    sizes = {**BERT, "hidden_size": 64, "num_attention_heads": 4, "intermediate_size": 96}
    network = from_sizes({**sizes, "num_hidden_layers": 1}, tokens=10, batch=2)
    assert 2 * network.macs == counter.get_total_flops()


def test_grouped_query_attention_by_hand() -> None:
    """8 query heads of 8 channels share 2 key heads; 10 tokens, 3 layers, 2 sequences."""
    network = from_sizes(LLAMA, tokens=10, batch=2)
    projections = 64 * 64 + 2 * 64 * 16 + 64 * 64
    feed_forward = 3 * 64 * 160
    attention = 2 * 8 * 10 * 8
    layer = 10 * (projections + feed_forward + attention)
    assert network.macs == 2 * (3 * layer + 10 * 64 * 1000)
    product = network.node("layer.0.qk").layer  # type: ignore[union-attr]
    assert (product.G, product.P, product.C, product.K) == (4, 40, 8, 10)
    last = from_sizes(LLAMA, tokens=10, batch=2, logits="last")
    assert network.macs - last.macs == 2 * 9 * 64 * 1000


def test_decoding_reads_the_cache() -> None:
    network = from_sizes(LLAMA, phase="decode", cached=31, batch=2)
    assert network.tensors["layer.0.key_cache"].words == 31 * 2 * 2 * 8
    assert network.inputs("layer.0.qk", "Weights") == ("layer.0.keys",)
    assert network.tensors["layer.0.keys"].P == 32
    first = from_sizes(LLAMA, phase="decode", cached=0)
    assert first.macs == from_sizes(LLAMA, tokens=1).macs


@pytest.mark.parametrize(
    ("changes", "options", "key_path", "nearest"),
    [
        ({"model_type": "lama"}, {}, "model_type", "llama"),
        ({"model_type": None}, {}, "model_type", None),
        ({"hidden_size": None}, {}, "hidden_size", None),
        ({"hidden_size": "64"}, {}, "hidden_size", None),
        ({"num_hidden_layers": 0}, {}, "num_hidden_layers", None),
        ({"num_attention_heads": 7}, {}, "num_attention_heads", None),
        ({"num_key_value_heads": 3}, {}, "num_key_value_heads", None),
        ({"num_local_experts": 8}, {}, "num_local_experts", None),
        ({}, {"phase": "decoding"}, "phase", "decode"),
        ({}, {"tokens": 0}, "tokens", None),
        ({}, {"phase": "decode", "cached": -1}, "cached", None),
        ({"model_type": "bert"}, {"phase": "decode"}, "phase", None),
    ],
)
def test_what_is_refused(
    changes: dict[str, Any], options: dict[str, Any], key_path: str, nearest: str | None
) -> None:
    with pytest.raises(SpecError) as caught:
        from_sizes({**LLAMA, **changes}, **options)
    assert (caught.value.key_path, caught.value.nearest) == (key_path, nearest)


def test_the_package_has_it() -> None:
    assert bohwsw.from_sizes is from_sizes
