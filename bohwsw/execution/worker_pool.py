"""Executors: one that runs tasks at once, and a pool of processes that survives their deaths.

The pool of the standard library is broken for good when one of its processes dies, and cannot end
a task that takes too long. Here each process has a pipe and a thread of its own, so that it is
always known which task it died of, and it is replaced.
"""

from __future__ import annotations

import atexit
import functools
import multiprocessing
import os
import pickle
import queue
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.context import BaseContext
from types import TracebackType
from typing import Any

from bohwsw.checks import whole_number
from bohwsw.errors import BohwswError, SpecError
from bohwsw.execution.worker_process import WorkerProcess

ATTEMPTS = 2
GRACE_SECONDS = 5.0


class WorkerDiedError(BohwswError):
    """The worker process of a task died, and so did the one of its second attempt."""


class WorkerStartError(BohwswError):
    """Worker processes die before they can take a task, so that no task will ever run."""


class TaskTimeoutError(BohwswError, TimeoutError):
    """A task took longer than its pool allows; its worker was killed."""


class InProcessExecutor(Executor):
    """Runs each task when it is submitted, in the thread that submits it."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run a task; the future is done when this returns.

        Raises:
            KeyboardInterrupt: it was interrupted.
        """
        future: Future[Any] = Future()
        future.set_running_or_notify_cancel()
        try:
            result = fn(*args, **kwargs)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            future.set_exception(error)
        else:
            future.set_result(result)
        return future


class WorkerPool(Executor):
    """Runs tasks in processes, and goes on when one of them dies.

    A task whose worker died is tried once more in a new process, then its future gets a
    `WorkerDiedError`; other tasks do not notice. Workers are started when tasks need them and
    ignore Ctrl-C. Each leads a process group, which is killed with it: a simulator that a task has
    started does not outlive the task's worker, nor the worker its parent.

    As a context manager the pool waits for its tasks, but on Ctrl-C it kills them. What is still
    running when the interpreter exits is killed too.

    Args:
        max_workers: number of processes; as many as processors by default.
        timeout_seconds: a task that takes longer, once its worker has loaded it, gets a
            `TaskTimeoutError`, and its worker is replaced.
        context: how processes are started; ``spawn`` by default.

    Raises:
        SpecError: a number is not positive, or a script starts workers while it is being imported
            by one.
    """

    def __init__(
        self,
        max_workers: int | None = None,
        *,
        timeout_seconds: float | None = None,
        context: BaseContext | None = None,
    ) -> None:
        if getattr(multiprocessing.current_process(), "_inheriting", False):
            raise SpecError(
                "a worker process imports the main script, which starts workers itself",
                expected="what the script does under `if __name__ == '__main__':`",
            )
        workers = max_workers if max_workers is not None else os.cpu_count() or 1
        workers = whole_number("max_workers", workers, problem="not a number of processes")
        if timeout_seconds is not None and not timeout_seconds > 0:
            raise SpecError("not positive", key_path="timeout_seconds", got=timeout_seconds)
        self._max_workers = workers
        self._shared = _Shared(timeout_seconds, context or multiprocessing.get_context("spawn"))
        self._slots: list[threading.Thread] = []
        self._closed = False
        self._kill = functools.partial(_kill, self._shared, self._slots)
        # Registered after what multiprocessing does then, and hence called before it.
        atexit.register(self._kill)
        weakref.finalize(self, _finish, self._shared, self._slots).atexit = False

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Have ``fn(*args, **kwargs)`` called in a worker.

        Raises:
            SpecError: function or arguments cannot be pickled.
            RuntimeError: the pool is shut down.
        """
        task = _Task(_pickled(fn, args, kwargs), Future())
        with self._shared.lock:
            if self._closed:
                raise RuntimeError("cannot schedule new futures after shutdown")
            self._shared.unfinished += 1
            self._shared.tasks.put(task)
            if len(self._slots) < min(self._max_workers, self._shared.unfinished):
                slot = threading.Thread(target=_Slot(self._shared).serve, daemon=True)
                self._slots.append(slot)
                slot.start()
        return task.future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more tasks; let workers end after those that were submitted.

        Args:
            wait: return when all have ended.
            cancel_futures: cancel what has not started.
        """
        self._close()
        if cancel_futures:
            self._shared.cancel_waiting()
        _finish(self._shared, self._slots)
        if wait:
            for slot in self._slots:
                slot.join()
            atexit.unregister(self._kill)

    def kill_workers(self) -> None:
        """Shut down at once: cancel what waits, kill what runs."""
        self._close()
        self._kill()
        atexit.unregister(self._kill)

    def _close(self) -> None:
        with self._shared.lock:
            self._closed = True

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None or isinstance(error, Exception):
            self.shutdown()
        else:
            self.kill_workers()


