"""The co-design problem at large: from a point of a hardware space to several mapped networks."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from bohwsw.checks import MOST_THREADS, set_whole
from bohwsw.codesign.chip_design import ChipDesign
from bohwsw.codesign.design import Design, Rejection
from bohwsw.codesign.hardware_space import Hardware, HardwareSpace
from bohwsw.codesign.limits import over_area, over_limits, over_running, require_areas
from bohwsw.codesign.network_task import NetworkTask
from bohwsw.codesign.objectives import AREA, FIGURES, mapped_for, read_objectives
from bohwsw.codesign.recipe import Recipe, best_recipe, searcher
from bohwsw.codesign.suite import Suite
from bohwsw.codesign.warm_starts import NONE, NetworkMappings, WarmStarts
from bohwsw.mapper.mapper import Objective
from bohwsw.space import Value
from bohwsw.strategies import Strategy
from bohwsw.strategies.outcome import OBJECTIVE, Outcome, TrialState


@dataclass(frozen=True)
class ChipProblem:
    """Maps the networks of a suite onto any machine of a space and scores the result.

    The same mapper with the same budget and the same seeds serves every machine, the baseline
    included, so that differences are differences of machines; but for those of an opening, see
    ``at``, and those that promise too little, see ``FirstLook``. Each network is mapped as if it
    were alone.

    Attributes:
        hardware_space: the machines, with the limits on designs.
        suite: the networks and their weights.
        objectives: what to minimise, see ``objectives``: over networks, their weighted geometric
            mean. With several the answer is a Pareto front.
        recipe: the inner search, its budget, and how the best machines are mapped at the end.
        seed: of the inner searches.
        threads: how many; the results do not depend on it.

    Raises:
        SpecError: an objective is unknown, or it is the area and the technology knows none.
    """

    hardware_space: HardwareSpace
    suite: Suite
    objectives: tuple[str, ...] = ("edp",)
    recipe: Recipe = field(default_factory=best_recipe)
    seed: int = 0
    threads: int = 1

    def __post_init__(self) -> None:
        set_whole(self, ("seed",), least=0, problem="not a seed")
        set_whole(self, ("threads",), MOST_THREADS, problem="not a number of threads")
        read_objectives(self.objectives)
        if AREA in self.objectives:
            require_areas(self.hardware_space, place="objective")

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
        return tuple(f"ln_{FIGURES[name]}" for name in self.objectives)

    def searcher(self) -> Strategy:
        """What proposes the machines, by the recipe.

        Raises:
            SpecError: the space has no parameters, or no machine within its limits.
        """
        objectives = dict(zip(self.measures, self.objectives, strict=True))
        return searcher(self.recipe, self.hardware_space, self.suite, self.seed, objectives)

    def at(self, trial: int) -> ChipProblem:
        """The problem with the inner search that serves a machine, counted from 0."""
        return replace(self, recipe=self.recipe.at(trial))

    def evaluate(
        self,
        point: Mapping[str, Value],
        warm_starts: WarmStarts = NONE,
        best: float = math.inf,
    ) -> tuple[Outcome, ChipDesign | Rejection]:
        """Score one machine; what it cannot do is an outcome, not an error.

        Args:
            point: the machine.
            warm_starts: mappings to start from, see ``MappingMemory``.
            best: least objective, as outcomes have it, of the machines before; see ``FirstLook``.

        Returns:
            The outcome, with natural logarithms of the objectives, and the design, or why there is
            none. With several networks, each logarithm is the sum of those of the networks times
            their weights, which add up to 1: the scale of a network does not matter.
        """
        hardware = self.hardware_space.hardware(point)
        found = over_area(hardware, self.hardware_space.spec.limits) or self._search(
            hardware, warm_starts, best
        )
        if isinstance(found, Rejection):
            return Outcome(TrialState.INFEASIBLE, reason=found.reason), found
        logs = [found.log_objective(name) for name in self.objectives]
        if len(logs) == 1:
            return Outcome(TrialState.COMPLETED, logs[0]), found
        metrics = dict(zip(self.measures, logs, strict=True))
        return Outcome(TrialState.COMPLETED, metrics=metrics), found

    def _search(
        self, hardware: Hardware, warm_starts: WarmStarts, best: float
    ) -> ChipDesign | Rejection:
        """Map the networks by the inner search, the whole of it if the first look promises enough.

        What is left of it starts from the mappings of the first look.
        """

        def map_network(task: NetworkTask) -> Design | Rejection:
            return task.map_network(hardware, warm_starts.get(task.network.name, ()))

        look = self.recipe.first_look
        if look is None or look.evaluations >= self.recipe.evaluations:
            return self._map(map_network, limited=True)
        first = self._of(look.evaluations)._map(map_network, limited=False)
        if isinstance(first, Rejection):
            return first

        single = len(self.objectives) == 1
        if single and first.log_objective(self.objectives[0]) > best + math.log1p(look.within):
            return self._map(lambda task: first.design(task.network.name), limited=True)

        def go_on(task: NetworkTask) -> Design:
            before = first.design(task.network.name)
            found = task.map_network(hardware, [[layer.mapping] for layer in before.layers])
            return found.joined(before, task.objective) if isinstance(found, Design) else before

        rest = self._of(self.recipe.evaluations - look.evaluations)
        return replace(rest, seed=self.seed + 1)._map(go_on, limited=True)

    def _of(self, evaluations: int) -> ChipProblem:
        return replace(self, recipe=self.recipe.changed(evaluations=evaluations))

    def map_finally(self, hardware: Hardware) -> ChipDesign | Rejection:
        """Map the networks as the recipe maps the best machines, and the baseline, at the end.

        A design over a limit is given all the same, with that in ``over_limits``; but where only
        the better mappings of the end are over it, those of the inner search are kept.
        """
        found = self._map(lambda task: task.map_finally(hardware), limited=False)
        if isinstance(found, Rejection):
            return found
        over = over_limits(found.designs, self.hardware_space)
        too_large = over_area(hardware, self.hardware_space.spec.limits) is not None
        if over and not too_large and self.recipe.final_gap is not None:
            kept = self._map(lambda task: task.map_network(hardware), limited=True)
            if isinstance(kept, ChipDesign):
                return kept
        return replace(
            found, designs=tuple(replace(design, over_limits=over) for design in found.designs)
        )

    def map_finalist(self, hardware: Hardware, mappings: NetworkMappings) -> ChipDesign | Rejection:
        """Map the networks at the end, from the mappings of the search on, and within the limits.

        A better mapping may need more power. Where it is over a limit, the mappings of the search,
        which kept to it, are kept; so they are if the recipe does not map again.

        Args:
            hardware: the machine.
            mappings: those of the search.
        """

        def again(task: NetworkTask) -> Design | Rejection:
            return task.map_finally(hardware, [[x] for x in mappings[task.network.name]])

        def kept(task: NetworkTask) -> Design:
            return task.mapped(hardware, mappings[task.network.name])

        if self.recipe.final_gap is not None:
            found = self._map(again, limited=True)
            if isinstance(found, ChipDesign):
                return found
        return self._map(kept, limited=True)

    def tasks(self) -> list[NetworkTask]:
        """One for each network."""
        return [
            NetworkTask(network, self.mapped_for, self.recipe, self.seed, self.threads)
            for network in self.suite.networks
        ]

    def _map(
        self, mapped: Callable[[NetworkTask], Design | Rejection], *, limited: bool
    ) -> ChipDesign | Rejection:
        """Map network by network, up to the first that is impossible or over a limit."""
        spec = self.hardware_space.spec
        designs = []
        for task in self.tasks():
            found = mapped(task)
            if limited and isinstance(found, Design):
                found = over_running(found, spec.limits, spec.clock_mhz) or found
            if isinstance(found, Rejection):
                return self._named(found, task.network.name)
            designs.append(found)
        return ChipDesign(tuple(designs), self.suite.weights)

    def _named(self, rejection: Rejection, network: str) -> Rejection:
        """The rejection with the name of its network, if there are several."""
        return rejection if self.suite.is_single else rejection.named(network)
