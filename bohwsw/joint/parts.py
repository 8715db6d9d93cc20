"""Studies in parts: searches one after another that make one result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from bohwsw.codesign import FIGURES
from bohwsw.errors import NoValidMappingError
from bohwsw.joint.accuracies import Accuracy, accuracy_of, network_key
from bohwsw.joint.joint_problem import JointProblem
from bohwsw.joint.joint_space import JointSpace
from bohwsw.joint.search import run_jointly
from bohwsw.space import Point
from bohwsw.study import (
    CodesignResult,
    ResultFolder,
    Seconds,
    Trial,
    best_found,
    settings_of,
    store_result,
)

Run = Callable[[str, JointProblem], CodesignResult]


def in_parts(
    problem: JointProblem,
    method: str,
    search: Callable[[JointProblem, Run], list[CodesignResult]],
    *,
    folder: Path | None = None,
    study: str | None = None,
    **options: Any,
) -> CodesignResult:
    """One result of searches that run one after another, each in a folder of its own.

    Args:
        search: what calls the function that it is given for each of the parts.
        options: those of `run_codesign`.

    Raises:
        NoValidMappingError: no network on a machine within the limits was found.
    """
    settings = {**settings_of(problem), "method": method}
    resume, overwrite = options.get("resume", False), options.get("overwrite", False)
    opened: AbstractContextManager[Any] = nullcontext()
    if folder is not None:
        opened = ResultFolder(folder, settings, resume=resume, overwrite=overwrite)

    def run(part: str, alone: JointProblem) -> CodesignResult:
        own = None if folder is None else folder / part
        # A killed study has some of its parts only.
        again = {**options, "resume": resume and (own is None or own.exists())}
        name = f"{study or problem.joint.name}-{part}"
        again["study"] = name if options.get("storage") is not None else None
        return run_jointly(alone, folder=own, **again)

    with opened as store:
        result = _together(search(problem, run), problem, folder)
        if store is not None:
            store_result(result, problem, store)
    return result


def within(joint: JointSpace, problem: JointProblem) -> tuple[Point, ...]:
    """The points to start from with what is fixed now, each once, those that the space has."""
    fixed = {**joint.knobs, **joint.parameters}
    points: list[Point] = []
    for point in ({**first, **fixed} for first in problem.first):
        if point not in points and not joint.space.violations(point):
            points.append(point)
    return tuple(points)


def any_hardware(problem: JointProblem, trials: int) -> JointProblem:
    """The problem without limits on hardware figures; its mappings are kept as they are found."""
    spec = problem.hardware_space.spec
    limits = {name: limit for name, limit in spec.limits.items() if FIGURES[name].measured}
    machines = replace(problem.hardware_space, spec=spec.model_copy(update={"limits": limits}))
    recipe = replace(problem.recipe.changed(trials=trials), final_gap=None)
    joint = replace(problem.joint, machines=machines)
    return replace(problem, hardware_space=machines, joint=joint, recipe=recipe)


def known_accuracies(trials: tuple[Trial, ...], joint: JointSpace) -> dict[str, Accuracy]:
    """What trials have measured, by network."""
    found = {}
    for trial in trials:
        accuracy = accuracy_of(trial.artifacts)
        if accuracy is not None and accuracy.figures and trial.is_full:
            found[network_key(joint.split(trial.point)[0])] = accuracy
    return found


def _together(
    parts: Sequence[CodesignResult], problem: JointProblem, folder: Path | None
) -> CodesignResult:
    """One result of several; networks on machines over a limit are none of its designs."""
    trials = [trial for part in parts for trial in part.trials]
    numbered = tuple(
        replace(trial, number=k, finish_order=k + 1, name=f"{k}_0")
        for k, trial in enumerate(trials)
    )
    limits = problem.hardware_space.spec.limits
    found = [
        (design, point)
        for part in parts
        for design, point in zip(part.designs, part.points, strict=True)
        if not any(
            (value := design.figure(name)) is None or FIGURES[name].exceeds(value, limit)
            for name, limit in limits.items()
        )
    ]
    if not found:
        raise NoValidMappingError("none of the networks found keeps to the limits on any machine")
    designs, points = zip(*best_found(found, problem.objectives), strict=True)
    seconds = [part.seconds for part in parts]
    return CodesignResult(
        designs=designs,
        points=points,
        baseline=parts[0].baseline,
        baseline_free=parts[0].baseline_free,
        trials=numbered,
        objectives=problem.objectives,
        seconds=Seconds(
            sum(x.proposing for x in seconds),
            sum(x.mapping for x in seconds),
            sum(x.final for x in seconds),
        ),
        folder=folder,
    )
