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
from dataclasses import dataclass
from typing import Any, Literal

from bohwsw.checks import whole_number
from bohwsw.errors import SpecError, unknown_name
from bohwsw.workload import Network, network_from_dict

Phase = Literal["prefill", "decode"]

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


@dataclass(frozen=True)
class _Sizes:
    family: str
    hidden: int
    depth: int
    heads: int
    key_heads: int
    head_size: int
    inner: int
    words: int
    image: int
    patch: int
    channels: int
    classes: int


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
    found = _read(sizes)
    if phase not in ("prefill", "decode"):
        raise unknown_name("phase", phase, ("prefill", "decode")).within(key_path="phase")
    if logits not in ("all", "last", "none"):
        raise unknown_name("choice of logits", logits, ("all", "last", "none"))
    if phase == "decode" and found.family not in DECODERS:
        raise SpecError(
            f"{found.family} writes no tokens", key_path="phase", got=phase, expected="prefill"
        )
    tokens = whole_number("tokens", tokens, problem="not a number of tokens")
    batch = whole_number("batch", batch, problem="not a batch")
    if found.family == "vit":
        tokens = (found.image // found.patch) ** 2 + 1
    before = 0
    if phase == "decode":
        given = tokens if cached is None else cached
        before = whole_number("cached", given, least=0, problem="not a number of tokens")
        tokens = 1
    nodes = _nodes(found, tokens, before, batch, logits)
    what = f"{phase}, {tokens} tokens" if phase == "prefill" else f"one token after {before}"
    description = f"{found.family} of {found.depth} layers, {what}, batch {batch}"
    name = f"{found.family}-{phase}" if found.family in DECODERS else found.family
    data = {"name": name, "description": description, "chain": True, "layers": nodes}
    return network_from_dict(data)


def _nodes(s: _Sizes, tokens: int, before: int, batch: int, logits: str) -> list[dict[str, Any]]:
    """The whole network as entries of a model file."""
    if s.family == "vit":
        nodes = _patches(s, tokens, batch)
    else:
        nodes = [{"name": "tokens", "op": "input", **_tensor(batch, s.hidden, tokens)}]
    layers = _block(s, tokens, before, batch)
    nodes.append({"block": "layer", "repeat": s.depth, "layers": layers})
    if s.family == "bert":
        return nodes
    nodes.append({"name": "final_norm", "op": "normalise"})
    columns = s.classes if s.family == "vit" else s.words
    if columns and logits != "none":
        rows = 1 if s.family == "vit" or logits == "last" else tokens
        if rows < tokens:
            nodes.append({"name": "last", "op": "slice", **_tensor(batch, s.hidden, rows)})
        nodes.append({"name": "head", **_rows(batch, rows), "C": s.hidden, "K": columns})
    return nodes


def _read(sizes: Mapping[str, Any]) -> _Sizes:
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
    found = _Sizes(
        family=str(family),
        hidden=hidden,
        depth=size("depth"),
        heads=heads,
        key_heads=1 if sizes.get("multi_query") else size("key_heads", heads),
        head_size=size("head_size", hidden // heads),
        inner=size("inner", 4 * hidden),
        words=size("words", 0),
        image=size("image", None if vit else 1),
        patch=size("patch", None if vit else 1),
        channels=size("channels", 3),
        classes=size("classes", 0),
    )
    for key, whole, part in (
        (NAMES["heads"][0], found.hidden, heads if "head_dim" not in sizes else 1),
        (NAMES["key_heads"][0], heads, found.key_heads),
        (NAMES["patch"][0], found.image, found.patch),
    ):
        if whole % part:
            raise SpecError("does not divide", key_path=key, got=part, expected=f"divides {whole}")
    return found


def _tensor(batch: int, channels: int, tokens: int) -> dict[str, int]:
    return {"N": batch, "K": channels, "P": tokens}


def _rows(batch: int, rows: int) -> dict[str, int]:
    return {"N": batch, "P": rows}


def _patches(s: _Sizes, tokens: int, batch: int) -> list[dict[str, Any]]:
    """An image as tokens: one for each patch, and that of the class."""
    side = s.image // s.patch
    taps = {"R": s.patch, "S": s.patch, "stride": s.patch}
    sizes = {"N": batch, "K": s.hidden, "C": s.channels, "P": side, "Q": side}
    return [
        {"name": "image", "op": "input", "N": batch, "K": s.channels, "P": s.image, "Q": s.image},
        {"name": "patch", **sizes, **taps},
        {"name": "patches", "op": "reshape", **_tensor(batch, s.hidden, tokens - 1), "Q": 1},
        {"name": "class", "op": "input", **_tensor(batch, s.hidden, 1)},
        {"name": "tokens", "op": "concatenate", "axis": "P", "inputs": ["class", "patches"]},
        {"name": "positions", "op": "input", **_tensor(batch, s.hidden, tokens)},
        {"name": "embedding", "op": "add", "inputs": ["tokens", "positions"]},
    ]


def _block(s: _Sizes, tokens: int, before: int, batch: int) -> list[dict[str, Any]]:
    """One layer: attention and the feed-forward pair; normalisation first, but for BERT after."""
    after = s.family == "bert"
    nodes: list[dict[str, Any]] = []
    source = "in"
    if not after:
        nodes.append({"name": "norm1", "op": "normalise", "inputs": "in"})
        source = "norm1"
    nodes += _attention(s, source, tokens, before, batch)
    add1: dict[str, Any] = {"name": "add1", "op": "add", "inputs": ["proj", "in"]}
    add1["then"] = ["normalise"]
    nodes += [add1, *_feed_forward(s, tokens, batch)]
    source = "add1.normalise" if after else "add1"
    add2: dict[str, Any] = {"name": "add2", "op": "add", "inputs": ["down", source]}
    if after:
        add2["then"] = ["normalise"]
    return [*nodes, add2]


def _attention(
    s: _Sizes, source: str, tokens: int, before: int, batch: int
) -> list[dict[str, Any]]:
    shared = s.heads // s.key_heads
    groups, reach = batch * s.key_heads, before + tokens
    keys = groups * s.head_size
    nodes: list[dict[str, Any]] = []
    for name, heads in (("query", s.heads), ("key", s.key_heads), ("value", s.key_heads)):
        sizes = {**_rows(batch, tokens), "C": s.hidden, "K": heads * s.head_size}
        nodes.append({"name": name, **sizes, "inputs": source})
    rows = _tensor(1, keys, tokens * shared)
    nodes.append({"name": "query_rows", "op": "reshape", "inputs": "query", **rows})
    weights = {}
    for name in ("key", "value"):
        nodes.append(
            {"name": f"{name}_rows", "op": "reshape", "inputs": name, **_tensor(1, keys, tokens)}
        )
        weights[name] = f"{name}_rows"
        if before:
            cache: dict[str, Any] = {
                "name": f"{name}_cache",
                "op": "input",
                **_tensor(1, keys, before),
            }
            joined: dict[str, Any] = {"name": f"{name}s", "op": "concatenate", "axis": "P"}
            joined["inputs"] = [f"{name}_cache", f"{name}_rows"]
            nodes += [cache, joined]
            weights[name] = f"{name}s"
    product = {"G": groups, "P": tokens * shared}
    return [
        *nodes,
        {
            "name": "qk",
            **product,
            "C": s.head_size,
            "K": reach,
            "inputs": "query_rows",
            "weights": weights["key"],
            "then": ["softmax"],
        },
        {"name": "av", **product, "C": reach, "K": s.head_size, "weights": weights["value"]},
        {"name": "heads", "op": "reshape", **_tensor(batch, s.heads * s.head_size, tokens)},
        {"name": "proj", **_rows(batch, tokens), "C": s.heads * s.head_size, "K": s.hidden},
    ]


def _feed_forward(s: _Sizes, tokens: int, batch: int) -> list[dict[str, Any]]:
    rows, source = _rows(batch, tokens), "add1.normalise"
    up: dict[str, Any] = {"name": "up", **rows, "C": s.hidden, "K": s.inner, "inputs": source}
    down = {"name": "down", **rows, "C": s.inner, "K": s.hidden}
    if s.family not in GATED:
        return [{**up, "then": ["activation"]}, down]
    gate = {**up, "name": "gate", "then": ["activation"]}
    product = {"name": "gated", "op": "multiply", "inputs": ["gate.activation", "up"]}
    return [gate, up, product, down]
