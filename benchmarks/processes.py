"""Independent tasks on all cores that this process may use, one thread each."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from typing import TypeVar

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")

Task = TypeVar("Task")
Result = TypeVar("Result")


def run_each(function: Callable[[Task], Result], tasks: Sequence[Task]) -> Iterator[Result]:
    """The results of a function for each task, as they come.

    Args:
        function: of a module, so that another process finds it.
        tasks: its arguments.
    """
    if not tasks:
        return
    # A new interpreter reads these before any library starts its threads.
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(ONE_THREAD)
    try:
        with ProcessPoolExecutor(
            len(os.sched_getaffinity(0)), mp_context=get_context("spawn")
        ) as pool:
            for future in as_completed([pool.submit(function, task) for task in tasks]):
                yield future.result()
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
