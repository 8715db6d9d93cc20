"""A design for Timeloop 3.0.3: a folder a layer, each with what ``timeloop-model`` reads.

Machines stand in the flat form (``arithmetic`` and ``storage``, innermost level first) that
``timeloop-model`` reads without Accelergy; what an action costs stands in a table (``ERT``). Keys
are spelt as version 3.0.3 has them. It ignores those that it does not know, without a word, so
nothing here may be renamed: ``tests/data/timeloop/accepted`` has files that it read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from bohwsw.arch import Architecture, StorageLevel
from bohwsw.codesign import Design, Hardware, MappedLayer
from bohwsw.errors import SpecError
from bohwsw.exporters.export import (
    Export,
    counted_with_padding,
    export_layers,
    level_name,
    refuse_bits,
    yaml_texts,
)
from bohwsw.mapping import LevelNest, Loop, Mapping, Tiles, tiles_of, violations
from bohwsw.simulator import Costs
from bohwsw.tech import check_amount
from bohwsw.workload import DATA_SPACES, DIMENSIONS, Layer, box_widths, tensor_words

LINKS_OFF = "TIMELOOP_DISABLE_LINK_TRANSFERS"
TARGET = "Timeloop 3.0.3 (tag v3.0.3 of NVlabs/timeloop)"
HOW = (
    "In the folder of a layer:",
    "",
    "```sh",
    f"{LINKS_OFF}=1 timeloop-model architecture.yaml energies.yaml problem.yaml mapping.yaml",
    "```",
    "",
    f"`{LINKS_OFF}=1` switches off transfers between neighbouring PEs, which we do not count;"
    " with it, counts are equal. Energies per action are in the files: no Accelergy is needed.",
)
LOST = (
    "The graph of the network: Timeloop evaluates one layer at a time.",
    "Areas: the files have none.",
)
ARITHMETIC = "MAC"
COEFFICIENTS = {
    "Wstride": "stride_w",
    "Hstride": "stride_h",
    "Wdilation": "dilation_w",
    "Hdilation": "dilation_h",
}
PROJECTIONS: dict[str, list[list[list[str]]]] = {
    "Weights": [[[dim]] for dim in "GKCRS"],
    "Inputs": [
        *([[dim]] for dim in "NGC"),
        [["P", "Wstride"], ["R", "Wdilation"]],
        [["Q", "Hstride"], ["S", "Hdilation"]],
    ],
    "Outputs": [[[dim]] for dim in "NGKQP"],
}


def timeloop(design: Design) -> Export:
    """Architecture, energies per action, problem and mapping of each layer."""

    def files_of(mapped: MappedLayer, core: Hardware) -> dict[str, str]:
        layer = mapped.entry.layer
        if layer.is_padded:
            counted_with_padding(mapped, core)
        files = timeloop_files_of(layer, core.architecture, mapped.mapping, core.costs)
        return yaml_texts(files)

    return export_layers(design, TARGET, files_of, HOW, LOST)


def timeloop_files_of(
    layer: Layer, architecture: Architecture, mapping: Mapping, costs: Costs
) -> dict[str, dict[str, Any]]:
    """Timeloop's input files by name, as plain data for YAML.

    Raises:
        SpecError: the mapping is not one of this layer on this machine, has imperfect factors, has
            a dimension on both axes of a level, or spreads where the machine has no fan-out; a size
            or a price is beyond what Timeloop reads, see `check_expressible`.
    """
    check_expressible(layer, architecture, mapping, costs)
    names = [level_name(index, level) for index, level in enumerate(architecture.levels)]
    directives: list[dict[str, Any]] = []
    for index, (name, block) in enumerate(zip(names, mapping.levels, strict=True)):
        directives += _directives(name, block, architecture.fanout(index))
    levels = list(zip(names, architecture.levels, costs.hop_energy_pj, strict=True))
    mac = architecture.mac
    counts = {"instances": architecture.macs, "meshX": mac.mesh_x, "meshY": mac.mesh_y}
    # Without their price: Timeloop reads ``energy`` here as a whole number.
    units = {"name": ARITHMETIC, **_whole({**counts, "word-bits": mac.word_bits})}
    return {
        "architecture.yaml": {
            "architecture": {
                "arithmetic": units,
                "storage": [
                    _storage(name, level, hop, outermost=name == names[0])
                    for name, level, hop in levels[::-1]
                ],
            }
        },
        "energies.yaml": {"ERT": {"version": 0.3, "tables": _energies_per_action(names, costs)}},
        "problem.yaml": {"problem": _problem(layer)},
        "mapping.yaml": {"mapping": directives},
    }


def _storage(
    name: str, level: StorageLevel, hop_energy_pj: float, *, outermost: bool
) -> dict[str, Any]:
    """A level; the outermost one needs no size, and Timeloop calls what has none DRAM.

    There is no ``cluster-size``: Timeloop would divide by it a price that is one instance's.
    """
    counts = {
        "entries": min(level.entries or LARGEST_COUNT, LARGEST_COUNT),
        "instances": level.instances,
        "meshX": level.mesh_x,
        "meshY": level.mesh_y,
        "word-bits": level.word_bits,
        "block-size": level.block_size,
    }
    if outermost:
        del counts["entries"]
    reads, writes = level.read_words_per_cycle, level.write_words_per_cycle
    return {
        "name": name,
        **({"technology": "DRAM"} if outermost else {}),
        **_whole(counts),
        **({} if reads is None else {"read_bandwidth": float(reads)}),
        **({} if writes is None else {"write_bandwidth": float(writes)}),
        "energy-per-hop": float(hop_energy_pj),
        "addr-gen-energy": 0.0,
    }


def _whole(counts: dict[str, int]) -> dict[str, int]:
    """Counts as Python's own integers, which YAML can write."""
    return {key: int(count) for key, count in counts.items()}


