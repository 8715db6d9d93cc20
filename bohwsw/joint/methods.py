"""Joint studies: networks and machines together, and three ways to search that it is held against.

``joint``           knobs and parameters, one search
``random``          the same without a model of anything
``fixed-hardware``  knobs only, on the baseline machine
``network-first``   knobs on the baseline machine, then parameters for the best networks found

Those that tell bits from other knobs are in ``quantisation``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from bohwsw.codesign import Design
from bohwsw.errors import NoValidMappingError, unknown_name
from bohwsw.joint.joint_problem import JointProblem
from bohwsw.joint.parts import Run, any_hardware, in_parts, known_accuracies, within
from bohwsw.joint.quantisation import QUANTISED, search_bits
from bohwsw.joint.search import run_jointly
from bohwsw.space import Point
from bohwsw.study import CodesignResult

METHODS = ("joint", "network-first", "fixed-hardware", "random", *QUANTISED)

MOST_NETWORKS = 5
"""Networks for which ``network-first`` searches machines."""

NETWORK_SHARE = 0.5
"""The share of the trials in which it looks for networks."""


def run_joint(problem: JointProblem, method: str = "joint", **options: Any) -> CodesignResult:
    """Search by one of the methods above; options are those of `run_codesign`.

    Raises:
        SpecError: there is no such method; and what `run_codesign` raises.
    """
    if method == "network-first":
        return in_parts(problem, method, _network_first, **options)
    if method in QUANTISED:
        return search_bits(problem, method, **options)
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
    return replace(problem, joint=fixed, first=within(fixed, problem))


def _network_first(problem: JointProblem, run: Run) -> list[CodesignResult]:
    """Networks first, on the baseline machine without limits on hardware figures; then machines.

    For a few of the networks found, spread over their front, machines are searched in turn. The
    accuracies are known by then.
    """
    networks = max(1, int(problem.recipe.trials * NETWORK_SHARE))
    first = run("networks", any_hardware(fixed_hardware(problem), networks))
    chosen = _spread(first.designs)
    known = known_accuracies(first.trials, problem.joint)
    shares = np.array_split(np.arange(problem.recipe.trials - networks), len(chosen))
    parts = [first]
    for number, (knobs, share) in enumerate(zip(chosen, shares, strict=True), start=1):
        if not len(share):
            continue
        alone = replace(problem.joint, knobs=knobs, fidelities={})
        recipe = problem.recipe.changed(trials=len(share))
        part = replace(
            problem, joint=alone, recipe=recipe, accuracies=known, first=within(alone, problem)
        )
        try:
            parts.append(run(f"hardware-{number}", part))
        except NoValidMappingError:
            continue  # no machine tried keeps to the limits with it
    return parts


def _spread(designs: tuple[Design, ...]) -> list[Point]:
    """The knobs of a few designs, spread evenly over their front."""
    places = np.linspace(0, len(designs) - 1, min(MOST_NETWORKS, len(designs)))
    return [dict(designs[k].networks[0].knobs) for k in dict.fromkeys(places.round().astype(int))]
