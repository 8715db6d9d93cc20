"""Other simulators as evaluators: parameters become a mapped design, they say what it costs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from bohwsw.arch import Architecture
from bohwsw.codesign import Design, Rejection
from bohwsw.errors import BohwswError, SpecError
from bohwsw.execution import Infeasible
from bohwsw.mapping import Mapping as Nest
from bohwsw.simulator import Costs
from bohwsw.workload import Layer


class SimulatorError(BohwswError):
    """The other simulator broke, took too long, or its answer cannot be read."""


class RejectedMappingError(SimulatorError):
    """A mapping does not fit the machine, says the other simulator, or our rules where it is mute.

    ``timeloop-model`` knows neither what a level may keep nor each level's own fan-out.
    """


@dataclass(frozen=True)
class LayerFigures:
    """What a simulator answers for one mapping of a layer."""

    energy_pj: float
    latency_cycles: float

    @property
    def edp_pj_cycles(self) -> float:
        """Energy-delay product."""
        return self.energy_pj * self.latency_cycles


class Simulator(Protocol):
    """An installed simulator."""

    def evaluate(
        self, layer: Layer, architecture: Architecture, mapping: Nest, costs: Costs
    ) -> LayerFigures:
        """Evaluate one mapping.

        Raises:
            SpecError: the simulator's files cannot express the problem.
            RejectedMappingError: the mapping does not fit the machine.
            SimulatorError: anything else went wrong.
        """
        ...


@dataclass(frozen=True)
class SimulatorEvaluator:
    """An evaluator of ``energy_pj``, ``latency_cycles``, ``edp_pj_cycles`` and known ``area_mm2``.

    It can be pickled if ``designer`` can.

    Attributes:
        designer: parameters to a design, or to why there is none; such as
            ``lambda point: problem.map_networks(space.hardware(point))``.
    """

    designer: Callable[[Mapping[str, Any]], Design | Rejection]
    simulator: Simulator

    def __call__(self, parameters: Mapping[str, Any]) -> dict[str, float]:
        """The measured values; `Infeasible` if there is no design, or a mapping does not fit."""
        design = self.designer(parameters)
        if isinstance(design, Rejection):
            raise Infeasible(design.reason)
        try:
            measured = evaluate_design(self.simulator, design)
        except RejectedMappingError as error:
            raise Infeasible(str(error)) from error
        return measured if design.area_mm2 is None else {**measured, "area_mm2": design.area_mm2}


def evaluate_design(simulator: Simulator, design: Design) -> dict[str, float]:
    """Energy, cycles and their product of a whole network, every layer evaluated elsewhere.

    One with a schedule is a SpecError: layers that run side by side do not add up.
    """
    if design.schedule is not None:
        raise SpecError("other simulators add layers up", got="a schedule", expected="one core")
    hardware, energy_pj, latency_cycles = design.hardware, 0.0, 0.0
    for mapped in design.layers:
        layer, count = mapped.entry.layer, mapped.entry.count
        try:
            found = simulator.evaluate(layer, hardware.architecture, mapped.mapping, hardware.costs)
        except SimulatorError as error:
            raise type(error)(f"layer {layer.name!r}: {error}") from error
        energy_pj += count * found.energy_pj
        latency_cycles += count * found.latency_cycles
    return {
        "energy_pj": energy_pj,
        "latency_cycles": latency_cycles,
        "edp_pj_cycles": energy_pj * latency_cycles,
    }
