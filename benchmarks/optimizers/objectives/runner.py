"""Runs of all methods on all problems, and what they come to."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from benchmarks.command import Log, Results, Row
from benchmarks.optimizers.objectives.methods import METHODS, OURS, method_class
from benchmarks.optimizers.objectives.problems import BUILDERS, HELD_BACK, problem
from benchmarks.optimizers.ranking import DIGITS, Values, median, ranks
from benchmarks.optimizers.run import Trace, evaluate
from benchmarks.provenance import head
from benchmarks.records import RUNS, made_where, resumed

SEEDS = 10
FEWER_SEEDS = {"botorch": 5}

SECONDS = (1.0, 0.1)
"""Of an evaluation, where methods are compared at equal time."""


@dataclass(frozen=True)
class Task:
    """One run; ``trials`` are those of the problem unless it is to be quick."""

    problem: str
    method: str
    seed: int
    trials: int


def run_task(task: Task) -> Row:
    """The missing share of hypervolume after each trial, and the CPU-seconds of each."""
    subject = problem(task.problem)
    method = method_class(task.method)(subject, task.seed)
    found: list[tuple[float, ...]] = []
    missing: list[float] = []
    seconds: list[float] = []
    error = None
    for _ in range(task.trials):
        try:
            start = time.process_time()
            candidate = method.suggest()
            spent = time.process_time() - start
            evaluation = evaluate(subject, candidate)
            start = time.process_time()
            method.observe(candidate, evaluation)
            spent += time.process_time() - start
        except Exception as problem_of_method:  # whatever a tool may raise ends its run only
            error = f"{type(problem_of_method).__name__}: {problem_of_method}"[:300]
            break
        if evaluation.feasible and evaluation.objective is not None:
            found.append((evaluation.objective, *evaluation.further))
        missing.append(round(subject.missing(found), 6))
        seconds.append(round(spent, 5))
    done = {"missing": missing, "seconds": seconds, "feasible": len(found), "error": error}
    return {"task": asdict(task), **done}


def run(
    quick: bool, log: Log, *, path: Path | None = RUNS / "optimizers.objectives.jsonl"
) -> Results:
    """All methods on all problems; to be quick, three methods on two with fewer trials.

    Runs that the file has are not made again; quick ones are not kept.
    """
    names = ("cells_devices", "reactor_told") if quick else tuple(BUILDERS)
    methods = METHODS[:3] if quick else METHODS
    tasks = [
        Task(name, method, seed, 15 if quick else problem(name).n_trials)
        for seed in range(1 if quick else SEEDS)
        for name in names
        for method in methods
        if seed < FEWER_SEEDS.get(method, SEEDS)
    ]
    found = resumed(None if quick else path, run_task, tasks, log)
    rows = [_row(name, method, found) for name in names for method in methods]
    return {
        **head("optimizers.objectives", quick),
        "made": [] if quick else made_where(found),
        "problems": [_about(name) for name in names],
        "settings": {m: dict(method_class(m).settings) for m in methods},
        "rows": rows,
        "ranks": _ranks(names, methods, found),
        "lost": [
            f"{row['problem']}: {row['missing']:.4f}, best {best['method']} {best['missing']:.4f}"
            for row in rows
            if row["method"] == OURS
            for best in [min(_alike(row, rows), key=lambda other: float(other["missing"]))]
            if best["missing"] < row["missing"]
        ],
    }


def _about(name: str) -> Row:
    subject = problem(name)
    told = "hidden" if subject.hidden else ", ".join(subject.constraint_names) or "known ones"
    return {
        "problem": name,
        "half": "held back" if name in HELD_BACK else "tuned on",
        "kind": subject.kind,
        "objectives": subject.n_objectives,
        "limits": told,
        "front": len(subject.front),
        "source": subject.source,
    }


def _alike(row: Row, rows: Sequence[Row]) -> list[Row]:
    return [other for other in rows if other["problem"] == row["problem"]]


def _runs(name: str, method: str, found: Sequence[Row]) -> list[Row]:
    wanted = {"problem": name, "method": method}
    return [one for one in found if {**one["task"], **wanted} == one["task"]]


def _row(name: str, method: str, found: Sequence[Row]) -> Row:
    runs = _runs(name, method, found)
    ended = _after(runs, None)
    asked = sum(len(one["seconds"]) for one in runs)
    return {
        "problem": name,
        "method": method,
        "missing": median(ended),
        "worst": float(ended.max()),
        "half": median(np.array([_missing(one, len(one["missing"]) // 2) for one in runs])),
        "infeasible": 1.0 - sum(one["feasible"] for one in runs) / max(asked, 1),
        "seconds": sum(sum(one["seconds"]) for one in runs) / max(asked, 1),
        "seeds": len(runs),
        "broken": next((one["error"] for one in runs if one["error"]), None),
    }


def _missing(one: Row, trials: int) -> float:
    return float(one["missing"][trials - 1]) if trials and one["missing"] else 1.0


def _after(runs: Sequence[Row], evaluation_seconds: float | None) -> Values:
    """What each run misses at its end, or when the time of its bare evaluations is over."""
    found = []
    for one in runs:
        trials = one["task"]["trials"]
        if evaluation_seconds is not None:
            trace = Trace((), (), tuple(one["seconds"]))
            trials = trace.trials_within(trials * evaluation_seconds, evaluation_seconds)
        found.append(_missing(one, min(trials, len(one["missing"]))))
    return np.array(found).round(DIGITS)


def _ranks(names: Sequence[str], methods: Sequence[str], found: Sequence[Row]) -> list[Row]:
    """Mean ranks of the medians at equal trials and seconds, of both halves and each kind."""
    runs = {name: {method: _runs(name, method, found) for method in methods} for name in names}
    at = {"trials": None, **{f"{seconds:g} s": seconds for seconds in SECONDS}}
    regret = {
        label: {
            name: {method: _after(own, seconds) for method, own in by_method.items()}
            for name, by_method in runs.items()
        }
        for label, seconds in at.items()
    }
    parts: dict[str, Mapping[str, Mapping[str, Values]]] = {
        f"all, equal {label}": table for label, table in regret.items()
    }
    halves = {"tuned on": [n for n in names if n not in HELD_BACK]}
    halves["held back"] = [n for n in names if n in HELD_BACK]
    for kind in dict.fromkeys(problem(name).kind for name in names):
        halves[kind] = [name for name in names if problem(name).kind == kind]
    for part, members in halves.items():
        parts[part] = {name: regret["trials"][name] for name in members}
    rows = []
    for part, table in parts.items():
        mean, interval = (ranked := ranks(table)).mean, ranked.interval
        first = min(mean, key=lambda method: mean[method], default=None)
        spread = "{:.2f} to {:.2f}".format(*interval[OURS]) if OURS in interval else None
        rows.append({"part": part, **mean, "first": first, "interval": spread})
    return rows
