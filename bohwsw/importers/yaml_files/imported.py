"""What files of another tool say, in our terms."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bohwsw.arch import Architecture
from bohwsw.importers.yaml_files.place import NotModelled, Place
from bohwsw.mapping import Mapping
from bohwsw.simulator import Costs
from bohwsw.workload import Layer, Network


@dataclass(frozen=True)
class ImportedFiles:
    """What files of another tool say, as far as we model it."""

    tool: str
    name: str  # of the machine: the name of its file
    architecture: Architecture | None = None  # the machine, if the files have one
    costs: Costs | None = None
    """Its prices: of the files, else those of Timeloop's public model of that machine."""
    has_energies: bool = False
    dataflow: dict[str, dict[str, Any]] | None = None
    """Restrictions on mappings, laid out as in a space file."""
    single_axis: bool = True  # whether a dimension may unroll on one axis only below each level
    network: Network | None = None  # one layer, if the files have one
    mapping: Mapping | None = None  # of that layer on that machine, if the files have one
    not_modelled: tuple[NotModelled, ...] = ()  # everything else that the files say

    @property
    def layer(self) -> Layer | None:
        """The layer of the problem."""
        return None if self.network is None else self.network.unique_layers()[0].layer


def in_order(notes: list[NotModelled], paths: Sequence[str | Path]) -> tuple[NotModelled, ...]:
    """By file, as they were given, and line."""
    files = [str(path) for path in paths]
    return tuple(sorted(notes, key=lambda note: (files.index(note.file), note.line)))


def stem_of(place: Place) -> str:
    """A name for what a file holds: the file's, without its endings."""
    return Path(place.file).name.split(".")[0][:100] or "imported"


def short_names(names: list[str]) -> list[str]:
    """The names without the ``L0_``, ``L1_`` of our own exporters, if all have them."""
    short = [re.sub(rf"\AL{index}_(?=.)", "", name) for index, name in enumerate(names)]
    has_all = all(text != name for text, name in zip(short, names, strict=True))
    return short if has_all and len(set(short)) == len(short) else names
