"""The co-design problem: from a point of a hardware space to networks mapped onto its machine."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bohwsw.arch import MachineSizes
from bohwsw.codesign.codesign_problem import CodesignProblem
from bohwsw.codesign.design import Design
from bohwsw.codesign.features import LN_LEAST_CYCLES, least_cycles
from bohwsw.codesign.fpga_design_file import fpga_network
from bohwsw.codesign.fpga_space import FpgaMachine
from bohwsw.codesign.hardware_space import Hardware, HardwareSpace
from bohwsw.codesign.limits import (
    machine_over_limit,
    measured_limits,
    network_over_limit,
    over_limits,
)
from bohwsw.codesign.mapped_network import MappedNetwork, Rejection
from bohwsw.codesign.network_mapper import NetworkMapper
from bohwsw.codesign.objectives import figure_of
from bohwsw.errors import SpecError
from bohwsw.mapping_search import NO_STARTS, MappingMemory, NetworkMappings, WarmStarts
from bohwsw.space import Point, Value
from bohwsw.strategies import Outcome, Strategy, TrialState

MapNetwork = Callable[[NetworkMapper], MappedNetwork | Rejection]


@dataclass(frozen=True, init=False)
class Problem(CodesignProblem):
    """Maps networks onto any machine of a space and scores the result.

    The same mapper with the same budget and the same seeds serves every machine, the baseline
    included, so that differences are differences of machines; but for those of an opening, see
    ``at``, and those that promise too little, see ``FirstLook``. Each network is mapped as if it
    were alone.
    Raises:
        SpecError: an objective is unknown, or it is the area and the technology knows none.
    """

    hardware_space: HardwareSpace

    def searcher(self) -> Strategy:
        """What proposes the machines, by the recipe; never one over the area limit.

        Raises:
            SpecError: the space has no parameters, or no machine within its limits.
        """
        recipe, machines = self.recipe, self.hardware_space
        features = least_cycles(machines.spec, self.networks) if recipe.prior_mean else None
        space = machines.search_space(with_features=recipe.features, features=features)
        if space is None:
            raise SpecError(
                f"space {machines.name!r} has no parameters to search",
                file=machines.file,
                key_path="parameters",
                expected="at least one parameter; bohwsw map takes a machine as it is",
            )
        options = dict(recipe.options)
        if recipe.prior_mean:
            options["prior_means"] = {
                measure: LN_LEAST_CYCLES
                for measure, figure in zip(self.measures, self.figures, strict=True)
                if figure.follows_cycles
            }
        baseline = machines.spec.baseline.point
        is_first = recipe.baseline_first and not space.violations(baseline)
        return self._strategy(space, options, [baseline] if is_first else [])

    def baselines(self) -> list[Hardware]:
        """What designs are compared with: the baseline; if it has a dataflow, without it, too."""
        space = self.hardware_space
        free = [space.baseline(free=True)] if space.baseline_is_restricted else []
        return [space.baseline(), *free]

    def concrete(self, point: Mapping[str, Value]) -> tuple[Problem, Mapping[str, Value]]:
        """The problem of a point, whose networks have no knobs, and the point of its machine."""
        return self, point

    def mapping_memory(self) -> MappingMemory:
        """Where a search of this problem keeps the mappings that it has found."""
        machine = self.hardware_space.spec.architecture
        return MappingMemory(lambda point: MachineSizes.at(machine, point).shape())

    def tried(
        self, number: int, point: Point, told: Mapping[str, Any]
    ) -> tuple[Outcome, Design | Rejection, dict[str, Any]]:
        """Score the machine of a trial, from ``warm_starts`` that are told."""
        return *self.at(number).evaluate(point, told["warm_starts"], told["best"]), {}

    def evaluate(
        self,
        machine: Mapping[str, Value] | Hardware,
        warm_starts: WarmStarts = NO_STARTS,
        best: float = math.inf,
    ) -> tuple[Outcome, Design | Rejection]:
        """Score one machine; what it cannot do is an outcome, not an error.

        Args:
            machine: a point of the space, or its machine.
            warm_starts: mappings to start from, see ``MappingMemory``.
            best: least objective, as outcomes have it, of the machines before; see ``FirstLook``.

        Returns:
            The outcome and the design, see ``tried``; or why there is none.
        """
        hardware = machine
        if not isinstance(hardware, Hardware):
            hardware = self.hardware_space.hardware(hardware)
        limits = self.hardware_space.spec.limits
        found = machine_over_limit(hardware, limits) or self._search(hardware, warm_starts, best)
        if isinstance(found, Rejection):
            known = found.measured
            return Outcome(TrialState.INFEASIBLE, reason=found.reason, metrics=known), found
        return self._outcome(found, measured_limits(found, limits)), found

    def _search(
        self, hardware: Hardware, warm_starts: WarmStarts, best: float
    ) -> Design | Rejection:
        """Map the networks by the inner search, the whole of it if the first look promises enough.

        What is left of it starts from the mappings of the first look.
        """

        def search(mapper: NetworkMapper) -> MappedNetwork | Rejection:
            return mapper.map_network(hardware, warm_starts.get(mapper.network.name, {}))

        look = self.recipe.first_look
        if look is None or look.evaluations >= self.recipe.evaluations:
            return self._map(hardware, search, limited=True)
        first = self._of(look.evaluations)._map(hardware, search)
        if isinstance(first, Rejection):
            return first
        before = {network.name: network for network in first.networks}
        if len(self.figures) == 1 and self.figures[0].logarithmic:
            reached = first.minimised(self.objectives[0])
            if reached > best + math.log1p(look.within):
                return self._map(hardware, lambda x: before[x.network.name], limited=True)
        starts = _as_starts(first.mappings())

        def go_on(mapper: NetworkMapper) -> MappedNetwork:
            known = before[mapper.network.name]
            found = mapper.map_network(hardware, starts[known.name])
            if isinstance(found, Rejection):
                return known
            return found.joined(known, mapper.objective)

        rest = self._of(self.recipe.evaluations - look.evaluations)
        return replace(rest, seed=self.seed + 1)._map(hardware, go_on, limited=True)

    def _of(self, evaluations: int) -> Problem:
        return replace(self, recipe=self.recipe.changed(evaluations=evaluations))

    def map_networks(self, hardware: Hardware) -> Design | Rejection:
        """Map every unique layer onto a machine by the recipe's inner search."""
        return self._map(hardware, lambda mapper: mapper.map_network(hardware))

    def map_together(self, hardware: Hardware, **options: Any) -> Design | Rejection:
        """Map each network as a whole; see ``NetworkMapper.map_together``."""
        return self._map(hardware, lambda mapper: mapper.map_together(hardware, **options))

    def map_finally(
        self, hardware: Hardware, mappings: NetworkMappings | None = None
    ) -> Design | Rejection:
        """Map the networks as the recipe maps the best machines, and the baseline, at the end.

        Better mappings may need more power. Where they are over a limit, those of the search, which
        kept to it, are kept; so they are if the recipe does not map again.

        Args:
            mappings: those of the search, to start from; without them, as for the baseline, a
                design over a limit is given all the same, with that in ``over_limits``.
        """
        limits = self.hardware_space.spec.limits
        is_again = self.recipe.final_gap is not None
        if mappings is not None:
            found: Design | Rejection | None = None
            if is_again:
                starts = _as_starts(mappings)
                found = self._map(
                    hardware,
                    lambda x: x.map_finally(hardware, starts[x.network.name]),
                    limited=True,
                )
            if isinstance(found, Design):
                return found
            return self._map(
                hardware, lambda x: x.mapped(hardware, mappings[x.network.name]), limited=True
            )
        found = self._map(hardware, lambda mapper: mapper.map_finally(hardware))
        if isinstance(found, Rejection):
            return found
        over = over_limits(found, limits)
        if over and is_again and machine_over_limit(hardware, limits) is None:
            kept = self._map(hardware, lambda x: x.map_network(hardware), limited=True)
            if isinstance(kept, Design):
                return kept
        return replace(found, over_limits=over)

    def _map(
        self, hardware: Hardware, mapped: MapNetwork, *, limited: bool = False
    ) -> Design | Rejection:
        """Map network by network, up to the first that is impossible or over a limit."""
        networks: list[MappedNetwork] = []
        together = self.networks
        points: Sequence[Mapping[str, Value]] = together.knobs or [{}] * len(together.networks)
        found: MappedNetwork | Rejection
        for network, weight, knobs in zip(together.networks, together.weights, points, strict=True):
            if isinstance(hardware, FpgaMachine):
                found = fpga_network(hardware, network)
            else:
                options = (self.mapped_for, self.recipe, self.seed, self.threads)
                found = mapped(NetworkMapper(network, *options))
            if isinstance(found, MappedNetwork):
                found = replace(found, knobs=knobs)
            if limited and isinstance(found, MappedNetwork):
                found = self._over_limit(Design(hardware, (replace(found, weight=1.0),))) or found
            if isinstance(found, Rejection):
                return found if self.networks.is_single else found.named(network.name)
            networks.append(replace(found, weight=weight))
        return Design(hardware, tuple(networks))

    def _over_limit(self, design: Design) -> Rejection | None:
        """Why a network on a machine is over a limit; of a single one with the objectives."""
        limits = self.hardware_space.spec.limits
        over = network_over_limit(design, limits)
        if over is None or not self.networks.is_single:
            return over
        objectives = {figure_of(x).measure: design.minimised(x) for x in self.objectives}
        return replace(over, measured={**measured_limits(design, limits), **objectives})


def _as_starts(mappings: NetworkMappings) -> WarmStarts:
    """Mappings to start from, one for each layer."""
    return {
        network: {layer: [mapping] for layer, mapping in layers.items()}
        for network, layers in mappings.items()
    }
