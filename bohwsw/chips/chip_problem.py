"""The problem of a chip: from cores, and knobs of networks where they have some, to figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from bohwsw.accuracy import NotMeasurableError, measure
from bohwsw.chips.chip_mapper import ChipMapper
from bohwsw.chips.chip_space import ChipSpace, prefixed
from bohwsw.chips.chip_task import ACCURACY, Task, Work
from bohwsw.codesign import (
    CodesignProblem,
    Design,
    Hardware,
    Networks,
    Recipe,
    Rejection,
    accuracy_figures,
    beyond,
    joint_recipe,
    measured_limits,
    over_limits,
)
from bohwsw.errors import SpecError, unknown_name
from bohwsw.mapping_search import NetworkMappings
from bohwsw.space import Features, Point, Space, Value
from bohwsw.space.specification import checked_point, space_of
from bohwsw.strategies import Outcome, Strategy, TrialState
from bohwsw.tech import TechnologySpec
from bohwsw.workload import ModelFile

SEARCH_MOVES, FINAL_MOVES = 5_000, 200_000
FINAL_TIMES = 10
"""How many times the mapper's budget the best chip is mapped with at the end."""


@dataclass(frozen=True, init=False)
class ChipProblem(CodesignProblem):
    """Chips of a space, and knobs of the networks on them, searched together.

    Figures are of all networks together, an accuracy is the mean of those that have one.
    """

    hardware_space: ChipSpace  # the chips, with limits on them and on networks
    tasks: tuple[Task, ...]  # the networks
    first: tuple[Point, ...]  # points to try before all others

    def __init__(
        self,
        hardware_space: ChipSpace,
        tasks: Sequence[Task],
        objectives: str | Sequence[str] = "edp",
        recipe: Recipe | None = None,
        seed: int = 0,
        threads: int = 1,
        first: Sequence[Mapping[str, Value]] = (),
        **_: Any,
    ) -> None:
        vars(self).update(tasks=tuple(tasks), hardware_space=hardware_space)
        accuracy_figures(self._measured_figures)
        default = {name: x for task in self.tasks for name, x in task.default.items()}
        networks = tuple(task.network(default) for task in self.tasks)
        weights = tuple(task.spec.weight for task in self.tasks)
        super().__init__(
            hardware_space,
            Networks(networks, weights),
            objectives,
            recipe or joint_recipe(),
            seed,
            threads,
        )
        for figure in self.figures:
            if figure.measured and figure.name not in self._measured_figures:
                raise SpecError("nobody measures it", key_path="objective", got=figure.objective)
        for name in hardware_space.spec.networks:
            if name not in (names := [task.model.name for task in self.tasks]):
                raise unknown_name("network", name, names).within(
                    file=hardware_space.file, key_path=f"networks.{name}"
                )
        vars(self).update(first=tuple(map(self.point, first)))

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        accuracy_figures(self._measured_figures)

    @property
    def _measured(self) -> list[Task]:
        return [task for task in self.tasks if task.source is not None]

    @property
    def _measured_figures(self) -> list[str]:
        """What sources say of some network."""
        return [name for x in self.tasks if x.source is not None for name in x.source.figures]

    @cached_property
    def space(self) -> Space:
        """All points: parameters of the chip, and knobs, which begin with the network's name."""
        of_chips, known = self.hardware_space.parts
        parameters, constraints = {**of_chips}, [*known]
        for task in self.tasks:
            if isinstance(task.model, ModelFile):
                own, prefix = task.model.spec, task.prefix
                parameters |= {f"{prefix}_{name}": x for name, x in own.knobs.items()}
                constraints += [prefixed(text, own.knobs, prefix) for text in own.constraints]
                for name, value in task.spec.knobs.items():
                    constraints.append(f"{prefix}_{name} == {value!r}")
        names = [f"{task.prefix}_ln_macs" for task in self._measured]
        features = Features(Work(tuple(self._measured)), names) if names else None
        found = space_of(parameters, constraints, features=features)
        assert found is not None
        return found

    def point(self, changes: Mapping[str, Value]) -> Point:
        """A point: what is given, and the default of knobs that are not.

        Raises:
            SpecError: an unknown name, or no point of the space.
        """
        default = {name: x for task in self.tasks for name, x in task.default.items()}
        return checked_point(self.space, {**default, **changes}, "parameter")

    def searcher(self) -> Strategy:
        """What proposes the points; never one over what the cores share."""
        options = dict(self.recipe.options)
        if self.recipe.strategy == "reusing" and all(x.measured for x in self.figures):
            knobs = [name for task in self._measured for name in task.default]
            names = [*knobs, *(self.space.features.names if self.space.features else ())]
            options["relevant"] = dict.fromkeys(self.measures, names)
        limits = [
            f"{task.prefix}_{name} {'>=' if name == ACCURACY else '<='} {limit!r}"
            for task in self.tasks
            for name, limit in task.spec.limits.items()
        ]
        return self._strategy(self.space, options, self.first, limits)

    def settings(self) -> dict[str, Any]:
        """What a stored study of it must be equal in, as plain data."""
        templates = self.hardware_space.templates.items()
        return {
            **super().settings(),
            "templates": {name: x.spec.model_dump(mode="json") for name, x in templates},
            "measured": self._measured_figures,
            "first": [dict(point) for point in self.first],
        }

    @property
    def technology(self) -> str | TechnologySpec:
        """What prices its designs: that of the templates."""
        return next(iter(self.hardware_space.templates.values())).spec.technology

    def tried(
        self, number: int, point: Point, told: Mapping[str, Any]
    ) -> tuple[Outcome, Design | Rejection, dict[str, Any]]:
        """Map and schedule a chip, then ask for accuracies; over a limit nobody is asked."""
        return *self._evaluated(point), {}

    def map_again(
        self, trial: Any, machine_of: Callable[[], tuple[Hardware, NetworkMappings]]
    ) -> Design | Rejection:
        """The design of a trial with the larger budget of the end, or as it was if that is better.

        Better in the first objective.
        """
        _, found = self._evaluated(trial.point, finally_=True)
        reached, name = trial.values[self.measures[0]], self.objectives[0]
        if isinstance(found, Rejection) or found.minimised(name) > reached:
            return self._evaluated(trial.point)[1]
        return found

    def _evaluated(
        self, point: Mapping[str, Value], *, finally_: bool = False
    ) -> tuple[Outcome, Design | Rejection]:
        """Score a point; with the budget of the end, if so."""
        hardware = self.hardware_space.hardware(point)
        is_aim = any(figure.mapped_for for figure in self.figures)
        times = FINAL_TIMES if finally_ else 1
        mapper = ChipMapper(
            tuple(task.network(point) for task in self.tasks),
            self.mapped_for if is_aim else "energy",
            self.recipe.changed(evaluations=times * self.recipe.evaluations),
            self._latest(hardware.clock_mhz),
            moves=FINAL_MOVES if finally_ else SEARCH_MOVES,
            branches=2_000 if finally_ else 0,
            seed=self.seed,
            threads=self.threads,
            layers_for=None if is_aim else self.mapped_for,
        )
        made = mapper.map_chip(hardware)
        if isinstance(made, Rejection):
            return Outcome(TrialState.INFEASIBLE, reason=made.reason), made
        return self._judged(point, made)

    def _latest(self, clock_mhz: float | None) -> dict[str, float]:
        """Limits on networks' latencies in cycles, that on the chip's among them."""
        found = {}
        for task in self.tasks:
            limits, whole = task.spec.limits, self.hardware_space.spec.limits
            cycles = [x["latency_cycles"] for x in (limits, whole) if "latency_cycles" in x]
            if clock_mhz:
                ms = [x["latency_ms"] for x in (limits, whole) if "latency_ms" in x]
                cycles += [1e3 * clock_mhz * x for x in ms]
            if cycles:
                found[task.model.name] = min(cycles)
        return found

    def _judged(
        self, point: Mapping[str, Value], design: Design
    ) -> tuple[Outcome, Design | Rejection]:
        """A scheduled design within its limits, or the first that it is over."""
        limits = self.hardware_space.spec.limits
        metrics = measured_limits(design, limits)
        networks = zip(design.networks, self.tasks, self.networks.weights, strict=True)
        own = [replace(x, knobs=task.knobs(point), weight=w) for x, task, w in networks]
        design = replace(design, networks=tuple(own))
        over = [*over_limits(design, limits), *self._over(design, metrics, measured=False)]
        if not over and self._measured:
            try:
                design = self._with_accuracies(design)
            except NotMeasurableError as error:
                over = [Rejection(str(error), None, ())]
            over += self._over(design, metrics, measured=True)
        rejection = over[0] if over else None
        return self._outcome(design, metrics, rejection), rejection or design

    def _over(
        self, design: Design, metrics: dict[str, float], *, measured: bool
    ) -> list[Rejection]:
        """What networks are over of their own limits; their limited figures are put to others."""
        rejections, clock_mhz = [], design.hardware.clock_mhz
        for task, figures in zip(self.tasks, design.figures_of_each().values(), strict=True):
            known = {name: x for name, x in figures.items() if x is not None}
            if clock_mhz:
                known["latency_ms"] = known["latency_cycles"] / clock_mhz * 1e-3
            limits: dict[str, float] = {
                k: x for k, x in task.spec.limits.items() if (k == ACCURACY) is measured
            }
            if "latency_ms" in limits and not clock_mhz:
                problem, expected = "milliseconds without a clock", "clock_mhz in the templates"
                raise SpecError(problem, key_path="latency_ms", expected=expected)
            limits = {k: x for k, x in limits.items() if k in known}
            metrics |= {f"{task.prefix}_{name}": known[name] for name in limits}
            if (rejection := beyond(known, limits)) is not None:
                rejections.append(rejection.named(task.model.name))
        return rejections

    def _with_accuracies(self, design: Design) -> Design:
        networks = [
            replace(x, measured=dict(measure(task.source, x.knobs).figures)) if task.source else x
            for x, task in zip(design.networks, self.tasks, strict=True)
        ]
        return replace(design, networks=tuple(networks))
