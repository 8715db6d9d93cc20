"""What is simulated: a layer, machines, mappings, and which mapping runs on which machine."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from benchmarks.layers import LAYERS
from bohwsw.arch import Architecture
from bohwsw.codesign import HardwareSpace, load_space
from bohwsw.mapping.batch import MappingBatch
from bohwsw.mapping.mapspace import MapSpace
from bohwsw.mapping.sampling import sample
from bohwsw.simulator.batch import HardwareBatch, hardware_batch
from bohwsw.simulator.costs import Costs
from bohwsw.workload import Layer

HEADLINE = "resnet18-conv2"
MACHINES = 64


@dataclass(frozen=True)
class Problem:
    """A batch to simulate.

    Attributes:
        name: what it is called in tables.
        layer: the work.
        machines: the machines with their prices.
        hardware: the same, packed.
        mappings: B mappings.
        machine: int64, B; the machine of each mapping.
    """

    name: str
    layer: Layer
    machines: list[tuple[Architecture, Costs]]
    hardware: HardwareBatch
    mappings: MappingBatch
    machine: npt.NDArray[np.int64]


def headline(size: int, seed: int = 0) -> Problem:
    """Random valid mappings of a 3x3 layer of ResNet-18 on Eyeriss with 168 PEs, free dataflow."""
    return _on_baseline(HEADLINE, HEADLINE, size, seed)


def all_problems(size: int, seed: int = 0) -> list[Problem]:
    """The headline's problem, all layers, machines that vary and machines with hop energy."""
    others = [name for name in LAYERS if name != HEADLINE]
    return [
        headline(size, seed),
        _varying(size, seed),
        _on_baseline(f"{HEADLINE}, energy per hop", HEADLINE, size, seed, hop_energy_pj=0.06),
        *(_on_baseline(name, name, size, seed) for name in others),
    ]


def _on_baseline(
    name: str, layer_name: str, size: int, seed: int, hop_energy_pj: float = 0.0
) -> Problem:
    baseline = load_space("eyeriss-168").baseline(free=True)
    layer, costs = LAYERS[layer_name], baseline.costs
    hops = (hop_energy_pj,) * baseline.architecture.depth
    machines = [(baseline.architecture, replace(costs, hop_energy_pj=hops))]
    mappings = sample(MapSpace(layer, baseline.architecture), size, seed)
    machine = np.zeros(size, dtype=np.int64)
    return Problem(name, layer, machines, hardware_batch(machines), mappings, machine)


def _varying(size: int, seed: int) -> Problem:
    """Mappings valid on the baseline, each put on a random machine, where many are not."""
    space = load_space("eyeriss-168")
    base = _on_baseline("", HEADLINE, size, seed)
    rng = np.random.default_rng(seed)
    machines = [_random_machine(space, rng) for _ in range(MACHINES)]
    return Problem(
        name=f"{HEADLINE}, {MACHINES} machines in the batch, some mappings invalid",
        layer=base.layer,
        machines=machines,
        hardware=hardware_batch(machines),
        mappings=base.mappings,
        machine=rng.integers(MACHINES, size=size),
    )


def _random_machine(space: HardwareSpace, rng: np.random.Generator) -> tuple[Architecture, Costs]:
    """The baseline with other scratchpads and another block size of the global buffer."""
    weights, inputs = int(rng.integers(96, 200)), int(rng.integers(4, 12))
    point = space.with_point(
        {
            "weight_entries": weights,
            "input_entries": inputs,
            "output_entries": int(rng.integers(2, 220 - weights - inputs)),
            "glb_block_size": int(rng.choice([1, 2, 4, 8, 16])),
        }
    )
    hardware = space.hardware(point)
    return hardware.architecture, hardware.costs
