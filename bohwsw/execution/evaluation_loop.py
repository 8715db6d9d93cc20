"""Evaluations on any executor, without batches: a worker that is free gets work at once.

Nothing here knows where trials come from or where they are stored.
"""

from __future__ import annotations

import pickle
import queue
import time
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from bohwsw.checks import MOST_TRIALS, require_time_out, whole_number
from bohwsw.errors import BohwswError, SpecError
from bohwsw.execution.evaluator import Evaluator, error_text
from bohwsw.execution.worker_pool import TaskTimeoutError, WorkerDiedError, WorkerStartError
from bohwsw.strategies import TrialState

Key = TypeVar("Key")

Timed = tuple[Any, float]
"""What came of an evaluation, and how many seconds it took."""

FATAL_ERRORS = (SpecError, WorkerStartError)
"""Errors of an executor that every input would meet."""

UNRETRIED_ERRORS = (TaskTimeoutError, WorkerDiedError, CancelledError)
"""Errors of an executor after which an input is not tried again."""

SENDING_ERRORS = (pickle.PicklingError, AttributeError, TypeError)
"""What executors raise if they cannot send something to a worker, and others raise as well."""


class ExecutorError(BohwswError):
    """The executor cannot run anything more; what it was running has no outcome."""


@dataclass(frozen=True)
class RunStatistics:
    """How busy a run kept its workers."""

    evaluations: int
    parallelism: int  # how many could run at a time
    busy_seconds: float  # sum of what they took, as measured in the workers
    wall_seconds: float
    states: Mapping[TrialState, int] = field(default_factory=dict)
    """How many of the trials ended in each state, where the run counts them."""

    @property
    def utilisation(self) -> float:
        """The share of the workers' time that went into evaluations."""
        return self.busy_seconds / (self.parallelism * self.wall_seconds)


class InProcessExecutor(Executor):
    """Runs each task when it is submitted, in the thread that submits it."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run a task; the future is done when this returns. Only `KeyboardInterrupt` is raised."""
        future: Future[Any] = Future()
        future.set_running_or_notify_cancel()
        try:
            future.set_result(fn(*args, **kwargs))
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            future.set_exception(error)
        return future