@dataclass
class _Task:
    message: bytes
    future: Future[Any]


class _Shared:
    """What the threads of a pool have in common; not the pool, which may be forgotten."""

    def __init__(self, timeout_seconds: float | None, context: BaseContext) -> None:
        self.timeout_seconds = timeout_seconds
        self.context = context
        self.tasks: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self.lock = threading.Lock()
        self.unfinished = 0
        self.killed = threading.Event()

    def count_finished(self) -> None:
        """A task will not need a worker any more."""
        with self.lock:
            self.unfinished -= 1

    def cancel_waiting(self) -> None:
        """Cancel all tasks that no thread has taken."""
        with suppress(queue.Empty):
            while True:
                task = self.tasks.get_nowait()
                if task is not None:
                    self.count_finished()
                    task.future.cancel()
                    task.future.set_running_or_notify_cancel()


def _finish(shared: _Shared, slots: list[threading.Thread]) -> None:
    """Let the threads of a pool and their workers end after the tasks that are there."""
    for _ in slots:
        shared.tasks.put(None)


def _kill(shared: _Shared, slots: list[threading.Thread]) -> None:
    """End the threads of a pool and their workers at once."""
    shared.killed.set()
    shared.cancel_waiting()
    _finish(shared, slots)
    for slot in slots:
        slot.join()


class _Slot:
    """What a thread of the pool does: hands tasks to a worker, one by one, and replaces it."""

    def __init__(self, shared: _Shared) -> None:
        self._shared = shared
        self._worker: WorkerProcess | None = None

    def serve(self) -> None:
        """Work until there is nothing more to do."""
        while (task := self._shared.tasks.get()) is not None:
            self._run(task)
            del task  # its result may be large
        if self._worker is not None:
            self._worker.end(0.0 if self._shared.killed.is_set() else GRACE_SECONDS)

    def _run(self, task: _Task) -> None:
        if not task.future.set_running_or_notify_cancel():
            self._shared.count_finished()
            return
        try:
            is_result, value = pickle.loads(self._answer(task.message))
        except BaseException as error:
            is_result, value = False, error
        self._shared.count_finished()
        if is_result:
            task.future.set_result(value)
        else:
            task.future.set_exception(value)

    def _answer(self, message: bytes) -> bytes:
        """What a worker makes of a message."""
        deaths: list[str] = []
        while len(deaths) < ATTEMPTS:
            worker = self._living_worker()
            try:
                return worker.answer(message, self._shared.timeout_seconds)
            except TimeoutError:
                worker.end()
                raise TaskTimeoutError(
                    f"took longer than {self._shared.timeout_seconds:g} s and was killed"
                ) from None
            except (EOFError, OSError):
                deaths.append(worker.end())
        raise WorkerDiedError(f"its worker {_in_turn(deaths)}")

    def _living_worker(self) -> WorkerProcess:
        """The worker, or a new one if it has died."""
        if self._worker is not None and self._worker.is_alive:
            return self._worker
        deaths: list[str] = []
        while len(deaths) < ATTEMPTS:
            if self._shared.killed.is_set():
                raise WorkerDiedError("killed: its pool was shut down")
            self._worker = WorkerProcess(self._shared.context, self._shared.killed)
            try:
                self._worker.receive(None)
                return self._worker
            except (EOFError, OSError):
                deaths.append(self._worker.end())
        raise WorkerStartError(
            f"a worker {_in_turn(deaths)} while it started; its own message is above. "
            "A script must do its work under `if __name__ == '__main__':`"
        )


def _in_turn(deaths: list[str]) -> str:
    if len(deaths) == ATTEMPTS and len(set(deaths)) == 1:
        return f"{deaths[0]} (twice)"
    return ", then ".join(deaths)


def _pickled(*values: Any) -> bytes:
    try:
        return pickle.dumps(values)
    except Exception as error:
        raise SpecError(
            f"cannot be sent to a worker process: {type(error).__name__}: {error}",
            got=values[0],
            expected="a function at the top of a module, and arguments that can be pickled",
        ) from error