def _energies_per_action(names: list[str], costs: Costs) -> list[dict[str, Any]]:
    """What each action of each level costs; that of the units is called ``compute``."""
    actions = ("random_read", "random_fill", "random_update")
    tables = {
        name: dict(zip(actions, (cost.read_pj, cost.fill_pj, cost.update_pj), strict=True))
        for name, cost in zip(names, costs.storage, strict=True)
    }
    tables[ARITHMETIC] = {"compute": costs.mac_energy_pj}
    return [
        {
            "name": name,
            "actions": [{"name": key, "energy": float(price)} for key, price in prices.items()],
        }
        for name, prices in tables.items()
    ]


def _problem(layer: Layer) -> dict[str, Any]:
    return {
        "shape": {
            "name": "layer",
            "dimensions": list(DIMENSIONS),
            "coefficients": [{"name": name, "default": 1} for name in COEFFICIENTS],
            "data-spaces": [
                {
                    "name": space,
                    "projection": PROJECTIONS[space],
                    **({"read-write": True} if space == "Outputs" else {}),
                }
                for space in DATA_SPACES
            ],
        },
        "instance": _whole(
            {**layer.sizes, **{name: getattr(layer, key) for name, key in COEFFICIENTS.items()}}
        ),
    }


def _directives(name: str, block: LevelNest, fanout: tuple[int, int]) -> list[dict[str, Any]]:
    """A level's block; Timeloop lists loops from the innermost, which are those on X."""
    keep = [space for space in DATA_SPACES if space in block.keep]
    bypass = [space for space in DATA_SPACES if space not in block.keep]
    kept = {key: spaces for key, spaces in (("keep", keep), ("bypass", bypass)) if spaces}
    directives: list[dict[str, Any]] = [
        {"target": name, "type": "bypass", **kept},
        {"target": name, "type": "temporal", **_loops(block.temporal)},
    ]
    x, y = ([dim for dim, n in loops if n > 1] for loops in (block.spatial_x, block.spatial_y))
    if set(x) & set(y):
        raise SpecError(
            f"Timeloop has a dimension on one axis of {name} only", got=[x, y], key_path="mapping"
        )
    if fanout != (1, 1):
        spatial = {"target": name, "type": "spatial", **_loops(block.spatial), "split": len(x)}
        directives.append(spatial)
    elif x or y:
        raise SpecError(f"Timeloop sees no fan-out below {name}", got=[x, y], key_path="mapping")
    return directives


def _loops(loops: Sequence[Loop]) -> dict[str, str]:
    """Factors of all dimensions, and their order from the innermost; idle ones stand outside."""
    running = {dim: factor for dim, factor in loops if factor > 1}
    idle = [dim for dim in DIMENSIONS if dim not in running]
    return {
        "factors": " ".join(f"{dim}{running.get(dim, 1)}" for dim in DIMENSIONS),
        "permutation": "".join([*reversed(running), *idle]),
    }


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
