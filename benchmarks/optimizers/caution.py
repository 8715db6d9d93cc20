"""``python -m benchmarks.optimizers.caution``: infeasible evaluations saved, and what that costs.

The Bayesian strategy with other settings of ``caution`` and ``n_initial`` on problems that only say
yes or no, of the suite's kinds with other coefficients. Settings are compared run by run: same
problem, same seed.
"""

from __future__ import annotations

import math
import statistics
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from benchmarks.command import Log, Results, Row, heading, run_command, table
from benchmarks.optimizers.methods.bohwsw import Bohwsw
from benchmarks.optimizers.problems import problem
from benchmarks.optimizers.run import run as run_one
from benchmarks.processes import run_each
from benchmarks.provenance import head

PROBLEMS = {
    "hidden_product": 6,
    "hidden_rules": 6,
    "hidden_capacity": 6,
    "hidden_timing": 6,
    "hidden_schedule": 6,
    "mapping_convolution": 3,
    "mapping_dense": 3,
}
"""Names with how many sets of coefficients; the optima of mapping problems take longer to find."""

SEEDS = 3
LEAST_REGRET = 1e-3
"""Smaller regrets count as this: their logarithms are compared."""

NOTHING_FOUND = 10.0
"""Regret of a run without a feasible point."""


@dataclass(frozen=True)
class Setting:
    """Options of the strategy; the first is what the others are compared with."""

    caution: float
    n_initial: int


SETTINGS = (
    Setting(0.7, 10),
    Setting(0.0, 10),
    Setting(0.5, 10),
    Setting(0.85, 10),
    Setting(0.95, 10),
    Setting(0.7, 5),
    Setting(0.85, 5),
)


@dataclass(frozen=True)
class Task:
    """One run."""

    problem: str
    coefficients: int
    seed: int
    setting: Setting


@dataclass(frozen=True)
class Found:
    """What came of it: infeasible evaluations, and the regret, infinite if nothing is feasible."""

    task: Task
    infeasible: int
    regret: float


def run_task(task: Task) -> Found:
    """Do one run."""
    subject = problem(task.problem, task.coefficients)
    trace = run_one(subject, Bohwsw(subject, task.seed, **asdict(task.setting)))
    return Found(task, trace.infeasible, subject.regret(trace.best(subject.n_trials)))


def run(quick: bool, log: Log) -> Results:
    """All settings on all problems."""
    counts = {"hidden_product": 1, "hidden_rules": 1} if quick else PROBLEMS
    settings = SETTINGS[:2] if quick else SETTINGS
    tasks = [
        Task(name, coefficients, seed, setting)
        for name, count in counts.items()
        for coefficients in range(1, count + 1)
        for seed in range(SEEDS)
        for setting in settings
    ]
    found: dict[Task, Found] = {}
    for one in run_each(run_task, tasks):
        found[one.task] = one
        if len(found) % 50 == 0:
            log(f"[{len(found)}/{len(tasks)}]")
    return {
        **head("optimizers.caution", quick),
        "coefficients": counts,
        "seeds": SEEDS,
        "rows": [
            _row(setting, name, [found[task] for task in tasks if _is(task, setting, name)], found)
            for name in (*counts, "all")
            for setting in settings
        ],
    }


def _is(task: Task, setting: Setting, name: str) -> bool:
    return task.setting == setting and name in (task.problem, "all")


def _row(setting: Setting, name: str, runs: Sequence[Found], found: dict[Task, Found]) -> Row:
    def usual(run: Found) -> Found:
        task = run.task
        return found[Task(task.problem, task.coefficients, task.seed, SETTINGS[0])]

    worse = np.array([_log_regret(run) - _log_regret(usual(run)) for run in runs])
    error = 1.96 * float(worse.std()) / math.sqrt(len(worse))
    return {
        "problem": name,
        "caution": setting.caution,
        "n_initial": setting.n_initial,
        "infeasible": statistics.fmean(run.infeasible for run in runs),
        "saved": 1.0
        - sum(run.infeasible for run in runs) / max(1, sum(usual(run).infeasible for run in runs)),
        "regret": statistics.median(min(run.regret, NOTHING_FOUND) for run in runs),
        "factor": math.exp(float(worse.mean())),
        "factor_low": math.exp(float(worse.mean()) - error),
        "factor_high": math.exp(float(worse.mean()) + error),
    }


def _log_regret(run: Found) -> float:
    return math.log(min(max(run.regret, LEAST_REGRET), NOTHING_FOUND))


COLUMNS = {
    "problem": "problem",
    "caution": "caution|g",
    "n_initial": "initial",
    "infeasible": "infeasible a run|.1f",
    "saved": "saved|.0%",
    "regret": "median regret|.3f",
    "factor": "regret against the usual|.2f",
    "factor_low": "from|.2f",
    "factor_high": "to|.2f",
}


def markdown(results: Results) -> str:
    """The results as a page."""
    counts = ", ".join(f"{name} {count}" for name, count in results["coefficients"].items())
    usual = SETTINGS[0]
    parts = [
        heading("Caution: infeasible evaluations saved, and what that costs", results),
        "Problems with other coefficients than the suite's, so many sets of them:",
        f"{counts}; {results['seeds']} seeds each.",
        f"Usual: caution {usual.caution:g} after {usual.n_initial} initial points. Saved:",
        "infeasible evaluations, as a share of the usual. Regret against the usual: geometric mean",
        "over runs with the same problem and seed, and its 95 % interval; regrets below",
        f"{LEAST_REGRET:g} count as that, nothing found as {NOTHING_FOUND:g}.\n",
        table(results["rows"], COLUMNS),
    ]
    return "\n".join(parts)


if __name__ == "__main__":
    sys.exit(
        run_command("optimizers.caution", "What caution saves and what it costs.", run, markdown)
    )
