"""``python -m benchmarks.optimizers.options``: options of the strategy beside its defaults.

On problems of many parameters, where a trust region might help: those of the suite's tuned half,
and the function of 50 truth values and three reals on which regions for mixed spaces are compared
(X. Wan et al., "Think Global and Act Local", ICML 2021). Runs are kept and not made again.
"""

from __future__ import annotations

import math
import statistics
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.command import Log, Results, Row, heading, run_command, runs_made, table
from benchmarks.optimizers.methods.bohwsw import Bohwsw
from benchmarks.optimizers.problem import Evaluation, Problem
from benchmarks.optimizers.problems import problem
from benchmarks.optimizers.run import run as run_one
from benchmarks.processes import run_each
from benchmarks.provenance import head
from benchmarks.records import RUNS, made_where, resumed
from bohwsw.space import Categorical, Point, Real, Space

SETTINGS: Mapping[str, Mapping[str, Any]] = {"usual": {}, "trust region": {"trust_region": True}}
PROBLEMS = ("fbnet_told", "flags_pairs", "flags_choices", "tree_nested", "ackley_53")
SEEDS = 5
NOTHING_FOUND = 10.0
"""Regret of a run without a feasible point."""


@dataclass(frozen=True)
class Task:
    """One run."""

    problem: str
    setting: str
    seed: int


def ackley_53() -> Problem:
    """Ackley's function of 50 choices of 0 or 1 and three reals from -1 to 1; the optimum is 0."""
    flags, reals = [f"flag_{k}" for k in range(50)], [f"x_{k}" for k in range(3)]
    space = Space([*(Categorical(n, [0, 1]) for n in flags), *(Real(n, -1, 1) for n in reals)])

    def evaluate(point: Point) -> Evaluation:
        z = [float(point[name]) for name in (*flags, *reals)]
        far = math.sqrt(sum(v * v for v in z) / len(z))
        waves = sum(math.cos(2.0 * math.pi * v) for v in z) / len(z)
        value = -20.0 * math.exp(-0.2 * far) - math.exp(waves) + 20.0 + math.e
        return Evaluation(True, 1.0 + value)

    best: Point = {**dict.fromkeys(flags, 0), **dict.fromkeys(reals, 0.0)}
    source = "D. H. Ackley, 'A Connectionist Machine for Genetic Hillclimbing', 1987, plus 1"
    return Problem("ackley_53", "mixed", space, evaluate, 1.0, best, 120, False, source)


def run_task(task: Task) -> Row:
    """One run: its regret, its share of infeasible evaluations, CPU-seconds a suggestion."""
    subject = ackley_53() if task.problem == "ackley_53" else problem(task.problem)
    trace = run_one(subject, Bohwsw(subject, task.seed, **SETTINGS[task.setting]))
    best, n = trace.best(subject.n_trials), len(trace.seconds)
    return {
        "task": asdict(task),
        "regret": subject.regret(best) if math.isfinite(best) else NOTHING_FOUND,
        "infeasible": trace.infeasible / n,
        "seconds": sum(trace.seconds) / n,
    }


def run(quick: bool, log: Log, *, path: Path = RUNS / "optimizers.options.jsonl") -> Results:
    """All settings on all problems."""
    names, seeds = (("flags_pairs",), 1) if quick else (PROBLEMS, SEEDS)
    tasks = [Task(n, s, seed) for seed in range(seeds) for n in names for s in SETTINGS]
    found = resumed(None if quick else path, run_task, tasks, log, map if quick else run_each)
    return {
        **head("optimizers.options", quick),
        "made": [] if quick else made_where(found),
        "seeds": seeds,
        "rows": [_row(name, setting, found) for name in names for setting in SETTINGS],
    }


def _row(name: str, setting: str, found: list[Row]) -> Row:
    own = {"problem": name, "setting": setting}
    runs = [one for one in found if {**one["task"], **own} == one["task"]]
    return {
        **own,
        "regret": statistics.median(one["regret"] for one in runs),
        "worst": max(one["regret"] for one in runs),
        "infeasible": statistics.fmean(one["infeasible"] for one in runs),
        "seconds": statistics.fmean(one["seconds"] for one in runs),
    }


COLUMNS = {
    "problem": "problem",
    "setting": "options",
    "regret": "median regret|.4f",
    "worst": "worst|.4f",
    "infeasible": "infeasible|.0%",
    "seconds": "CPU-s a suggestion|.3f",
}


def markdown(results: Results) -> str:
    """The results as a page."""
    parts = [
        heading("Options of the Bayesian strategy", results),
        runs_made(results) if results["made"] else "",
        f"{results['seeds']} seeds. A run that finds nothing counts {NOTHING_FOUND:g}.\n",
        table(results["rows"], COLUMNS),
    ]
    return "\n".join(parts)


if __name__ == "__main__":
    sys.exit(run_command("optimizers.options", "Options beside the defaults.", run, markdown))
