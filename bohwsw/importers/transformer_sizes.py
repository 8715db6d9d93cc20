"""Transformers from a dictionary of sizes, as model cards and ``config.json`` files have it.

Shapes only, nothing is downloaded. Decoders are GPT-2 (Radford et al. 2019) and the family of Llama
(Touvron et al. 2023, arXiv:2302.13971; grouped-query attention of Ainslie et al. 2023,
arXiv:2305.13245); encoders are BERT (Devlin et al. 2018, arXiv:1810.04805) and ViT (Dosovitskiy et
al. 2020, arXiv:2010.11929).

Query heads that share a key head are rows of one product, so that shared keys and values are moved
once; the masked half of attention is counted, as a dense machine computes it. In decoding, keys and
values of earlier tokens come from the cache, which is a tensor from outside: it is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from bohwsw.checks import whole_number
from bohwsw.errors import SpecError, unknown_name
from bohwsw.workload import Network, network_from_dict
from bohwsw.yamlfile import read_yaml

Phase = Literal["prefill", "decode"]
FILE = Path(__file__).with_name("transformer.yaml")

GATED = ("llama", "mistral", "qwen2", "qwen3", "gemma", "gemma2", "phi3", "smollm")
DECODERS = ("gpt2", *GATED)
FAMILIES = (*DECODERS, "bert", "vit")

NAMES = {
    "hidden": ("hidden_size", "n_embd", "d_model"),
    "depth": ("num_hidden_layers", "n_layer"),
    "heads": ("num_attention_heads", "n_head"),
    "key_heads": ("num_key_value_heads",),
    "head_size": ("head_dim",),
    "inner": ("intermediate_size", "n_inner"),
    "words": ("vocab_size",),
    "image": ("image_size",),
    "patch": ("patch_size",),
    "channels": ("num_channels",),
    "classes": ("num_labels",),
}
"""Each size with the keys that files have for it."""


def from_sizes(
    sizes: Mapping[str, Any],
    *,
    phase: Phase = "prefill",
    tokens: int = 128,
    cached: int | None = None,
    batch: int = 1,
    logits: Literal["all", "last", "none"] = "all",
) -> Network:
    """A transformer as a network.

    Args:
        sizes: ``model_type`` (``gpt2``, ``llama``, ``bert``, ``vit`` ...) and the sizes under the
            keys of ``config.json`` (``NAMES``); others are not looked at. Left out, key heads are
            as many as heads, the feed-forward pair is four times as wide as the tokens, and there
            is no product with the vocabulary or the classes.
        phase: ``prefill`` reads all tokens at once; ``decode``, of decoders only, writes one.
        tokens: how many are read in prefill. Of ``vit`` they follow from image and patch.
        cached: of decode, how many are in the cache before the one that is written; ``tokens`` if
            absent.
        batch: sequences or images at a time, each with a cache of its own.
        logits: which tokens are multiplied with the vocabulary in prefill.

    Returns:
        The network, with its edges; tokens lie on P, heads are groups.

    Raises:
        SpecError: an unknown family, a size that is missing or no whole number, heads that do not
            divide, decode of an encoder, or a mixture of experts.
    """
    found, family = _read(sizes), sizes["model_type"]
    if phase not in ("prefill", "decode"):
        raise unknown_name("phase", phase, ("prefill", "decode")).within(key_path="phase")
    if logits not in ("all", "last", "none"):
        raise unknown_name("choice of logits", logits, ("all", "last", "none"))
    if phase == "decode" and family not in DECODERS:
        problem = f"{family} writes no tokens"
        raise SpecError(problem, key_path="phase", got=phase, expected="prefill")
    tokens = whole_number("tokens", tokens, problem="not a number of tokens")
    batch = whole_number("batch", batch, problem="not a batch")
    if family == "vit":
        tokens = (found["image"] // found["patch"]) ** 2 + 1
    before = 0
    if phase == "decode":
        given, tokens = tokens if cached is None else cached, 1
        before = whole_number("cached", given, least=0, problem="not a number of tokens")
    what = f"{phase}, {tokens} tokens" if phase == "prefill" else f"one token after {before}"
    named: dict[str, Any] = {
        "name": f"{family}-{phase}" if family in DECODERS else family,
        "description": f"{family} of {found['depth']} layers, {what}, batch {batch}",
    }
    columns = {"bert": 0, "vit": found.pop("classes")}.get(family, found.pop("words"))
    found |= {"batch": batch, "tokens": tokens, "before": before}
    found["rows"] = 1 if family == "vit" or logits == "last" else tokens
    found["columns"] = 0 if logits == "none" else columns
    file: Any = read_yaml(FILE)
    named["knobs"] = file["knobs"] | {name: {"values": [size]} for name, size in found.items()}
    named["default"] = {"kind": "gated" if family in GATED else family, **found}
    named["constraints"] = [f"kind == '{named['default']['kind']}'"]
    return network_from_dict({**file, **named})


def _read(sizes: Mapping[str, Any]) -> dict[str, int]:
    """Sizes by the names of ``NAMES``."""
    family = sizes.get("model_type")
    if family not in FAMILIES:
        raise unknown_name("family of transformers", family, FAMILIES).within(key_path="model_type")
    for key in ("num_local_experts", "num_experts", "n_routed_experts"):
        if sizes.get(key):
            raise SpecError(
                "a mixture of experts is not supported",
                key_path=key,
                got=sizes[key],
                expected="none",
            )

    def size(name: str, default: int | None = None) -> int:
        for key in NAMES[name]:
            if sizes.get(key) is not None:
                return whole_number(key, sizes[key], problem=f"size of {family} is not valid")
        if default is None:
            raise SpecError(f"a size of {family} is missing", key_path=NAMES[name][0])
        return default

    hidden, heads, vit = size("hidden"), size("heads"), family == "vit"
    found = {
        "hidden": hidden,
        "depth": size("depth"),
        "heads": heads,
        "key_heads": 1 if sizes.get("multi_query") else size("key_heads", heads),
        "head_size": size("head_size", hidden // heads),
        "inner": size("inner", 4 * hidden),
        "words": size("words", 0),
        "image": size("image", None if vit else 1),
        "patch": size("patch", None if vit else 1),
        "channels": size("channels", 3),
        "classes": size("classes", 0),
    }
    for key, whole, part in (
        (NAMES["heads"][0], hidden, heads if "head_dim" not in sizes else 1),
        (NAMES["key_heads"][0], heads, found["key_heads"]),
        (NAMES["patch"][0], found["image"], found["patch"]),
    ):
        if whole % part:
            raise SpecError("does not divide", key_path=key, got=part, expected=f"divides {whole}")
    return found
