"""How speed is measured: CPU time of this process, one thread, compilation apart, repeats."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmarks.simulator.problem import Problem
from bohwsw.simulator.reference import simulate


@dataclass(frozen=True)
class Rate:
    """Evaluations per CPU-second over some repeats."""

    median: float
    best: float


def rate(call: Callable[[], object], evaluations: int, repeats: int, least_seconds: float) -> Rate:
    """Time a call that makes so many evaluations.

    Args:
        call: what to time; called once before, so that nothing is compiled or loaded meanwhile.
        evaluations: evaluations of one call.
        repeats: timings to take; the median and the best of them are reported.
        least_seconds: calls are repeated inside one timing until it is at least so long.
    """
    call()
    inner = 1
    while _seconds(call, inner) < least_seconds:
        inner *= 2
    gc.disable()
    try:
        seconds = [_seconds(call, inner) for _ in range(repeats)]
    finally:
        gc.enable()
    work = evaluations * inner
    return Rate(work / float(np.median(seconds)), work / min(seconds))


def _seconds(call: Callable[[], object], times: int) -> float:
    start = time.process_time()
    for _ in range(times):
        call()
    return time.process_time() - start


def scalar_call_ms(problem: Problem, calls: int) -> float:
    """Milliseconds of CPU of one call of the scalar simulator, over different mappings."""
    mappings = [problem.mappings.mapping(row) for row in range(calls)]
    architecture, costs = problem.machines[0]
    simulate(problem.layer, architecture, mappings[0], costs)
    start = time.process_time()
    for mapping in mappings:
        simulate(problem.layer, architecture, mapping, costs)
    return (time.process_time() - start) / calls * 1e3


FIRST_CALLS = """
import json, time
from benchmarks.simulator.problem import headline
from bohwsw.simulator.batch import simulate_batch
problem = headline(1)
start = time.process_time()
simulate_batch(problem.layer, problem.hardware, problem.mappings, problem.machine)
simulator = time.process_time() - start
from bohwsw.mapper.annealing import AnnealingMapper
start = time.process_time()
AnnealingMapper().warm_up()
print(json.dumps({"simulator": simulator, "mapper": time.process_time() - start}))
"""


def compile_seconds() -> dict[str, float]:
    """CPU-seconds of the first simulation and of the first search, in a process with no cache."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-c", FIRST_CALLS],
            env={**os.environ, "NUMBA_CACHE_DIR": folder, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        )
    found: dict[str, float] = json.loads(done.stdout)
    return found
