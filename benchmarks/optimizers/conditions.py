"""``python -m benchmarks.optimizers.conditions``: noise, batches, and 64 workers at once.

The suite of ``benchmarks.optimizers`` asks for one point after the other and measures exactly. Here
the same problems and methods meet what clusters and real measurements do: values with noise, points
that are asked for while others are still running. Time is simulated: every evaluation has a
duration, methods learn of each when it ends. The peers are set as their manuals say for each
condition. BoTorch's mixed optimiser as the suite has it knows nothing of running points nor of
noise, so it is only there under noise, with noisy expected improvement. Under "noise, told" each
measurement comes with its standard deviation: Optuna and random search have no way to be told one,
so their runs are those under "noise".
"""

from __future__ import annotations

import heapq
import math
import statistics
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np

from benchmarks.command import Log, Results, Row, heading, run_command, runs_made, table
from benchmarks.optimizers.method import Candidate, Method
from benchmarks.optimizers.methods.bohwsw import Bohwsw
from benchmarks.optimizers.methods.botorch_noisy import BotorchNoisy
from benchmarks.optimizers.methods.optuna_gp import OptunaGp
from benchmarks.optimizers.methods.optuna_tpe import OptunaTpe
from benchmarks.optimizers.methods.random import RandomValid
from benchmarks.optimizers.problem import INFEASIBLE, Problem
from benchmarks.optimizers.problems import problem
from benchmarks.optimizers.run import evaluate, identity
from benchmarks.processes import run_each
from benchmarks.provenance import head
from benchmarks.records import RUNS, made_where, resumed

PROBLEMS = ("welded_beam", "matmul_tiling", "hidden_product", "nb201_told")
SEEDS = 5
NOISE_SHARE = 0.1
"""Standard deviation of the noise, as a share of that of valid points drawn at random."""

NOTHING_FOUND = 10.0
"""Regret of a run without a feasible point."""


@dataclass(frozen=True)
class Condition:
    """How evaluations run.

    Attributes:
        name: in the tables.
        at_once: how many run at the same time.
        together: whether all of them end at the same time (a batch); else each has a duration of
            its own, log-normal with a standard deviation of half a unit in the logarithm.
        noise: whether objectives are measured with noise; "told" if its deviation is, too.
        trials: evaluations of a run; None for the problem's own number.
    """

    name: str
    at_once: int = 1
    together: bool = True
    noise: bool | Literal["told"] = False
    trials: int | None = None


NOISE = Condition("noise", noise=True)

CONDITIONS = (
    Condition("one after the other"),
    NOISE,
    Condition("noise, told", noise="told"),
    Condition("batches of 4", 4),
    Condition("batches of 16", 16, trials=96),
    Condition("64 workers", 64, together=False, trials=256),
)


class _TpeInParallel(OptunaTpe):
    """TPE with the constant liar, as its manual says for running trials."""

    settings: ClassVar[Mapping[str, Any]] = {**OptunaTpe.settings, "constant_liar": True}


class _GpWithNoise(OptunaGp):
    """The GP sampler, told that objectives have noise."""

    settings: ClassVar[Mapping[str, Any]] = {"deterministic_objective": False}


METHODS = ("random", "bohwsw", "optuna_tpe", "optuna_gp", "botorch_noisy")
CAN_BE_TOLD = ("bohwsw", "botorch_noisy")
"""Those that take the deviation of a measurement."""


def _method(
    name: str, condition: Condition, subject: Problem, seed: int, noise_sd: float
) -> Method:
    told = noise_sd if condition.noise == "told" else None
    if name == "random":
        return RandomValid(subject, seed)
    if name == "bohwsw":
        return Bohwsw(subject, seed, told)
    if name == "botorch_noisy":
        return BotorchNoisy(subject, seed, told)
    if name == "optuna_tpe":
        return (_TpeInParallel if condition.at_once > 1 else OptunaTpe)(subject, seed)
    return (_GpWithNoise if condition.noise else OptunaGp)(subject, seed)


def _can_run(name: str, condition: Condition) -> bool:
    """The GP sampler takes a second and more a point among 64 running ones: left out there."""
    if name == "botorch_noisy":
        return bool(condition.noise)
    return name != "optuna_gp" or condition.at_once <= 16


