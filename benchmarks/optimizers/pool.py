"""Runs in parallel processes, one thread each, finished ones kept on disk."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import lru_cache

from benchmarks.command import Log
from benchmarks.optimizers.methods.registry import method_class
from benchmarks.optimizers.problems import problem
from benchmarks.optimizers.run import Trace, run
from benchmarks.optimizers.store import Job, Store

WARM_UP_TRIALS = 10
"""Enough for every method to have used its model."""

THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")


def work(job: Job) -> tuple[Trace, float]:
    """Do one job; returns its trace and the seconds it took."""
    start = time.monotonic()
    _warm_up(job.method)
    subject = problem(job.problem, job.held_out)
    trace = run(subject, method_class(job.method)(subject, job.seed), job.n_trials)
    return trace, time.monotonic() - start


@lru_cache
def _warm_up(method: str) -> None:
    """Load and compile what is loaded and compiled at first use, so that it is not timed."""
    subject = problem("hidden_rules")
    run(subject, method_class(method)(subject, 0), WARM_UP_TRIALS)


def do(jobs: Sequence[Job], store: Store, workers: int, log: Log) -> None:
    """Do all jobs that the store does not have yet, in their order.

    Args:
        jobs: what should be there at the end.
        store: what is there already.
        workers: how many processes.
        log: where to report progress.
    """
    open_jobs = [job for job in jobs if store.get(job) is None]
    log(f"{len(jobs)} runs, {len(jobs) - len(open_jobs)} of them done before")
    if not open_jobs:
        return
    for name in THREADS:
        os.environ[name] = "1"  # the workers inherit it
    left: dict[str, int] = defaultdict(int)
    for job in open_jobs:
        left[job.method] += 1
    taken: dict[str, list[float]] = defaultdict(list)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        futures = {pool.submit(work, job): job for job in open_jobs}
        try:
            for done, future in enumerate(as_completed(futures), 1):
                job = futures[future]
                trace, seconds = future.result()
                store.add(job, trace)
                left[job.method] -= 1
                taken[job.method].append(seconds)
                broke = f", broke: {trace.error}" if trace.error else ""
                log(
                    f"{done}/{len(open_jobs)} {job.method} {job.problem} seed {job.seed}: "
                    f"{seconds:.1f} s{broke}; {_estimate(left, taken, workers)}"
                )
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _estimate(left: dict[str, int], taken: dict[str, list[float]], workers: int) -> str:
    """The time to go, from the runs of each method so far."""
    unknown = [method for method, n in left.items() if n and not taken[method]]
    known = sum(n * sum(taken[m]) / len(taken[m]) for m, n in left.items() if taken[m])
    more = f" and {', '.join(unknown)}" if unknown else ""
    return f"{known / workers / 60.0:.1f} min to go{more}"
