"""What Timeloop 3.0.3 cannot hold, said before it runs.

It would stop at some of these with an assertion, misread others, and wrap around at the rest.
"""

from __future__ import annotations

from dataclasses import replace

from bohwsw.arch import Architecture
from bohwsw.errors import SpecError
from bohwsw.exporters.export import refuse_bits
from bohwsw.mapping import Mapping, Tiles, tiles_of, violations
from bohwsw.simulator import Costs
from bohwsw.tech import check_amount
from bohwsw.workload import DATA_SPACES, Layer, box_widths, tensor_words

MOST_LEVELS = 16
"""The masks that say which level keeps what have so many bits."""

LARGEST_SIZE = 2**31 - 1
"""Sizes, strides, dilations and coordinates are signed and have 32 bits."""

LARGEST_COUNT = 2**32 - 1
"""Entries, and widths in bits and in words, are unsigned and have 32 bits."""

LARGEST_PRODUCT = 2**64 - 1
"""Operations, words of tensors, and what is divided to share Outputs out have 64 bits."""


def check_expressible(
    layer: Layer, architecture: Architecture, mapping: Mapping, costs: Costs
) -> None:
    """Refuse, as a SpecError, what Timeloop's files cannot say, or its numbers not hold.

    Whether a mapping fits is for Timeloop to say, but for entries beyond what it can read. Padding
    is part of its Inputs.
    """
    refuse_bits(layer)
    layer = replace(layer, input_width=None, input_height=None)
    violations(layer, architecture, mapping)  # raises if depth, outermost level or factors differ
    if architecture.depth > MOST_LEVELS:
        raise SpecError(
            f"Timeloop has room for {MOST_LEVELS} levels",
            key_path="levels",
            got=architecture.depth,
            expected=f"at most {MOST_LEVELS}",
        )
    _check_layer(layer)
    for index, level in enumerate(architecture.levels):
        for key in ("word_bits", "block_size"):
            what = f"{key} of level {level.name!r}"
            _check_most(f"levels[{index}].{key}", what, getattr(level, key))
    _check_most("mac.word_bits", "word_bits of the units", architecture.mac.word_bits)
    for key, prices in (("storage", costs.storage), ("hop_energy_pj", costs.hop_energy_pj)):
        if len(prices) != architecture.depth:
            raise SpecError(
                f"prices and machine {architecture.name!r} differ in depth",
                key_path=f"costs.{key}",
                got=f"{len(prices)} levels",
                expected=f"{architecture.depth} levels",
            )
    for hop_energy_pj in costs.hop_energy_pj:
        check_amount("hop_energy_pj", hop_energy_pj)
    check_amount("mac_energy_pj", costs.mac_energy_pj)
    _check_tiles(architecture, mapping, tiles_of(layer, mapping))


def _check_tiles(architecture: Architecture, mapping: Mapping, tiles: Tiles) -> None:
    """What a level keeps can be counted in entries, and its part of the Outputs computed."""
    part = tiles.words[0]["Outputs"]
    for index, level in enumerate(architecture.levels[1:], 1):
        words, outside, place = tiles.words[index], mapping.levels[index - 1], f"mapping[{index}]"
        kept = sum(words[space] for space in mapping.levels[index].keep)
        if level.entries is None or level.entries >= kept:
            _check_most(place, f"words that {level.name!r} keeps", kept)
        part *= words["Outputs"]
        _check_most(place, f"all Outputs times those in {level.name!r}", part, LARGEST_PRODUCT)
        together = tiles.union_words[index - 1] if outside.spatial else words
        part //= together["Outputs"]


def _check_layer(layer: Layer) -> None:
    for key, value in vars(layer).items():
        if isinstance(value, int):
            _check_most(key, f"size of layer {layer.name!r}", value, LARGEST_SIZE)
    for space in DATA_SPACES:
        width = max(box_widths(layer, space, layer.sizes))
        _check_most(space, f"width of the {space} of layer {layer.name!r}", width, LARGEST_SIZE)
        words = tensor_words(layer, space)
        _check_most(space, f"words of the {space} of layer {layer.name!r}", words, LARGEST_PRODUCT)
    _check_most("layer", f"operations of layer {layer.name!r}", layer.macs, LARGEST_PRODUCT)


def _check_most(key_path: str, what: str, value: int, most: int = LARGEST_COUNT) -> None:
    if value > most:
        problem = f"{what}: more than Timeloop can hold"
        raise SpecError(problem, key_path=key_path, got=value, expected=f"at most {most}")
