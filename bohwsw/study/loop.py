"""The loop of every study: ask, evaluate wherever that happens, store, tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

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
from bohwsw.strategies import Outcome, TrialState
from bohwsw.study.storage import StoredStudy, TrialStateError
from bohwsw.study.storage_config import StorageConfig
from bohwsw.study.trial import Trial

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
        *,
        n_trials: int | None,
        parallelism: int = 1,
        executor: ExecutorOrFactory | None = None,
        timeout_seconds: float | None = None,
        tolerated_failure_rate: float = TOLERATED_FAILURE_RATE,
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
                parallelism=parallelism,
                n_trials=n_trials,
                timeout_seconds=timeout_seconds,
            )
        return replace(statistics, states=rate.states)

    def _next(self, worker: str) -> tuple[Trial, Mapping[str, Any]] | None:
        lost = lost_trials(self.study, self.config, worker, 1)
        trial = lost[0] if lost else self.suggest(worker)
        return None if trial is None else (trial, self.task(trial))


def lost_trials(study: StoredStudy, config: StorageConfig, worker: str, limit: int) -> list[Trial]:
    """Trials whose worker died, given to another one; or marked, as configured."""
    return study.take_over(
        config.silent_seconds, is_gone, worker, limit=limit, deaths=config.bearable_deaths
    )
