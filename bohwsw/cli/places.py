"""Where the machines of a study are evaluated: here, in processes, on a cluster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from bohwsw.errors import SpecError
from bohwsw.study import HERE, Where


@contextmanager
def where(workers: int, dask: str | None) -> Iterator[Where]:
    """What the options say; a cluster takes as many machines at a time as it has threads."""
    if dask is not None and workers > 1:
        raise SpecError("give one of the two", key_path="workers, dask", got=[workers, dask])
    if dask is not None:
        from bohwsw.execution import dask_executor

        with dask_executor(dask) as (executor, threads):
            yield Where(threads, executor)
    elif workers > 1:
        from bohwsw.execution import WorkerPool

        yield Where(workers, partial(WorkerPool, workers))
    else:
        yield HERE
