"""Finished runs, a line each, so that a run that was killed goes on where it stopped."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.optimizers.methods.registry import method_class, versions_of
from benchmarks.optimizers.problem import Problem
from benchmarks.optimizers.run import Trace
from benchmarks.records import Record, append_record, made_where, read_records
from bohwsw.space import Conditional, Parameter


@dataclass(frozen=True)
class Job:
    """One run that is to be done.

    Attributes:
        problem: its name.
        method: its name.
        seed: of the method.
        n_trials: how many evaluations.
        held_out: the seed of other coefficients; None for those of the suite.
        conditions: a digest of the problem, the method's settings and its packages.
    """

    problem: str
    method: str
    seed: int
    n_trials: int
    held_out: int | None
    conditions: str


def conditions_of(problem: Problem, method: str) -> str:
    """A digest that changes when a run would have to be done again.

    It knows nothing of changes inside our own package: those runs are done again on demand.
    """
    facts = [
        [_described(parameter) for parameter in problem.space.parameters],
        [constraint.text for constraint in problem.space.constraints],
        f"{problem.optimum:.9g}",
        sorted(map(str, method_class(method).settings.items())),
        sorted(versions_of(method).items()),
    ]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:12]


def _described(parameter: Parameter) -> list[str]:
    """What a parameter can be, whatever else our classes come to say of it."""
    if isinstance(parameter, Conditional):
        return [parameter.when, *_described(parameter.parameter)]
    facts = ("name", "values", "low", "high", "log", "product", "slots", "items")
    found = [str(vars(parameter)[fact]) for fact in facts if fact in vars(parameter)]
    return [type(parameter).__name__, *found]


class Store:
    """A file of finished runs.

    Args:
        path: a JSON object a line; created when first needed.
        forget: methods whose runs so far do not count.
    """

    def __init__(self, path: Path, forget: Collection[str] = ()) -> None:
        self.path = path
        self._records: dict[Job, Record] = {}
        for record in read_records(path):
            if record["job"]["method"] not in forget:
                self._records[Job(**record["job"])] = record

    @property
    def jobs(self) -> tuple[Job, ...]:
        """All that are done, in the order of the file."""
        return tuple(self._records)

    def get(self, job: Job) -> Trace | None:
        """The trace of a job that is done."""
        if job not in self._records:
            return None
        trace = self._records[job]["trace"]
        return Trace(
            objective=tuple(trace["objective"]),
            duplicate=tuple(index in trace["duplicates"] for index in range(len(trace["seconds"]))),
            seconds=tuple(trace["seconds"]),
            error=trace["error"],
        )

    def add(self, job: Job, trace: Trace) -> None:
        """Keep a trace, also on disk, its figures rounded to what is measured."""
        record = {
            "job": asdict(job),
            "trace": {
                "objective": [None if x is None else float(f"{x:.12g}") for x in trace.objective],
                "duplicates": [index for index, x in enumerate(trace.duplicate) if x],
                "seconds": [round(x, 5) for x in trace.seconds],
                "error": trace.error,
            },
        }
        self._records[job] = append_record(self.path, record)

    def made_where(self, jobs: Iterable[Job]) -> list[str]:
        """Where and when the runs of some jobs were made; see `made_where`."""
        return made_where(self._records[job] for job in jobs if job in self._records)
