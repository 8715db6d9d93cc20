"""Numba, NumPy and torch on the same batches: checked against each other, then timed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from benchmarks.command import Log, Row
from benchmarks.simulator.method import Rate, rate
from benchmarks.simulator.problem import Problem, headline
from benchmarks.simulator_backends.array_library import (
    ArrayLibrary,
    numpy_library,
    torch_library,
)
from benchmarks.simulator_backends.array_simulation import evaluate, prepare
from bohwsw.mapping.tile_kernel import layer_arrays
from bohwsw.simulator.batch import BatchEvaluation, simulate_batch

BATCH_SIZES = (256, 1024, 4096, 16384)
QUICK_BATCH_SIZES = (1024,)


def run_backends(quick: bool, log: Log) -> list[Row]:
    """Each backend at its best batch size on the headline's problem.

    Raises:
        AssertionError: a backend disagrees with the compiled simulator.
    """
    sizes = QUICK_BATCH_SIZES if quick else BATCH_SIZES
    repeats, least_seconds = (5, 0.05) if quick else (15, 0.2)
    problems = [headline(size) for size in sizes]
    makers: dict[str, Callable[[Problem], Callable[[], object]]] = {"numba": compiled_call}
    for xp in (numpy_library(), torch_library()):
        check(xp, problems[0])
        makers[xp.name] = array_call(xp)
    rows: list[Row] = []
    for name, make in makers.items():
        found: dict[int, Rate] = {
            size: rate(make(problem), size, repeats, least_seconds)
            for size, problem in zip(sizes, problems, strict=True)
        }
        size = max(found, key=lambda size: found[size].best)
        rows.append(
            {
                "backend": name,
                "batch_size": size,
                "evaluations_per_cpu_second": found[size].best,
                "median": found[size].median,
                "by_batch_size": {str(key): value.best for key, value in found.items()},
            }
        )
        log(f"{name}: {found[size].best:,.0f} a CPU-second in batches of {size}")
    for row in rows:
        first = rows[0]["evaluations_per_cpu_second"]
        row["relative"] = row["evaluations_per_cpu_second"] / first
    return rows


def compiled_call(problem: Problem) -> Callable[[], object]:
    """The compiled simulator on a problem, counts returned."""
    return lambda: simulate_compiled(problem)


def simulate_compiled(problem: Problem) -> BatchEvaluation:
    """One run of the compiled simulator."""
    return simulate_batch(
        problem.layer, problem.hardware, problem.mappings, problem.machine, with_counts=True
    )


def array_call(xp: ArrayLibrary) -> Callable[[Problem], Callable[[], object]]:
    """The simulation in array operations on a problem; the layout is prepared beforehand."""

    def make(problem: Problem) -> Callable[[], object]:
        batch = prepare(xp, problem.hardware, problem.mappings, problem.machine)
        layer = layer_arrays(problem.layer)
        return lambda: evaluate(xp, layer, batch)

    return make


def check(xp: ArrayLibrary, problem: Problem) -> None:
    """Raise an AssertionError unless the array operations give what the compiled code gives."""
    expected = simulate_compiled(problem)
    batch = prepare(xp, problem.hardware, problem.mappings, problem.machine)
    results = evaluate(xp, layer_arrays(problem.layer), batch)
    worst, cycles, energy, counts = (np.moveaxis(xp.numpy(part), -1, 0) for part in results)
    assert expected.counts is not None
    np.testing.assert_allclose(worst, expected.worst_ratio, rtol=1e-12)
    np.testing.assert_array_equal(cycles, expected.latency_cycles)
    np.testing.assert_allclose(energy, expected.energy_pj, rtol=1e-12)
    np.testing.assert_array_equal(counts, expected.counts)
