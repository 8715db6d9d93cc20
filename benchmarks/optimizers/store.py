"""Finished runs, a line each, so that a run that was killed goes on where it stopped."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.optimizers.methods.registry import method_class, versions_of
from benchmarks.optimizers.problem import Problem
from benchmarks.optimizers.run import Trace


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
    parameters = [repr(parameter) for parameter in problem.space.parameters]
    facts = [
        parameters,
        [str(constraint) for constraint in problem.space.constraints],
        f"{problem.optimum:.9g}",
        sorted(map(str, method_class(method).settings.items())),
        sorted(versions_of(method).items()),
    ]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:12]


class Store:
    """A file of finished runs.

    Args:
        path: a JSON object a line; created when first needed.
        forget: methods whose runs so far do not count.
    """

    def __init__(self, path: Path, forget: Collection[str] = ()) -> None:
        self.path = path
        self._runs: dict[Job, Trace] = {}
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        for line in lines:
            try:
                record = json.loads(line)
            except json.JSONDecodeError:
                continue  # the last line of a run that was killed while it wrote
            trace = record.pop("trace")
            if record["method"] not in forget:
                self._runs[Job(**record)] = Trace(
                    objective=tuple(trace["objective"]),
                    duplicate=tuple(trace["duplicate"]),
                    seconds=tuple(trace["seconds"]),
                    error=trace["error"],
                )

    def get(self, job: Job) -> Trace | None:
        """The trace of a job that is done."""
        return self._runs.get(job)

    def add(self, job: Job, trace: Trace) -> None:
        """Keep a trace, also on disk."""
        self._runs[job] = trace
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({**asdict(job), "trace": asdict(trace)}) + "\n")