def run_asynchronously(
    executor: Executor | Callable[[], Executor],
    evaluator: Evaluator,
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
        evaluator: what to call; it says by its result what went wrong, as `evaluate` does, and does
            not raise.
        propose: gives a key and the parameters to evaluate next, or None if there is nothing for
            now; it is asked again when something has finished.
        finish: takes a key, the outcome and how long its evaluation took in seconds. Called in
            this thread, like ``propose``, in the order in which evaluations end.
        failed: makes the result of an evaluation that the executor lost, from the reason.
        parallelism: how many evaluations run at a time; not more than the executor has workers.
        n_trials: how many to propose at most.
        timeout_seconds: without a result for so long an evaluation counts as failed. Its worker
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
    require_time_out("timeout_seconds", timeout_seconds)
    make = None if isinstance(executor, Executor) else executor
    if make is not None and not callable(make):
        raise SpecError(
            "not an executor",
            key_path="executor",
            got=executor,
            expected="a concurrent.futures.Executor, or a function that makes one",
        )
    current = executor if isinstance(executor, Executor) else executor()
    loop = _Loop(
        current, make, evaluator, propose, finish, failed, parallelism, n_trials, timeout_seconds
    )
    start = time.perf_counter()
    loop.run()
    wall_seconds = time.perf_counter() - start
    return RunStatistics(loop.evaluations, parallelism, loop.busy_seconds, wall_seconds)


def _timed(evaluator: Evaluator, parameters: dict[str, Any], _call: str) -> Timed:
    """Evaluate, in a worker.

    Each call has a word of its own: Dask would give one that equals an earlier one its result.
    """
    start = time.perf_counter()
    return evaluator(parameters), time.perf_counter() - start


@dataclass
class _Job(Generic[Key]):
    key: Key
    parameters: Mapping[str, Any]
    executor: Executor | None = None
    start: float = 0.0
    is_retry: bool = False


@dataclass
class _Loop(Generic[Key]):
    """The state of a run: what is being evaluated, and what waits for a solitary attempt."""

    executor: Executor
    make_executor: Callable[[], Executor] | None
    evaluator: Evaluator
    propose: Callable[[], tuple[Key, Mapping[str, Any]] | None]
    finish: Callable[[Key, Any, float], None]
    failed: Callable[[str], Any]
    free_workers: int
    trials_left: int | None
    timeout_seconds: float | None
    running: dict[Future[Timed], _Job[Key]] = field(default_factory=dict)
    overdue: set[Future[Timed]] = field(default_factory=set)
    retries: deque[_Job[Key]] = field(default_factory=deque)
    ended: queue.SimpleQueue[Future[Timed]] = field(default_factory=queue.SimpleQueue)
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
            self._close(at_once=True)
            raise
        self._close(at_once=bool(self.overdue))

    def _fill(self) -> None:
        """Give work to free workers; as soon as something has ended, that comes first."""
        if self.retries:
            if not self.running:
                self._start(self.retries.popleft())
            return
        while self.free_workers > 0 and self.ended.empty() and self.trials_left != 0:
            proposal = self.propose()
            if proposal is None:
                return
            if self.trials_left is not None:
                self.trials_left -= 1
            self._start(_Job(*proposal))

    def _start(self, job: _Job[Key]) -> None:
        job.start = time.monotonic()
        try:
            future = self._submit(job)
        except BrokenExecutor as error:
            self._replace_executor(error)
            future = self._submit(job)
        except SENDING_ERRORS as error:
            self._require_picklable(error)
            raise
        job.executor = self.executor
        self.free_workers -= 1
        self.running[future] = job
        future.add_done_callback(self.ended.put)

    def _submit(self, job: _Job[Key]) -> Future[Timed]:
        call = uuid.uuid4().hex
        return self.executor.submit(_timed, self.evaluator, dict(job.parameters), call)

    def _wait(self) -> None:
        """Take the next result, or give up what takes too long."""
        wait_seconds = None
        if self.timeout_seconds is not None:
            first = min((job.start for job in self.running.values()), default=0.0)
            wait_seconds = max(first + self.timeout_seconds - time.monotonic(), 0.0)
        try:
            self._take(self.ended.get(timeout=wait_seconds))
        except queue.Empty:
            self._give_up_overdue()

    def _take(self, future: Future[Timed]) -> None:
        self.free_workers += 1
        if future in self.overdue:
            self.overdue.remove(future)
            return
        job = self.running.pop(future)
        error = CancelledError() if future.cancelled() else future.exception()
        if error is None:
            self._end(job, *future.result())
            return
        if isinstance(error, FATAL_ERRORS):
            raise error
        if isinstance(error, SENDING_ERRORS):
            self._require_picklable(error)
        if isinstance(error, BrokenExecutor) and job.executor is self.executor:
            self._replace_executor(error)
        if job.is_retry or isinstance(error, UNRETRIED_ERRORS):
            self._end(job, self.failed(error_text(error)), time.monotonic() - job.start)
        else:
            job.is_retry = True
            self.retries.append(job)

    def _end(self, job: _Job[Key], outcome: Any, seconds: float) -> None:
        self.evaluations += 1
        self.busy_seconds += seconds
        self.finish(job.key, outcome, seconds)

    def _give_up_overdue(self) -> None:
        """Call evaluations failed that take too long; their workers count as occupied."""
        now, limit = time.monotonic(), self.timeout_seconds
        for future, job in list(self.running.items()):
            if limit is not None and now - job.start >= limit and not future.done():
                del self.running[future]
                self.overdue.add(future)
                future.cancel()
                self._end(job, self.failed(f"no answer within {limit:g} s"), now - job.start)
        is_stuck = self.free_workers == 0 and not self.running and self.ended.empty()
        if is_stuck and (self.trials_left != 0 or self.retries):
            raise ExecutorError("every worker is occupied by an evaluation that takes too long")

    def _finish_what_ended(self) -> None:
        """Keep results that are there, also of those that were just about to be taken."""
        for future in [future for future in self.running if future.done()]:
            job = self.running.pop(future)
            if not future.cancelled() and future.exception() is None:
                self._end(job, *future.result())

    def _require_picklable(self, error: BaseException) -> None:
        """Raise a SpecError if the evaluator is what could not be sent to a worker."""
        try:
            pickle.dumps(self.evaluator)
        except Exception:
            raise SpecError(
                f"the evaluator cannot be sent to a worker: {error}",
                key_path="evaluator",
                got=self.evaluator,
                expected="a function at the top of a module, or an object that can be pickled",
            ) from error

    def _replace_executor(self, error: BaseException) -> None:
        """Make another executor, because the current one is broken."""
        if self.make_executor is None:
            raise ExecutorError(
                f"the executor is broken ({error_text(error)}); "
                "give a function that makes one instead of it, or a WorkerPool"
            ) from error
        self.executor.shutdown(wait=False)
        self.executor = self.make_executor()

    def _close(self, at_once: bool) -> None:
        """Shut down the executor if it was made here; at once means to kill what it runs."""
        if self.make_executor is None:
            return
        kill = getattr(self.executor, "kill_workers", None)
        if at_once and kill is not None:
            kill()
        else:
            self.executor.shutdown(wait=not at_once, cancel_futures=at_once)
