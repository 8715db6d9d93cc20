"""What a layer costs on a machine, by our simulator, and the tables of two problems made of that.

Each layer is mapped by the same short annealing, of one seed. What that comes to on the machines of
`edge` and of `digits` stands in ``machines.npz`` beside this file, with the optima, so that an
evaluation is a look into a table; ``python -m benchmarks.searches.machine_tables`` maps all of it
again (some minutes) and writes that file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from bohwsw.arrays import Values
from bohwsw.codesign import Hardware
from bohwsw.mapper import AnnealingMapper
from bohwsw.mapping import MapSpace
from bohwsw.workload import CountedLayer, Layer

FILE = Path(__file__).parent / "machines.npz"
EVALUATIONS = 200
"""Of the mapper, for a layer on a machine."""

Cost = tuple[float, float]
"""Cycles and pJ."""


@cache
def stored(name: str) -> Values:
    """One array of the file."""
    with np.load(FILE) as arrays:
        return np.asarray(arrays[name], np.float64)


class LayerCosts:
    """What layers cost on one machine; each shape is mapped once.

    Args:
        machine: the machine.
        objective: what layers are mapped for.
    """

    def __init__(self, machine: Hardware, objective: Any = "edp") -> None:
        self._machine, self._objective = machine, objective
        self._known: dict[Layer, Cost] = {}

    def __call__(self, layer: Layer) -> Cost:
        """Cycles and pJ of a layer.

        Raises:
            NoValidMappingError: it cannot be mapped.
        """
        shape = replace(layer, name="")
        if shape not in self._known:
            machine = self._machine
            space = MapSpace(shape.dense, machine.architecture, machine.dataflow)
            found = (
                AnnealingMapper()
                .search(
                    space, machine.costs, objective=self._objective, evaluations=EVALUATIONS, seed=0
                )
                .evaluation
            )
            assert found.latency_cycles is not None
            assert found.energy_pj is not None
            self._known[shape] = found.latency_cycles, found.energy_pj
        return self._known[shape]


def edp(layers: Iterable[CountedLayer], cost: Callable[[Layer], Cost]) -> float:
    """pJ x cycles of a network on one machine."""
    found = [(layer.count, *cost(layer.layer)) for layer in layers]
    cycles = sum(count * own for count, own, _ in found)
    return cycles * sum(count * own for count, _, own in found)
