"""Which node is looked at, for whoever waits for this process, and an end to what takes too long.

Shape inference is C++ that files may crash or hang. So a file is read in a process of its own; it
leaves the name of the node at hand in a file, and a timer of the system ends it.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

SECONDS = 5.0
"""For a node."""
_BYTES = 400

_place: int | None = None


def start(path: str) -> None:
    """Leave the names of nodes in this file from now on."""
    global _place
    _place = os.open(path, os.O_WRONLY)


@contextmanager
def watched(label: str) -> Iterator[None]:
    """While a node is in the hands of C++."""
    if _place is None:
        yield
        return
    text = label.encode(errors="replace")[:_BYTES]
    os.pwrite(_place, text.ljust(_BYTES), 0)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
