"""``python -m benchmarks.optimizers.first_feasible``: trials until the first feasible point.

On thin problems that only say yes or no, of the suite's kinds with other coefficients, beside
random points and Optuna's tree-structured Parzen estimator. Runs end at their first feasible point
and are kept.
"""

from __future__ import annotations

import statistics
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.command import Log, Results, Row, heading, run_command, runs_made, table
from benchmarks.optimizers.methods.registry import OURS, method_class
from benchmarks.optimizers.problems import problem
from benchmarks.optimizers.run import evaluate
from benchmarks.processes import run_each
from benchmarks.provenance import head
from benchmarks.records import RUNS, made_where, resumed

KINDS = (
    *("flags_pairs", "flags_choices", "flags_clauses", "flags_levels", "flags_budget"),
    *("thin_window", "thin_shell", "reactor", "furnace"),
)
METHODS = ("random", OURS, "optuna_tpe")
FIRST, COEFFICIENTS, SEEDS = 201, 8, 8
"""So many sets of coefficients from this one on, none of which anything was tuned on; and seeds."""


@dataclass(frozen=True)
class Task:
    """One run."""

    problem: str
    coefficients: int
    seed: int
    method: str


def run_task(task: Task) -> Row:
    """The trial of the first feasible point, None if no trial of the budget is one."""
    subject = problem(task.problem, task.coefficients)
    method = method_class(task.method)(subject, task.seed)
    first = None
    for trial in range(1, subject.n_trials + 1):
        candidate = method.suggest()
        found = evaluate(subject, candidate)
        if found.feasible:
            first = trial
            break
        method.observe(candidate, found)
    return {"task": asdict(task), "first": first, "of": subject.n_trials}


def run(quick: bool, log: Log, *, path: Path = RUNS / "optimizers.first_feasible.jsonl") -> Results:
    """All methods on all problems; to be quick, two seeds of one."""
    tasks = [
        Task(name, FIRST + k, seed, method)
        for name in (("thin_shell",) if quick else KINDS)
        for k in range(1 if quick else COEFFICIENTS)
        for seed in range(2 if quick else SEEDS)
        for method in (METHODS[:2] if quick else METHODS)
    ]
    found = resumed(None if quick else path, run_task, tasks, log, map if quick else run_each)
    names = dict.fromkeys(task.problem for task in tasks)
    methods = dict.fromkeys(task.method for task in tasks)
    return {
        **head("optimizers.first_feasible", quick),
        "made": [] if quick else made_where(found),
        "rows": [_row(name, method, found) for name in (*names, "all") for method in methods],
    }


def _row(name: str, method: str, found: list[Row]) -> Row:
    runs = [
        one
        for one in found
        if one["task"]["method"] == method and name in (one["task"]["problem"], "all")
    ]
    return {
        "problem": name,
        "method": method,
        "runs": len(runs),
        "without": sum(one["first"] is None for one in runs),
        "mean": statistics.fmean((one["first"] or one["of"]) / one["of"] for one in runs),
    }


COLUMNS = {
    "problem": "problem",
    "method": "method",
    "runs": "runs",
    "without": "without a feasible point",
    "mean": "mean share of the trials to the first|.2f",
}


def markdown(results: Results) -> str:
    """The results as a page."""
    parts = [
        heading("Trials to the first feasible point", results),
        runs_made(results) if results["made"] else "",
        f"{COEFFICIENTS} sets of coefficients a problem, {SEEDS} seeds each; answers are yes or",
        "no. A run without a feasible point counts as all its trials.\n",
        table(results["rows"], COLUMNS),
    ]
    return "\n".join(parts)


if __name__ == "__main__":
    about = "Trials to the first feasible point."
    sys.exit(run_command("optimizers.first_feasible", about, run, markdown))
