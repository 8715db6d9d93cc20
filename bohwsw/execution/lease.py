"""Leases of workers on trials, and the heartbeats that renew them: those of a dead one run out."""

from __future__ import annotations

import os
import socket
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

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


@contextmanager
def heartbeat(
    renew: Callable[[], None], release: Callable[[], None], lease_seconds: float
) -> Iterator[None]:
    """Renew the lease of a worker on its trials, in a thread; give them to others at the end.

    Without a renewal for ``lease_seconds`` the worker counts as dead.
    """
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(lease_seconds / BEATS_PER_LEASE):
            with suppress(BohwswError):  # a database that is busy or away for a moment
                renew()

    thread = threading.Thread(target=beat, daemon=True, name="bohwsw-heartbeat")
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        with suppress(BohwswError):  # the lease then runs out
            release()
