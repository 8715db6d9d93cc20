"""Runs methods on problems at equal cost, and writes the results as a page."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from benchmarks.command import Log, Results, Row, heading, runs_made, table
from benchmarks.fidelity.method import METHODS
from benchmarks.fidelity.problem import problems
from benchmarks.processes import run_each
from benchmarks.provenance import head
from benchmarks.records import RUNS, append_record, made_where, read_records
from bohwsw.surrogates import one_thread

SHARES = (0.25, 0.5, 1.0)
"""Of the budget, at which regrets are looked at."""

N_INITIAL = 10
SEEDS, QUICK_SEEDS = 10, 1
QUICK = ("Currin", "training: hidden divergence, memory measured")

PATH = RUNS / "fidelity.jsonl"

Task = tuple[str, str, int]


def run(quick: bool, log: Log) -> Results:
    """Every method on every problem with every seed, but for runs that were made before."""
    seeds = range(QUICK_SEEDS if quick else SEEDS)
    names = [problem.name for problem in problems() if not quick or problem.name in QUICK]
    runs = [] if quick else list(read_records(PATH))
    done = {(run["problem"], run["method"], run["seed"]) for run in runs}
    tasks = [(name, method, seed) for seed in seeds for name in names for method in METHODS]
    for found in run_each(spend, [task for task in tasks if task not in done]):
        runs.append(found if quick else append_record(PATH, found))
        log(f"{found['problem']}, {found['method']}, seed {found['seed']}: {found['believed']}")
    return summary(runs, quick=quick)


def summary(runs: list[Row], *, quick: bool) -> Results:
    """Results of runs, by problem and method."""
    pairs = [(problem.name, method) for problem in problems() for method in METHODS]
    found = {(run["problem"], run["method"]) for run in runs}
    return {
        **head("fidelity", quick),
        "made": [] if quick else made_where(runs),
        "rows": [_row(runs, *pair) for pair in pairs if pair in found],
    }


def spend(task: Task) -> dict[str, Any]:
    """One run: regrets at shares of the budget, and what it took."""
    name, method, seed = task
    problem = next(problem for problem in problems() if problem.name == name)
    left, believed, measured = list(SHARES), [], []
    begun, evaluations, at_target = time.process_time(), 0, 0
    with one_thread():
        for step in METHODS[method](problem, seed, N_INITIAL):
            evaluations += 1
            at_target += step.is_final
            while left and step.spent >= left[0] * problem.budget - 1e-9:
                believed.append(problem.regret(step.believed()))
                measured.append(problem.regret(step.measured()))
                left.pop(0)
            if not left:
                break
    return {
        "problem": name,
        "method": method,
        "seed": seed,
        "believed": [value if np.isfinite(value) else None for value in believed],
        "measured": [value if np.isfinite(value) else None for value in measured],
        "evaluations": evaluations,
        "at_target": at_target,
        "cpu_s": time.process_time() - begun,
    }


def _row(runs: list[Row], name: str, method: str) -> Row:
    some = [r for r in runs if r["problem"] == name and r["method"] == method]
    values = np.array(
        [[np.inf if v is None else v for v in run["believed"]] for run in some], np.float64
    )
    ends = [np.inf if run["measured"][-1] is None else run["measured"][-1] for run in some]
    median = np.median(values, axis=0)
    return {
        "problem": name,
        "method": method,
        "seeds": len(some),
        **{f"at_{share}": _finite(median[k]) for k, share in enumerate(SHARES)},
        "worst": _finite(values[:, -1].max()),
        "measured": _finite(float(np.median(ends))),
        "evaluations": float(np.median([run["evaluations"] for run in some])),
        "at_target": float(np.median([run["at_target"] for run in some])),
        "cpu_s": float(np.mean([run["cpu_s"] for run in some])),
    }


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def markdown(results: Results) -> str:
    """The results as a page."""
    columns = {
        "problem": "problem",
        "method": "method",
        "seeds": "seeds",
        **{f"at_{share}": f"regret at {share:.0%} of the budget|.3g" for share in SHARES},
        "worst": "worst seed|.3g",
        "measured": "of what was measured at the target|.3g",
        "evaluations": "evaluations|.0f",
        "at_target": "at the target|.0f",
        "cpu_s": "CPU-s|.1f",
    }
    budgets = "; ".join(f"{problem.name} {problem.budget:g}" for problem in problems())
    parts = [
        heading("Several fidelities at equal cost", results),
        runs_made(results) if results["made"] else "",
        "Medians over seeds. Regret is that of the design believed to be best, at the",
        "target, whatever was seen of it; of two objectives the missing share of the hypervolume",
        "of the designs believed to be on the front. A dash: nothing feasible is known. Budgets,",
        f"in evaluations at the target: {budgets}. Cheap evaluations cost a tenth of one",
        f"(training: from 0.03). {N_INITIAL} first points each. Sources of the problems:",
        "`benchmarks/fidelity/problem.py`.",
        "",
        table(results["rows"], columns),
    ]
    return "\n".join(parts)
