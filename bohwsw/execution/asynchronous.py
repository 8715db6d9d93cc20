"""Evaluations on any executor, without batches: a worker that is free gets work at once.

Nothing here knows where trials come from or where they are stored.
"""

from __future__ import annotations

import queue
import time
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from bohwsw.checks import MOST_TRIALS, whole_number
from bohwsw.errors import SpecError
from bohwsw.execution.evaluation_executor import (
    Answer,
    Evaluation,
    EvaluationExecutor,
    ExecutorError,
)
from bohwsw.execution.evaluator import described
from bohwsw.execution.worker_pool import TaskTimeoutError, WorkerDiedError, WorkerStartError
from bohwsw.strategies.outcome import TrialState

Key = TypeVar("Key")

HOLDS_FOR_ALL = (SpecError, WorkerStartError)
"""Errors of an executor that every input would meet."""

FINAL = (TaskTimeoutError, WorkerDiedError, CancelledError)
"""Errors of an executor after which an input is not tried again."""


@dataclass(frozen=True)
class RunStatistics:
    """How busy a run kept its workers.

    Attributes:
        evaluations: how many ended.
        parallelism: how many could run at a time.
        busy_seconds: sum of what they took, as measured in the workers.
        wall_seconds: how long the run took.
        states: how many of the trials ended in each state, where the run counts them.
    """

    evaluations: int
    parallelism: int
    busy_seconds: float
    wall_seconds: float
    states: Mapping[TrialState, int] = field(default_factory=dict)

    @property
    def utilisation(self) -> float:
        """The share of the workers' time that went into evaluations."""
        return self.busy_seconds / (self.parallelism * self.wall_seconds)


def run_asynchronously(
    executor: Executor | Callable[[], Executor],
    evaluator: Evaluation,
    propose: Callable[[], tuple[Key, Mapping[str, Any]] | None],
    finish: Callable[[Key, Any, float], None],
    failed: Callable[[str], Any],
    *,
    parallelism: int,
    n_trials: int | None = None,
    timeout_seconds: float | None = None,
) -> RunStatistics:
    """Evaluate what is proposed, several at a time, until nothing more is proposed.

    An input on which the executor itself fails, rather than the evaluator, is tried once more with
    nothing beside it; if that fails too, its outcome is a failure with the reason.

    Args:
        executor: where evaluations run; or what makes one, which is then shut down in the end, and
            replaced when it breaks as the standard library's pool of processes does.
        evaluator: what to call; it says by its result what went wrong, as
            `bohwsw.execution.evaluator.evaluate` does, and does not raise.
        propose: gives a key and the parameters to evaluate next, or None if there is nothing for
            now; it is asked again when something has finished.
        finish: takes a key, the outcome and how long its evaluation took in seconds. Called in
            this thread, like ``propose``, in the order in which evaluations end.
        failed: makes the result of an evaluation that the executor lost, from the reason.
        parallelism: how many evaluations run at a time; not more than the executor has workers.
        n_trials: how many to propose at most.
        timeout_seconds: without an answer for so long an evaluation counts as failed. Its worker
            stays occupied until it ends; a `WorkerPool` with a limit of its own kills it instead.

    Raises:
        SpecError: the evaluator cannot be sent to a worker, or a number is not positive.
        ExecutorError: the executor broke and there is no way to make another, or time-outs have
            left no worker. Inputs that were running are not finished.
        KeyboardInterrupt: what has ended by then is finished, what has not started is cancelled.
    """
    parallelism = whole_number("parallelism", parallelism, most=MOST_TRIALS)
    if n_trials is not None:
        n_trials = whole_number("n_trials", n_trials, 0, MOST_TRIALS)
    if timeout_seconds is not None and not timeout_seconds > 0:
        raise SpecError("not positive", key_path="timeout_seconds", got=timeout_seconds)
    workers = EvaluationExecutor(executor, evaluator)
    run = _Run(workers, propose, finish, failed, parallelism, n_trials, timeout_seconds)
    start = time.perf_counter()
    run.run()
    wall_seconds = time.perf_counter() - start
    return RunStatistics(run.evaluations, parallelism, run.busy_seconds, wall_seconds)


@dataclass
class _Job(Generic[Key]):
    key: Key
    parameters: Mapping[str, Any]
    executor: Executor | None = None
    start: float = 0.0
    is_suspect: bool = False


