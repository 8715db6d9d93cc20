"""The search of a co-design study: hardware outside, mappings inside, an evaluator as any other."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar, Protocol

from bohwsw.codesign import (
    Design,
    Hardware,
    Problem,
    Recipe,
    Rejection,
    mappings_data,
    mappings_of,
)
from bohwsw.execution import failure
from bohwsw.mapping_search import NetworkMappings
from bohwsw.space import Point
from bohwsw.strategies import Outcome, SpaceExhaustedError, Strategy
from bohwsw.study.codesign_result import CodesignResult
from bohwsw.study.loop import Loop, Plan, Suggester
from bohwsw.study.storage import StoredStudy, StudyFullError
from bohwsw.study.storage_config import StorageConfig
from bohwsw.study.trial import RUNNING, Progress, Trial

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


class Searched(Protocol):
    """What a search asks of its problem, a dataclass: how points are suggested, how many."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def recipe(self) -> Recipe: ...

    def searcher(self) -> Strategy: ...

    def told(self, outcome: Outcome) -> Outcome: ...


class TrialSearch:
    """Suggests points, has them evaluated and stored, until there are as many as wanted.

    Other processes may work on the study, too; the configuration says when one counts as dead.
    """

    _problem: Searched

    def __init__(
        self,
        problem: Searched,
        study: StoredStudy,
        config: StorageConfig,
        progress: Progress | None = None,
    ) -> None:
        self._problem = problem
        self._study = study
        self._config = config
        self._progress = progress or (lambda *_: None)
        self._designs: dict[int, Design] = {}
        self._ended: dict[int, Trial] = {}
        plan = Plan(problem.recipe.strategy, lambda _: problem.searcher(), told=problem.told)
        self._suggester = Suggester(study, plan, self._learn)
        self.contenders = self._suggester.contenders

    def run(self, where: Where) -> list[Trial]:
        """Search; gives all trials that have ended, by number."""
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
            self._evaluator(problem),
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

    def _evaluator(self, problem: Any) -> Callable[[dict[str, Any]], Evaluated]:
        """What evaluates the tasks of a problem; it does not raise."""
        raise NotImplementedError

    def _stored(self, found: Trial, design: Design) -> Trial:
        """A trial with what is to be kept of its design."""
        return found

    def _suggested(self, worker: str) -> Trial | None:
        wanted = self._problem.recipe.trials
        if len(self._ended) >= wanted:
            return None
        try:
            return self._suggester.next(worker, watched=True, most=wanted)
        except (SpaceExhaustedError, StudyFullError):
            return None

    def _task(self, trial: Trial) -> Mapping[str, Any]:
        return {"trial": trial}

    def _finish(self, trial: Trial, evaluated: Evaluated) -> Outcome:
        found, design = evaluated
        if design is not None:
            self._designs[trial.number] = design
            found = self._stored(found, design)
        stored = self._study.finish(
            replace(found, number=trial.number, proposing_seconds=trial.proposing_seconds)
        )
        self._suggester.up_to_date()
        self._report()
        assert stored.outcome is not None
        return stored.outcome

    def _learn(self, trial: Trial) -> None:
        """Learn from a trial that has ended, here or in another process; from each once."""
        self._ended.setdefault(trial.number, trial)

    def _report(self) -> None:
        last = next(reversed(self._ended.values()), None)
        self._progress("search", len(self._ended), self._problem.recipe.trials, last)


class CodesignSearch(TrialSearch):
    """Searches machines: mappings of one help those of the next, and are stored."""

    _problem: Problem

    def __init__(self, problem: Problem, *others: Any) -> None:
        self._memory = problem.mapping_memory()
        super().__init__(problem, *others)

    def machine_of(self, trial: Trial) -> tuple[Hardware, NetworkMappings]:
        """The machine of a completed trial and the mappings on it, as evaluated or as stored."""
        if (design := self._designs.get(trial.number)) is not None:
            return design.hardware, design.mappings()
        problem, point = self._concrete(trial.point)
        hardware = problem.hardware_space.hardware(point)
        return hardware, mappings_of(trial.mappings, problem.networks, hardware.architecture)

    def mapped_again(self, problem: Problem, trial: Trial) -> Design | Rejection:
        """The design of a completed trial, mapped as at the end of a search."""
        return problem.map_finally(*self.machine_of(trial))

    def finished(self, result: CodesignResult) -> CodesignResult:
        """The result of the study, with what only the search knows."""
        return result

    def _concrete(self, point: Point) -> tuple[Problem, Point]:
        """The problem of a trial, and the point of its hardware space."""
        return self._problem, point

    def _evaluator(self, problem: Problem) -> Callable[[dict[str, Any]], Evaluated]:
        return partial(evaluate_trial, problem)

    def _task(self, trial: Trial) -> Mapping[str, Any]:
        objectives = [ended.objective for ended in self._ended.values()]
        return {
            "trial": trial,
            "warm_starts": self._memory.warm_starts(trial.point),
            "best": min((x for x in objectives if x is not None), default=math.inf),
        }

    def _stored(self, found: Trial, design: Design) -> Trial:
        return replace(found, artifacts={**found.artifacts, "mappings": mappings_data(design)})

    def _learn(self, trial: Trial) -> None:
        is_new = trial.number not in self._ended
        super()._learn(trial)
        if is_new and self._problem.recipe.warm_starts and trial.mappings:
            self._memory.add(trial.point, self.machine_of(trial)[1], trial.objective)


def evaluate_trial(problem: Problem, task: Mapping[str, Any]) -> Evaluated:
    """Evaluate a trial; what goes wrong is its state, never an exception."""

    def evaluated(trial: Trial) -> Evaluated:
        own = problem.at(trial.number)
        outcome, found = own.evaluate(trial.point, task["warm_starts"], task["best"])
        if isinstance(found, Design):
            return replace(trial, outcome=outcome, metrics=metrics_of(found)), found
        return replace(trial, outcome=outcome, details=tuple(found.to_json())), None

    return timed(evaluated, task["trial"])


def timed(evaluate: Callable[[Trial], Evaluated], trial: Trial) -> Evaluated:
    """What came of a trial, and how long that took; what is raised is its state."""
    began, design = time.perf_counter(), None
    try:
        trial, design = evaluate(trial)
    except Exception as error:
        trial = replace(trial, outcome=failure(f"{type(error).__name__}: {error}"))
    return replace(trial, seconds=time.perf_counter() - began), design


def metrics_of(design: Design) -> dict[str, float | None]:
    """Figures of a design; of several networks means and, as ``NETWORK.FIGURE``, those of each."""
    each: dict[str, float | None] = {}
    if len(design.networks) > 1:
        for one in design.each():
            each |= {f"{one.network}.{name}": x for name, x in one.figures().items()}
    return {**design.figures(), **each, "evaluations": float(design.evaluations)}
