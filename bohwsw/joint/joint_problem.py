"""The joint problem: from knobs and a machine to figures, the cheap ones before the accuracies."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

from bohwsw.accuracy import AccuracySource, LatencyTable, measure
from bohwsw.checks import MOST_TRIALS, require_time_out, set_whole
from bohwsw.codesign import (
    FIGURES,
    OF_MACHINES,
    OF_NETWORKS,
    PRIOR_MEANS,
    Design,
    Hardware,
    Problem,
    Recipe,
    Rejection,
    accuracy_figures,
    figure_of,
    joint_recipe,
    limited,
    measured_limits,
    measured_over_limit,
    over_limits,
)
from bohwsw.errors import SpecError
from bohwsw.joint.accuracies import (
    Accuracy,
    Ask,
    BrokenSourceError,
    accuracy_of,
    ask_apart,
    asked,
    measured_design,
    network_key,
    source_settings,
)
from bohwsw.joint.exact_hardware import exact_options
from bohwsw.joint.joint_space import JointSpace
from bohwsw.joint.measured_density import mappings_named, with_densities
from bohwsw.joint.reward import ACCURACY, REWARD, Reward
from bohwsw.joint.table_figure import known_to, register_tables
from bohwsw.mapping_search import NetworkMappings
from bohwsw.space import Point, Space, Value
from bohwsw.strategies import Outcome, Strategy, TrialState


@dataclass(frozen=True)
class Judged:
    """What came of a point."""

    outcome: Outcome  # as strategies and studies have it
    found: Design | Rejection  # the design, or why there is none. A failed trial may have one.
    accuracy: Accuracy | None = None  # what was measured; None where nobody was asked


@dataclass(frozen=True, init=False)
class JointProblem(Problem):
    """Networks of a model file and machines of a space, searched together.

    Hardware figures and their limits come first: no source is asked about a network on a machine
    that is over one.
    Raises:
        SpecError: an objective or a limit is unknown, or no value of it.
    """

    joint: JointSpace  # all points, see ``JointSpace``
    source: AccuracySource  # measures accuracies
    first: tuple[Point, ...]  # points to try before all others, besides the baseline
    measurements: int | None  # networks whose accuracy is asked for at most; not limited if None
    seconds: float | None
    """The source is asked in a process of its own, and given up after so long; None asks it in the
    process of the trial."""
    accuracies: Mapping[str, Accuracy]
    """Of networks that are known from elsewhere, by ``network_key``: nobody is asked."""
    reward: Reward | None
    """Makes the figure ``reward`` of accuracy and targets; there is none if None."""
    tables: tuple[LatencyTable, ...]
    """Whose figures are limits or objectives, too, see ``LatencyTable``."""

    def __init__(
        self,
        joint: JointSpace,
        source: AccuracySource,
        objectives: str | Sequence[str] = "accuracy,edp",
        recipe: Recipe | None = None,
        seed: int = 0,
        threads: int = 1,
        limits: Mapping[str, float] | None = None,
        first: Sequence[Mapping[str, Value]] = (),
        measurements: int | None = None,
        seconds: float | None = None,
        accuracies: Mapping[str, Accuracy] | None = None,
        reward: Reward | None = None,
        tables: Sequence[LatencyTable] = (),
        **known: Any,
    ) -> None:
        register_tables(tables)
        accuracy_figures((*source.figures, *((REWARD,) if reward else ())))
        if reward is not None and ACCURACY not in source.figures:
            problem = f"accuracy source {source.name!r} has no {ACCURACY} to make a reward of"
            raise SpecError(problem, key_path="reward", got=list(source.figures))
        machines = known.get("hardware_space") or limited(joint.machines, limits or {})
        if machines is not joint.machines:
            joint = replace(joint, machines=machines)
        networks = known_to(tables, joint.networks(joint.split(joint.base)[0]))
        super().__init__(machines, networks, objectives, recipe or joint_recipe(), seed, threads)
        vars(self).update(joint=joint, source=source, first=tuple(map(joint.point, first)))
        vars(self).update(measurements=measurements, seconds=seconds, reward=reward)
        vars(self).update(accuracies=dict(accuracies or {}), tables=tuple(tables))
        require_time_out("seconds", seconds)
        if measurements is not None:
            set_whole(self, ("measurements",), MOST_TRIALS, problem="not a budget")

    def __setstate__(self, state: dict[str, Any]) -> None:
        accuracy_figures((*state["source"].figures, REWARD))
        register_tables(state["tables"])
        super().__setstate__(state)

    @property
    def space(self) -> Space:
        """All points within known constraints."""
        return self.joint.space

    def searcher(self) -> Strategy:
        """What proposes the points; the default network on the baseline machine first."""
        recipe, machines = self.recipe, self.hardware_space
        options = dict(recipe.options)
        if recipe.strategy in ("reusing", "robust"):
            options = {**self._known_structure(), **options}
        if recipe.strategy == "exact_hardware":
            options |= exact_options(self._of_network, machines, self.joint.parameters)
        if self.joint.fidelities:
            if recipe.strategy not in ("reusing", "bayesian"):
                expected = "reusing or bayesian, which know fidelities"
                raise SpecError("not a strategy", got=recipe.strategy, expected=expected)
            options["fidelity"] = self.joint.priced_fidelity
        first = list(self.first)
        if recipe.baseline_first and not self.space.violations(self.joint.base):
            first.insert(0, self.joint.point({}))
        return self._strategy(self.space, options, first, knobs=list(self.joint.model.spec.knobs))

    @property
    def _is_asking_dear(self) -> bool:
        """Whether a new network costs more than one that was measured."""
        return self.measurements is not None or not getattr(self.source, "is_free", False)

    def _known_structure(self) -> dict[str, Any]:
        """What a model of points need not learn: accuracies are of the network alone."""
        knobs = [name for name in self.joint.model.spec.knobs if name not in self.joint.knobs]
        pairs = list(zip(self.measures, self.figures, strict=True))
        pairs = [*pairs, *((x, FIGURES[x]) for x in self.hardware_space.spec.limits)]
        measured = [key for key, figure in pairs if figure.measured and figure.name != REWARD]
        known = {
            name: PRIOR_MEANS[figure.name]
            for name, figure in zip(self.measures, self.figures, strict=True)
            if figure.name in PRIOR_MEANS
        }
        levels = list(self.joint.fidelities)
        relevant = {key: [*knobs, *levels, *OF_NETWORKS] for key in measured}
        if not levels:
            turns = {} if self._is_asking_dear else {"cheap_turns": 0}
            return {"costly": knobs, "relevant": relevant, "prior_means": known, **turns}
        machine = [*knobs, *self.hardware_space.spec.parameters, *OF_MACHINES]
        others = [*self.measures, *self.hardware_space.spec.limits]
        skipped = {*measured, *(x for x in others if REWARD in x)}
        relevant |= {key: machine for key in others if key not in skipped}
        # Every suggestion weighs all networks at all fidelities: none is tried again on purpose.
        return {"costly": knobs, "cheap_turns": 0, "relevant": relevant, "prior_means": known}

    def settings(self) -> dict[str, Any]:
        """What a stored study of it must be equal in, as plain data."""
        joint = self.joint
        levels, most = joint.fidelities, self.measurements
        return {
            **super().settings(),
            **({"each": {k: list(x) for k, x in joint.each.items()}} if joint.each else {}),
            **({} if most is None else {"measurements": most}),
            **({"reward": asdict(self.reward)} if self.reward else {}),
            **({"tables": [asdict(table) for table in self.tables]} if self.tables else {}),
            **({"fidelities": {k: list(x) for k, x in levels.items()}} if levels else {}),
            "model": joint.model.to_data(),
            "fixed": {**joint.knobs, **joint.parameters},
            "constraints": list(joint.constraints),
            "accuracy": source_settings(self.source),
            "first": [dict(point) for point in self.first],
        }

    def told(self, outcome: Outcome) -> Outcome:
        """As for any problem; where a limited figure is not measured yet, only what there is."""
        limits = self.hardware_space.spec.limits
        unknown = any(FIGURES[x].measured and x not in outcome.metrics for x in limits)
        return outcome if unknown else super().told(outcome)

    def concrete(self, point: Mapping[str, Value]) -> tuple[Problem, Point]:
        """The problem of the networks of a point, without accuracies, and the machine's part."""
        knobs, machine = self.joint.split(point)
        return self._of_network(knobs), machine

    def _of_network(self, knobs: Mapping[str, Value]) -> Problem:
        spec = self.hardware_space.spec
        limits = {k: x for k, x in spec.limits.items() if not FIGURES[k].measured}
        machines = replace(self.hardware_space, spec=spec.model_copy(update={"limits": limits}))
        objectives = [name for name in self.objectives if not figure_of(name).measured]
        objective = objectives or machines.objective
        networks = known_to(self.tables, self.joint.networks(knobs))
        return Problem(machines, networks, objective, self.recipe, self.seed, self.threads)

    def evaluate(
        self, machine: Mapping[str, Value] | Hardware, *_: Any, **__: Any
    ) -> tuple[Outcome, Design | Rejection]:
        """Score a point of the joint space, see ``judge``."""
        point = machine.point if isinstance(machine, Hardware) else machine
        judged = self.judge(point)
        return judged.outcome, judged.found

    def tried(
        self, number: int, point: Point, told: Mapping[str, Any]
    ) -> tuple[Outcome, Design | Rejection, dict[str, Any]]:
        """Score the point of a trial; its accuracy is told if ``known``, and stored with it."""
        ask = measure if self.seconds is None else partial(ask_apart, self.seconds)
        judged = self.judge(point, told["known"], ask)
        known = judged.accuracy
        return judged.outcome, judged.found, {} if known is None else {"accuracy": known.to_data()}

    def judge(
        self, point: Mapping[str, Value], known: Accuracy | None = None, ask: Ask = measure
    ) -> Judged:
        """Score a point: hardware first, and accuracy only if that is within its limits.

        Args:
            known: what the source said of the same network before.
        """
        problem, machine = self.concrete(point)
        knobs, _ = self.joint.split(point)
        outcome, found = problem.evaluate(machine)
        if isinstance(found, Rejection):
            return Judged(outcome, found)
        accuracy = replace(known, seconds=0.0, trainings=0, reused=True) if known else None
        try:
            fidelity = self.joint.fidelity(point)
            accuracy = accuracy or asked(self.source, knobs, ask, fidelity)
            accuracy = replace(accuracy, partial=fidelity != self.joint.target)
        except BrokenSourceError as broken:
            failed = Outcome(TrialState.FAILED, reason=str(broken))
            return Judged(failed, found, Accuracy(seconds=broken.seconds))
        limits = measured_limits(found, self.hardware_space.spec.limits)
        if accuracy.reason is not None:
            rejection = Rejection(accuracy.reason, None, (), measured=limits)
            outcome = Outcome(TrialState.INFEASIBLE, reason=accuracy.reason, metrics=limits)
            return Judged(outcome, rejection, accuracy)
        return self._scored(*self.measured(found, accuracy), accuracy)

    def measured(self, design: Design, accuracy: Accuracy) -> tuple[Design, Mapping[str, float]]:
        """A design with what was measured and its reward, if there is one; and standard errors."""
        design = with_densities(design, accuracy.densities)
        if self.reward is not None and ACCURACY in accuracy.figures:
            return self.reward.of(design, accuracy)
        return measured_design(design, accuracy), accuracy.standard_errors

    def _scored(self, found: Design, errors: Mapping[str, float], accuracy: Accuracy) -> Judged:
        """The outcome of a design whose figures are all known."""
        limits = self.hardware_space.spec.limits
        metrics = measured_limits(found, limits)
        deviations = {name: errors[name] for name in metrics if name in errors}
        rejection = measured_over_limit(found.each()[0], limits)  # of all the same was measured
        if rejection is None and accuracy.densities:  # what was promised was checked before
            rejection = next(iter(over_limits(found, limits)), None)
        names = self.measures if rejection is None else [x.measure for x in self.figures]
        for name, figure in zip(names, self.figures, strict=True):
            if figure.name in errors:
                relative_to = found.objective(figure.objective) if figure.logarithmic else 1.0
                deviations[name] = errors[figure.name] / relative_to
        outcome = self._outcome(found, metrics, rejection, deviations or None)
        return Judged(outcome, rejection or found, accuracy)

    def key(self, point: Mapping[str, Value]) -> str:
        """Equal where a source would be asked the same."""
        return network_key({**self.joint.split(point)[0], **self.joint.fidelity(point)})

    def map_finally(
        self, hardware: Hardware, mappings: NetworkMappings | None = None
    ) -> Design | Rejection:
        """Map the default network as at the end of a search; its accuracy is told if known."""
        default, _ = self.joint.split(self.joint.base)
        known = self.accuracies.get(self.key(default))
        known = known if known and known.figures else None
        return self.map_network_finally(default, hardware, mappings, known)

    def map_again(
        self, trial: Any, machine_of: Callable[[], tuple[Hardware, NetworkMappings]]
    ) -> Design | Rejection:
        """The design of a completed trial, mapped as at the end; its accuracy is as it was."""
        knobs, _ = self.joint.split(trial.point)
        return self.map_network_finally(knobs, *machine_of(), accuracy_of(trial.artifacts))

    def map_network_finally(
        self,
        knobs: Mapping[str, Value],
        hardware: Hardware,
        mappings: NetworkMappings | None = None,
        accuracy: Accuracy | None = None,
    ) -> Design | Rejection:
        """Map a network onto a machine as at the end of a search; its accuracy is as it was."""
        problem = self._of_network(knobs)
        if mappings and any(mappings.values()):
            # Layers may have other densities by now, but not other names.
            mappings = mappings_named(mappings, problem.networks)
        found = problem.map_finally(hardware, mappings)
        if isinstance(found, Rejection) or accuracy is None:
            return found
        found = self.measured(found, accuracy)[0]
        if accuracy.densities and mappings and over_limits(found, self.hardware_space.spec.limits):
            kept = replace(problem, recipe=replace(self.recipe, final_gap=None))
            searched = kept.map_finally(hardware, mappings)
            if isinstance(searched, Design):
                found = self.measured(searched, accuracy)[0]
        return found
