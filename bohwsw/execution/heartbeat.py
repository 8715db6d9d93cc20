"""Heartbeats of a worker, so that the trials of a dead one can be given to others."""

from __future__ import annotations

import os
import socket
import threading
import uuid
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType

from bohwsw.errors import BohwswError

BEATS_PER_LEASE = 4
"""How often the lease on a worker's trials is renewed before it would run out."""


def worker_name() -> str:
    """A name for a worker in this process that no other one has."""
    return f"{_machine()}/{os.getpid()}/{uuid.uuid4().hex[:8]}"


def _machine() -> str:
    """Where process numbers mean the same: containers may share the name of their host."""
    name = socket.gethostname().replace("/", "-")
    with suppress(OSError):
        name += ":" + os.readlink("/proc/self/ns/pid")
    return name


def is_gone(worker: str | None) -> bool:
    """Whether a worker was a process of this machine that has ended; False where unknown."""
    host, _, rest = (worker or "").partition("/")
    pid = rest.partition("/")[0]
    if host != _machine() or not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except OSError:  # somebody else's process
        return False
    return False


class Heartbeat:
    """Renews the lease of a worker on its trials, in a thread of its own; a context manager.

    Args:
        renew: says that the worker lives.
        release: gives up the lease, so that trials that still run go to others at once.
        lease_seconds: after how long without a renewal the worker counts as dead.
    """

    def __init__(
        self, renew: Callable[[], None], release: Callable[[], None], lease_seconds: float
    ) -> None:
        self._renew, self._release = renew, release
        self._pause = lease_seconds / BEATS_PER_LEASE
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True, name="bohwsw-heartbeat")

    def __enter__(self) -> Heartbeat:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop; trials that still run go back to the queue."""
        self._ended.set()
        self._thread.join()
        with suppress(BohwswError):  # the lease then runs out
            self._release()

    def _beat(self) -> None:
        while not self._ended.wait(self._pause):
            with suppress(BohwswError):  # a database that is busy or away for a moment
                self._renew()
