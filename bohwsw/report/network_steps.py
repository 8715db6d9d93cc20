"""Networks a knob away from a design's, with their accuracies where these cost nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from bohwsw.accuracy import (
    AccuracySource,
    CallableSource,
    NotMeasurableError,
    accuracy_source_class,
)
from bohwsw.codesign import Design, HardwareSpace, Problem, Rejection, space_from_dict
from bohwsw.errors import BohwswError
from bohwsw.joint import (
    Accuracy,
    JointProblem,
    JointSpace,
    Reward,
    accuracy_of,
    network_key,
    source_of,
)
from bohwsw.report.sources import Source
from bohwsw.space import Point, Space
from bohwsw.strategies import Outcome
from bohwsw.workload import model_from_dict

AccuracySays = str | AccuracySource | Callable[[dict[str, Any]], Any]
"""What may be asked for accuracies: a source by its name or itself, or a function of the knobs."""


@dataclass(frozen=True)
class NetworkSteps:
    """Networks beside that of a design, each on any machine of the space.

    Attributes:
        problem: the joint problem, without limits.
        knobs: those of the design.
        known: accuracies that the search has measured, by `network_key`.
        asked: the source that is asked for others; figures of theirs are without accuracy if None.
    """

    problem: JointProblem
    knobs: Point
    known: Mapping[str, Accuracy]
    asked: str | None

    @property
    def joint(self) -> JointSpace:
        """Knobs and parameters."""
        return self.problem.joint

    def judged(self, point: Point) -> tuple[Outcome, Design | Rejection, str | None]:
        """The network and machine of a point, mapped from nothing, and who knows its accuracy; the
        design's own knobs if the point has none.
        """
        whole = {**self.knobs, **point}
        known = self.known.get(network_key(self.joint.split(whole)[0]))
        if known is None and self.asked is None:
            problem, machine = self.problem.concrete(whole)
            return *problem.evaluate(machine), None
        judged = self.problem.judge(whole, known)
        return judged.outcome, judged.found, self.asked if known is None else "the search"


def network_steps(
    source: Source, design: Design, problem: Problem, accuracy: AccuracySays | None
) -> NetworkSteps | None:
    """None where the result has no knobs, or does not hold the file that they are of.

    Args:
        problem: that of the machines, without limits.
        accuracy: what is asked about networks that the search did not measure; by default the
            search's own source if its answers cost nothing.

    Raises:
        SpecError: the accuracy source that is asked for is not valid.
    """
    settings, knobs = source.settings, dict(design.networks[0].knobs)
    told, joint = settings.get("accuracy"), joint_space(settings, problem.hardware_space)
    if not knobs or told is None or joint is None or "tables" in settings:
        return None
    asked = _source(told, accuracy, joint.model)
    jointly = JointProblem(
        joint,
        asked or CallableSource(_unknown, tuple(told.get("figures", ())), told["name"]),
        settings["objectives"],
        problem.recipe,
        reward=Reward(**settings["reward"]) if "reward" in settings else None,
    )
    known = {}
    for trial in source.trials:
        found = accuracy_of(trial.artifacts)
        if found is not None and found.figures and not found.partial:
            known[network_key(joint.split(trial.point)[0])] = found
    return NetworkSteps(jointly, knobs, known, f"accuracy source {asked.name}" if asked else None)


def joint_space(settings: Mapping[str, Any], machines: HardwareSpace) -> JointSpace | None:
    """Knobs and parameters of a stored study; None where it has no knobs, or not their file."""
    described = settings.get("model", {})
    if "layers" not in described:
        return None
    file = model_from_dict(described)
    fixed, each = settings.get("fixed", {}), settings.get("each", {})
    free = {name: x for name, x in fixed.items() if name not in each}
    own = {name: x for name, x in free.items() if name in file.spec.knobs}
    of_machines = {name: x for name, x in free.items() if name in machines.spec.parameters}
    return JointSpace(file, machines, own, of_machines, settings.get("constraints", ()), each)


def studied_space(source: Source) -> Space | None:
    """The space of a stored study's points, with its known constraints; None if that is unknown."""
    described = source.settings.get("space")
    if not isinstance(described, Mapping) or "parameters" not in described:
        return None
    machines = space_from_dict(described)
    if "model" not in source.settings:
        return machines.search_space()
    joint = joint_space(source.settings, machines)
    return None if joint is None else joint.space


def _source(
    told: Mapping[str, Any], accuracy: AccuracySays | None, file: Any
) -> AccuracySource | None:
    """The source that is asked for, else that of the search where its answers cost nothing."""
    options = {k: tuple(x) if isinstance(x, list) else x for k, x in told.items() if k != "name"}
    if accuracy is not None:
        return source_of(accuracy, options if accuracy == told["name"] else {}, file)
    try:
        is_free = getattr(accuracy_source_class(told["name"]), "is_free", False)
        return source_of(told["name"], options, file) if is_free else None
    except BohwswError:  # one's own, or its table is not here any more
        return None


def _unknown(knobs: dict[str, Any]) -> NoReturn:
    raise NotMeasurableError("nobody is asked for a report")
