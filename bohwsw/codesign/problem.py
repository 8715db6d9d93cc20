"""The co-design problem: from a point of a hardware space to networks mapped onto its machine."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bohwsw.arch import MachineSizes
from bohwsw.checks import MOST_THREADS, set_whole
from bohwsw.codesign.design import Design
from bohwsw.codesign.features import LN_LEAST_CYCLES, least_cycles
from bohwsw.codesign.figures import FIGURES, Figure
from bohwsw.codesign.fpga_design_file import fpga_network
from bohwsw.codesign.fpga_space import FpgaMachine
from bohwsw.codesign.hardware_space import Hardware, HardwareSpace
from bohwsw.codesign.limits import (
    machine_over_limit,
    measured_limits,
    network_over_limit,
    outcome_constraints,
    over_limits,
)
from bohwsw.codesign.mapped_network import MappedNetwork, Rejection
from bohwsw.codesign.network_mapper import NetworkMapper
from bohwsw.codesign.networks import Models, Networks, networks_of
from bohwsw.codesign.objectives import figure_of, mapped_for, read_objectives, strategy_for
from bohwsw.codesign.recipe import Recipe, best_recipe
from bohwsw.errors import SpecError
from bohwsw.mapper import Objective
from bohwsw.mapping_search import NO_STARTS, MappingMemory, NetworkMappings, WarmStarts
from bohwsw.space import Space, Value
from bohwsw.strategies import OBJECTIVE, Outcome, Strategy, TrialState, strategy

MapNetwork = Callable[[NetworkMapper], MappedNetwork | Rejection]


@dataclass(frozen=True, init=False)
class Problem:
    """Maps networks onto any machine of a space and scores the result.

    The same mapper with the same budget and the same seeds serves every machine, the baseline
    included, so that differences are differences of machines; but for those of an opening, see
    ``at``, and those that promise too little, see ``FirstLook``. Each network is mapped as if it
    were alone.
    Raises:
        SpecError: an objective is unknown, or it is the area and the technology knows none.
    """

    hardware_space: HardwareSpace  # the machines, with the limits on designs
    networks: Networks  # the networks and their weights; may be given as for ``networks_of``
    objectives: tuple[str, ...]
    """What to minimise, see ``figures``; may be given as for ``read_objectives``. With several the
    answer is a Pareto front."""
    recipe: Recipe  # the inner search, its budget, and how the best machines are mapped at the end
    seed: int  # of the inner searches
    threads: int  # how many; the results do not depend on it

    def __init__(
        self,
        hardware_space: HardwareSpace,
        networks: Models,
        objectives: str | Sequence[str] = "edp",
        recipe: Recipe | None = None,
        seed: int = 0,
        threads: int = 1,
    ) -> None:
        vars(self).update(
            hardware_space=hardware_space,
            networks=networks_of(networks),
            objectives=read_objectives(objectives),
            recipe=recipe or best_recipe(),
            seed=seed,
            threads=threads,
        )
        set_whole(self, ("seed",), least=0, problem="not a seed")
        set_whole(self, ("threads",), MOST_THREADS, problem="not a number of threads")
        for figure in self.figures:
            figure.require_several(len(self.networks.networks))
        self.hardware_space.require_known(self.objectives)

    # Worker processes have to know figures that were registered here.
    def __getstate__(self) -> dict[str, Any]:
        limited = [FIGURES[name] for name in self.hardware_space.spec.limits]
        parts = [part for figure in self.figures for part in figure.parts]
        return {**vars(self), "figures": (*parts, *limited)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        for figure in state.pop("figures"):
            FIGURES[figure.name] = figure
        vars(self).update(state)

    @property
    def figures(self) -> tuple[Figure, ...]:
        """What is minimised or maximised."""
        return tuple(figure_of(name) for name in self.objectives)

    @property
    def mapped_for(self) -> Objective:
        """What the layers are mapped for."""
        return mapped_for(self.objectives)

    @property
    def measures(self) -> tuple[str, ...]:
        """What the objectives are called in outcomes.

        A single one is the outcome's objective; several are metrics: ``ln_energy_pj`` and so on.
        """
        if len(self.objectives) == 1:
            return (OBJECTIVE,)
        return tuple(figure.measure for figure in self.figures)

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
        if conditions := outcome_constraints(machines.spec.limits):
            options["outcome_constraints"] = conditions
        baseline = machines.spec.baseline.point
        if recipe.baseline_first and not space.violations(baseline):
            options["first"] = [baseline]
        return self._strategy(space, options)

    def _strategy(
        self, space: Space, options: dict[str, Any], knobs: Sequence[str] = ()
    ) -> Strategy:
        figures = dict(zip(self.measures, self.figures, strict=True))
        name, options = strategy_for(self.recipe.strategy, options, figures, knobs)
        return strategy(name, space, self.seed, objectives=self.measures, **options)

    def settings(self) -> dict[str, Any]:
        """What a stored study must be equal in, besides what every problem has."""
        return {}

    def told(self, outcome: Outcome) -> Outcome:
        """What the strategy is told of a trial: of one over a limit all that was measured.

        It knows the limits as outcome constraints, and learns the objectives from such trials too.
        """
        names = [figure.measure for figure in self.figures]
        if outcome.state is not TrialState.INFEASIBLE or not set(names) <= set(outcome.metrics):
            return outcome
        metrics = dict(outcome.metrics)
        objective = metrics.pop(names[0]) if len(names) == 1 else None
        return Outcome(TrialState.COMPLETED, objective, metrics=metrics)

    def mapping_memory(self) -> MappingMemory:
        """Where a search of this problem keeps the mappings that it has found."""
        machine = self.hardware_space.spec.architecture
        return MappingMemory(lambda point: MachineSizes.at(machine, point).shape())

    def at(self, trial: int) -> Problem:
        """The problem with the inner search that serves a machine, counted from 0."""
        return replace(self, recipe=self.recipe.at(trial))

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
            The outcome, with the objectives as strategies see them, see ``Design.minimised``, and
            the limited figures; and the design, or why there is none.
        """
        hardware = machine
        if not isinstance(hardware, Hardware):
            hardware = self.hardware_space.hardware(hardware)
        limits = self.hardware_space.spec.limits
        found = machine_over_limit(hardware, limits) or self._search(hardware, warm_starts, best)
        if isinstance(found, Rejection):
            known = found.measured
            return Outcome(TrialState.INFEASIBLE, reason=found.reason, metrics=known), found
        metrics = measured_limits(found, limits)
        values = [found.minimised(name) for name in self.objectives]
        if len(values) == 1:
            return Outcome(TrialState.COMPLETED, values[0], metrics=metrics), found
        metrics |= dict(zip(self.measures, values, strict=True))
        return Outcome(TrialState.COMPLETED, metrics=metrics), found

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
