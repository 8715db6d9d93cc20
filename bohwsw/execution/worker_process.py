"""A worker process as its parent sees it; what it does itself is in `bohwsw.worker_main`."""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import suppress
from multiprocessing import resource_tracker
from multiprocessing.context import BaseContext

from bohwsw.worker_main import work

TICK_SECONDS = 0.2
"""How often a thread that waits for its worker looks whether it is alive and still wanted."""


class WorkerProcess:
    """A worker process as its parent sees it; belongs to one thread.

    Args:
        context: how it is started; once it is ready it sends an empty message.
        unwanted: set when no answer is wanted any more.
    """

    def __init__(self, context: BaseContext, unwanted: threading.Event) -> None:
        self._unwanted = unwanted
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=work, args=(theirs,))  # type: ignore[attr-defined]
        resource_tracker.ensure_running()  # else starting a process would unblock SIGINT again
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            self._process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            theirs.close()

    @property
    def is_alive(self) -> bool:
        """Whether the process has not ended."""
        return bool(self._process.is_alive())

    def answer(self, message: bytes, timeout_seconds: float | None) -> bytes:
        """What the worker makes of a message; raises as `receive` does.

        The time counts from when the worker has loaded the task, and its modules with it.
        """
        self._pipe.send_bytes(message)
        self.receive(None)
        return self.receive(timeout_seconds)

    def receive(self, timeout_seconds: float | None) -> bytes:
        """The next message of the worker.

        Raises:
            EOFError, OSError: it is dead, or unwanted.
            TimeoutError: it took too long.
        """
        end = None if timeout_seconds is None else time.monotonic() + timeout_seconds
        while True:
            left = TICK_SECONDS if end is None else end - time.monotonic()
            if self._pipe.poll(min(TICK_SECONDS, max(left, 0.0))):
                return self._pipe.recv_bytes()
            if left <= 0.0:
                raise TimeoutError
            # A process that the task has forked may hold the pipe open after the worker's death.
            if self._unwanted.is_set() or not self.is_alive:
                raise EOFError

    def end(self, grace_seconds: float = 0.0) -> str:
        """Let the worker end, or kill it and what it has started; says how it ended."""
        self._pipe.close()
        if grace_seconds:
            self._process.join(grace_seconds)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.kill()
        self._process.join()
        while (code := self._process.exitcode) is None:  # another thread is about to set it
            time.sleep(0.001)
        if code >= 0:
            return f"ended with exit code {code}"
        names = {known.value: known.name for known in signal.Signals}
        return f"was killed by {names.get(-code, f'signal {-code}')}"
