"""What `timeloop_statistics` prints: our simulator's counts, Timeloop's prices."""

from __future__ import annotations

from dataclasses import dataclass
from unittest.mock import patch

from timeloop_readers import Part

from bohwsw.arch import Architecture, MacArray, StorageLevel
from bohwsw.mapping.nest import LevelNest, Mapping
from bohwsw.mapping.tiles import Tiles, tiles_of
from bohwsw.simulator import reference
from bohwsw.simulator.costs import Costs
from bohwsw.simulator.evaluation import Evaluation
from bohwsw.tech.technology import StorageCost
from bohwsw.workload import Layer


@dataclass
class Run:
    """A layer on a machine; levels stand innermost first."""

    layer: Layer
    written: set[str]
    units: Part
    levels: list[Part]
    blocks: list[LevelNest]

    @property
    def mapping(self) -> Mapping:
        """The blocks, outermost first."""
        return Mapping(tuple(reversed(self.blocks)))

    @property
    def tiles(self) -> Tiles:
        """Their tiles."""
        return tiles_of(self.layer, self.mapping)


def count(run: Run) -> Evaluation:
    """Our counts, without storage prices; whether the mapping fits was for Timeloop to say."""
    levels = [
        StorageLevel(
            level.name,
            word_bits=level.word_bits,
            read_words_per_cycle=level.more["read_bandwidth"],
            write_words_per_cycle=level.more["write_bandwidth"],
            mesh_x=level.mesh_x,
            mesh_y=level.mesh_y,
        )
        for level in reversed(run.levels)
    ]
    free = StorageCost(0.0, 0.0, 0.0, None)
    hops = tuple(level.more["hop_pj"] for level in reversed(run.levels))
    prices = Costs((free,) * len(levels), hops, run.units.prices["compute"])
    machine = Architecture("machine", tuple(levels), MacArray(16, *run.units.mesh))
    with patch.object(reference, "violations", lambda *_: ()):
        return reference.simulate(run.layer, machine, run.mapping, prices)


def partitions(run: Run, tiles: Tiles, space: str) -> list[int]:
    """Distinct words that one instance of each level ever has, outermost level first."""
    sizes = [tiles.words[0][space]]
    for index, block in enumerate(run.mapping.levels[:-1]):
        below = tiles.words[index + 1][space]
        around = tiles.union_words[index][space] if block.spatial else below
        sizes.append(sizes[-1] * below // around)
    return sizes


def priced(level: Part, counts: tuple[int, int, int], used: int) -> float:
    """Energy of one instance: accesses of whole blocks; a cluster is accessed as one."""
    size, clusters = level.more["block_size"], level.instances // level.more["cluster_size"]
    accesses = dict(zip(("read", "fill", "update"), counts, strict=True))
    energy = sum(-(-n // size) * level.prices[key] for key, n in accesses.items())
    return energy * min(used, clusters) / used