def _run_under(name: str, condition: Condition) -> Condition:
    """The condition itself; to who cannot be told of noise it is that of untold noise."""
    is_told = condition.noise == "told" and name not in CAN_BE_TOLD
    return replace(NOISE, trials=condition.trials) if is_told else condition


@dataclass(frozen=True)
class Task:
    """One run."""

    problem: str
    method: str
    seed: int
    condition: Condition


def run_task(task: Task) -> Row:
    """Do one run in simulated time.

    Returns:
        `regret` of the point that was measured best, by its exact objective; under noise
        `recommended`, that of the one that the method takes for best; the shares of the
        evaluations that were `infeasible` and that were `repeated`, of a point asked for before;
        `error`, why the method broke, if it did: what it found until then counts.
    """
    subject = problem(task.problem)
    condition = task.condition
    random = np.random.default_rng([task.seed, 1])
    noise_sd = NOISE_SHARE * _spread(subject) if condition.noise else 0.0
    method = _method(task.method, condition, subject, task.seed, noise_sd)
    trials = condition.trials or subject.n_trials
    running: list[tuple[float, int, Candidate]] = []
    now, asked, infeasible, error = 0.0, 0, 0, None
    measured: list[tuple[float, float]] = []
    seen: set[Any] = set()
    try:
        while asked < trials or running:
            free = condition.at_once - len(running)
            if condition.together and running:
                free = 0
            for _ in range(min(free, trials - asked)):
                candidate = method.suggest()
                duration = 1.0 if condition.together else math.exp(0.5 * random.standard_normal())
                heapq.heappush(running, (now + duration, asked, candidate))
                asked += 1
                seen.add(identity(subject, candidate))
            now, _, candidate = heapq.heappop(running)
            exact = evaluate(subject, candidate)
            told = exact
            if exact.objective is not None and noise_sd > 0.0:
                told = replace(exact, objective=exact.objective + noise_sd * random.normal())
            if exact.feasible and told.objective is not None and exact.objective is not None:
                measured.append((told.objective, exact.objective))
            infeasible += not exact.feasible
            method.observe(candidate, told)
    except Exception as problem_of_method:  # whatever a tool may raise ends its run only
        error = f"{type(problem_of_method).__name__}: {problem_of_method}"[:300]
    regret = subject.regret(min(measured)[1]) if measured else NOTHING_FOUND
    chosen = method.recommended() if condition.noise else None
    exact = INFEASIBLE if chosen is None else subject.evaluate(chosen)
    return {
        "task": asdict(task),
        "regret": regret,
        "recommended": regret if exact.objective is None else subject.regret(exact.objective),
        "infeasible": infeasible / trials,
        "repeated": 1.0 - len(seen) / max(asked, 1),
        "error": error,
    }


def _spread(subject: Problem) -> float:
    """Standard deviation of the objective over feasible points drawn at random."""
    drawn = subject.space.sample(300, np.random.default_rng(0))
    values = [subject.evaluate(point) for point in drawn]
    feasible = [v.objective for v in values if v.feasible and v.objective is not None]
    return statistics.pstdev(feasible)


def run(
    quick: bool, log: Log, *, path: Path | None = RUNS / "optimizers.conditions.jsonl"
) -> Results:
    """All methods on all problems under all conditions.

    Runs that the file has are not made again; quick ones are not kept.
    """
    names = PROBLEMS[1:3] if quick else PROBLEMS
    conditions = list(CONDITIONS)
    if quick:
        conditions = [replace(condition, trials=16) for condition in CONDITIONS[:3]]
    methods = METHODS[:3] if quick else METHODS
    seeds = 1 if quick else SEEDS
    tasks = [
        Task(name, method, seed, _run_under(method, condition))
        for seed in range(seeds)
        for condition in conditions
        for name in names
        for method in methods
        if _can_run(method, condition)
    ]
    tasks = list(dict.fromkeys(tasks))
    found = resumed(None if quick else path, run_task, tasks, log, run_each)
    rows = [
        _row(condition, name, method, found)
        for condition in conditions
        for name in names
        for method in methods
        if _can_run(method, condition)
    ]
    return {
        **head("optimizers.conditions", quick),
        "made": [] if quick else made_where(found),
        "seeds": seeds,
        "rows": rows,
        "ranks": [
            _rank(condition.name, method, rows)
            for condition in conditions
            for method in methods
            if _can_run(method, condition)
        ],
        "lost": _lost("regret", rows) + _lost("recommended", rows),
    }


