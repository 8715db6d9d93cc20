"""Bits beside the other knobs of a network: the modes of Lu et al., and one after the other.

Lu, Jiang, Xu, Shi, Hu, "On Neural Architecture Search for Resource-Constrained Hardware Platforms"
(arXiv:1911.00105). Knobs whose name has ``bits`` in it are bits; all others are the architecture.

``architecture``        bits are those of the default network
``quantisation``        all but the bits are those of the default network
``nested``              for each architecture a search of its own for bits
``architecture-first``  the most accurate architecture, whatever it costs; then its bits

Joint search of both is the method ``joint``. Ours: what a search is; the paper has a controller
trained by policy gradients, which is the strategy ``policy_gradient`` here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from bohwsw.codesign import measured_limits
from bohwsw.errors import NoValidMappingError, SpecError
from bohwsw.joint.accuracies import Accuracy
from bohwsw.joint.joint_problem import JointProblem
from bohwsw.joint.parts import Run, any_hardware, in_parts, known_accuracies, within
from bohwsw.joint.search import run_jointly
from bohwsw.space import Value
from bohwsw.strategies import Outcome, SpaceExhaustedError, TrialState
from bohwsw.study import CodesignResult

QUANTISED = ("architecture", "quantisation", "nested", "architecture-first")

INNER = 8
"""Trials for the bits of an architecture, nested."""

FIRST_SHARE = 0.5
"""Of the trials for the architecture that comes first."""


def search_bits(problem: JointProblem, method: str, **options: Any) -> CodesignResult:
    """Search by one of the methods above; options and errors are those of `run_joint`.

    Raises:
        SpecError: the network has no knobs for bits, or nothing but those.
    """
    knobs = problem.joint.model.spec.default
    bits = [name for name in knobs if "bits" in name]
    others = [name for name in knobs if name not in bits]
    if not bits or not others:
        expected = "knobs whose name has 'bits' in it, as weight_bits, and others"
        raise SpecError(f"{method} tells bits from other knobs", got=list(knobs), expected=expected)
    if method in QUANTISED[:2]:
        fixed = _fixed(problem, {k: knobs[k] for k in (bits if method == QUANTISED[0] else others)})
        return run_jointly(fixed, **options)
    search = _nested if method == "nested" else _one_after_the_other
    return in_parts(problem, method, partial(search, {k: knobs[k] for k in bits}), **options)


def _fixed(problem: JointProblem, values: Mapping[str, Value], **changes: Any) -> JointProblem:
    """The problem with some knobs fixed, unless they are already."""
    joint = replace(problem.joint, knobs={**values, **problem.joint.knobs})
    return replace(problem, joint=joint, first=within(joint, problem), **changes)


def _one_after_the_other(
    bits: Mapping[str, Value], problem: JointProblem, run: Run
) -> list[CodesignResult]:
    trials = max(1, int(problem.recipe.trials * FIRST_SHARE))
    free = replace(any_hardware(_fixed(problem, bits), trials), objectives=_measured(problem))
    first = run("architectures", free)
    chosen = _architecture(first.best.networks[0].knobs, bits)
    known = known_accuracies(first.trials, problem.joint)
    left = problem.recipe.changed(trials=max(1, problem.recipe.trials - trials))
    return [first, run("bits", _fixed(problem, chosen, recipe=left, accuracies=known))]


def _measured(problem: JointProblem) -> tuple[str, ...]:
    """The objective that is the network's alone."""
    found = [figure.objective for figure in problem.figures if figure.measured]
    if not found:
        got = list(problem.objectives)
        raise SpecError("no objective is of the network alone", got=got, expected="accuracy")
    return (found[0],)


def _nested(bits: Mapping[str, Value], problem: JointProblem, run: Run) -> list[CodesignResult]:
    if len(problem.objectives) > 1:
        got = list(problem.objectives)
        raise SpecError("nested searches have one objective", got=got, expected="one objective")
    searcher = _fixed(problem, bits).searcher()
    parts: list[CodesignResult] = []
    known: dict[str, Accuracy] = {}
    for number in range(max(1, problem.recipe.trials // INNER)):
        try:
            (point,) = searcher.ask()
        except SpaceExhaustedError:
            break
        chosen = _architecture(problem.joint.split(point)[0], bits)
        recipe = problem.recipe.changed(trials=min(INNER, problem.recipe.trials))
        inner = _fixed(problem, chosen, recipe=recipe, accuracies=known)
        try:
            part = run(f"bits-{number + 1}", inner)
        except NoValidMappingError as error:
            searcher.tell(point, Outcome(TrialState.INFEASIBLE, reason=str(error)))
            continue
        parts.append(part)
        known |= known_accuracies(part.trials, problem.joint)
        value = part.best.minimised(problem.objectives[0])
        limited = measured_limits(part.best, problem.hardware_space.spec.limits)
        searcher.tell(point, Outcome(TrialState.COMPLETED, value, metrics=limited))
    if not parts:
        raise NoValidMappingError("no architecture has bits with which it keeps to the limits")
    return parts


def _architecture(knobs: Mapping[str, Value], bits: Mapping[str, Value]) -> dict[str, Value]:
    return {name: value for name, value in knobs.items() if name not in bits}
