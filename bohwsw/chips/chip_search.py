"""Searches a space of chips: which cores, of which sizes, with mappings and schedule inside.

A strategy proposes chips within the known limits, and knobs of networks where those are searched;
each is mapped and scheduled by ``ChipProblem``; the best are mapped and scheduled again with a
larger budget at the end. It is a study as any other: stored, resumed, shared by processes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Unpack

from bohwsw.checks import MOST_THREADS, whole_number
from bohwsw.chips.chip_mapper import found_data
from bohwsw.chips.chip_problem import ChipProblem, Tried, metrics_of_chip
from bohwsw.chips.chip_space import ChipSpace, load_chip_space
from bohwsw.chips.chip_spec import NetworkSpec
from bohwsw.chips.chip_task import Task
from bohwsw.codesign import (
    Design,
    Rejection,
    design_data,
    joint_recipe,
    networks_of,
    save_design,
)
from bohwsw.errors import NoValidMappingError, located
from bohwsw.execution import failure
from bohwsw.mapping import warn_of_widths
from bohwsw.provenance import versions
from bohwsw.scheduling import FoundSchedule
from bohwsw.space import Point, Value
from bohwsw.study import (
    HERE,
    Evaluated,
    Running,
    Trial,
    TrialSearch,
    check_running,
    opened_study,
    or_in_notebook,
)
from bohwsw.workload import ModelFile, Network, load_model

BEST = "best.yaml"
Model = str | Path | Network | ModelFile


@dataclass(frozen=True)
class ChipResult:
    """What a search of chips found.

    Attributes:
        best: the best chip's design, mapped and scheduled again.
        found: its schedule, with a bound and a gap.
        point: its parameters, and knobs of networks.
        trials: all chips in the order in which they were tried.
    """

    best: Design
    found: FoundSchedule
    point: Point
    trials: tuple[Trial, ...]

    def to_data(self) -> dict[str, Any]:
        """All of it as plain data."""
        measured = {x.name: dict(x.measured) for x in self.best.networks if x.measured}
        return {
            "point": dict(self.point),
            "best": design_data(self.best),
            "found": found_data(self.found),
            **({"measured": measured} if measured else {}),
            "trials": [trial.to_json() for trial in self.trials],
        }


def codesign_chip(
    space: str | Path | ChipSpace,
    models: Sequence[Model | tuple[Model, float]] | Model = (),
    *,
    objective: str = "edp",
    trials: int = 40,
    evaluations: int = 2_000,
    limits: Mapping[str, float] | None = None,
    latency_limits: Mapping[str, float] | None = None,
    start: Sequence[Mapping[str, Value]] = (),
    strategy_name: str = "bayesian",
    strategy_options: Mapping[str, Any] | None = None,
    seed: int = 0,
    threads: int = 1,
    **running: Unpack[Running],
) -> ChipResult:
    """Design a chip of several cores for several networks.

    Args:
        space: a chip file, or one that is loaded.
        models: shipped ones, paths of files, or networks, each with a weight or not; those that
            the chip file names if there are none. What that says of a network holds.
        objective: ``edp``, ``latency`` or ``energy`` of all networks together; or ``accuracy``,
            the weighted mean of those that have one: schedules then take the least energy.
        trials: chips to try.
        evaluations: mappings that are tried for each unique layer on each core that is new.
        limits: figures at most this, besides those of the file; see ``codesign_network``.
        latency_limits: of networks, in cycles, besides those of the file.
        start: points to try first; knobs that are left out have their default.
        strategy_name: how chips are proposed, and its options.
        strategy_options: see there.
        seed: same seed, same result.
        threads: how many; the results do not depend on it.
        running: where trials run and are stored, see ``Running``; ``final_seconds`` and
            ``headroom_seconds`` mean nothing here.

    Raises:
        SpecError: something given is not valid.
        NoValidMappingError: no chip that was tried is within the limits; says why for the last.
        ResultFolderError, StorageError: the study cannot be stored, or was another one.
    """
    check_running(running)
    chips = space if isinstance(space, ChipSpace) else load_chip_space(space)
    chips = chips.limited(limits or {}, latency_limits or {})
    recipe = joint_recipe().changed(trials=trials, evaluations=evaluations, strategy=strategy_name)
    problem = ChipProblem(
        chips,
        _tasks(chips, models),
        objective,
        replace(recipe, options=dict(strategy_options or {})),
        whole_number("seed", seed, least=0),
        whole_number("threads", threads, most=MOST_THREADS),
    )
    plain = [task.model for task in problem.tasks if isinstance(task.model, Network)]
    warn_of_widths(plain, [x.baseline().architecture for x in chips.templates.values()])
    problem = replace(problem, first=tuple(problem.point(point) for point in start))
    return run_chip_search(problem, **running)


def run_chip_search(problem: ChipProblem, **running: Unpack[Running]) -> ChipResult:
    """Search the chips of a problem; see ``codesign_chip``."""
    out = running.get("out")
    names = (problem.chips.spec.name, *(task.model.name for task in problem.tasks))
    opened = opened_study(
        running.get("study") or "-".join(names),
        {**problem.settings(), "versions": versions()},
        None if out is None else Path(out),
        running.get("storage"),
        running.get("resume", False),
        running.get("overwrite", False),
    )
    with opened as (stored, config, results):
        progress = or_in_notebook(running.get("progress"))
        search = ChipSearch(problem, stored, config, progress)
        done = search.run(running.get("where", HERE))
        result = _finished(problem, done)
        with results() as folder:
            if folder is not None:
                data = result.to_data()
                del data["trials"]
                folder.write_result({**data, "files": [BEST]})
                technology = next(iter(problem.chips.templates.values())).spec.technology
                save_design(result.best, folder.path / BEST, space="", technology=technology)
    return result


class ChipSearch(TrialSearch):
    """Searches chips; each is mapped and scheduled by ``ChipProblem``."""

    def _evaluator(self, problem: ChipProblem) -> Callable[[dict[str, Any]], Evaluated]:
        return partial(_evaluate, problem)


def _evaluate(problem: ChipProblem, task: Mapping[str, Any]) -> Evaluated:
    """Evaluate a trial; what goes wrong is its state, never an exception."""
    began = time.perf_counter()
    trial: Trial = task["trial"]
    try:
        tried = problem.evaluate(trial.point)
    except Exception as error:
        trial = replace(trial, outcome=failure(f"{type(error).__name__}: {error}"))
    else:
        trial = replace(trial, outcome=tried.outcome)
        if isinstance(tried.design, Rejection):
            trial = replace(trial, details=tuple(tried.design.to_json()))
        elif tried.found is not None:
            trial = replace(trial, metrics=metrics_of_chip(tried.design, tried.found))
    return replace(trial, seconds=time.perf_counter() - began), None


FINALISTS = 3
"""Chips that are mapped again at the end: those that a search judged best may be others then."""


def _finished(problem: ChipProblem, done: Sequence[Trial]) -> ChipResult:
    """The best of those chips that were best in the search, mapped and scheduled again.

    Raises:
        NoValidMappingError: none is within the limits.
    """
    completed = [trial for trial in done if trial.objective is not None]
    if not completed:
        last = done[-1].reason if done else "nothing was tried"
        raise NoValidMappingError(f"no chip of {problem.chips.spec.name} was found: {last}", "", ())
    ranked = sorted(completed, key=lambda trial: (trial.objective, trial.number))[:FINALISTS]
    again = [(_again(problem, trial), trial) for trial in ranked]
    valued = [(x, trial) for x, trial in again if x.outcome.objective is not None]
    if not valued:
        reason = again[0][0].outcome.reason
        raise NoValidMappingError(f"the best chip is none any more: {reason}", "", ())
    tried, best = min(valued, key=lambda pair: (pair[0].outcome.objective, pair[1].number))
    assert isinstance(tried.design, Design)
    assert tried.found is not None
    return ChipResult(tried.design, tried.found, best.point, tuple(done))


def _again(problem: ChipProblem, trial: Trial) -> Tried:
    """A chip with the larger budget of the end; as in the search where that was better."""
    tried = problem.evaluate(trial.point, finally_=True)
    reached = tried.outcome.objective
    if reached is None or (trial.objective is not None and reached > trial.objective):
        return problem.evaluate(trial.point)
    return tried


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
