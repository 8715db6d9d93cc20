"""A pool of processes that survives their deaths.

The pools at hand are broken for good when a process dies (the standard library's, loky's), or by
one that is killed while it is idle, or by a result that cannot be loaded (pebble's); none of them
kills what a task has started. Here each process has a pipe and a thread of its own, so that it is
always known which task it died of, and it is replaced.
"""

from __future__ import annotations

import atexit
import math
import multiprocessing
import os
import pickle
import queue
import signal
import threading
import time
import weakref
from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Any

from bohwsw.checks import require_time_out, whole_number
from bohwsw.errors import BohwswError, SpecError
from bohwsw.worker_main import work

ATTEMPTS = 2
GRACE_SECONDS = 5.0
POLL_SECONDS = 0.2
"""How often a thread that waits for its worker looks whether it is alive and still wanted."""


class WorkerDiedError(BohwswError):
    """The worker process of a task died, and so did the one of its second attempt."""


class WorkerStartError(BohwswError):
    """Worker processes die before they can take a task, so that no task will ever run."""


class TaskTimeoutError(BohwswError, TimeoutError):
    """A task took longer than its pool allows; its worker was killed."""


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
        require_time_out("timeout_seconds", timeout_seconds)
        context = context or multiprocessing.get_context("spawn")
        self._queue = _TaskQueue(workers, timeout_seconds or math.inf, context)
        # Registered after what multiprocessing does then, and hence called before it.
        atexit.register(self._queue.kill)
        weakref.finalize(self, self._queue.close).atexit = False

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Have ``fn(*args, **kwargs)`` called in a worker.

        Raises:
            SpecError: function or arguments cannot be pickled.
            RuntimeError: the pool is shut down.
        """
        try:
            message = pickle.dumps((fn, args, kwargs))
        except Exception as error:
            raise SpecError(
                f"cannot be sent to a worker process: {type(error).__name__}: {error}",
                got=fn,
                expected="a function at the top of a module, and arguments that can be pickled",
            ) from error
        return self._queue.put(message)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more tasks; let workers end after those that were submitted, or have begun."""
        self._queue.close(cancel_futures)
        if wait:
            self._queue.join()
            atexit.unregister(self._queue.kill)

    def kill_workers(self) -> None:
        """Shut down at once: cancel what waits, kill what runs."""
        self._queue.kill()
        atexit.unregister(self._queue.kill)

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


@dataclass(frozen=True)
class _Task:
    message: bytes
    future: Future[Any]


class _TaskQueue:
    """The tasks of a pool, and the threads that hand them to workers; outlives a forgotten pool."""

    def __init__(self, workers: int, timeout_seconds: float, context: BaseContext) -> None:
        self.timeout_seconds = timeout_seconds
        self.context = context
        self.killed = threading.Event()
        self._tasks: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._workers = workers
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._unfinished = 0
        self._is_closed = False

    def put(self, message: bytes) -> Future[Any]:
        """Add a task, and a thread if all are busy and there may be more."""
        task = _Task(message, Future())
        with self._lock:
            if self._is_closed:
                raise RuntimeError("cannot schedule new futures after shutdown")
            self._unfinished += 1
            self._tasks.put(task)
            if len(self._threads) < min(self._workers, self._unfinished):
                thread = threading.Thread(target=_Worker(self).serve, daemon=True)
                self._threads.append(thread)
                thread.start()
        return task.future

    def get(self) -> _Task | None:
        """The next task whose future nobody has cancelled; None when there is no more."""
        while (task := self._tasks.get()) is not None:
            if task.future.set_running_or_notify_cancel():
                return task
            self.count_finished()
        return None

    def count_finished(self) -> None:
        """A task will not need a worker any more."""
        with self._lock:
            self._unfinished -= 1

    def close(self, cancel: bool = False) -> None:
        """Let the threads end after the tasks that are there, or after those that run."""
        with self._lock:
            self._is_closed = True
        if cancel:
            with suppress(queue.Empty):
                while True:
                    task = self._tasks.get_nowait()
                    if task is not None:
                        task.future.cancel()
                        task.future.set_running_or_notify_cancel()
        for _ in self._threads:
            self._tasks.put(None)

    def kill(self) -> None:
        """End threads and workers at once."""
        self.killed.set()
        self.close(cancel=True)
        self.join()

    def join(self) -> None:
        """Wait until the threads have ended."""
        for thread in self._threads:
            thread.join()


