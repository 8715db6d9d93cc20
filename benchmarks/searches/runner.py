"""Every search on every problem that it supports, and the results as a page."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.command import Log, Results, Row
from benchmarks.optimizers.ranking import interval, median, ranks
from benchmarks.provenance import provenance
from benchmarks.searches.problem import Problem
from benchmarks.searches.problems import PROBLEMS, problem
from benchmarks.searches.store import Store
from bohwsw.errors import unknown_name
from bohwsw.strategies import STRATEGIES, strategy_class
from bohwsw.strategies.registry import BY_OTHERS

OURS = "bayesian"
QUICK = ("macro", "nb201")
NAMED = ("macro_free",)
"""Problems that are run by name only."""
SEEDS = 10
FEW_SEEDS = {"digits_trained": 2}
"""Of problems whose evaluations are dear; these do not count for ranks."""


@dataclass(frozen=True)
class Plan:
    """What to run.

    Attributes:
        only: names of problems and strategies; of a kind that none is named of, all.
        seeds: of each search.
        quick: two problems, fewer evaluations and seeds.
        accuracies: a file with NAS-Bench-201's accuracies after 200 epochs.
        store: the file of finished searches; None: nothing is kept.
        again: problems and strategies whose searches are to be done again.
        stored: whether only finished searches count, and none is done now.
    """

    only: Sequence[str] = ()
    seeds: int | None = None
    quick: bool = False
    accuracies: Path | None = None
    store: Path | None = None
    again: Collection[str] = ()
    stored: bool = False


def run(plan: Plan, log: Log) -> Results:
    """All searches, one after the other, seed by seed.

    Raises:
        SpecError: a name is neither that of a problem nor of a strategy.
    """
    for name in (*plan.only, *plan.again):
        if name not in (*PROBLEMS, *STRATEGIES):
            raise unknown_name("problem or strategy", name, (*PROBLEMS, *STRATEGIES))
    asked = [name for name in PROBLEMS if name in plan.only]
    others = QUICK if plan.quick else [name for name in PROBLEMS if name not in NAMED]
    given = {"nb201": {"accuracies": plan.accuracies}}
    subjects = [problem(name, **given.get(name, {})) for name in asked or others]
    strategies = [name for name in STRATEGIES if name in plan.only] or list(STRATEGIES)
    refused = [
        {"problem": subject.name, "strategy": name, "why": why}
        for subject in subjects
        for name in strategies
        if (why := _refusal(subject, name)) is not None
    ]
    left_out = {(row["problem"], row["strategy"]) for row in refused}
    seeds = plan.seeds or (2 if plan.quick else SEEDS)
    store, found = Store(plan.store, plan.again), list[Row]()
    for seed in range(seeds):
        for subject in subjects:
            n = min(100, subject.evaluations) if plan.quick else subject.evaluations
            if seed >= FEW_SEEDS.get(subject.name, seeds):
                continue
            for name in strategies:
                is_new = not store.has(subject, name, seed, n)
                if (subject.name, name) not in left_out and not (is_new and plan.stored):
                    found.append(store.row(subject, name, seed, n))
                    if is_new:
                        log(f"seed {seed} {subject.name} {name}: {found[-1]['best']}")
    return {
        "benchmark": "searches",
        "quick": plan.quick,
        "seeds": max((row["seed"] for row in found), default=-1) + 1,
        "provenance": provenance(),
        "made": store.made(found),
        **summary(subjects, found),
        "refused": refused,
    }


def _refusal(subject: Problem, name: str) -> str | None:
    if name == "reusing" and not (subject.hardware and subject.trains):
        return "no network can be tried on another machine: it would be `bayesian`"
    if name in BY_OTHERS:
        return "its best design is one with good designs around it, not the lowest error"
    return strategy_class(name).supports(subject.space)


def summary(subjects: Sequence[Problem], found: Sequence[Row]) -> Results:
    """Tables of what was found: a row a problem, a row a search on a problem, mean ranks."""
    problems, rows = [], []
    regrets: dict[str, dict[str, dict[str, Any]]] = {"best": {}, "best_cost": {}}
    for subject in subjects:
        own = [row for row in found if row["problem"] == subject.name]
        if not own:
            continue
        bests = [row[key] for row in own for key in regrets if row[key] is not None]
        optimum = subject.optimum
        if subject.known.startswith("best known"):  # until something better is found
            optimum = min([optimum, *bests])
        for key, by_problem in regrets.items():
            by_problem[subject.name] = {
                name: np.array([_regret(row[key], optimum) for row in own if _is(row, name)])
                for name in dict.fromkeys(row["strategy"] for row in own)
            }
        problems.append(_about(subject, optimum, own))
        for name in regrets["best"][subject.name]:
            values = {key: by[subject.name][name] for key, by in regrets.items()}
            rows.append(_row(subject.name, name, [r for r in own if _is(r, name)], values))
    _mark(rows)
    ranked = {}
    for key, by_problem in regrets.items():
        counted = {place: by for place, by in by_problem.items() if place not in FEW_SEEDS}
        order = ranks(counted if len(counted) > 1 else by_problem)
        ranked[key] = [
            {"strategy": name, "rank": rank, "low": low, "high": high}
            for name, rank in sorted(order.mean.items(), key=lambda item: item[1])
            for low, high in [order.interval[name]]
        ]
    return {"problems": problems, "rows": rows, "ranks": ranked}


def _is(row: Row, name: str) -> bool:
    return bool(row["strategy"] == name)


def _regret(best: float | None, optimum: float) -> float:
    return float("inf") if best is None else round(best - optimum, 6) + 0.0


def _about(subject: Problem, optimum: float, own: Sequence[Row]) -> Row:
    return {
        "problem": subject.name,
        "size": str(subject.space.size()),
        "limit": subject.constraint or "none but known ones",
        "optimum": optimum,
        "known": subject.known,
        "evaluations": max((row["evaluations"] for row in own), default=subject.evaluations),
        "source": subject.source,
    }


def _row(place: str, name: str, own: Sequence[Row], values: dict[str, Any]) -> Row:
    """Figures of the runs of one strategy; a regret that is infinite is None."""
    row: Row = {"problem": place, "strategy": name, "seeds": len(own)}
    for key, regret in values.items():
        low, high = interval(regret)
        found = {"": median(regret), "_low": low, "_high": high, "_worst": float(regret.max())}
        row |= {
            f"{key}{end}": value if np.isfinite(value) else None for end, value in found.items()
        }
    row["reached"] = int((values["best"] <= 1e-6).sum())
    for key in ("infeasible", "trained", "trained_cost", "tried_cost", "seconds"):
        row[key] = float(np.mean([each[key] for each in own]))
    return row


def _mark(rows: Sequence[Row]) -> None:
    """Say in each row whether its median is the least on its problem, and whether below ours."""
    for row in rows:
        others = [other for other in rows if other["problem"] == row["problem"]]
        for key in ("best", "best_cost"):
            own = _or_infinite(row[key])
            ours = [_or_infinite(other[key]) for other in others if _is(other, OURS)]
            row[f"{key}_least"] = own <= min(_or_infinite(other[key]) for other in others) + 1e-9
            row[f"{key}_below_ours"] = bool(ours) and own < ours[0] - 1e-9


def _or_infinite(value: float | None) -> float:
    return float("inf") if value is None else float(value)
