"""A design: a machine and, for each network that is to run on it, the mapping of every layer."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from bohwsw.codesign.figures import FIGURES, Figure
from bohwsw.codesign.hardware_space import Hardware
from bohwsw.codesign.mapped_network import MappedLayer, MappedNetwork, Rejection, UnmappedLayer
from bohwsw.codesign.objectives import figure_of
from bohwsw.errors import SpecError
from bohwsw.fpga import FpgaRun
from bohwsw.mapper import gap_to
from bohwsw.mapping import Mapping, Violation
from bohwsw.scheduling import (
    FoundSchedule,
    Schedule,
    Timeline,
    evaluate_schedule,
    schedule_costs,
)
from bohwsw.simulator import Evaluation
from bohwsw.summary import Summarised, Summary, shown
from bohwsw.workload import Layer


@dataclass(frozen=True)
class Design(Summarised):
    """A machine with one network or several mapped onto it.

    Figures (see ``figures``) of several networks are means of theirs by weight, geometric for those
    that are compared by their logarithms; such a mean does not depend on scale, so that a large
    network does not outvote a small one. Figures on which mappings have no influence belong to the
    machine.

    On a chip of several cores a schedule says which of them runs which node and when; see
    ``scheduled_design``. Figures are then of the chip with all networks: the latency is the end of
    the last node, energies add up.

    Attributes:
        networks: at least one.
        over_limits: what the machine or, with several networks, one of them is over the limits of
            the space in, if anybody looked.
        schedule: of the networks' nodes on the cores; None if one core runs one after the other.
        found: what the search of the schedule knows of it; None if it was given.
    """

    hardware: Hardware
    networks: tuple[MappedNetwork, ...]
    over_limits: tuple[Rejection, ...] = ()
    schedule: Schedule | None = None
    found: FoundSchedule | None = field(default=None, compare=False)

    @cached_property
    def timeline(self) -> Timeline | None:
        """When each node runs, and what all of them come to; None without a schedule."""
        if self.schedule is None:
            return None
        graphs = [mapped.network for mapped in self.networks if mapped.network is not None]
        chip = self.hardware.chip
        evaluations: dict[str, dict[tuple[int, ...], Evaluation]] = {}
        for mapped in self.layers:
            known = evaluations.setdefault(mapped.core, {})
            known[mapped.entry.layer.shape] = mapped.evaluation
        prices = {core.architecture.name: core.costs for core in self.hardware.cores}
        costs = schedule_costs(graphs, chip, self.schedule, evaluations, prices)
        return evaluate_schedule(graphs, chip, self.schedule, costs)

    @property
    def fpga(self) -> FpgaRun | None:
        """How the one network runs on an FPGA; None on any other machine, or of several."""
        return self.networks[0].fpga if len(self.networks) == 1 else None

    @property
    def network(self) -> str:
        """The name of the network, or the names of all."""
        return ", ".join(network.name for network in self.networks)

    @property
    def layers(self) -> tuple[MappedLayer, ...]:
        """Every unique layer of every network, but for those of ``unmapped``."""
        return tuple(layer for network in self.networks for layer in network.layers)

    @property
    def unmapped(self) -> tuple[UnmappedLayer, ...]:
        """Unique layers without a mapping. Sums are then of those that have one."""
        return tuple(layer for network in self.networks for layer in network.unmapped)

    def summary(self) -> Summary:
        """Its figures, what is proven, and its dearest layers, for people."""
        told = {name: value for name, value in self.figures().items() if value is not None}
        facts = [(name, f"{shown(value)} {FIGURES[name].unit}") for name, value in told.items()]
        if self.is_whole and self.lower_bound > 0.0:
            facts.append(("proven", f"no mapping is below {shown(self.lower_bound)}"))
        facts += [("over a limit", over.reason) for over in self.over_limits]
        facts += [("not mapped", f"{x.entry.name}: {x.reason}") for x in self.unmapped]
        valid = [layer for layer in self.layers if layer.evaluation.valid]
        dearest = sorted(valid, key=lambda layer: -layer.energy_pj)[:5]
        return Summary(
            f"Design: {self.network} on {self.hardware.chip.name}",
            facts,
            ("dearest layers", "times", "energy pJ", "cycles", "units used"),
            [
                (
                    layer.entry.name,
                    str(layer.entry.count),
                    shown(layer.energy_pj),
                    f"{layer.latency_cycles:,}",
                    f"{layer.evaluation.utilisation or 0.0:.0%}",
                )
                for layer in dearest
            ],
            "bohwsw.explain_design(design, space) says what binds and what would change it",
        )

    @property
    def is_whole(self) -> bool:
        """Whether every layer has a valid mapping, so that there are figures of the networks."""
        return not self.unmapped and all(mapped.evaluation.valid for mapped in self.layers)

    @property
    def evaluations(self) -> int:
        """Mappings that were simulated to find those of the layers."""
        return sum(layer.evaluations for layer in self.layers)

    @property
    def violations(self) -> tuple[Violation, ...]:
        """The limits of the space that are broken, with value, limit and ratio."""
        return tuple(found for over in self.over_limits for found in over.violations)

    def core_of(self, mapped: MappedLayer) -> Hardware:
        """The core that runs a mapped layer, as a machine of its own."""
        cores = self.hardware.cores
        return next(core for core in cores if mapped.core in ("", core.architecture.name))

    def alone(self, network: str) -> Design:
        """The design with one of its networks, by its name, as if the others did not run."""
        found = next(mapped for mapped in self.networks if mapped.name == network)
        schedule = None if self.schedule is None else self.schedule.of(network)
        return replace(self, networks=(replace(found, weight=1.0),), schedule=schedule)

    def each(self) -> tuple[Design, ...]:
        """A design for each network alone; one of all where they share a schedule."""
        if len(self.networks) == 1 or self.schedule is not None:
            return (self,)
        return tuple(self.alone(network.name) for network in self.networks)

    def mappings(self) -> dict[str, dict[Layer, Mapping]]:
        """For each network, by its name, the mapping of each of its unique layers."""
        return {
            network.name: {mapped.entry.layer: mapped.mapping for mapped in network.layers}
            for network in self.networks
        }

    def figure(self, name: str) -> float | None:
        """A figure by its name (``edp_pj_cycles``) or as an objective (``edp``).

        Returns:
            Its value, of several networks the mean; None where it is unknown.

        Raises:
            SpecError: there is no such figure.
        """
        figure = figure_of(name)
        values = self._values(figure)
        if None in values:
            return None
        return values[0] if len(values) == 1 else figure.mean(values, self._weights(figure))

    def figures(self) -> dict[str, float | None]:
        """All figures by name; None where one is unknown, as where a layer is not mapped.

        Those that a source measures are told where it has.
        """
        whole = self.is_whole
        found = {
            name: self.figure(name) if whole or figure.mapped_for is None else None
            for name, figure in FIGURES.items()
        }
        rare = {name for name, figure in FIGURES.items() if figure.measured or figure.rare}
        return {name: x for name, x in found.items() if x is not None or name not in rare}

    def figures_of_each(self) -> dict[str, dict[str, float | None]]:
        """Figures of each network by its name; of those that share a schedule what that says."""
        if self.found is None:
            return {one.network: one.figures() for one in self.each()}
        known = self.found.networks
        return {x.name: {**known[x.name], **x.measured} for x in self.networks}

    def objective(self, name: str) -> float:
        """A figure that is known; see ``figure``; a SpecError if it is not."""
        value = self.figure(name)
        if value is None:
            raise SpecError(f"{figure_of(name).name} is unknown on this machine", key_path=name)
        return value

    def to_minimise(self, name: str) -> float:
        """An objective, negative if it is maximised."""
        return -self.objective(name) if figure_of(name).maximised else self.objective(name)

    def minimised(self, name: str) -> float:
        """What strategies are told of an objective: its logarithm, negative if it is maximised.

        Of several networks the weighted sum of their logarithms.

        Raises:
            SpecError: it is unknown, or has no logarithm.
        """
        self.objective(name)
        figure = figure_of(name)
        return figure.minimised(self._values(figure), self._weights(figure))

    def ratio_to(self, other: Design, objective: str) -> float:
        """An objective as a share of another design's with the same networks; below 1 is better.

        The mean by weight of the shares of each network.
        """
        figure = figure_of(objective)
        pairs = zip(self._values(figure), other._values(figure), strict=True)
        ratios = [theirs / mine if figure.maximised else mine / theirs for mine, theirs in pairs]
        return ratios[0] if len(ratios) == 1 else figure.mean(ratios, self._weights(figure))

    def _values(self, figure: Figure) -> list[Any]:
        """Of each network; of the machine alone where mappings have no influence."""
        is_mean = (figure.mapped_for or figure.measured) and not figure.of_all
        return [figure.of(design) for design in (self.each() if is_mean else (self,))]

    def _weights(self, figure: Figure) -> list[float]:
        is_mean = (figure.mapped_for or figure.measured) and not figure.of_all
        if self.schedule is not None or not is_mean:
            return [1.0]
        return [network.weight for network in self.networks]

    @property
    def energy_pj(self) -> float:
        """Sum over layers, with their counts."""
        return self.objective("energy_pj")

    @property
    def latency_cycles(self) -> float:
        """Sum over layers, with their counts, as they run one after another; or the makespan."""
        return self.objective("latency_cycles")

    @property
    def edp_pj_cycles(self) -> float:
        """Energy-delay product of the network: (sum of energies) x (sum of cycles)."""
        return self.objective("edp_pj_cycles")

    @property
    def area_mm2(self) -> float | None:
        """Area of the chip without DRAM; None if unknown."""
        return self.hardware.area_mm2

    def power_mw(self, clock_mhz: float) -> float:
        """Mean power at a clock, DRAM included."""
        return self.energy_pj / self.latency_cycles * clock_mhz * 1e-3

    def latency_ms(self, clock_mhz: float) -> float:
        """Time of one run of the network at a clock."""
        return self.latency_cycles / clock_mhz * 1e-3

    @property
    def lower_bound(self) -> float:
        """Nothing on this machine has less of what was mapped for; 0 where that is not proven.

        Of several networks the mean of their bounds.
        """
        bounds = [network.lower_bound for network in self.networks]
        return float(math.prod(x**n.weight for x, n in zip(bounds, self.networks, strict=True)))

    @property
    def hops_in_bound(self) -> bool:
        """Whether bounds on energy and EDP are on all of it: they leave the energy of hops out."""
        return not any(core.costs.hops_cost for core in self.hardware.cores)

    def gap(self, objective: str) -> float:
        """How far, at most, what was mapped for is above the least on this machine, as a share.

        Infinite where nothing is proven.
        """
        return gap_to(self.objective(objective), self.lower_bound)
