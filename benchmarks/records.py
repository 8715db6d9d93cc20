"""Results that took long, a JSON line each: what is killed goes on, what is measured is kept."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.provenance import provenance
from bohwsw.atomicfile import append_line

Record = dict[str, Any]

RUNS = Path(__file__).parent / "runs"
"""The runs behind committed pages. They are committed, too: some took hours, and whoever doubts a
figure finds there what it was made from."""

MADE = "made"
"""The key of where and when a record was made."""


def read_records(path: Path) -> Iterator[Record]:
    """The records of a file; none if there is no file.

    A line that was cut off when a run was killed is passed over.
    """
    if not path.exists():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            yield json.loads(line)
        except json.JSONDecodeError:
            continue


def resumed(
    path: Path | None,
    function: Callable[[Any], Record],
    tasks: Sequence[Any],
    log: Callable[[str], None],
    each: Callable[[Callable[[Any], Record], Sequence[Any]], Iterable[Record]] = map,
) -> list[Record]:
    """What a function gives for each task; what a file has is not run again.

    Args:
        path: the file; None keeps nothing.
        function: its record has, as `task`, what `asdict` makes of the task.
        tasks: dataclasses.
        log: told of each that ends.
        each: how the tasks are done; as they stand one after the other. `run_each` uses all cores.
    """
    known = [] if path is None else list(read_records(path))

    def recorded(task: Any) -> Record | None:
        return next((record for record in known if record["task"] == asdict(task)), None)

    todo = [task for task in tasks if recorded(task) is None]
    for number, record in enumerate(each(function, todo), len(tasks) - len(todo) + 1):
        known.append(record if path is None else append_record(path, record))
        log(f"[{number}/{len(tasks)}] {record['task']}")
    return [found for task in tasks if (found := recorded(task)) is not None]


def append_record(path: Path, record: Record) -> Record:
    """Add a record to a file, with the machine, date and commit of this process.

    Returns:
        The record with these.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    record = {**record, MADE: _made_here()}
    append_line(path, json.dumps(record, separators=(",", ":")))
    return record


@cache
def _made_here() -> Record:
    """Machine, date and commit of this process."""
    conditions = provenance()
    return {key: conditions[key] for key in ("machine", "date", "commit")}


def made_where(records: Iterable[Record]) -> list[str]:
    """For people: on which machines, days and commits records were made, and how many of each."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for record in records:
        made = record[MADE]
        counts[made["date"], made["machine"], str(made["commit"])[:9]] += 1
    return [
        f"{count:,} on {date}, {machine}, commit {commit}"
        for (date, machine, commit), count in sorted(counts.items())
    ]
