"""Searches of tables, and the shares of the true hypervolume as a page."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from functools import cache

import numpy as np

from benchmarks.command import Log, Results, Row, heading, runs_made, table
from benchmarks.provenance import head
from benchmarks.records import RUNS, made_where, resumed
from benchmarks.row_tables.peers import peer, takes
from benchmarks.row_tables.tables import NAMES, Problem, problem
from bohwsw.rows import RowSpace
from bohwsw.strategies import Outcome, TrialState, strategy

OURS = ("random", "evolutionary", "bayesian")
PEERS = ("optuna_tpe", "optuna_nsga2", "optuna_gp", "botorch")
SEEDS = 5
PEER_SEEDS = {"botorch": 1, "optuna_gp": 3}
"""Runs of minutes a hundred evaluations: fewer seeds."""

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
    run = _rows_of_ours if task.method in OURS else _rows_of_peer
    began = time.process_time()
    rows = run(known, task)
    seconds = (time.process_time() - began) / task.evaluations
    worst, near = known.shares(rows)
    half, _ = known.shares(rows[: task.evaluations // 2])
    found = {"half": half, "share": worst, "near": near, "seconds": seconds}
    return {"task": asdict(task), **found}


def _rows_of_ours(known: Problem, task: Task) -> list[int]:
    space = RowSpace(known.designs)
    place = {row.tobytes(): k for k, row in enumerate(known.designs.codes)}
    asked = strategy(task.method, space, task.seed, objectives=tuple(known.outcomes))
    rows: list[int] = []
    for _ in range(task.evaluations):
        (point,) = asked.ask()
        rows.append(place[space.row(point).tobytes()])
        # The strategy maximises what has a minus before its name.
        values = {
            name.removeprefix("-"): float(-v[rows[-1]] if name[0] == "-" else v[rows[-1]])
            for name, v in known.outcomes.items()
        }
        asked.tell(point, Outcome(TrialState.COMPLETED, metrics=values))
    return rows


def _rows_of_peer(known: Problem, task: Task) -> list[int]:
    asked = peer(task.method, known.designs, task.seed, len(known.outcomes))
    rows: list[int] = []
    for _ in range(task.evaluations):
        rows.append(asked.ask())
        asked.tell(rows[-1], known.values[rows[-1]])
    return rows


def run(quick: bool, log: Log) -> Results:
    """All methods on all tables, or, to be quick, two methods on one with fewer evaluations.

    Searches that the file of runs has are not made again.
    """
    names = ("cells-2",) if quick else NAMES
    methods = ("random", "bayesian") if quick else OURS + PEERS
    seeds, evaluations = (2, 30) if quick else (SEEDS, 100)
    pairs = [(n, m) for n in names for m in methods if m in OURS or takes(m, _problem(n).designs)]
    tasks = [
        Task(n, m, s, evaluations)
        for s in range(seeds)
        for n, m in pairs
        if s < PEER_SEEDS.get(m, seeds)
    ]
    records = resumed(None if quick else RUNS / "row_tables.jsonl", search, tasks, log)
    runs = [{**x["task"], **{key: x[key] for key in KEYS}} for x in records]
    return {
        **head("row_tables", quick),
        "made": [] if quick else made_where(records),
        "rows": [_row(n, m, runs) for n, m in pairs],
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
        "seeds": "seeds",
        "reached": f"seeds at {100 * GOAL:.0f} %",
        "seconds": "CPU-s a suggestion|.3f",
    }
    return (
        heading("Tables of designs", results)
        + (f"\n{runs_made(results)}" if results["made"] else "")
        + f"""
How much of a table's hypervolume a search finds in {n} evaluations: medians over
seeds. The reference point is the worst of the table in every
objective; `near the front` is the share against a point a tenth of the front's range behind the
worst of the front. Volumes are counted by 100,000 random points.

`processors` are made up (`benchmarks/row_tables/processors.py`): 15,000 designs of 19 columns;
objectives are area, instructions per cycle, then power, then frequency. `cells` are those of
NAS-Bench-201: accuracy and one, two or three latencies; `macro` is NAS-Bench-Macro: accuracy and
operations; `ofa` lists 2,162 networks of Once-for-All: error, operations, then parameters. Optuna's
samplers have no space of listed rows and are asked where every combination is a row; BoTorch
(independent Gaussian processes, expected hypervolume improvement) chooses among all
rows.

"""
        + table(results["rows"], columns)
    )
