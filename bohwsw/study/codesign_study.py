"""A co-design study: hardware outside, mappings inside, trials stored as they end."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from bohwsw.codesign.design import Design
from bohwsw.codesign.headroom import least_for_networks, require_boundable
from bohwsw.codesign.mapping_data import mappings_data
from bohwsw.codesign.problem import Problem
from bohwsw.execution.asynchronous import run_asynchronously
from bohwsw.execution.evaluator import failure
from bohwsw.execution.failure_rate import FailureRate
from bohwsw.execution.worker_pool import InProcessExecutor
from bohwsw.strategies import SpaceExhaustedError, Strategy
from bohwsw.study.codesign_result import CodesignResult
from bohwsw.study.design_files import store_result
from bohwsw.study.finalists import map_finally, stored_mappings
from bohwsw.study.provenance import versions
from bohwsw.study.result_folder import ResultFolder
from bohwsw.study.trial import Progress, Trial

NOT_RUN = failure("not run")


@dataclass(frozen=True)
class Where:
    """Where the trials of a study run.

    Attributes:
        workers: how many machines are evaluated at a time. With more than one a suggestion does not
            know what the others will give, and the order in which they end is chance: the results
            then differ a little from run to run.
        executor: what evaluates them, or what makes it, see ``run_asynchronously``.
    """

    workers: int = 1
    executor: Executor | Callable[[], Executor] | None = None


HERE = Where()


def run_codesign(
    problem: Problem,
    *,
    where: Where = HERE,
    folder: Path | None = None,
    resume: bool = False,
    overwrite: bool = False,
    final_seconds: float | None = None,
    headroom_seconds: float = 0.0,
    progress: Progress | None = None,
) -> CodesignResult:
    """Search a hardware space; map the best machines and the baseline again at the end.

    Args:
        problem: space, networks, objectives, and the recipe of the search.
        where: where machines are evaluated, and how many at a time.
        folder: where to store the study; nowhere if absent.
        resume: go on with the study in the folder.
        overwrite: throw away a study in the folder.
        final_seconds: time for mapping the best machines and the baseline again; see
            `finalists.map_finally`.
        headroom_seconds: bound what any machine of the space could reach, for about this time.
        progress: called as the work goes on.

    Raises:
        NoValidMappingError: no machine tried can run the networks.
        FailureRateError: the evaluation of every machine fails.
        ResultFolderError: the folder cannot be used, or another process works on its study.
        SpecError: the space has no parameters, an option is not valid, or the strategy or the
            headroom does not know several objectives.
    """
    if headroom_seconds > 0.0:
        require_boundable(problem.hardware_space, problem.objectives)
    strategy = problem.searcher()
    opened: AbstractContextManager[ResultFolder | None] = nullcontext()
    if folder is not None:
        opened = ResultFolder(folder, _settings(problem), resume=resume, overwrite=overwrite)
    with opened as store:
        done = store.trials() if store is not None else []
        _search(problem, strategy, done, store, progress, where)
        result = map_finally(problem, done, folder, progress, final_seconds)
        if store is not None:
            store_result(result, problem.hardware_space, store)
        if headroom_seconds > 0.0:
            result = _with_headroom(problem, result, headroom_seconds, progress)
            if store is not None:
                store_result(result, problem.hardware_space, store)
    return result


def _with_headroom(
    problem: Problem, result: CodesignResult, seconds: float, progress: Progress | None
) -> CodesignResult:
    """The result with a bound on what any machine of the space could reach."""
    report = progress or (lambda *_: None)
    report("headroom", 0, 1, None)
    bound = least_for_networks(
        problem.hardware_space, problem.networks, objective=problem.mapped_for, seconds=seconds
    )
    report("headroom", 1, 1, None)
    return replace(result, space_bound=bound)


def _search(
    problem: Problem,
    strategy: Strategy,
    done: list[Trial],
    store: ResultFolder | None,
    progress: Progress | None,
    where: Where,
) -> None:
    """Ask, evaluate, store, tell, until there are as many trials as wanted."""
    wanted = problem.recipe.trials
    memory = problem.mapping_memory()

    def learn(trial: Trial) -> None:
        strategy.tell(trial.point, trial.outcome)
        if problem.recipe.warm_starts and trial.mappings:
            memory.add(trial.point, stored_mappings(problem, trial), trial.outcome.objective)

    for trial in done:
        learn(trial)
    numbers = itertools.count(max((trial.number for trial in done), default=-1) + 1)

    def report() -> None:
        if progress is not None:
            progress("search", len(done), wanted, done[-1] if done else None)

    def propose() -> tuple[Trial, Mapping[str, Any]] | None:
        began = time.perf_counter()
        try:
            point = strategy.ask()[0]
        except SpaceExhaustedError:
            return None
        seconds = time.perf_counter() - began
        trial = Trial(next(numbers), point, NOT_RUN, proposing_seconds=seconds)
        return trial, {
            "number": trial.number,
            "point": point,
            "warm_starts": memory.warm_starts(point),
            "best": _least_objective(done),
        }

    def finish(proposed: Trial, found: Trial, _: float) -> None:
        trial = replace(
            found,
            number=proposed.number,
            point=proposed.point,
            proposing_seconds=proposed.proposing_seconds,
        )
        if store is not None:
            store.append(trial)
        learn(trial)
        done.append(trial)
        report()
        failure_rate.count(trial.number, trial.outcome)

    failure_rate = FailureRate()
    report()
    if where.workers > 1:
        problem = replace(problem, threads=1)
    run_asynchronously(
        where.executor or InProcessExecutor(),
        partial(_run_trial, problem),
        propose,
        finish,
        lambda reason: Trial(0, {}, failure(reason)),
        parallelism=where.workers,
        n_trials=max(wanted - len(done), 0),
    )


def _run_trial(problem: Problem, task: Mapping[str, Any]) -> Trial:
    """Evaluate a numbered point; what goes wrong is the trial's state, never an exception."""
    began = time.perf_counter()
    trial = Trial(task["number"], task["point"], NOT_RUN)
    try:
        outcome, found = problem.at(trial.number).evaluate(
            trial.point, task["warm_starts"], task["best"]
        )
    except Exception as error:
        trial = replace(trial, outcome=failure(f"{type(error).__name__}: {error}"))
    else:
        if isinstance(found, Design):
            trial = replace(
                trial, outcome=outcome, metrics=_metrics(found), mappings=mappings_data(found)
            )
        else:
            trial = replace(trial, outcome=outcome, details=tuple(found.to_json()))
    return replace(trial, seconds=time.perf_counter() - began)


def _least_objective(trials: list[Trial]) -> float:
    objectives = (trial.outcome.objective for trial in trials)
    return min((x for x in objectives if x is not None), default=math.inf)


def _metrics(design: Design) -> dict[str, float | None]:
    """Figures of a design; of several networks means and, as ``NETWORK.FIGURE``, those of each."""
    each: dict[str, float | None] = {}
    if len(design.networks) > 1:
        for one in design.each():
            each |= {f"{one.network}.{name}": x for name, x in one.figures().items()}
    return {**design.figures(), **each, "evaluations": float(design.evaluations)}


def _settings(problem: Problem) -> dict[str, Any]:
    networks, spec = problem.networks, problem.hardware_space.spec
    return {
        "networks": [[name, w] for name, w in zip(networks.names, networks.weights, strict=True)],
        "layers": {
            network.name: [[*entry.layer.shape, entry.count] for entry in network.layers]
            for network in networks.networks
        },
        "objectives": list(problem.objectives),
        "limits": spec.limits.model_dump(exclude_none=True),
        "space": spec.model_dump(mode="json"),
        "recipe": problem.recipe.settings(),
        "seed": problem.seed,
        "trials": problem.recipe.trials,
        "versions": versions(),
    }
