"""Every search on every problem that it supports, and the results as a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.command import Log, Results, Row, heading, table
from benchmarks.optimizers.ranking import interval, median, ranks
from benchmarks.provenance import provenance
from benchmarks.searches.problem import Problem
from benchmarks.searches.problems import PROBLEMS, problem
from benchmarks.searches.run import Run, search
from bohwsw.errors import unknown_name
from bohwsw.strategies import STRATEGIES, strategy_class

SLOW = ("bayesian", "linear", "reusing", "robust", "shgo", "space_filling")
"""Run by name only: those with models take minutes for what the others do in a second."""
QUICK = ("macro", "nb201")
SEEDS = 10
TRAININGS = 50
"""Beside equal evaluations: what is found in so many trainings, of which a design over its limit
costs none."""


@dataclass(frozen=True)
class Plan:
    """What to run.

    Attributes:
        only: names of problems and strategies; of a kind that none is named of, all.
        seeds: of each search.
        quick: two problems, fewer evaluations and seeds.
        accuracies: a file with NAS-Bench-201's accuracies after 200 epochs.
    """

    only: Sequence[str] = ()
    seeds: int | None = None
    quick: bool = False
    accuracies: Path | None = None


def run(plan: Plan, log: Log) -> Results:
    """All searches, one after the other.

    Raises:
        SpecError: a name is neither that of a problem nor of a strategy.
    """
    for name in plan.only:
        if name not in (*PROBLEMS, *STRATEGIES):
            raise unknown_name("problem or strategy", name, (*PROBLEMS, *STRATEGIES))
    asked = [name for name in PROBLEMS if name in plan.only]
    problems = asked or list(QUICK if plan.quick else PROBLEMS)
    named = [name for name in STRATEGIES if name in plan.only]
    strategies = named or [name for name in STRATEGIES if name not in SLOW]
    seeds = plan.seeds or (2 if plan.quick else SEEDS)
    rows, regrets, refused = [], dict[str, dict[str, Any]](), []
    for place in problems:
        given = {"accuracies": plan.accuracies} if place == "nb201" else {}
        subject = problem(place, **given)
        regrets[place] = {}
        for name in strategies:
            if (why := strategy_class(name).supports(subject.space)) is not None:
                refused.append({"problem": place, "strategy": name, "why": why})
                continue
            n = min(100, subject.evaluations) if plan.quick else None
            runs = [search(subject, name, seed, n) for seed in range(seeds)]
            rows.append(_row(subject, name, runs))
            regrets[place][name] = np.array([r.best - subject.optimum for r in runs]).round(9)
            log(f"{place} {name}: {rows[-1]['regret']}")
    ranked = ranks(regrets)
    return {
        "benchmark": "searches",
        "quick": plan.quick,
        "seeds": seeds,
        "provenance": provenance(),
        "problems": [_about(problem(place), place) for place in problems],
        "rows": rows,
        "refused": refused,
        "ranks": [
            {"strategy": name, "rank": rank, "low": low, "high": high}
            for name, rank in sorted(ranked.mean.items(), key=lambda item: item[1])
            for low, high in [ranked.interval[name]]
        ],
    }


def _about(subject: Problem, place: str) -> Row:
    return {
        "problem": place,
        "size": str(subject.space.size()),
        "limit": subject.constraint,
        "optimum": subject.optimum,
        "evaluations": subject.evaluations,
        "source": subject.source,
    }


def _row(subject: Problem, name: str, runs: Sequence[Run]) -> Row:
    """Figures of the runs of one strategy; a regret that is infinite is None."""
    best = np.array([run.best - subject.optimum for run in runs]).round(9)
    early = np.array([r.best_after_trainings(TRAININGS) for r in runs]) - subject.optimum
    low, high = interval(best)
    n = sum(len(run.errors) for run in runs)
    found = {
        "regret": median(best),
        "low": low,
        "high": high,
        "worst": float(best.max()),
        "early": median(early.round(9)),
    }
    return {
        "problem": subject.name,
        "strategy": name,
        **{key: value if np.isfinite(value) else None for key, value in found.items()},
        "reached": int((best <= 1e-9).sum()),
        "infeasible": 1.0 - sum(run.trainings for run in runs) / n,
        "trainings": sum(run.trainings for run in runs) / len(runs),
        "seconds": sum(run.seconds for run in runs) / len(runs),
    }


def markdown(results: Results) -> str:
    """The results as a page."""
    problems = {
        "problem": "problem",
        "size": "networks",
        "limit": "limit",
        "optimum": "lowest error within it|.3f",
        "evaluations": "evaluations",
        "source": "source",
    }
    columns = {
        "strategy": "strategy",
        "regret": "points above the optimum|.3f",
        "low": "from|.3f",
        "high": "to|.3f",
        "worst": "worst seed|.3f",
        "reached": "seeds at the optimum",
        "early": f"after {TRAININGS} trainings|.3f",
        "trainings": "trainings|.0f",
        "infeasible": "over the limit|.0%",
        "seconds": "CPU-s|.2f",
    }
    page = heading("Published searches", results) + (
        f"\nMedians of {results['seeds']} seeds with 95 % intervals (bootstrap). An evaluation of "
        "what is over its limit\nis no training. `-`: no seed, or not half of them, found a "
        "network within the limit.\n\n"
    )
    page += table(results["problems"], problems)
    for about in results["problems"]:
        page += f"\n## {about['problem']}\n\n"
        page += table([r for r in results["rows"] if r["problem"] == about["problem"]], columns)
    if results["ranks"]:
        named = {"strategy": "strategy", "rank": "mean rank|.2f", "low": "from|.2f"}
        page += "\n## Ranks\n\nOf those that ran on all of these problems, by the median.\n\n"
        page += table(results["ranks"], {**named, "high": "to|.2f"})
    if results["refused"]:
        named = {"problem": "problem", "strategy": "strategy", "why": "why not"}
        page += "\n## Not run\n\n" + table(results["refused"], named)
    return page
