"""Searches on all cores, one thread each, and the file that lets an interrupted run go on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.command import Log
from benchmarks.mapping_search.method import Task, Trace, run_task
from benchmarks.processes import run_each
from benchmarks.records import append_record, read_records


def run_tasks(
    tasks: Sequence[Task], path: Path | None, commit: str | None, log: Log
) -> list[Trace]:
    """Traces of all tasks, in their order; those that a file holds already are not run again.

    Args:
        tasks: what to run.
        path: the file, one JSON line a trace; None keeps nothing.
        commit: the version of the sources; lines of another one do not count.
        log: told of every search that ends.
    """
    known = {trace.task: trace for trace in stored(path, commit)} if path else {}
    left = [task for task in tasks if task not in known]
    if len(left) < len(tasks):
        log(f"{len(tasks) - len(left)} of {len(tasks)} searches are in {path}")
    for number, trace in enumerate(run_each(run_task, left), 1):
        known[trace.task] = trace
        if path:
            append_record(path, {"commit": commit, **asdict(trace)})
        task = trace.task
        log(
            f"[{number}/{len(left)}] {task.space_name} {task.layer}, {task.method}, seed "
            f"{task.seed}: {trace.best_edp_pj_cycles[-1]:.4g}, {trace.seconds:.0f} CPU-s"
        )
    return [known[task] for task in tasks]


def stored(path: Path, commit: str | None) -> Iterator[Trace]:
    """The traces in a file that were made by one version of the sources."""
    for entry in read_records(path):
        if entry["commit"] == commit:
            yield Trace(Task(**entry["task"]), entry["best_edp_pj_cycles"], entry["seconds"])
