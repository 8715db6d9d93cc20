"""Workers that say that they live, so that trials of dead ones can be given to others."""

from __future__ import annotations

import os
import socket
import threading
import uuid
from contextlib import suppress
from types import TracebackType

from bohwsw.errors import BohwswError
from bohwsw.study.storage import StoredStudy

BEATS = 4
"""How often a worker is heard of within the time after which it counts as dead."""


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
    """Whether a worker was a process of this machine that is no more; False where unknown."""
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


class Watch:
    """Says from time to time that a worker lives, in a thread of its own; a context manager.

    Args:
        study: whose trials are watched.
        worker: who works on them.
        silent_seconds: after which silence it counts as dead.
    """

    def __init__(self, study: StoredStudy, worker: str, silent_seconds: float) -> None:
        self._study = study
        self._worker = worker
        self._pause = silent_seconds / BEATS
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True, name="bohwsw-watch")

    def __enter__(self) -> Watch:
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
        with suppress(BohwswError):  # they are then given back when the silence is noticed
            self._study.release(self._worker)

    def _beat(self) -> None:
        while not self._ended.wait(self._pause):
            with suppress(BohwswError):  # a database that is busy or away for a moment
                self._study.renew(self._worker)
