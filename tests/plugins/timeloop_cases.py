"""A layer, a machine and mappings for the tests of Timeloop, and what stands in for it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "data" / "stand_ins"))

import yaml
from timeloop_model import answer

from bohwsw.arch import Architecture, MacArray, StorageLevel
from bohwsw.mapping.nest import LevelNest
from bohwsw.mapping.nest import Mapping as Nest
from bohwsw.plugins.timeloop import Timeloop
from bohwsw.simulator.costs import Costs
from bohwsw.tech.technology import StorageCost
from bohwsw.testing.small_map_spaces import costs, machine
from bohwsw.workload import Layer

DATA = Path(__file__).parents[1] / "data"
STAND_IN = DATA / "stand_ins" / "timeloop_model.py"
ACCEPTED = DATA / "timeloop" / "accepted"
FILES = ("architecture.yaml", "energies.yaml", "problem.yaml", "mapping.yaml")
STATS = (ACCEPTED / "timeloop-model.stats.txt").read_text()
DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
SETTINGS = {"TIMELOOP_DISABLE_LINK_TRANSFERS": "1"}

LAYER = Layer("conv", K=4, C=2, P=3, R=2)
MACHINE = machine(glb=100, spad=50)
PRICES = costs(3, hop_energy_pj=0.5)
WEIGHTS_INPUTS = frozenset({"Weights", "Inputs"})


def timeloop(*faults: str, seconds: float = 60.0) -> Timeloop:
    return Timeloop([sys.executable, str(STAND_IN), *faults], seconds)


def nest(middle: int = 2) -> Nest:
    """K is split over the array, P runs in the buffer; C and R run in the scratchpads."""
    return Nest(
        (
            LevelNest(temporal=(("K", 2 // middle),)),
            LevelNest((("P", 3), ("K", middle)), (("K", 2),), (("C", 2),)),
            LevelNest((("R", 2),), keep=WEIGHTS_INPUTS),
        )
    )


def accepted() -> tuple[Layer, Architecture, Nest, Costs]:
    """What the files in the folder ``accepted`` say, which Timeloop itself has read."""
    levels = (
        StorageLevel("DRAM", "dram"),
        StorageLevel("Buf", entries=4096),
        StorageLevel("Reg", entries=64, mesh_x=4),
    )
    blocks = (
        LevelNest((("C", 4),)),
        LevelNest((("K", 32),), (("C", 4),), keep=frozenset({"Outputs"})),
        LevelNest((("P", 16),), (("C", 2),), keep=WEIGHTS_INPUTS),
    )
    prices = ((128.0, 128.0), (4.2605, 3.8495), (0.6150909090909091, 0.6150909090909091))
    storage = tuple(StorageCost(read, write, write, None) for read, write in prices)
    return (
        Layer("layer", K=32, C=32, P=16),
        Architecture("accepted", levels, MacArray(16, 8, 1)),
        Nest(blocks),
        Costs(storage, (0.0, 0.0, 0.0), 1.0),
    )


def as_text(files: Mapping[str, Any]) -> str:
    """Files as Timeloop reads them: put one behind the other."""
    return "".join(yaml.dump(data, Dumper=DUMPER, sort_keys=False) for data in files.values())


def run_stand_in(files: Mapping[str, Any]) -> str:
    """The statistics of the stand-in, without a process of its own."""
    return answer(as_text(files), SETTINGS)
