"""The end of a co-design study: its best machines and the baseline, mapped again.

The search maps many machines as fast as the recipe allows; what is reported is mapped with more
care, machines and baseline alike, with a bound where the recipe asks for one.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from bohwsw.acquisition import non_dominated
from bohwsw.clock import Clock
from bohwsw.codesign import CodesignProblem, Design, Rejection
from bohwsw.errors import NoValidMappingError
from bohwsw.space import Point
from bohwsw.strategies import TrialState
from bohwsw.study.codesign_result import CodesignResult, Seconds
from bohwsw.study.codesign_search import CodesignSearch, Where
from bohwsw.study.trial import Progress, Trial

Found = tuple[Design, Point]
"""A design and the point that it was made of."""

MAPPED_AGAIN = 3
"""Best machines that are mapped again at the end; with several objectives it is the whole front."""


def map_finally(
    search: CodesignSearch,
    done: list[Trial],
    folder: Path | None,
    progress: Progress | None,
    final_seconds: float | None = None,
) -> CodesignResult:
    """Map the best machines of a search, and the baseline, as the recipe says. In
    ``final_seconds``, shared out evenly over what is still to be mapped, or the recipe's for each.
    """
    began, problem = time.perf_counter(), search.informed()
    best = _best_trials(problem, search.contenders(done))
    baselines = problem.baselines()
    total = len(baselines) + len(best)
    clock = Clock.of(math.inf if final_seconds is None else final_seconds)

    def report(number: int) -> None:
        if progress is not None:
            progress("final", number, total, None)

    def timed(number: int) -> CodesignProblem:
        """The problem with the time that a machine gets."""
        if final_seconds is None:
            return problem
        share = clock.left / ((total - number) * len(problem.networks.networks))
        return replace(problem, recipe=replace(problem.recipe, final_seconds=share))

    compared: list[Design | Rejection] = []
    for number, hardware in enumerate(baselines):
        report(number)
        compared.append(timed(number).map_finally(hardware))
    found: list[tuple[Design, Point]] = []
    for number, trial in enumerate(best, start=len(baselines)):
        report(number)
        if isinstance(again := search.mapped_again(timed(number), trial), Design):
            found.append((again, trial.point))
    report(total)
    if not found:
        raise NoValidMappingError("the best machines of the search could not be mapped again")
    designs, points = zip(*best_found(found, problem.objectives), strict=True)
    return CodesignResult(
        designs=designs,
        points=points,
        baseline=compared[0] if compared else None,
        baseline_free=compared[1] if len(compared) == 2 else None,
        trials=tuple(done),
        objectives=problem.objectives,
        seconds=Seconds(
            sum(trial.proposing_seconds for trial in done),
            sum(trial.seconds for trial in done),
            time.perf_counter() - began,
            final_seconds,
        ),
        folder=folder,
    )


def _best_trials(problem: CodesignProblem, done: list[Trial]) -> list[Trial]:
    """The trials to be mapped again: the best few, or the front of several objectives."""
    completed = [trial for trial in done if trial.state == TrialState.COMPLETED and trial.is_full]
    if not completed:
        example = min((str(trial.reason) for trial in done), default="nothing was tried")
        names = " and ".join(repr(name) for name in problem.networks.names)
        raise NoValidMappingError(
            f"none of {len(done)} machines can run {names}; for example: {example}"
        )
    if len(problem.objectives) == 1:
        completed.sort(key=lambda trial: (trial.objective, trial.number))
        completed = completed[:MAPPED_AGAIN]
    else:
        vectors = [[t.values[name] for name in problem.measures] for t in completed]
        kept = non_dominated(np.array(vectors))
        completed = [trial for trial, keep in zip(completed, kept, strict=True) if keep]
    return completed


def with_met(
    search: CodesignSearch, where: Where, result: CodesignResult, met: Sequence[Point]
) -> CodesignResult:
    """The result with machines that a proof came to, each tried and then mapped as at the end."""
    began, tried = time.perf_counter(), [trial.point for trial in result.trials]
    trials = search.run(where, [point for point in met if point not in tried])
    found = list(zip(result.designs, result.points, strict=True))
    for trial in trials:
        if trial.point in met and trial.state == TrialState.COMPLETED:
            again = search.mapped_again(search.informed(), trial)
            found += [(again, trial.point)] if isinstance(again, Design) else []
    designs, points = zip(*best_found(found, result.objectives), strict=True)
    spent = result.seconds.final + time.perf_counter() - began
    seconds = replace(result.seconds, final=spent)
    return replace(result, designs=designs, points=points, trials=tuple(trials), seconds=seconds)


def best_found(found: list[Found], objectives: tuple[str, ...]) -> list[Found]:
    """The best design, the first of equals; of several objectives the front, sorted."""
    vectors = [[design.to_minimise(name) for name in objectives] for design, _ in found]
    kept = np.flatnonzero(non_dominated(np.array(vectors)))
    ranked = [found[index] for index in sorted(kept, key=lambda index: vectors[index])]
    return ranked[:1] if len(objectives) == 1 else ranked