@dataclass
class _Run(Generic[Key]):
    """The state of a run: what is being evaluated, and what waits for a solitary attempt."""

    executor: EvaluationExecutor
    propose: Callable[[], tuple[Key, Mapping[str, Any]] | None]
    finish: Callable[[Key, Any, float], None]
    failed: Callable[[str], Any]
    free: int
    left: int | None
    limit: float | None
    running: dict[Future[Answer], _Job[Key]] = field(default_factory=dict)
    overdue: set[Future[Answer]] = field(default_factory=set)
    suspects: deque[_Job[Key]] = field(default_factory=deque)
    ended: queue.SimpleQueue[Future[Answer]] = field(default_factory=queue.SimpleQueue)
    evaluations: int = 0
    busy_seconds: float = 0.0

    def run(self) -> None:
        """Until nothing runs and nothing is proposed."""
        try:
            self._fill()
            while self.running or not self.ended.empty():
                self._wait()
                self._fill()
        except BaseException as error:
            for future in self.running:
                future.cancel()
            if isinstance(error, KeyboardInterrupt):
                self._finish_what_ended()
            self.executor.close(at_once=True)
            raise
        self.executor.close(at_once=bool(self.overdue))

    # -- giving work ---------------------------------------------------------------------------

    def _fill(self) -> None:
        """Give work to free workers; as soon as something has ended, that comes first."""
        if self.suspects:
            if not self.running:
                self._submit(self.suspects.popleft())
            return
        while self.free > 0 and self.ended.empty() and (job := self._next()) is not None:
            self._submit(job)

    def _next(self) -> _Job[Key] | None:
        if self.left == 0:
            return None
        proposal = self.propose()
        if proposal is None:
            return None
        if self.left is not None:
            self.left -= 1
        return _Job(*proposal)

    def _submit(self, job: _Job[Key]) -> None:
        job.start = time.monotonic()
        future = self.executor.submit(job.parameters)
        job.executor = self.executor.current
        self.free -= 1
        self.running[future] = job
        future.add_done_callback(self.ended.put)

    # -- taking results ------------------------------------------------------------------------

    def _wait(self) -> None:
        """Take the next result, or give up what takes too long."""
        patience = None
        if self.limit is not None:
            first = min((job.start for job in self.running.values()), default=0.0)
            patience = max(first + self.limit - time.monotonic(), 0.0)
        try:
            self._take(self.ended.get(timeout=patience))
        except queue.Empty:
            self._give_up_overdue()

    def _take(self, future: Future[Answer]) -> None:
        self.free += 1
        if future in self.overdue:
            self.overdue.remove(future)
            return
        job = self.running.pop(future)
        error = CancelledError() if future.cancelled() else future.exception()
        if error is None:
            self._end(job, *future.result())
            return
        if isinstance(error, HOLDS_FOR_ALL):
            raise error
        self.executor.require_picklable(error)
        if isinstance(error, BrokenExecutor) and job.executor is self.executor.current:
            self.executor.replace(error)
        if job.is_suspect or isinstance(error, FINAL):
            self._end(job, self.failed(described(error)), time.monotonic() - job.start)
        else:
            job.is_suspect = True
            self.suspects.append(job)

    def _end(self, job: _Job[Key], outcome: Any, seconds: float) -> None:
        self.evaluations += 1
        self.busy_seconds += seconds
        self.finish(job.key, outcome, seconds)

    def _give_up_overdue(self) -> None:
        """Call evaluations failed that take too long; their workers count as occupied."""
        now = time.monotonic()
        for future, job in list(self.running.items()):
            if self.limit is not None and now - job.start >= self.limit and not future.done():
                del self.running[future]
                self.overdue.add(future)
                future.cancel()
                self._end(job, self.failed(f"no answer within {self.limit:g} s"), now - job.start)
        is_stuck = self.free == 0 and not self.running and self.ended.empty()
        if is_stuck and (self.left != 0 or self.suspects):
            raise ExecutorError("every worker is occupied by an evaluation that takes too long")

    def _finish_what_ended(self) -> None:
        """Keep results that are there, also of those that were just about to be taken."""
        for future in [future for future in self.running if future.done()]:
            job = self.running.pop(future)
            if not future.cancelled() and future.exception() is None:
                self._end(job, *future.result())
