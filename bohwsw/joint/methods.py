"""Joint studies: networks and machines together, and three ways to search that it is held against.

``joint``           knobs and parameters, one search
``random``          the same without a model of anything
``fixed-hardware``  knobs only, on the baseline machine
``network-first``   knobs on the baseline machine, then parameters for the best networks found
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from bohwsw.codesign import FIGURES, Design, HardwareSpace
from bohwsw.errors import NoValidMappingError, SpecError, unknown_name
from bohwsw.joint.accuracies import Accuracy, network_key
from bohwsw.joint.joint_problem import JointProblem
from bohwsw.joint.joint_space import JointSpace
from bohwsw.joint.result import JointResult
from bohwsw.joint.search import accuracy_of, run_jointly
from bohwsw.space import Point, Value
from bohwsw.strategies import non_dominated
from bohwsw.study import RESULT, ResultFolder, Seconds, Trial, settings_of, store_result

METHODS = ("joint", "network-first", "fixed-hardware", "random")

MOST_NETWORKS = 5
"""Networks for which ``network-first`` searches machines."""

NETWORK_SHARE = 0.5
"""The share of the trials in which it looks for networks."""


def run_joint(problem: JointProblem, method: str = "joint", **options: Any) -> JointResult:
    """Search by one of the methods above; options are those of `run_codesign`.

    Raises:
        SpecError: there is no such method; and what `run_codesign` raises.
    """
    if method == "network-first":
        return network_first(problem, **options)
    if method == "fixed-hardware":
        problem = fixed_hardware(problem)
    elif method == "random":
        recipe = problem.recipe.changed(strategy="random")
        problem = replace(problem, recipe=recipe, joint=replace(problem.joint, fidelities={}))
    elif method != "joint":
        raise unknown_name("method", method, METHODS)
    return run_jointly(problem, **options)


def fixed_hardware(problem: JointProblem) -> JointProblem:
    """The problem on the baseline machine alone, but for parameters that are fixed already."""
    joint = problem.joint
    machine = {**problem.hardware_space.spec.baseline.point, **joint.parameters}
    fixed = replace(joint, parameters=machine)
    return replace(problem, joint=fixed, first=_within(fixed, problem))


def network_first(
    problem: JointProblem, *, folder: Path | None = None, study: str | None = None, **options: Any
) -> JointResult:
    """Networks first, on the baseline machine without limits on hardware figures; then machines.

    For a few of the networks found, spread over their front, machines are searched in turn. The
    accuracies are known by then. In a folder each of the searches has one of its own.
    """
    settings = {**settings_of(problem), "method": "network-first"}
    resume, overwrite = options.get("resume", False), options.get("overwrite", False)
    opened: AbstractContextManager[Any] = nullcontext()
    if folder is not None:
        opened = ResultFolder(folder, settings, resume=resume, overwrite=overwrite)

    def run(part: str, alone: JointProblem) -> JointResult:
        own = None if folder is None else folder / part
        # A killed study has some of its parts only.
        again = {**options, "resume": resume and (own is None or own.exists())}
        name = f"{study or problem.joint.name}-{part}"
        again["study"] = name if options.get("storage") is not None else None
        return run_joint(alone, folder=own, **again)

    with opened as store:
        networks = max(1, int(problem.recipe.trials * NETWORK_SHARE))
        first = run("networks", _any_hardware(fixed_hardware(problem), networks))
        chosen = _spread(first.designs)
        known = _accuracies(first.trials, problem.joint)
        shares = np.array_split(np.arange(problem.recipe.trials - networks), len(chosen))
        parts = [first]
        for number, (knobs, share) in enumerate(zip(chosen, shares, strict=True), start=1):
            if not len(share):
                continue
            alone = replace(problem.joint, knobs=knobs, fidelities={})
            recipe = problem.recipe.changed(trials=len(share))
            part = replace(
                problem, joint=alone, recipe=recipe, accuracies=known, first=_within(alone, problem)
            )
            try:
                parts.append(run(f"hardware-{number}", part))
            except NoValidMappingError:
                continue  # no machine tried keeps to the limits with it
        result = _together(parts, problem, folder)
        if store is not None:
            store_result(result, problem.hardware_space, store)
    return result


def starting_points(joint: JointSpace, start: str | Path | Mapping[str, Value]) -> list[Point]:
    """Points to start from: values that differ from the default, or the designs of a result.

    Args:
        joint: the space in which they must be.
        start: knobs and parameters by name; or a ``result.json``, or the folder that it is in.

    Raises:
        SpecError: the file holds no result, or a point is not in the space.
    """
    if isinstance(start, Mapping):
        return [joint.point(start)]
    file = Path(start)
    file = file / RESULT if file.is_dir() else file
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
        designs = data["front"] if "front" in data else [data["best"]]
        points = [{**entry.get("knobs", {}), **entry["point"]} for entry in designs]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SpecError(
            "not the result of a search",
            file=str(file),
            got=f"{type(error).__name__}: {error}",
            expected="a result.json, or the folder of a study that has ended",
        ) from error
    return [joint.point(point) for point in points]


def _within(joint: JointSpace, problem: JointProblem) -> tuple[Point, ...]:
    """The points to start from with what is fixed now, each once, those that the space has."""
    fixed = {**joint.knobs, **joint.parameters}
    points: list[Point] = []
    for point in ({**first, **fixed} for first in problem.first):
        if point not in points and not joint.space.violations(point):
            points.append(point)
    return tuple(points)


def _any_hardware(problem: JointProblem, trials: int) -> JointProblem:
    """The problem without limits on hardware figures; its mappings are kept as they are found."""
    spec = problem.hardware_space.spec
    limits = {name: limit for name, limit in spec.limits.items() if FIGURES[name].measured}
    machines = HardwareSpace(
        spec.model_copy(update={"limits": limits}),
        problem.hardware_space.space,
        problem.hardware_space.file,
    )
    recipe = replace(problem.recipe.changed(trials=trials), final_gap=None)
    joint = replace(problem.joint, machines=machines)
    return replace(problem, hardware_space=machines, joint=joint, recipe=recipe)


def _spread(designs: tuple[Design, ...]) -> list[Point]:
    """The knobs of a few designs, spread evenly over their front."""
    places = np.linspace(0, len(designs) - 1, min(MOST_NETWORKS, len(designs)))
    return [dict(designs[k].networks[0].knobs) for k in dict.fromkeys(places.round().astype(int))]


def _accuracies(trials: tuple[Trial, ...], joint: JointSpace) -> dict[str, Accuracy]:
    found = {}
    for trial in trials:
        accuracy = accuracy_of(trial.artifacts)
        if accuracy is not None and accuracy.figures and trial.is_full:
            found[network_key(joint.split(trial.point)[0])] = accuracy
    return found


def _together(parts: list[JointResult], problem: JointProblem, folder: Path | None) -> JointResult:
    """One result of several; networks on machines over a limit are none of its designs."""
    trials = [trial for part in parts for trial in part.trials]
    numbered = tuple(
        replace(trial, number=k, finish_order=k + 1, name=f"{k}_0")
        for k, trial in enumerate(trials)
    )
    limits = problem.hardware_space.spec.limits
    designs = [
        design
        for part in parts
        for design in part.designs
        if not any(
            (value := design.figure(name)) is None or FIGURES[name].exceeds(value, limit)
            for name, limit in limits.items()
        )
    ]
    if not designs:
        raise NoValidMappingError("none of the networks found keeps to the limits on any machine")
    vectors = np.array([[d.to_minimise(x) for x in problem.objectives] for d in designs])
    kept = sorted(np.flatnonzero(non_dominated(vectors)), key=lambda k: tuple(vectors[k]))
    seconds = [part.seconds for part in parts]
    return JointResult(
        designs=tuple(designs[k] for k in kept),
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