class _Worker:
    """A process, replaced when it has died, and what the thread does that hands it tasks."""

    def __init__(self, tasks: _TaskQueue) -> None:
        self._tasks = tasks
        self._process: BaseProcess | None = None
        self._is_ready = False

    def serve(self) -> None:
        """Work until there is nothing more to do."""
        while (task := self._tasks.get()) is not None:
            try:
                is_result, value = pickle.loads(self._reply(task.message))
            except BaseException as error:
                is_result, value = False, error
            self._tasks.count_finished()
            (task.future.set_result if is_result else task.future.set_exception)(value)
            del task, value  # they may be large
        if self._process is not None:
            self._end(self._process, 0.0 if self._tasks.killed.is_set() else GRACE_SECONDS)

    def _reply(self, message: bytes) -> bytes:
        """What the process makes of a message, or else the one that replaces it."""
        deaths: list[str] = []
        while len(deaths) < ATTEMPTS and not self._tasks.killed.is_set():
            process = self._process
            if process is None or not process.is_alive():
                process = self._start()
            try:
                if not self._is_ready:
                    self._receive(process)
                    self._is_ready = True
                self._pipe.send_bytes(message)
                self._receive(process)  # it has loaded the task, and its modules with it
                return self._receive(process, self._tasks.timeout_seconds)
            except TimeoutError:
                self._end(process)
                raise TaskTimeoutError(
                    f"took longer than {self._tasks.timeout_seconds:g} s and was killed"
                ) from None
            except (EOFError, OSError):
                deaths.append(self._end(process))
        if self._tasks.killed.is_set():
            raise WorkerDiedError("killed: its pool was shut down")
        how = f"{deaths[0]} (twice)" if len(set(deaths)) == 1 else ", then ".join(deaths)
        if self._is_ready:
            raise WorkerDiedError(f"its worker {how}")
        raise WorkerStartError(
            f"a worker {how} while it started; its own message is above. "
            "A script must do its work under `if __name__ == '__main__':`"
        )

    def _start(self) -> BaseProcess:
        """Start a process; it sends a message when it is ready."""
        self._pipe, theirs = self._tasks.context.Pipe()
        process: BaseProcess = self._tasks.context.Process(  # type: ignore[attr-defined]
            target=work, args=(theirs,)
        )
        resource_tracker.ensure_running()  # else starting a process would unblock SIGINT again
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            theirs.close()
        self._process, self._is_ready = process, False
        return process

    def _receive(self, process: BaseProcess, timeout_seconds: float = math.inf) -> bytes:
        """The next message of the process; an EOFError or OSError if it is dead or unwanted."""
        end = time.monotonic() + timeout_seconds
        while (left := end - time.monotonic()) > 0.0:
            if self._pipe.poll(min(POLL_SECONDS, left)):
                return self._pipe.recv_bytes()
            # A process that the task has forked may hold the pipe open after the worker's death.
            if self._tasks.killed.is_set() or not process.is_alive():
                raise EOFError
        raise TimeoutError

    def _end(self, process: BaseProcess, grace_seconds: float = 0.0) -> str:
        """Let the process end, or kill it and what it has started; says how it ended."""
        self._pipe.close()
        if grace_seconds:
            process.join(grace_seconds)
        if process.pid is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
        process.kill()
        process.join()
        while (code := process.exitcode) is None:  # another thread is about to set it
            time.sleep(0.001)
        if code >= 0:
            return f"ended with exit code {code}"
        return f"was killed by {signal_name(-code)}"


def signal_name(number: int) -> str:
    """Such as ``SIGKILL``; signals without a name by their number."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
