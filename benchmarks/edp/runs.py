"""Searches of all contenders on all cases, kept in a file, so that a run can be cut short."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.command import Log
from benchmarks.edp.case import CASES
from benchmarks.edp.contender import NESTED, Contender, Step
from benchmarks.edp.genetic import genetic_search
from benchmarks.edp.relax_and_round import relax_and_round_search
from benchmarks.processes import run_each
from bohwsw.mapper.branch_and_bound import BranchAndBoundMapper

CONTENDERS: dict[str, Contender] = {
    **NESTED,
    "genetic": genetic_search,
    "relax-and-round": relax_and_round_search,
}


@dataclass(frozen=True)
class Task:
    """One search.

    Attributes:
        case: a key of `CASES`.
        method: a key of `CONTENDERS`.
        seed: of all random draws.
        trials: machines to try.
    """

    case: str
    method: str
    seed: int
    trials: int


@dataclass(frozen=True)
class Run:
    """What came of it."""

    task: Task
    steps: tuple[Step, ...]


def run_task(task: Task) -> Run:
    """Search once."""
    BranchAndBoundMapper().warm_up()  # nobody's time is that of a compiler
    steps = CONTENDERS[task.method](CASES[task.case], task.seed, task.trials)
    return Run(task, tuple(steps))


def run_all(tasks: Sequence[Task], path: Path, log: Log) -> list[Run]:
    """The searches, in their order; those that a file holds are not run again.

    Args:
        tasks: which ones.
        path: JSON lines, one a search.
        log: told of each that ends.
    """
    known = {run.task: run for run in stored(path)}
    left = [task for task in tasks if task not in known]
    path.parent.mkdir(parents=True, exist_ok=True)
    for number, run in enumerate(run_each(run_task, left), 1):
        known[run.task] = run
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(run)) + "\n")
        log(f"[{number}/{len(left)}] {run.task.case}, {run.task.method}, seed {run.task.seed}")
    return [known[task] for task in tasks]


def stored(path: Path) -> Iterator[Run]:
    """The searches in a file; a line that was cut off when a run was killed is passed over."""
    if not path.exists():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            entry = json.loads(line)
        except json.JSONDecodeError:
            continue
        yield Run(Task(**entry["task"]), tuple(Step(**step) for step in entry["steps"]))
