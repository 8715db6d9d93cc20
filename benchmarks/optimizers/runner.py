"""What is run in which order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.command import Log, Results
from benchmarks.optimizers.methods.registry import (
    METHODS,
    installed,
    method_class,
    versions_of,
)
from benchmarks.optimizers.pool import do
from benchmarks.optimizers.problems import BUILDERS, problem
from benchmarks.optimizers.results import figures
from benchmarks.optimizers.run import Trace
from benchmarks.optimizers.store import Job, Store, conditions_of
from benchmarks.provenance import head
from benchmarks.records import RUNS

STORE = RUNS / "optimizers.jsonl"

QUICK_PROBLEMS = ("pressure_vessel", "matmul_tiling", "hidden_product")
QUICK_METHODS = ("random", "bohwsw", "optuna_tpe", "optuna_gp", "pymoo_ga", "paper")
QUICK_SEEDS = 3
QUICK_TRIALS = 25


@dataclass(frozen=True)
class Plan:
    """What to run.

    Attributes:
        quick: a few problems, fast methods, few seeds.
        problems: names; None for all.
        methods: names; None for all that are installed.
        seeds: how many; None for 10, or 3 if quick.
        slow_seeds: how many for Ax, which takes longer than all others together.
        held_out: seed of other coefficients.
        rerun: methods whose earlier runs do not count.
        workers: processes.
        store: file of finished runs.
        finished_only: report what the file has and run nothing.
    """

    quick: bool = False
    problems: Sequence[str] | None = None
    methods: Sequence[str] | None = None
    seeds: int | None = None
    slow_seeds: int | None = None
    held_out: int | None = None
    rerun: Sequence[str] = ()
    workers: int = 2
    store: Path = STORE
    finished_only: bool = False


def run(plan: Plan, log: Log) -> Results:
    """Do what is not done yet and report all of it.

    Raises:
        SpecError: a name is unknown.
        MissingExtraError: a method was asked for by name whose package is not installed.
    """
    methods = _methods(plan, log)
    names = plan.problems or (QUICK_PROBLEMS if plan.quick else tuple(BUILDERS))
    problems = {name: problem(name, plan.held_out) for name in names}
    n_trials = {
        name: min(subject.n_trials, QUICK_TRIALS) if plan.quick else subject.n_trials
        for name, subject in problems.items()
    }
    seeds = plan.seeds or (QUICK_SEEDS if plan.quick else 10)
    jobs = [
        Job(name, method, seed, n_trials[name], plan.held_out, conditions_of(subject, method))
        for method in methods
        for seed in range(min(seeds, plan.slow_seeds or seeds) if method == "ax" else seeds)
        for name, subject in problems.items()
    ]
    store = Store(plan.store, forget=plan.rerun)
    if not plan.finished_only:
        do(jobs, store, plan.workers, log)
    traces: dict[str, dict[str, list[Trace]]] = {name: {} for name in names}
    for job in jobs:
        trace = store.get(job)
        if trace is not None:
            traces[job.problem].setdefault(job.method, []).append(trace)
    return {
        **head("optimizers", plan.quick),
        "held_out": plan.held_out,
        "methods": {name: _about(name) for name in methods},
        "made": store.made_where(jobs),
        "unfinished": sum(store.get(job) is None for job in jobs),
        **figures(problems, n_trials, traces),
    }


def _methods(plan: Plan, log: Log) -> list[str]:
    """Those asked for, or those that can run."""
    if plan.methods is not None:
        for name in plan.methods:
            method_class(name)
        return [name for name in METHODS if name in plan.methods]
    there = installed()
    missing = [name for name in METHODS if name not in there]
    if missing:
        log(f"left out, not installed: {', '.join(missing)} (make peers)")
    return [name for name in there if name in QUICK_METHODS or not plan.quick]


def _about(name: str) -> dict[str, str]:
    settings = ", ".join(f"{key}={value}" for key, value in method_class(name).settings.items())
    versions = ", ".join(f"{key} {value}" for key, value in versions_of(name).items())
    return {"settings": settings, "versions": versions}
