"""A network mapped onto a machine, layer by layer; or why it cannot be."""

from __future__ import annotations

from collections.abc import Mapping as ByName
from dataclasses import dataclass, field, replace
from typing import Any, cast

from bohwsw.fpga import FpgaRun
from bohwsw.mapper import Goal, Objective, gap_to
from bohwsw.mapping import Mapping, Violation, nest_text
from bohwsw.simulator import Evaluation
from bohwsw.space import Value
from bohwsw.summary import Summarised, Summary, shown
from bohwsw.workload import CountedLayer, Network


@dataclass(frozen=True)
class MappedLayer(Summarised):
    """A layer with its mapping and what that costs, once.

    Attributes:
        entry: the layer and how often the network has it.
        evaluation: cost of one run of the layer; valid.
        lower_bound: no mapping has a smaller objective in one run (pJ x cycles, pJ or cycles); 0
            where nothing is proven.
        evaluations: mappings that were simulated to find it; 0 where it was given.
        core: the name of the core that runs it, as often as ``entry`` says; empty if the chip has
            one.
    """

    entry: CountedLayer
    mapping: Mapping
    evaluation: Evaluation
    lower_bound: float = 0.0
    evaluations: int = 0
    core: str = ""

    def summary(self) -> Summary:
        """Cost of one run and its loop nest, for people."""
        found = self.evaluation
        proven = f"no mapping is below {shown(self.lower_bound)}" if self.lower_bound else "nothing"
        facts = [
            ("energy", f"{shown(found.energy_pj)} pJ"),
            ("latency", f"{shown(found.latency_cycles)} cycles"),
            ("units used", f"{found.utilisation or 0.0:.0%}"),
            ("proven", proven),
        ]
        nest = (
            nest_text(self.mapping, [level.name for level in found.levels]) if found.levels else ""
        )
        loops = [(line,) for line in nest.splitlines()]
        return Summary(f"Mapped layer {self.entry.name}", facts, ("loop nest",), loops)

    @property
    def energy_pj(self) -> float:
        """Energy of all layers of this shape."""
        return self.entry.count * (self.evaluation.energy_pj or 0.0)

    @property
    def latency_cycles(self) -> int:
        """Cycles of all layers of this shape."""
        return self.entry.count * (self.evaluation.latency_cycles or 0)

    @property
    def imperfect(self) -> bool:
        """Whether factors multiply to more than the layer's sizes."""
        return dict(self.mapping.factor_products()) != self.entry.layer.sizes

    def gap(self, objective: str) -> float:
        """How far, at most, one run is above the least that the layer by itself could cost.

        A layer mapped for the good of its network may lie above that on purpose.
        """
        return gap_to(Goal(cast(Objective, objective)).of(self.evaluation), self.lower_bound)


@dataclass(frozen=True)
class UnmappedLayer:
    """A layer without a mapping."""

    entry: CountedLayer  # the layer and how often the network has it
    reason: str
    violations: tuple[Violation, ...] = ()
    """What the nearest try broke: constraint, level, value, limit, ratio."""


@dataclass(frozen=True)
class MappedNetwork:
    """The layers of a network with their mappings.

    Attributes:
        layers: every unique layer, mapped, but for those of ``unmapped``; on each core that runs
            it, if there are several.
        lower_bound: no mappings of the layers on this machine give a smaller objective (pJ x
            cycles, pJ or cycles of the network); 0 where nothing is proven.
        unmapped: unique layers without a mapping. Sums are then of those that have one.
        weight: of the network among those of a design; they add up to 1.
        network: its graph; None where a file does not tell it.
        knobs: of its model file, where those were searched, too.
        measured: figures of it that a source has measured, such as its accuracy.
        fpga: how it runs on an FPGA, where the machine is one; there are no mapped layers then.
    """

    name: str
    layers: tuple[MappedLayer, ...]
    lower_bound: float = 0.0
    unmapped: tuple[UnmappedLayer, ...] = ()
    weight: float = 1.0
    network: Network | None = None
    knobs: ByName[str, Value] = field(default_factory=dict)
    measured: ByName[str, float] = field(default_factory=dict)
    fpga: FpgaRun | None = None

    def joined(self, other: MappedNetwork, objective: Objective) -> MappedNetwork:
        """The better mapping of each layer, of two searches of the same machine and network."""
        value = Goal(objective).of
        layers = [
            replace(
                min(both, key=lambda layer: value(layer.evaluation)),
                lower_bound=max(layer.lower_bound for layer in both),
                evaluations=sum(layer.evaluations for layer in both),
            )
            for both in zip(self.layers, other.layers, strict=True)
        ]
        bound = max(self.lower_bound, other.lower_bound)
        return replace(self, layers=tuple(layers), lower_bound=bound)


@dataclass(frozen=True)
class Rejection:
    """Why a design is infeasible.

    Attributes:
        layer: the layer that cannot be mapped; None if the machine as a whole breaks a limit.
        violations: constraint, level, value and limit of what is too large.
        network: which of several networks it is about; None if there is one, or it is the machine.
        measured: all limited figures that were found, of the machine or the network.
    """

    reason: str
    layer: str | None
    violations: tuple[Violation, ...]
    network: str | None = None
    measured: ByName[str, float] = field(default_factory=dict)

    def to_json(self) -> list[dict[str, Any]]:
        """The violations as plain data, with the network and the layer that they are about."""
        about = {"network": self.network, "layer": self.layer}
        return [{**about, **violation.to_json()} for violation in self.violations]

    def named(self, network: str) -> Rejection:
        """The same of a network that is one of several."""
        return replace(self, reason=f"network {network!r}: {self.reason}", network=network)
