"""Searches a space of chips: which cores, of which sizes, with mappings and schedule inside.

A strategy proposes chips within the known limits, and knobs of networks where those are searched;
each is mapped and scheduled by ``ChipProblem``; the best are mapped and scheduled again with a
larger budget at the end. It is a study as any other: stored, resumed, shared by processes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Unpack

from bohwsw.chips.chip_problem import ChipProblem
from bohwsw.chips.chip_space import ChipSpace, load_chip_space
from bohwsw.chips.chip_spec import NetworkSpec
from bohwsw.chips.chip_task import Task
from bohwsw.codesign import joint_recipe, networks_of
from bohwsw.errors import located
from bohwsw.mapping import warn_of_widths
from bohwsw.study import (
    CodesignResult,
    Running,
    Start,
    check_running,
    require_no_bound,
    run_codesign,
    starting_points,
)
from bohwsw.workload import ModelFile, Network, load_model

Model = str | Path | Network | ModelFile


def codesign_chip(
    space: str | Path | ChipSpace,
    models: Sequence[Model | tuple[Model, float]] | Model = (),
    *,
    objective: str | Sequence[str] = "edp",
    trials: int = 40,
    evaluations: int = 2_000,
    limits: Mapping[str, float] | None = None,
    latency_limits: Mapping[str, float] | None = None,
    start: Sequence[Start] = (),
    strategy_name: str = "bayesian",
    strategy_options: Mapping[str, Any] | None = None,
    seed: int = 0,
    threads: int = 1,
    **running: Unpack[Running],
) -> CodesignResult:
    """Design a chip of several cores for several networks.

    Args:
        space: a chip file, or one that is loaded.
        models: shipped ones, paths of files, or networks, each with a weight or not; those that
            the chip file names if there are none. What that says of a network holds.
        objective: of all networks together, as for ``codesign_network``; or ``accuracy``, the
            weighted mean of those that have one: schedules then take the least energy.
        trials: chips to try.
        evaluations: mappings that are tried for each unique layer on each core that is new.
        limits: figures at most this, besides those of the file; see ``codesign_network``.
        latency_limits: of networks, in cycles, besides those of the file.
        start: points to try first, or results whose designs are; knobs that are left out have
            their default.
        strategy_name: how chips are proposed, and its options.
        strategy_options: see there.
        seed: same seed, same result.
        threads: how many; the results do not depend on it.
        running: where trials run and are stored, see ``Running``; ``final_seconds`` means nothing
            here.

    Raises:
        SpecError: something given is not valid.
        NoValidMappingError: no chip that was tried is within the limits; says why for one.
        ResultFolderError, StorageError: the study cannot be stored, or was another one.
    """
    options = check_running(running)
    require_no_bound(running, "chips of several cores")
    chips = space if isinstance(space, ChipSpace) else load_chip_space(space)
    chips = chips.limited(limits or {}, latency_limits or {})
    recipe = joint_recipe().changed(trials=trials, evaluations=evaluations, strategy=strategy_name)
    problem = ChipProblem(
        chips,
        _tasks(chips, models),
        objective,
        replace(recipe, options=dict(strategy_options or {})),
        seed,
        threads,
    )
    first = tuple(point for given in start for point in starting_points(problem.point, given))
    problem = replace(problem, first=first)
    plain = [task.model for task in problem.tasks if isinstance(task.model, Network)]
    warn_of_widths(plain, [x.baseline().architecture for x in chips.templates.values()])
    return run_codesign(problem, **options)


def _tasks(chips: ChipSpace, models: Any) -> tuple[Task, ...]:
    """The networks, by what the chip file says of them."""
    given = [models] if isinstance(models, str | Path | Network | ModelFile) else list(models)
    pairs = [x if isinstance(x, tuple) else (x, 1.0) for x in given or chips.spec.networks]
    loaded = [(x if isinstance(x, Network | ModelFile) else load_model(x), w) for x, w in pairs]
    plain = [x if isinstance(x, Network) else x.network() for x, _ in loaded]
    networks_of([(x, w) for x, (_, w) in zip(plain, loaded, strict=True)])  # raises what is wrong
    specs, empty = chips.spec.networks, NetworkSpec()
    with located(file=chips.file):
        return tuple(Task.of(x, specs.get(x.name, empty), w) for x, w in loaded)