def _lost(key: str, rows: list[Row]) -> list[str]:
    """Where another method's median of a regret is below ours."""
    return [
        f"{row['condition']}, {row['problem']}, {key}: {row[key]:.4f}, best "
        f"{best['method']} {best[key]:.4f}"
        for row in rows
        if row["method"] == "bohwsw" and (key == "regret" or "noise" in row["condition"])
        for best in [min(_alike(row, rows), key=lambda other: float(other[key]))]
        if best[key] < row[key]
    ]


def _alike(row: Row, rows: list[Row]) -> list[Row]:
    """The rows of all methods on the same problem under the same condition."""
    return [r for r in rows if (r["condition"], r["problem"]) == (row["condition"], row["problem"])]


def _row(condition: Condition, name: str, method: str, found: list[Row]) -> Row:
    wanted = {
        "condition": asdict(_run_under(method, condition)),
        "problem": name,
        "method": method,
    }
    runs = [one for one in found if {**one["task"], **wanted} == one["task"]]
    return {
        "condition": condition.name,
        "problem": name,
        "method": method,
        "regret": statistics.median(one["regret"] for one in runs),
        "recommended": statistics.median(
            {"recommended": one["regret"], **one}["recommended"] for one in runs
        ),
        "worst": max(one["regret"] for one in runs),
        "infeasible": statistics.fmean(one["infeasible"] for one in runs),
        "repeated": statistics.fmean(one["repeated"] for one in runs),
        "broken": sum(one["error"] is not None for one in runs),
        "error": next((one["error"] for one in runs if one["error"]), None),
    }


def _rank(condition: str, method: str, rows: list[Row]) -> Row:
    """The mean rank over problems of the median regret; equal ones share a rank."""
    ranks: dict[str, list[float]] = {"regret": [], "recommended": []}
    for row in rows:
        if (row["condition"], row["method"]) == (condition, method):
            for key, found in ranks.items():
                regrets = [float(other[key]) for other in _alike(row, rows)]
                below = sum(value < row[key] for value in regrets)
                found.append(below + (sum(value == row[key] for value in regrets) + 1) / 2)
    means = {key: statistics.fmean(found) for key, found in ranks.items()}
    return {
        "condition": condition,
        "method": method,
        "rank": means["regret"],
        "rank_recommended": means["recommended"],
    }


def markdown(results: Results) -> str:
    """The results as a page."""
    lost = "\n".join(f"- {text}" for text in results["lost"]) or "- none"
    errors = sorted({f"- {r['method']}: {r['error']}" for r in results["rows"] if r["error"]})
    columns = {
        "condition": "condition",
        "problem": "problem",
        "method": "method",
        "regret": "median regret|.4f",
        "recommended": "of the one recommended|.4f",
        "worst": "worst|.4f",
        "infeasible": "infeasible|.0%",
        "repeated": "asked again|.0%",
        "broken": "runs broken",
    }
    ranks = {"condition": "condition", "method": "method"}
    ranks |= {"rank": "mean rank|.2f", "rank_recommended": "by the one recommended|.2f"}
    parts = [
        heading("Noise, batches, and 64 workers", results),
        runs_made(results) if results["made"] else "",
        f"{results['seeds']} seeds each. Noise: a standard deviation of {NOISE_SHARE:.0%} of that",
        "of valid points drawn at random; the regret is that of the point measured best, by its",
        f"exact objective; nothing found counts as {NOTHING_FOUND:g}. Ours and BoTorch's recommend",
        "what their models believe to be best, Optuna what was measured best. Told: measurements",
        "come with their deviation, which Optuna cannot take: its runs, and those of random",
        "search, are those of untold noise. Batches end together; of 64",
        "workers each takes a time of its own (there the GP sampler would take minutes a run, and",
        "is left out).\n",
        table(results["ranks"], ranks),
        f"Where another method is ahead of ours:\n\n{lost}\n",
        table(results["rows"], columns),
    ]
    if errors:
        parts.append("Runs that broke:\n\n" + "\n".join(errors) + "\n")
    return "\n".join(parts)


if __name__ == "__main__":
    sys.exit(run_command("optimizers.conditions", "Noise, batches and workers.", run, markdown))
