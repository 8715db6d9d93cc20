"""The loop of every study: ask, evaluate wherever that happens, store, tell.

A strategy is told what happened anywhere, and suggests what nobody else has.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from bohwsw.errors import BohwswError
from bohwsw.execution import (
    TOLERATED_FAILURE_RATE,
    FailureRate,
    InProcessExecutor,
    RunStatistics,
    heartbeat,
    is_gone,
    run_asynchronously,
    worker_name,
)
from bohwsw.space import Point, Space
from bohwsw.strategies import BY_OTHERS, Outcome, Strategy, TrialState
from bohwsw.study.storage import ClaimedError, StoredStudy, TrialStateError
from bohwsw.study.storage_config import StorageConfig
from bohwsw.study.trial import Trial

MAX_CLAIMS = 100
"""How often others may be faster before a suggestion is given up."""


@dataclass(frozen=True)
class Plan:
    """How the points of a study are suggested."""

    source: str
    new_strategy: Callable[[Space | None], Strategy]
    """A strategy that was told nothing yet, over the whole space (None) or a part."""
    stored: Callable[[Point], Mapping[str, Any]] = dict  # a point of the space as trials have it
    point: Callable[[Mapping[str, Any]], Point] = dict  # the point of the space that a trial has
    told: Callable[[Outcome], Outcome] = lambda outcome: outcome
    """What the strategy is told of an outcome."""


class Suggester:
    """Suggests the next points of a study that others may work on, too.

    A suggestion follows from the seed, the trials that ended, in their order, and those that run;
    all of these are stored, so a new process goes on where another one was.

    Args:
        ended: called with each trial that has ended, in their order, and once more when the
            strategy has to be built again.
    """

    def __init__(
        self, study: StoredStudy, plan: Plan, ended: Callable[[Trial], None] = lambda _: None
    ) -> None:
        self._study = study
        self._plan = plan
        self._ended = ended
        self._strategy: Strategy | None = None
        self._finish_order = 0
        self._reserved: set[int] = set()

    def next(self, worker: str, part: Space | None = None, **options: Any) -> Trial:
        """A new trial of a worker, at a point that nobody else was given.

        Args:
            part: of the space, where the point must be.
        """
        began = time.perf_counter()
        for _ in range(MAX_CLAIMS):
            strategy = self.up_to_date()
            (point,) = (strategy if part is None else self._narrowed(strategy, part)).ask()
            seconds = time.perf_counter() - began
            try:
                trial = self._study.add(
                    self._plan.stored(point), source=self._plan.source, worker=worker, **options
                )
            except ClaimedError:
                continue
            except BohwswError:
                # The strategy, which counts the point as pending, is built again when needed.
                self._strategy, self._finish_order = None, 0
                raise
            return replace(trial, proposing_seconds=seconds)
        raise BohwswError(f"other workers were faster {MAX_CLAIMS} times: ask again")

    def up_to_date(self) -> Strategy:
        """The strategy, told what has happened since."""
        if self._strategy is None:
            self._strategy, self._reserved = self._plan.new_strategy(None), set()
        for trial in self._study.news(self._finish_order):
            if trial.outcome is None and trial.number in self._reserved:
                continue
            point = self._plan.point(trial.point)
            if trial.outcome is not None and trial.finish_order is not None:
                self._strategy.tell(point, self._plan.told(trial.outcome))
                self._finish_order = trial.finish_order
                self._reserved.clear()  # another trial of this point may still run
                self._ended(trial)
            else:
                self._strategy.reserve(point)
                self._reserved.add(trial.number)
        return self._strategy

    def contenders(self, trials: list[Trial]) -> list[Trial]:
        """The trials among which the best are: its own best, where a strategy judges by others."""
        if self._strategy is None and self._plan.source not in BY_OTHERS:
            return trials
        strategy = self.up_to_date()
        if not getattr(strategy, "by_others", False):
            return trials
        key = strategy.space.key
        best = {key(told.point) for told in strategy.pareto_front}
        return [trial for trial in trials if key(self._plan.point(trial.point)) in best] or trials

    def _narrowed(self, whole: Strategy, part: Space) -> Strategy:
        """A strategy on a part of the space, told what fits."""
        narrow = self._plan.new_strategy(part)
        for told in whole.history:
            if not part.violations(told.point):
                narrow.tell(told.point, told.outcome)
        for point in whole.pending:
            if not part.violations(point):
                narrow.reserve(point)
        return narrow


ExecutorOrFactory = Executor | Callable[[], Executor]


@dataclass(frozen=True)
class Loop:
    """What a loop does with the trials of a study.

    Attributes:
        config: when workers count as dead, and what becomes of their trials.
        suggest: gives a worker a new trial; None if there is nothing to suggest (for now).
        task: what is to be evaluated of a trial.
        evaluate: evaluates a task, on an executor; it does not raise.
        failed: what an evaluation comes to that the executor lost, from the reason.
        finish: stores what an evaluation of a trial came to; says what that means.
        ended: called with each outcome and how many trials of this run have ended.
    """

    study: StoredStudy
    config: StorageConfig
    suggest: Callable[[str], Trial | None]
    task: Callable[[Trial], Mapping[str, Any]]
    evaluate: Callable[[dict[str, Any]], Any]
    failed: Callable[[str], Any]
    finish: Callable[[Trial, Any], Outcome]
    ended: Callable[[int, Outcome], None] = lambda _done, _outcome: None

    def run(
        self,
        executor: ExecutorOrFactory | None = None,
        tolerated_failure_rate: float = TOLERATED_FAILURE_RATE,
        **options: Any,
    ) -> RunStatistics:
        """Until there are as many trials as wanted, or nothing is left to suggest.

        Trials that dead workers have left behind come first. Ctrl-C keeps what has ended and gives
        back what has not. For the options see `run_asynchronously` and `FailureRate`; without an
        executor trials are evaluated in this process.
        """
        worker = worker_name()  # another thread may have a run of its own
        rate = FailureRate(tolerated_failure_rate)

        def finish(trial: Trial, found: Any, _seconds: float) -> None:
            try:
                outcome = self.finish(trial, found)
            except TrialStateError:  # it took so long that somebody else has done it
                outcome = self.study.get(trial.number).outcome or Outcome(TrialState.ABANDONED)
            try:
                rate.count(trial.number, outcome)
            finally:
                self.ended(rate.done, outcome)

        renew, release = partial(self.study.renew, worker), partial(self.study.release, worker)
        with heartbeat(renew, release, self.config.silent_seconds):
            statistics = run_asynchronously(
                executor or InProcessExecutor(),
                self.evaluate,
                partial(self._next, worker),
                finish,
                self.failed,
                **options,
            )
        return replace(statistics, states=rate.states)

    def _next(self, worker: str) -> tuple[Trial, Mapping[str, Any]] | None:
        lost = lost_trials(self.study, self.config, worker, 1)
        trial = lost[0] if lost else self.suggest(worker)
        return None if trial is None else (trial, self.task(trial))


def lost_trials(study: StoredStudy, config: StorageConfig, worker: str, limit: int) -> list[Trial]:
    """Trials whose worker died, given to another one; or marked, as configured."""
    deaths = 1 if config.lost_trials == "fail" else config.deaths
    return study.take_over(config.silent_seconds, is_gone, worker, limit=limit, deaths=deaths)
