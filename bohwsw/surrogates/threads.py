"""Torch on one thread while a surrogate works.

The matrices of a fit are small (tens to a few hundred rows). A second thread was measured to make
fits of 50 points four times slower (docs/optimiser.md), it would compete with the evaluations that
run beside the optimiser, and a fixed number of threads keeps sums in one order, so that the same
history gives the same suggestion.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import torch

_lock = threading.Lock()
_users = 0
_before = 1


@contextmanager
def one_thread() -> Iterator[None]:
    """Within the block torch uses one thread; the last user to leave restores the number."""
    global _users, _before
    with _lock:
        if _users == 0:
            _before = torch.get_num_threads()
            torch.set_num_threads(1)
        _users += 1
    try:
        yield
    finally:
        with _lock:
            _users -= 1
            if _users == 0:
                torch.set_num_threads(_before)
