"""The problem of a chip: from cores, and knobs of networks where they have some, to figures."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from bohwsw.accuracy import NotMeasurableError, measure
from bohwsw.chips.chip_mapper import ChipMapper, found_data
from bohwsw.chips.chip_space import ChipSpace, prefixed
from bohwsw.chips.chip_task import ACCURACY, Task, Work
from bohwsw.codesign import (
    Design,
    Recipe,
    Rejection,
    joint_recipe,
    measured_limits,
    outcome_constraints,
    over_limits,
)
from bohwsw.errors import SpecError, unknown_name
from bohwsw.mapping import Violation
from bohwsw.scheduling import FoundSchedule
from bohwsw.space import Features, Point, Space, Value
from bohwsw.space.specification import checked_point, space_of
from bohwsw.strategies import Outcome, Strategy, TrialState, strategy
from bohwsw.workload import ModelFile, Network

SEARCH_MOVES, FINAL_MOVES = 5_000, 200_000
FINAL_TIMES = 10
"""How many times the mapper's budget the best chip is mapped with at the end."""


@dataclass(frozen=True)
class Tried:
    """What came of a chip; ``found`` is its schedule where it has one."""

    outcome: Outcome
    design: Design | Rejection
    found: FoundSchedule | None = None


@dataclass(frozen=True)
class ChipProblem:
    """Chips of a space, and knobs of the networks on them, searched together.

    Attributes:
        chips: the chips, with limits on them and on networks.
        tasks: the networks.
        objective: ``edp``, ``latency`` or ``energy`` of all together, or ``accuracy``, the mean.
        recipe: how chips are proposed, and the inner search of mappings.
        seed: of all searches.
        threads: how many; the results do not depend on it.
        first: points to try before all others.
    """

    chips: ChipSpace
    tasks: tuple[Task, ...]
    objective: str = "edp"
    recipe: Recipe = field(default_factory=joint_recipe)
    seed: int = 0
    threads: int = 1
    first: tuple[Point, ...] = ()

    def __post_init__(self) -> None:
        known = ("edp", "latency", "energy", *(["accuracy"] if self._measured else []))
        if self.objective not in known:
            raise unknown_name("objective of chips", self.objective, known)
        for name in self.chips.spec.networks:
            if name not in (names := [task.model.name for task in self.tasks]):
                raise unknown_name("network", name, names).within(
                    file=self.chips.file, key_path=f"networks.{name}"
                )

    @property
    def _measured(self) -> list[Task]:
        return [task for task in self.tasks if task.source is not None]

    @cached_property
    def space(self) -> Space:
        """All points: parameters of the chip, and knobs, which begin with the network's name."""
        parameters, constraints = ({**self.chips.parts[0]}, [*self.chips.parts[1]])
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
        if limits := self._limits():
            options["outcome_constraints"] = limits
        if self.recipe.strategy == "reusing" and self.objective == "accuracy":
            knobs = [name for task in self._measured for name in task.default]
            options["relevant"] = {"objective": [*knobs, *self.space.features.names]}  # type: ignore[union-attr]
        if self.first:
            options["first"] = list(self.first)
        return strategy(self.recipe.strategy, self.space, self.seed, **options)

    def _limits(self) -> list[str]:
        each = [
            f"{task.prefix}_{name} {'>=' if name == ACCURACY else '<='} {limit!r}"
            for task in self.tasks
            for name, limit in task.spec.limits.items()
        ]
        return [*outcome_constraints(self.chips.spec.limits), *each]

    def told(self, outcome: Outcome) -> Outcome:
        """Limits are outcome constraints to the strategy: a chip over one has its value, too."""
        metrics = dict(outcome.metrics)
        value = metrics.pop("value", None)
        if outcome.state is TrialState.INFEASIBLE and value is not None:
            return Outcome(TrialState.COMPLETED, value, metrics=metrics)
        return outcome

    def settings(self) -> dict[str, Any]:
        """What a stored study of it was asked for."""
        return {
            "chip": self.chips.spec.model_dump(mode="json"),
            "templates": {
                name: template.spec.model_dump(mode="json")
                for name, template in self.chips.templates.items()
            },
            "networks": [[task.model.name, task.spec.weight] for task in self.tasks],
            "layers": {
                task.model.name: [[*x.layer.shape, x.count] for x in task.model.unique_layers()]
                for task in self.tasks
                if isinstance(task.model, Network)
            },
            "objective": self.objective,
            "recipe": self.recipe.settings(),
            "seed": self.seed,
            "trials": self.recipe.trials,
            "first": [dict(point) for point in self.first],
        }

    def evaluate(self, point: Mapping[str, Value], *, finally_: bool = False) -> Tried:
        """Map and schedule a chip, then ask for accuracies; over a limit nobody is asked.

        Args:
            point: of ``space``.
            finally_: with the budget of the end.
        """
        hardware = self.chips.hardware(point)
        networks = tuple(task.network(point) for task in self.tasks)
        is_aim = self.objective in ("edp", "latency", "energy")
        mapper = ChipMapper(
            networks,
            self.objective if is_aim else "energy",  # type: ignore[arg-type]
            self.recipe,
            self._latest(hardware.clock_mhz),
            moves=SEARCH_MOVES,
            branches=0,
            seed=self.seed,
            threads=self.threads,
            layers_for=None if is_aim else "edp",
        )
        if finally_:
            recipe = self.recipe.changed(evaluations=FINAL_TIMES * self.recipe.evaluations)
            mapper = replace(mapper, recipe=recipe, moves=FINAL_MOVES, branches=2_000)
        made = mapper.map_chip(hardware)
        if isinstance(made, Rejection):
            return Tried(Outcome(TrialState.INFEASIBLE, reason=made.reason), made)
        return self._judged(point, *made)

    def _latest(self, clock_mhz: float | None) -> dict[str, float]:
        """Limits on networks' latencies in cycles, that on the chip's among them."""
        found = {}
        for task in self.tasks:
            limits, whole = task.spec.limits, self.chips.spec.limits
            cycles = [x["latency_cycles"] for x in (limits, whole) if "latency_cycles" in x]
            if clock_mhz:
                ms = [x["latency_ms"] for x in (limits, whole) if "latency_ms" in x]
                cycles += [1e3 * clock_mhz * x for x in ms]
            if cycles:
                found[task.model.name] = min(cycles)
        return found

    def _judged(self, point: Mapping[str, Value], design: Design, found: FoundSchedule) -> Tried:
        """A scheduled design within its limits, or the first that it is over."""
        limits = self.chips.spec.limits
        metrics = {**measured_limits(design, limits)}
        over = list(over_limits(design, limits))
        for task in self.tasks:
            over += self._over(task, found, design.hardware.clock_mhz, metrics)
        design = replace(
            design,
            networks=tuple(
                replace(x, knobs=task.knobs(point), weight=self._weight(task))
                for x, task in zip(design.networks, self.tasks, strict=True)
            ),
        )
        is_aim = self.objective in ("edp", "latency", "energy")
        if not over and self._measured:
            try:
                design = self._with_accuracies(design)
            except NotMeasurableError as error:
                over = [Rejection(str(error), None, ())]
            over += self._too_low(design, metrics)
        if over:
            known = {**metrics, **({"value": math.log(found.value)} if is_aim else {})}
            reason = over[0].reason
            return Tried(Outcome(TrialState.INFEASIBLE, reason=reason, metrics=known), over[0])
        value = math.log(found.value) if is_aim else -accuracy_of(design)
        return Tried(Outcome(TrialState.COMPLETED, value, metrics=metrics), design, found)

    def _weight(self, task: Task) -> float:
        return task.spec.weight / sum(each.spec.weight for each in self.tasks)

    def _over(
        self, task: Task, found: FoundSchedule, clock_mhz: float | None, metrics: dict[str, float]
    ) -> list[Rejection]:
        """What a network is over of its own limits; its limited figures go into ``metrics``."""
        figures = dict(found.networks[task.model.name])
        if clock_mhz:
            figures["latency_ms"] = figures["latency_cycles"] / clock_mhz * 1e-3
        rejections = []
        for name, limit in task.spec.limits.items():
            if name == ACCURACY:
                continue
            if name not in figures:
                expected = "clock_mhz in the templates"
                raise SpecError("milliseconds without a clock", key_path=name, expected=expected)
            value = metrics[f"{task.prefix}_{name}"] = figures[name]
            if value > limit:
                rejections.append(_rejection(task.model.name, name, value, limit))
        return rejections

    def _with_accuracies(self, design: Design) -> Design:
        networks = [
            replace(x, measured=dict(measure(task.source, x.knobs).figures)) if task.source else x
            for x, task in zip(design.networks, self.tasks, strict=True)
        ]
        return replace(design, networks=tuple(networks))

    def _too_low(self, design: Design, metrics: dict[str, float]) -> list[Rejection]:
        rejections = []
        for mapped, task in zip(design.networks, self.tasks, strict=True):
            limit, value = task.spec.limits.get(ACCURACY), mapped.measured.get(ACCURACY)
            if limit is not None and value is not None:
                metrics[f"{task.prefix}_{ACCURACY}"] = value
                if value < limit:
                    rejections.append(_rejection(mapped.name, ACCURACY, value, limit))
        return rejections


def _rejection(network: str, name: str, value: float, limit: float) -> Rejection:
    violation = Violation(name, "chip", None, value, limit)
    most = "at least" if name == ACCURACY else "at most"
    reason = f"{name} {value:.6g} of {most} {limit:.6g} ({violation.ratio:.3g} times)"
    return Rejection(reason, None, (violation,)).named(network)


def accuracy_of(design: Design) -> float:
    """The mean accuracy of the networks that have one, by their weights."""
    pairs = [(x.weight, x.measured[ACCURACY]) for x in design.networks if ACCURACY in x.measured]
    return sum(w * x for w, x in pairs) / sum(w for w, _ in pairs)


def metrics_of_chip(design: Design, found: FoundSchedule) -> dict[str, float | None]:
    """Figures of a chip and, as ``NETWORK.FIGURE``, of each network."""
    each: dict[str, float | None] = {}
    for mapped in design.networks:
        own = {**found_data(found)["networks"][mapped.name], **mapped.measured}
        each |= {f"{mapped.name}.{name}": value for name, value in own.items()}
    return {**design.figures(), **each, "evaluations": float(design.evaluations)}
