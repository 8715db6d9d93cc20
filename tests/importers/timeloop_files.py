"""Files of Timeloop for tests: our machines in each of its formats, and machines by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import yaml

from bohwsw.arch import Architecture, StorageLevel
from bohwsw.importers import ImportedFiles, import_timeloop
from bohwsw.mapping import Mapping

DATA = Path(__file__).parents[1] / "data" / "timeloop"
ACCEPTED = [
    DATA / "accepted" / f"{name}.yaml"
    for name in ("architecture", "energies", "problem", "mapping")
]
DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
NO_LIMIT = 2**32 - 1

CONV = """
problem:
  version: 0.4
  instance: {N: 1, C: 4, M: 8, P: 6, Q: 6, R: 3, S: 3, Wstride: 2, Hstride: 2}
  shape:
    name: conv
    dimensions: [C, M, R, S, N, P, Q]
    coefficients:
    - {name: Wstride, default: 1}
    - {name: Hstride, default: 1}
    - {name: Wdilation, default: 1}
    - {name: Hdilation, default: 1}
    data_spaces:
    - name: Weights
      projection: [[[C]], [[M]], [[R]], [[S]]]
    - name: Inputs
      projection: [[[N]], [[C]], [[R, Wdilation], [P, Wstride]], [[S, Hdilation], [Q, Hstride]]]
    - name: Outputs
      projection: [[[N]], [[M]], [[Q]], [[P]]]
      read_write: true
"""
NODES = """
variables: {version: 0.4, banks: 2, row: 8 * banks}
architecture:
  version: 0.4
  nodes:
  - !Container
    name: system
    attributes: {datawidth: 8, technology: "45nm"}
  - !Component
    name: Main
    class: DRAM
    attributes: {width: 64, datawidth: 8}
  - !Component
    name: Buffer
    class: smartbuffer_SRAM
    attributes: {depth: 1024 * banks, width: 64, datawidth: datawidth_of_words, n_banks: banks,
                 datawidth_of_words: 8, read_bandwidth: row, write_bandwidth: 16}
    constraints:
      dataspace: {keep: [Inputs, Outputs], bypass: [Weights]}
      temporal: {factors: [R=1, S=1], permutation: [Q, P]}
  - !Container
    name: Column
    spatial: {meshX: 4}
    constraints:
      spatial: {permutation: [N, C, P, R, S, Q, M], factors: [N=1, C=1, P=1, R=1, S=1], split: 99}
  - !Container
    name: Row
    spatial: {meshY: 3}
    constraints:
      spatial: {permutation: [N, P, Q, R, S, C, M], factors: N=1 P=1 Q=1 R=1, split: 0}
  - !Parallel
    nodes:
    - !Component
      name: InputPad
      class: smartbuffer_RF
      attributes: {depth: 12, width: 8, datawidth: 8}
      constraints:
        dataspace: {keep: [Inputs]}
        temporal: {factors_only: [S=3]}
    - !Component
      name: WeightPad
      class: storage
      subclass: regfile
      attributes: {depth: 48, width: 8, datawidth: 8, update_fifo_depth: 2}
      constraints:
        dataspace: {keep_only: [Weights]}
        temporal: {no_iteration_over_dataspaces: [Outputs]}
    - !Nothing {constraints: {dataspace: {keep: [Outputs]}}}
  - !Component
    name: mac
    class: intmac
    attributes: {multiplier_width: 8, adder_width: 16}
"""
NESTS = """
mapping:
- {target: Main, type: temporal, factors: [M=2, C=2], permutation: [C, M]}
- {target: Buffer, type: dataspace, keep: [Inputs, Outputs], bypass: [Weights]}
- {target: Buffer, type: temporal, factors: P=6 Q=3, permutation: "Q, P"}
- {target: Column, type: spatial, factors: Q=2 M=2, permutation: QM}
- {target: inter_Row_spatial, type: spatial, factors: S=3, split: 0}
- {target: Row, type: temporal, factors: [C=1]}
- {target: InputPad, type: bypass, bypass: [Weights, Outputs]}
- {target: WeightPad, type: datatype, bypass: [Inputs, Outputs]}
- {target: WeightPad, type: temporal, factors: R=0 C2 M=2, permutation: RC}
"""


def written(folder: Path, **texts: str) -> list[Path]:
    """Files of these texts."""
    paths = []
    for name, text in texts.items():
        paths.append(folder / f"{name}.yaml")
        paths[-1].write_text(text)
    return paths


def imported(folder: Path, *texts: str) -> ImportedFiles:
    """What is imported from files of these texts."""
    return import_timeloop(written(folder, **{f"file{i}": text for i, text in enumerate(texts)}))


def as_text(*data: dict[str, Any]) -> str:
    return "".join(yaml.dump(part, Dumper=DUMPER, sort_keys=False) for part in data)


def sizes(architecture: Architecture) -> tuple[object, ...]:
    """What Timeloop's files say of a machine: no kinds on the chip, nor what could be kept."""
    levels = tuple(
        replace(level, kind="", keeps=frozenset(), cluster_size=1) for level in architecture.levels
    )
    return levels, architecture.mac


