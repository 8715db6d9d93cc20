"""What is run in which order, and the results as a page."""

from __future__ import annotations

from benchmarks.command import Log, Results, Row, heading, table
from benchmarks.provenance import head
from benchmarks.simulator.method import compile_seconds, rate, scalar_call_ms
from benchmarks.simulator.problem import Problem, all_problems, headline
from benchmarks.simulator_backends.runner import run_backends
from bohwsw.simulator.batch import simulate_batch

BATCH = 2048


def run(quick: bool, log: Log) -> Results:
    """All measurements; ``evaluations_per_cpu_second`` is the headline problem's best repeat.

    The best, because whatever else the machine does can only slow a repeat down; the median stands
    beside it.
    """
    repeats, least_seconds = (5, 0.05) if quick else (25, 0.2)
    rows: list[Row] = []
    for problem in all_problems(BATCH):
        rows.append(_measure(problem, repeats, least_seconds))
        log(f"{problem.name}: {rows[-1]['evaluations_per_cpu_second']:,.0f} a CPU-second")
    backends = run_backends(quick, log)
    log("compiling without a cache")
    return {
        **head("simulator", quick),
        "evaluations_per_cpu_second": rows[0]["evaluations_per_cpu_second"],
        "evaluations_per_cpu_second_median": rows[0]["median"],
        "scalar_call_ms": scalar_call_ms(headline(BATCH), 100 if quick else 1000),
        "compile_seconds": compile_seconds(),
        "batch_size": BATCH,
        "problems": rows,
        "backends": backends,
    }


def _measure(problem: Problem, repeats: int, least_seconds: float) -> Row:
    def simulate(with_counts: bool) -> object:
        return simulate_batch(
            problem.layer,
            problem.hardware,
            problem.mappings,
            problem.machine,
            with_counts=with_counts,
        )

    complete = rate(lambda: simulate(True), BATCH, repeats, least_seconds)
    without = rate(lambda: simulate(False), BATCH, repeats, least_seconds)
    result = simulate_batch(problem.layer, problem.hardware, problem.mappings, problem.machine)
    return {
        "problem": problem.name,
        "valid_share": float(result.valid.mean()),
        "evaluations_per_cpu_second": complete.best,
        "median": complete.median,
        "counts_not_stored": without.best,
    }


def markdown(results: Results) -> str:
    """The results as a page."""
    compiling = results["compile_seconds"]
    problems = {
        "problem": "problem",
        "valid_share": "valid|.0%",
        "evaluations_per_cpu_second": "evaluations per CPU-second, best repeat|,.0f",
        "median": "median|,.0f",
        "counts_not_stored": "counts not returned, best|,.0f",
    }
    backends = {
        "backend": "backend",
        "batch_size": "best batch size|,",
        "evaluations_per_cpu_second": "evaluations per CPU-second, best repeat|,.0f",
        "median": "median|,.0f",
        "relative": "relative to numba|.3f",
    }
    scalar = f"Scalar call: {results['scalar_call_ms']:.3f} ms of CPU."
    parts = [
        heading("Speed of the simulator", results),
        "One thread, CPU time of the process, without compilation. Each evaluation is complete:",
        "validity, reads, fills and updates of every level and data space, cycles, energy. Batches",
        f"of {results['batch_size']:,} random mappings; Eyeriss with 168 PEs, free dataflow.\n",
        table(results["problems"], problems),
        f"{scalar} Compilation, once after installation: {compiling['simulator']:.1f} s of CPU for",
        f"the simulator, {compiling['mapper']:.1f} s more for the mapper.\n",
        "## Backends\n",
        "The same evaluations of the first problem, counts returned, each backend at its best",
        "batch size. NumPy and torch run one program of whole-array operations, in the array",
        "layout that suits them best; its results equal those of the compiled code.\n",
        table(results["backends"], backends),
    ]
    return "\n".join(parts)
