"""The Python API of joint searches: a network's knobs and hardware together, with real accuracies.

import bohwsw

result = bohwsw.codesign_joint("eyeriss-168", "digits-cnn", "train", limits={"latency_ms": 1.0})
for design in result.designs:
    print(design.figure("accuracy"), design.figure("edp"), design.networks[0].knobs)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from inspect import signature
from pathlib import Path
from typing import Any, Unpack

from bohwsw.accuracy import (
    AccuracySource,
    CallableSource,
    LatencyTable,
    accuracy_source,
    accuracy_source_class,
    fidelities_of,
    read_latency_table,
)
from bohwsw.api import threads_of
from bohwsw.codesign import HardwareSpace, Recipe, load_space, named_recipe
from bohwsw.errors import SpecError, unknown_name
from bohwsw.joint.joint_problem import JointProblem
from bohwsw.joint.joint_space import JointSpace
from bohwsw.joint.methods import METHODS, run_joint
from bohwsw.joint.reward import REWARD, Reward
from bohwsw.space import Value
from bohwsw.study import (
    CodesignResult,
    Running,
    Start,
    check_running,
    require_no_bound,
    starting_points,
)
from bohwsw.workload import ModelFile, load_model

Source = str | AccuracySource | Callable[[dict[str, Any]], Any]


@dataclass(frozen=True)
class Joint:
    """What a joint search is about, besides a space, a model and where accuracies come from.

    Attributes:
        knobs: of the model, those that are not searched but have one value.
        parameters: of the machine, the same.
        constraints: conditions on knobs and parameters, such as ``weight_bits <= word_bits``.
        start: points to try first: results of earlier searches (a ``result.json`` or the folder
            that it is in: the designs found there), or values of knobs and parameters that differ
            from the default network on the baseline machine.
        method: ``joint``; or a baseline to compare it with: ``network-first``, ``fixed-hardware``
            or ``random``.
        measurements: networks whose accuracy is asked for, at most.
        accuracy_seconds: the source is asked in a process of its own, which is given up after so
            long; in the process of the trial if None.
        each: knobs at all of whose values a machine runs the network, as ``phase`` at prefill and
            decode: it is to serve both. The source is asked at their first values.
        reward: of accuracy and targets, as the figure ``reward``; the objective if no other is
            given.
        tables: latency tables, or their files, whose figures are limits or objectives, too.
        fidelities: of the source, such as ``epochs``: answers at lower ones are asked for where
            they are worth their cost; results are at the full one.
    """

    knobs: Mapping[str, Value] = field(default_factory=dict)
    parameters: Mapping[str, Value] = field(default_factory=dict)
    constraints: Sequence[str] = ()
    start: Sequence[Start] = ()
    method: str = "joint"
    measurements: int | None = None
    accuracy_seconds: float | None = None
    each: Mapping[str, Sequence[Value]] = field(default_factory=dict)
    reward: Reward | None = None
    fidelities: Sequence[str] = ()
    tables: Sequence[str | Path | LatencyTable] = ()


def codesign_joint(
    space: str | Path | HardwareSpace,
    model: str | Path | ModelFile,
    accuracy: Source,
    *,
    accuracy_options: Mapping[str, Any] | None = None,
    joint: Joint | None = None,
    recipe: str | Recipe | None = None,
    trials: int | None = None,
    evaluations: int | None = None,
    objective: str | Sequence[str] | None = None,
    limits: Mapping[str, float] | None = None,
    strategy: str | None = None,
    seed: int = 0,
    threads: int | None = None,
    **running: Unpack[Running],
) -> CodesignResult:
    """Search a network's knobs and a machine together, with accuracy as one figure among others.

    Hardware figures and their limits come first: nobody is asked about the accuracy of a network on
    a machine that is over one.

    Args:
        space: a shipped space, the path of a space file, or a loaded space.
        model: a model file with knobs: a shipped one, a path, or one that is loaded.
        accuracy: where accuracies come from: the name of a source (``train``, ``table`` ...), a
            source, or a function of the knobs.
        accuracy_options: of a source that is named; its ``model`` is this one if absent.
        joint: more about the search, see ``Joint``.
        recipe: how it goes about it; ``joint_recipe`` if absent.
        objective: as for ``codesign_network``, and what the source measures; so are ``limits``.
            The reward if there is one, else accuracy and EDP, if absent.

    All else, and the errors, are those of ``codesign_network``.
    """
    joint = joint or Joint()
    file = model if isinstance(model, ModelFile) else load_model(model)
    machines = space if isinstance(space, HardwareSpace) else load_space(space)
    _check(joint, file, running)
    chosen = recipe if isinstance(recipe, Recipe) else named_recipe(recipe or "joint")
    source = source_of(accuracy, accuracy_options or {}, model)
    fixed = (joint.knobs, joint.parameters, joint.constraints, joint.each)
    problem = JointProblem(
        JointSpace(file, machines, *fixed, _fidelities(source, joint.fidelities)),
        source,
        objective or (REWARD if joint.reward else ("accuracy", machines.objective)),
        chosen.changed(trials=trials, evaluations=evaluations, strategy=strategy),
        seed,
        threads_of(threads),
        limits=limits,
        measurements=joint.measurements,
        seconds=joint.accuracy_seconds,
        reward=joint.reward,
        tables=[x if isinstance(x, LatencyTable) else read_latency_table(x) for x in joint.tables],
    )
    first = tuple(x for start in joint.start for x in starting_points(problem.joint.point, start))
    return run_joint(replace(problem, first=first), joint.method, **check_running(running))


def _check(joint: Joint, file: ModelFile, running: Running) -> None:
    if file.space is None:
        raise SpecError(
            f"model {file.name!r} has no knobs", file=file.file, expected="a model with knobs"
        )
    for knob in joint.each:
        if knob in joint.knobs:
            raise SpecError("a knob has one value or each of several", key_path=knob)
    if joint.method not in METHODS:
        raise unknown_name("method", joint.method, METHODS)
    require_no_bound(running, "all networks")


def _fidelities(source: AccuracySource, names: Sequence[str]) -> dict[str, Sequence[int]]:
    """The values of some fidelities of a source; refuses one that it has not, or has one of."""
    offered = {name: x for name, x in fidelities_of(source).items() if len(x) > 1}
    for name in names:
        if name not in offered:
            raise unknown_name("fidelity", name, offered or [f"none: {source.name} has one only"])
    return {name: offered[name] for name in names}


def source_of(
    accuracy: Source, options: Mapping[str, Any], model: str | Path | ModelFile
) -> AccuracySource:
    """The source that is named or given; a function is one of ``accuracy_percent``.

    A source that is named and has an option ``model`` gets the one that is searched.
    """
    if isinstance(accuracy, str):
        has_model = "model" in signature(accuracy_source_class(accuracy)).parameters
        return accuracy_source(accuracy, **{**({"model": model} if has_model else {}), **options})
    if options:
        raise SpecError("options of a source that is made", got=dict(options), expected="none")
    if isinstance(accuracy, AccuracySource):
        return accuracy
    if not callable(accuracy):
        raise SpecError(
            "not an accuracy source", got=accuracy, expected="a name, a source or a function"
        )
    return CallableSource(accuracy)
