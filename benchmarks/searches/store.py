"""Finished searches, a line each: a run that was killed goes on where it stopped."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from pathlib import Path

from benchmarks.command import Row
from benchmarks.records import MADE, RUNS, append_record, made_where, read_records
from benchmarks.searches.problem import Problem
from benchmarks.searches.run import budget, search

PATH = RUNS / "searches.jsonl"
KEY = ("problem", "strategy", "seed", "evaluations", "limit")


class Store:
    """A file of what came of searches.

    Args:
        path: made when first needed; None keeps nothing.
        again: problems and strategies whose searches so far do not count.
    """

    def __init__(self, path: Path | None, again: Collection[str] = ()) -> None:
        self.path = path
        self._rows: dict[tuple[object, ...], Row] = {}
        for row in read_records(path) if path else ():
            if not {row["problem"], row["strategy"]} & set(again):
                self._rows[tuple(row[key] for key in KEY)] = row

    def has(self, problem: Problem, name: str, seed: int, evaluations: int) -> bool:
        """Whether this search is done."""
        return self._key(problem, name, seed, evaluations) in self._rows

    def row(self, problem: Problem, name: str, seed: int, evaluations: int) -> Row:
        """What came of a search, which is done now if it was not: lowest errors and counts.

        At equal evaluations, and (``_cost``) at equal cost; None: nothing kept the limit.
        """
        key = self._key(problem, name, seed, evaluations)
        if key not in self._rows:
            cost = budget(problem, evaluations)
            run = search(problem, name, seed, evaluations, cost=cost)
            n, paid = min(evaluations, len(run.errors)), run.trials_for(cost)
            row = {
                **dict(zip(KEY, key, strict=True)),
                "best": _number(run.best_of(n)),
                "best_cost": _number(run.best_of(paid)),
                "trained": round(sum(run.costs[:n]) - n) // 100,
                "trained_cost": round(sum(run.costs[:paid]) - paid) // 100,
                "infeasible": round(run.errors[:n].count(None) / n, 4),
                "tried_cost": paid,
                "seconds": round(run.seconds * n / len(run.errors), 3),
            }
            self._rows[key] = append_record(self.path, row) if self.path else row
        return self._rows[key]

    @staticmethod
    def made(rows: Sequence[Row]) -> list[str]:
        """Where and when these were made."""
        return made_where(row for row in rows if MADE in row)

    @staticmethod
    def _key(problem: Problem, name: str, seed: int, evaluations: int) -> tuple[object, ...]:
        limit = float(f"{problem.limit:.9g}") if problem.cost else None
        return problem.name, name, seed, evaluations, limit


def _number(error: float) -> float | None:
    return float(f"{error:.9g}") if math.isfinite(error) else None