def running(mapping: Mapping) -> list[tuple[object, ...]]:
    """Blocks without loops of 1."""
    return [
        (
            *(
                tuple(loop for loop in loops if loop[1] > 1)
                for loops in (block.temporal, block.spatial_x, block.spatial_y)
            ),
            block.keep,
        )
        for block in mapping.levels
    ]


def flat(architecture: Architecture, rng: Random) -> str:
    """Version 0.1: lists with all numbers of instances over the chip."""
    storage = [
        {
            "name": level.name,
            "class": "DRAM" if index == 0 else "SRAM",
            **_attributes(level, rng),
            **({"technology": "DRAM"} if index == 0 else {}),
            "instances": level.instances,
            "meshX": level.mesh_x,
        }
        for index, level in enumerate(architecture.levels)
    ]
    mac = architecture.mac
    units = {"name": "MAC", "word-bits": mac.word_bits, "instances": architecture.macs}
    units["meshX"] = mac.mesh_x
    return as_text(
        {rng.choice(("arch", "architecture")): {"storage": storage[::-1], "arithmetic": units}}
    )


def tree(architecture: Architecture, rng: Random) -> str:
    """Versions 0.2 and 0.3: numbers of instances in names, some levels in sub-trees."""
    branch: dict[str, Any] = {}
    root, around = branch, 1
    for index, level in enumerate(architecture.levels):
        if index and rng.random() < 0.4:
            inner: dict[str, Any] = {"name": f"tree{index}"}
            if level.instances % around == 0 and rng.random() < 0.5:
                inner["name"] += f"[0..{level.instances // around - 1}]"
                around = level.instances
            branch["subtree"], branch = [inner], inner
        entry = {
            "name": f"{level.name}[1..{level.instances // around}]",
            "class": "DRAM" if index == 0 else "SRAM",
            "attributes": {**_attributes(level, rng), "meshX": level.mesh_x},
        }
        branch.setdefault("local", []).append(entry)
    mac = architecture.mac
    name = f"MAC[0..{architecture.macs // around - 1}]"
    attributes = {"datawidth": mac.word_bits, "meshX": mac.mesh_x}
    branch["local"].append({"name": name, "class": "intmac", "attributes": attributes})
    return as_text({"architecture": {"version": 0.3, "subtree": [{"name": "system", **root}]}})


def nodes(architecture: Architecture, rng: Random) -> str:
    """Version 0.4: each fan-out stands at what it leads to, or at a container before it."""
    lines = ["architecture:", "  version: 0.4", "  nodes:", "  - !Container", "    name: system"]
    for index, level in enumerate(architecture.levels):
        fanout = architecture.fanout(index - 1) if index else (1, 1)
        class_name = "DRAM" if index == 0 else "smartbuffer_SRAM"
        lines += _node(level.name, class_name, fanout, _attributes(level, rng), rng)
    attributes = {"multiplier_width": architecture.mac.word_bits}
    fanout = architecture.fanout(architecture.depth - 1)
    return "\n".join([*lines, *_node("MAC", "intmac", fanout, attributes, rng)]) + "\n"


def _node(
    name: str, class_name: str, fanout: tuple[int, int], attributes: dict[str, Any], rng: Random
) -> list[str]:
    spatial = f"    spatial: {{meshX: {fanout[0]}, meshY: {fanout[1]}}}"
    lines = ["  - !Component", f"    name: {name}", f"    class: {class_name}"]
    if rng.random() < 0.5:
        lines = ["  - !Container", f"    name: {name}s", spatial, *lines]
    else:
        lines.append(spatial)
    text = ", ".join(f"{key}: {value}" for key, value in attributes.items())
    return [*lines, f"    attributes: {{{text}}}"]


def _attributes(level: StorageLevel, rng: Random) -> dict[str, Any]:
    """Sizes of a level in one of the spellings that there are."""
    found: dict[str, Any] = {rng.choice(("word-bits", "word_bits", "datawidth")): level.word_bits}
    by_width = rng.random() < 0.5
    if by_width:
        found[rng.choice(("width", "memory_width"))] = level.word_bits * level.block_size
    else:
        found[rng.choice(("block-size", "block_size", "n_words"))] = level.block_size
    if level.entries is None and level.kind != "dram":
        found["entries"] = NO_LIMIT
    elif level.entries is not None and level.entries % level.block_size == 0:
        found[rng.choice(("depth", "memory_depth"))] = level.entries // level.block_size
    elif level.entries is not None:
        found["entries"] = level.entries
    limits = {"read": level.read_words_per_cycle, "write": level.write_words_per_cycle}
    found |= {f"{key}_bandwidth": value for key, value in limits.items() if value is not None}
    return found
