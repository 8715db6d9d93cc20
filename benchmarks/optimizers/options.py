"""``python -m benchmarks.optimizers.options``: options of the strategy beside its defaults.

On the cells of NAS-Bench-201 less caution, and what is told of the graph of a cell by
`cell_features`, which no peer can be told: chosen on the first two problems, the last two were
looked at once. On problems of about 20 parameters, of the suite's tuned half, a trust region; with
and without it five of more than 50, where it is the default. Runs are kept and not made again;
those with the defaults are the suite's, where it has them.
"""

from __future__ import annotations

import math
import statistics
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.command import Log, Results, Row, heading, run_command, runs_made, table
from benchmarks.optimizers.methods.bohwsw import Bohwsw
from benchmarks.optimizers.methods.registry import OURS, method_class
from benchmarks.optimizers.problem import Problem
from benchmarks.optimizers.problems import problem
from benchmarks.optimizers.problems.many import MANY
from benchmarks.optimizers.problems.networks import OPERATORS
from benchmarks.optimizers.run import run as run_one
from benchmarks.processes import run_each
from benchmarks.provenance import head
from benchmarks.records import MADE, RUNS, made_where, read_records, resumed
from bohwsw.space import Space
from bohwsw.workload import cell_features

USUAL, BOLD = "usual", "caution 0.4"
REGION, NO_REGION = "trust region", "no trust region"
CELLS, BOTH = "cell features", "cell features, caution 0.4"
SETTINGS: Mapping[str, Mapping[str, Any]] = {
    USUAL: {},
    BOLD: {"caution": 0.4},
    CELLS: {},
    BOTH: {"caution": 0.4},
    REGION: {"trust_region": True},
    NO_REGION: {"trust_region": False},
}
PEERS = ("random", "optuna_tpe")
PROBLEMS: Mapping[str, Mapping[str, int]] = {
    "nb201_told": {CELLS: 10},
    "nb201_hidden": {BOLD: 10, BOTH: 5},
    "nb201_two_sided": {BOLD: 10, BOTH: 5},
    "nb201_fast": {BOLD: 10, BOTH: 5},
    "fbnet_told": {REGION: 4},
    "flags_pairs": {REGION: 4},
    "flags_choices": {REGION: 4},
    **{name: {NO_REGION: 3, REGION: 3, "random": 3, "optuna_tpe": 3} for name in MANY},
}
"""With which settings and how many seeds each problem is run."""

CELL = {"op_0": (0, 1), "op_1": (0, 2), "op_2": (1, 2), "op_3": (0, 3), "op_4": (1, 3)}
CELL |= {"op_5": (2, 3)}
NOTHING_FOUND = 10.0
"""Regret of a run without a feasible point."""


@dataclass(frozen=True)
class Task:
    """One run."""

    problem: str
    setting: str
    seed: int


def run_task(task: Task) -> Row:
    """One run: its regret, its share of infeasible evaluations, CPU-seconds a suggestion."""
    subject = MANY[task.problem]() if task.problem in MANY else problem(task.problem)
    if task.setting in (CELLS, BOTH):
        features = cell_features(CELL, OPERATORS, absent="none", identity="skip")
        subject = replace(subject, space=Space(subject.space.parameters, features=features))
    if task.setting in PEERS:
        trace = run_one(subject, method_class(task.setting)(subject, task.seed))
    else:
        trace = run_one(subject, Bohwsw(subject, task.seed, **SETTINGS[task.setting]))
    best = trace.best(subject.n_trials)
    return _run_row(task, subject, best, trace.infeasible, trace.seconds)


def _run_row(
    task: Task, subject: Problem, best: float, infeasible: int, seconds: Sequence[float]
) -> Row:
    return {
        "task": asdict(task),
        "regret": subject.regret(best) if math.isfinite(best) else NOTHING_FOUND,
        "infeasible": infeasible / len(seconds),
        "seconds": sum(seconds) / len(seconds),
    }


def run(quick: bool, log: Log, *, path: Path = RUNS / "optimizers.options.jsonl") -> Results:
    """All settings on all problems; to be quick, one seed of one problem."""
    plan = {"flags_pairs": {USUAL: 1, REGION: 1}} if quick else PROBLEMS
    tasks = [
        Task(name, setting, seed)
        for name, settings in plan.items()
        for seed in range(max(settings.values()))
        for setting, n in settings.items()
        if seed < n
    ]
    each = map if quick else run_each
    found = resumed(None if quick else path, run_task, tasks, log, each)
    return summary(found if quick else [*_suite(plan), *found], quick=quick)


def _suite(plan: Mapping[str, Any]) -> list[Row]:
    """The suite's runs with the defaults, the latest of each seed."""
    last = {
        (record["job"]["problem"], record["job"]["seed"]): record
        for record in read_records(RUNS / "optimizers.spaces.jsonl")
        if record["job"]["method"] == OURS and record["job"]["problem"] in plan
    }
    found = []
    for (name, seed), record in last.items():
        values, seconds = record["trace"]["objective"], record["trace"]["seconds"]
        best = min((value for value in values if value is not None), default=math.inf)
        row = _run_row(Task(name, USUAL, seed), problem(name), best, values.count(None), seconds)
        found.append({**row, MADE: record[MADE]})
    return found


def summary(found: list[Row], *, quick: bool) -> Results:
    """Results of runs, by problem and setting."""
    pairs = dict.fromkeys((one["task"]["problem"], one["task"]["setting"]) for one in found)
    order = sorted(pairs, key=lambda pair: [*PROBLEMS].index(pair[0]))
    return {
        **head("optimizers.options", quick),
        "made": [] if quick else made_where(found),
        "rows": [_row(*pair, found) for pair in order],
    }


def _row(name: str, setting: str, found: list[Row]) -> Row:
    own = {"problem": name, "setting": setting}
    runs = [one for one in found if {**one["task"], **own} == one["task"]]
    return {
        **own,
        "seeds": len(runs),
        "regret": statistics.median(one["regret"] for one in runs),
        "mean": statistics.fmean(one["regret"] for one in runs),
        "worst": max(one["regret"] for one in runs),
        "infeasible": statistics.fmean(one["infeasible"] for one in runs),
        "seconds": statistics.fmean(one["seconds"] for one in runs),
    }


COLUMNS = {
    "problem": "problem",
    "setting": "options",
    "seeds": "seeds",
    "regret": "median regret|.4f",
    "mean": "mean|.4f",
    "worst": "worst|.4f",
    "infeasible": "infeasible|.0%",
    "seconds": "CPU-s a suggestion|.3f",
}


def markdown(results: Results) -> str:
    """The results as a page."""
    parts = [
        heading("Options of the Bayesian strategy", results),
        runs_made(results) if results["made"] else "",
        "Usual: the defaults. Cells: the model is told the graph of the cell; no peer can be.",
        f"A run that finds nothing counts as a regret of {NOTHING_FOUND:g}.\n",
        table(results["rows"], COLUMNS),
    ]
    return "\n".join(parts)


if __name__ == "__main__":
    sys.exit(run_command("optimizers.options", "Options beside the defaults.", run, markdown))
