"""The search of a co-design study: hardware outside, mappings inside, an evaluator as any other."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from bohwsw.codesign import (
    CodesignProblem,
    Design,
    Hardware,
    Problem,
    Rejection,
    mappings_data,
    mappings_of,
)
from bohwsw.execution import failure
from bohwsw.mapping_search import MappingMemory, NetworkMappings
from bohwsw.space import Point
from bohwsw.strategies import Outcome, SpaceExhaustedError
from bohwsw.study.loop import Loop, Plan, Suggester
from bohwsw.study.storage import StoredStudy, StudyFullError
from bohwsw.study.storage_config import StorageConfig
from bohwsw.study.trial import ATTACHED, MET, RUNNING, Progress, Trial

POLL_SECONDS = 0.5
"""How often one looks whether the last trials of other processes have ended."""

Evaluated = tuple[Trial, Design | None]
"""What came of a trial, and the design if there is one."""


@dataclass(frozen=True)
class Where:
    """Where the trials of a study run.

    Attributes:
        workers: how many machines are evaluated at a time. With more than one, the results depend
            a little on the order in which they end.
        executor: what evaluates them, or what makes it, see ``run_asynchronously``.
    """

    workers: int = 1
    executor: Executor | Callable[[], Executor] | None = None


HERE = Where()


class CodesignSearch:
    """Suggests points, has them evaluated and stored, until there are as many as wanted.

    Mappings of one machine help those of the next, and are stored. Other processes may work on the
    study, too; the configuration says when one counts as dead.
    """

    _problem: CodesignProblem

    def __init__(
        self,
        problem: CodesignProblem,
        study: StoredStudy,
        config: StorageConfig,
        progress: Progress | None = None,
    ) -> None:
        self._problem = problem
        self._study = study
        self._config = config
        self._progress = progress or (lambda *_: None)
        self._memory: MappingMemory | None = None
        if isinstance(problem, Problem) and problem.recipe.warm_starts:
            self._memory = problem.mapping_memory()
        self._met: list[Point] = []
        self._designs: dict[int, Design] = {}
        self._ended: dict[int, Trial] = {}
        plan = Plan(problem.recipe.strategy, lambda _: problem.searcher(), told=problem.told)
        self._suggester = Suggester(study, plan, self._learn)
        self.contenders = self._suggester.contenders

    def run(self, where: Where, met: Sequence[Point] = ()) -> list[Trial]:
        """Search, machines first that a proof met; gives all trials that have ended, by number."""
        self._met = list(met)
        self._suggester.up_to_date()
        self._report()
        problem = self._problem
        if where.workers > 1:
            problem = replace(problem, threads=1)
        loop = Loop(
            self._study,
            self._config,
            self._suggested,
            self._task,
            partial(evaluate_trial, problem),
            lambda reason: (Trial(0, {}, failure(reason)), None),
            self._finish,
        )
        while True:
            loop.run(n_trials=None, parallelism=where.workers, executor=where.executor)
            if not any(trial.state == RUNNING for trial in self._study.trials()):
                break
            time.sleep(POLL_SECONDS)  # another process has the last ones, or dies with them
        self._suggester.up_to_date()
        return sorted(self._ended.values(), key=lambda trial: trial.number)

    def machine_of(self, trial: Trial) -> tuple[Hardware, NetworkMappings]:
        """The machine of a completed trial and the mappings on it, as evaluated or as stored."""
        if (design := self._designs.get(trial.number)) is not None:
            return design.hardware, design.mappings()
        assert isinstance(self._problem, Problem)  # chips are not told of
        problem, point = self._problem.concrete(trial.point)
        hardware = problem.hardware_space.hardware(point)
        return hardware, mappings_of(trial.mappings, problem.networks, hardware.architecture)

    def mapped_again(self, problem: CodesignProblem, trial: Trial) -> Design | Rejection:
        """The design of a completed trial, mapped as at the end of a search."""
        return problem.map_again(trial, partial(self.machine_of, trial))

    def informed(self) -> CodesignProblem:
        """The problem with all that the search has found out."""
        return self._problem

    def _suggested(self, worker: str) -> Trial | None:
        if self._met:
            met = self._met.pop()
            return self._study.add(met, source=ATTACHED, name=MET, worker=worker, watched=True)
        wanted = self._problem.recipe.trials
        if len(self._ended) >= wanted:
            return None
        try:
            return self._suggester.next(worker, watched=True, most=wanted)
        except (SpaceExhaustedError, StudyFullError):
            return None

    def _best(self) -> float:
        objectives = [ended.objective for ended in self._ended.values()]
        return min((x for x in objectives if x is not None), default=math.inf)

    def _task(self, trial: Trial) -> Mapping[str, Any]:
        warm = {} if self._memory is None else self._memory.warm_starts(trial.point)
        return {"trial": trial, "warm_starts": warm, "best": self._best()}

    def _finish(self, trial: Trial, evaluated: Evaluated) -> Outcome:
        found, design = evaluated
        if design is not None:
            self._designs[trial.number] = design
            artifacts = {**found.artifacts, "mappings": mappings_data(design)}
            found = replace(found, artifacts=artifacts)
        stored = self._study.finish(
            replace(found, number=trial.number, proposing_seconds=trial.proposing_seconds)
        )
        self._suggester.up_to_date()
        self._report()
        assert stored.outcome is not None
        return stored.outcome

    def _learn(self, trial: Trial) -> None:
        """Learn from a trial that has ended, here or in another process; from each once."""
        if trial.number not in self._ended and self._memory is not None and trial.mappings:
            self._memory.add(trial.point, self.machine_of(trial)[1], trial.objective)
        self._ended.setdefault(trial.number, trial)

    def _report(self) -> None:
        last = next(reversed(self._ended.values()), None)
        self._progress("search", len(self._ended), self._problem.recipe.trials, last)


def evaluate_trial(problem: CodesignProblem, task: Mapping[str, Any]) -> Evaluated:
    """Evaluate a trial, and how long that took; what goes wrong is its state, not an exception."""
    trial, began, design = task["trial"], time.perf_counter(), None
    try:
        outcome, found, artifacts = problem.tried(trial.number, trial.point, task)
        trial = replace(trial, outcome=outcome, artifacts=artifacts)
        if isinstance(found, Rejection):
            trial = replace(trial, details=tuple(found.to_json()))
        else:
            trial = replace(trial, metrics=metrics_of(found))
            design = found if outcome.values and found.schedule is None else None
    except Exception as error:
        trial = replace(trial, outcome=failure(f"{type(error).__name__}: {error}"))
    return replace(trial, seconds=time.perf_counter() - began), design


def metrics_of(design: Design) -> dict[str, float | None]:
    """Figures of a design; of several networks means and, as ``NETWORK.FIGURE``, those of each."""
    each: dict[str, float | None] = {}
    if len(design.networks) > 1 or design.schedule is not None:
        for name, figures in design.figures_of_each().items():
            each |= {f"{name}.{figure}": x for figure, x in figures.items()}
    return {**design.figures(), **each, "evaluations": float(design.evaluations)}
