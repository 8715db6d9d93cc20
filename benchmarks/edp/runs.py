"""Searches of all contenders on all cases, kept in a file, so that a run can be cut short."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.command import Log
from benchmarks.edp.case import CASES
from benchmarks.edp.contender import NESTED, Contender, Step
from benchmarks.edp.genetic import genetic_search
from benchmarks.edp.relax_and_round import relax_and_round_search
from benchmarks.processes import run_each
from benchmarks.records import Record, append_record, made_where, read_records
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
    """What came of it.

    Attributes:
        task: the search.
        steps: those that improved, and the last one.
        machines: how many were tried; fewer than wanted where a space has no more.
        infeasible: how many of them could not run the network.
    """

    task: Task
    steps: tuple[Step, ...]
    machines: int
    infeasible: int


def run_of(task: Task, steps: Sequence[Step]) -> Run:
    """What came of a search, of all its steps."""
    kept: list[Step] = []
    best = math.inf
    for step in steps:
        if step.edp_pj_cycles is not None and step.edp_pj_cycles < best:
            best = step.edp_pj_cycles
            kept.append(step)
    if steps and (not kept or kept[-1] is not steps[-1]):
        kept.append(steps[-1])
    return Run(task, tuple(kept), len(steps), sum(x.edp_pj_cycles is None for x in steps))


def run_task(task: Task) -> Run:
    """Search once."""
    BranchAndBoundMapper().warm_up()  # nobody's time is that of a compiler
    return run_of(task, CONTENDERS[task.method](CASES[task.case], task.seed, task.trials))


class Runs:
    """A file of searches.

    Args:
        path: JSON lines, one a search.
        forget: methods whose searches so far do not count.
        finished_only: run nothing, report what there is.
    """

    def __init__(
        self, path: Path, forget: Collection[str] = (), *, finished_only: bool = False
    ) -> None:
        self.path = path
        self.finished_only = finished_only
        self._records: dict[Task, Record] = {}
        for record in read_records(path):
            task = Task(**record["task"])
            if task.method not in forget:
                self._records[task] = record

    def of(self, tasks: Sequence[Task], log: Log) -> list[Run]:
        """The searches, in their order; those that the file holds are not run again.

        Args:
            tasks: which ones; without what is not finished, if nothing is to be run.
            log: told of each that ends.
        """
        left = [task for task in tasks if task not in self._records]
        if self.finished_only:
            tasks, left = [task for task in tasks if task in self._records], []
        for number, run in enumerate(run_each(run_task, left), 1):
            self._records[run.task] = append_record(self.path, asdict(run))
            log(f"[{number}/{len(left)}] {run.task.case}, {run.task.method}, seed {run.task.seed}")
        return [_run(self._records[task]) for task in tasks]

    def made_where(self, runs: Iterable[Run]) -> list[str]:
        """Where and when some searches were made; see `made_where`."""
        return made_where(self._records[task] for task in dict.fromkeys(x.task for x in runs))


def _run(record: Record) -> Run:
    steps = tuple(Step(**step) for step in record["steps"])
    return Run(Task(**record["task"]), steps, record["machines"], record["infeasible"])
