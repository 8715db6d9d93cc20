"""What is searched: layers on one machine, as plain data that other tools' drivers can read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from benchmarks.layers import LAYERS
from bohwsw.arch import Architecture
from bohwsw.codesign import load_space
from bohwsw.simulator.costs import Costs
from bohwsw.workload import DATA_SPACES, Layer

MACHINE = "eyeriss-168"


@dataclass(frozen=True)
class PeerProblem:
    """One layer on one machine.

    Attributes:
        layer: the work.
        machine: name of the machine: a space's baseline with free dataflow.
        architecture: the machine.
        costs: what its actions cost.
    """

    layer: Layer
    machine: str
    architecture: Architecture
    costs: Costs

    def task(self, seconds: float) -> dict[str, Any]:
        """The problem for a driver: sizes in words, bandwidths in words a cycle, pJ a block."""
        return {
            "layer": {
                **{dim: self.layer.sizes[dim] for dim in "NKCPQRS"},
                "stride_w": self.layer.stride_w,
                "stride_h": self.layer.stride_h,
            },
            "machine": {
                "levels": [
                    {
                        "name": level.name,
                        "entries": level.entries,
                        "word_bits": level.word_bits,
                        "block_size": level.block_size,
                        "read_words_per_cycle": level.read_words_per_cycle,
                        "write_words_per_cycle": level.write_words_per_cycle,
                        "keeps": [space for space in DATA_SPACES if space in level.keeps],
                        "per_pe": level.instances > 1,
                        "read_pj": cost.read_pj,
                        "write_pj": cost.fill_pj,
                    }
                    for level, cost in zip(
                        self.architecture.levels, self.costs.storage, strict=True
                    )
                ],
                "mesh": [self.architecture.mac.mesh_x, self.architecture.mac.mesh_y],
                "mac_pj": self.costs.mac_energy_pj,
            },
            "seconds": seconds,
        }


def all_problems() -> list[PeerProblem]:
    """The seven layers of the benchmarks on the machine that both tools can describe."""
    hardware = load_space(MACHINE).baseline(free=True)
    return [
        PeerProblem(layer, MACHINE, hardware.architecture, hardware.costs)
        for layer in LAYERS.values()
    ]
