"""Searches of tables, and the shares of the true hypervolume as a page."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from functools import cache

import numpy as np

from benchmarks.command import Log, Results, Row, heading, runs_made, table
from benchmarks.provenance import head
from benchmarks.records import RUNS, made_where, resumed
from benchmarks.row_tables.tables import NAMES, Problem, problem
from bohwsw.rows import RowSpace
from bohwsw.strategies import Outcome, TrialState, strategy

METHODS = ("random", "evolutionary", "bayesian")
SEEDS = 5
GOAL = 0.98
"""The share that a search is to reach after all evaluations."""

KEYS = ("half", "share", "near", "seconds")


@dataclass(frozen=True)
class Task:
    """One search."""

    problem: str
    method: str
    seed: int
    evaluations: int


@cache
def _problem(name: str) -> Problem:
    return problem(name)


def search(task: Task) -> Row:
    """The shares after half of the evaluations and after all, and the CPU-seconds of one."""
    known = _problem(task.problem)
    space = RowSpace(known.designs)
    place = {row.tobytes(): k for k, row in enumerate(known.designs.codes)}
    asked = strategy(task.method, space, task.seed, objectives=tuple(known.outcomes))
    rows: list[int] = []
    began = time.process_time()
    for _ in range(task.evaluations):
        (point,) = asked.ask()
        rows.append(place[space.row(point).tobytes()])
        # The strategy maximises what has a minus before its name.
        values = {
            name.removeprefix("-"): float(-v[rows[-1]] if name[0] == "-" else v[rows[-1]])
            for name, v in known.outcomes.items()
        }
        asked.tell(point, Outcome(TrialState.COMPLETED, metrics=values))
    seconds = (time.process_time() - began) / task.evaluations
    worst, near = known.shares(rows)
    half, _ = known.shares(rows[: task.evaluations // 2])
    found = {"half": half, "share": worst, "near": near, "seconds": seconds}
    return {"task": asdict(task), **found}


def run(quick: bool, log: Log) -> Results:
    """All methods on all tables, or, to be quick, two methods on one with fewer evaluations.

    Searches that the file of runs has are not made again.
    """
    names = ("cells-2",) if quick else NAMES
    methods = ("random", "bayesian") if quick else METHODS
    seeds, evaluations = (2, 30) if quick else (SEEDS, 100)
    tasks = [Task(n, m, s, evaluations) for s in range(seeds) for n in names for m in methods]
    records = resumed(None if quick else RUNS / "row_tables.jsonl", search, tasks, log)
    runs = [{**x["task"], **{key: x[key] for key in KEYS}} for x in records]
    return {
        **head("row_tables", quick),
        "made": [] if quick else made_where(records),
        "rows": [_row(n, m, runs) for n in names for m in methods],
        "runs": runs,
    }


def _row(name: str, method: str, runs: list[Row]) -> Row:
    own = [r for r in runs if (r["problem"], r["method"]) == (name, method)]
    known = _problem(name)
    values = {key: [r[key] for r in own] for key in KEYS}
    return {
        "problem": name,
        "rows": len(known.designs),
        "front": len(known.front),
        "method": method,
        "seeds": len(own),
        **{key: 100.0 * float(np.median(values[key])) for key in ("half", "share", "near")},
        "worst": 100.0 * min(values["share"]),
        "reached": sum(share >= GOAL for share in values["share"]),
        "seconds": float(np.mean(values["seconds"])),
    }


def markdown(results: Results) -> str:
    """The results as a page."""
    n = results["runs"][0]["evaluations"]
    columns = {
        "problem": "table",
        "rows": "rows",
        "front": "on the front",
        "method": "strategy",
        "half": f"share after {n // 2}, %|.1f",
        "share": f"after {n}, %|.1f",
        "worst": "worst seed, %|.1f",
        "near": "near the front, %|.1f",
        "reached": f"seeds at {100 * GOAL:.0f} %",
        "seconds": "CPU-s a suggestion|.3f",
    }
    return (
        heading("Tables of designs", results)
        + (f"\n{runs_made(results)}" if results["made"] else "")
        + f"""
How much of a table's hypervolume a search finds in {n} evaluations: medians of
{results["rows"][0]["seeds"]} seeds. The reference point is the worst of the table in every
objective; `near the front` is the share against a point a tenth of the front's range behind the
worst of the front. Volumes are counted by 100,000 random points.

`processors` are made up (`benchmarks/row_tables/processors.py`): 15,000 designs of 19 columns;
objectives are area, instructions per cycle, then power, then frequency. `cells` are those of
NAS-Bench-201: accuracy and one, two or three latencies; `macro` is NAS-Bench-Macro: accuracy and
operations.

"""
        + table(results["rows"], columns)
    )
