"""A problem as a search sees it: points, what comes of one, objectives and limits among figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from bohwsw.checks import MOST_THREADS, set_whole
from bohwsw.codesign.design import Design
from bohwsw.codesign.figures import FIGURES, Figure
from bohwsw.codesign.hardware_space import Hardware
from bohwsw.codesign.limits import outcome_constraints
from bohwsw.codesign.mapped_network import Rejection
from bohwsw.codesign.networks import Models, Networks, networks_of
from bohwsw.codesign.objectives import figure_of, mapped_for, read_objectives, strategy_for
from bohwsw.codesign.recipe import Recipe, best_recipe
from bohwsw.mapper import Objective
from bohwsw.mapping_search import NetworkMappings
from bohwsw.space import Point, Space, Value
from bohwsw.strategies import OBJECTIVE, Outcome, Strategy, TrialState, strategy
from bohwsw.tech import TechnologySpec


@dataclass(frozen=True, init=False)
class CodesignProblem:
    """What machines and networks, knobs and machines, and chips of several cores have in common.

    Each kind has its points, of which ``searcher`` proposes some; ``tried``, which scores one;
    and ``map_again``, which maps the best once more at the end.

    Raises:
        SpecError: an objective is unknown, or it is the area and the technology knows none.
    """

    hardware_space: Any  # the machines or chips, with the limits on designs
    networks: Networks  # the networks and their weights; may be given as for ``networks_of``
    objectives: tuple[str, ...]
    """What to minimise, see ``figures``; may be given as for ``read_objectives``. With several the
    answer is a Pareto front."""
    recipe: Recipe  # the inner search, its budget, and how the best machines are mapped at the end
    seed: int  # of the inner searches
    threads: int  # how many; the results do not depend on it

    def __init__(
        self,
        hardware_space: Any,
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

    def _strategy(
        self,
        space: Space,
        options: dict[str, Any],
        first: Sequence[Mapping[str, Value]] = (),
        limits: Sequence[str] = (),
        knobs: Sequence[str] = (),
    ) -> Strategy:
        """The recipe's strategy; it tries some points first, and is told the limits."""
        limits = (*outcome_constraints(self.hardware_space.spec.limits), *limits)
        known = {"outcome_constraints": list(limits), "first": list(first)}
        options |= {key: value for key, value in known.items() if value}
        figures = dict(zip(self.measures, self.figures, strict=True))
        name, options = strategy_for(self.recipe.strategy, options, figures, knobs)
        return strategy(name, space, self.seed, objectives=self.measures, **options)

    @property
    def name(self) -> str:
        """For studies: of the space and the networks."""
        return "-".join((self.hardware_space.name, *self.networks.names))

    def settings(self) -> dict[str, Any]:
        """What a stored study of it must be equal in, as plain data."""
        networks, spec = self.networks, self.hardware_space.spec
        pairs = zip(networks.names, networks.weights, strict=True)
        return {
            "networks": [[name, weight] for name, weight in pairs],
            "layers": {
                network.name: [[*x.layer.shape, x.count] for x in network.unique_layers()]
                for network in networks.networks
            },
            "objectives": list(self.objectives),
            "limits": dict(spec.limits),
            "space": spec.model_dump(mode="json"),
            "recipe": self.recipe.settings(),
            "seed": self.seed,
            "trials": self.recipe.trials,
        }

    def searcher(self) -> Strategy:
        """What proposes points, by the recipe; never one that is known to be over a limit.

        Raises:
            SpecError: there is nothing to search, or the strategy does not fit.
        """
        raise NotImplementedError

    def map_again(
        self, trial: Any, machine_of: Callable[[], tuple[Hardware, NetworkMappings]]
    ) -> Design | Rejection:
        """The design of a completed trial, mapped as at the end, from its machine and mappings."""
        return self.map_finally(*machine_of())

    def map_finally(
        self, hardware: Hardware, mappings: NetworkMappings | None = None
    ) -> Design | Rejection:
        """Map the networks onto a machine as at the end; from mappings of the search, if given."""
        raise NotImplementedError

    def baselines(self) -> list[Hardware]:
        """What designs are compared with; nothing of chips of several cores."""
        return []

    @property
    def technology(self) -> str | TechnologySpec:
        """What prices its designs."""
        technology: str | TechnologySpec = self.hardware_space.spec.technology
        return technology

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

    def at(self, trial: int) -> Self:
        """The problem with the inner search that serves a machine, counted from 0."""
        return self if self.recipe.opening is None else replace(self, recipe=self.recipe.at(trial))

    def tried(
        self, number: int, point: Point, told: Mapping[str, Any]
    ) -> tuple[Outcome, Design | Rejection, dict[str, Any]]:
        """Score the point of a trial; what it cannot do is an outcome, not an error.

        Args:
            number: of the trial, see ``at``.
            told: what is known by then, such as ``warm_starts`` and the ``best`` objective.

        Returns:
            The outcome, with the objectives as strategies see them, see ``Design.minimised``, and
            the limited figures; the design, or why there is none; and what else is to be stored.
        """
        raise NotImplementedError

    def _outcome(
        self,
        found: Design,
        metrics: Mapping[str, float],
        over: Rejection | None = None,
        deviation: dict[str, float] | None = None,
    ) -> Outcome:
        """The outcome of a design; of one over a limit with those objectives that are known."""
        names = self.measures if over is None else [figure.measure for figure in self.figures]
        pairs = zip(names, self.objectives, strict=True)
        known = [x for x in pairs if over is None or found.figure(x[1]) is not None]
        values = {name: found.minimised(objective) for name, objective in known}
        return Outcome(
            TrialState.COMPLETED if over is None else TrialState.INFEASIBLE,
            values.pop(OBJECTIVE, None),
            None if over is None else over.reason,
            metrics={**metrics, **values},
            deviation=deviation,
        )
