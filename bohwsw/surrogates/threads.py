"""Torch and BLAS on one thread while a surrogate works.

The matrices of a fit are small (tens to a few hundred rows). A second thread of torch was measured
to make fits of 50 points four times slower (docs/optimiser.md), and that of the BLAS behind numpy
and scipy waits in a busy loop: a study took two to three times its CPU time. Both would compete
with the evaluations that run beside the optimiser. A fixed number of threads keeps sums in one
order, too, so that the same history gives the same suggestion.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache

import scipy.linalg  # noqa: F401  its BLAS is another one than numpy's, and is to be found loaded
import torch
from threadpoolctl import ThreadpoolController

# The libraries with threads of their own; looking for them takes a millisecond.
_libraries = cache(ThreadpoolController)
_lock = threading.Lock()
_users = 0
_limits = ExitStack()


@contextmanager
def one_thread() -> Iterator[None]:
    """Within the block there is one thread; the last user to leave restores the numbers."""
    global _users
    with _lock:
        if _users == 0:
            _limits.callback(torch.set_num_threads, torch.get_num_threads())
            torch.set_num_threads(1)
            _limits.enter_context(_libraries().limit(limits=1, user_api="blas"))
        _users += 1
    try:
        yield
    finally:
        with _lock:
            _users -= 1
            if _users == 0:
                _limits.close()
