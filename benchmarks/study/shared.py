"""``python -m benchmarks.study.shared``: processes on one co-design study, killed at random."""

from __future__ import annotations

import multiprocessing
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from typing import Any

from benchmarks.command import Log, Results, Row, heading, run_command, table
from benchmarks.provenance import head
from benchmarks.study.servers import postgresql
from bohwsw import StorageConfig
from bohwsw.codesign import Problem, best_recipe, load_space
from bohwsw.execution import InProcessExecutor
from bohwsw.study import RUNNING, StoredStudy, Trial, Where, open_storage, run_codesign
from bohwsw.workload import Layer, network_from_layers

PROCESSES = 2
KILLS = 20
EARLY = 4
"""Every fourth kill comes at any time after the start, the others after a first trial."""

LONGEST_SECONDS = 0.5
STUDY = "shared"
FOR_EVER = 100_000


def problem(trials: int) -> Problem:
    """A search whose trials take some milliseconds."""
    layers = [(Layer("a", K=16, C=8, P=14, Q=14, R=3, S=3), 2), (Layer("b", K=32, C=16), 1)]
    recipe = best_recipe().changed(trials=trials, evaluations=200, strategy="random")
    return Problem(
        load_space("eyeriss-168"),
        network_from_layers("tiny", layers),
        recipe=replace(recipe, final_gap=None),
    )


def config(url: str) -> StorageConfig:
    """A storage in which a trial may lose any number of workers."""
    return StorageConfig(url, deaths=10_000)


class NotingExecutor(InProcessExecutor):
    """Says which trial it begins to evaluate.

    Args:
        note: what to say it to.
    """

    def __init__(self, note: Callable[[int], None]) -> None:
        super().__init__()
        self._note = note

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Evaluate at once."""
        trial = next(arg["trial"] for arg in args if isinstance(arg, dict) and "trial" in arg)
        self._note(trial.number)
        return super().submit(fn, *args, **kwargs)


def work(url: str, sender: Connection) -> None:
    """Until killed; says which trials it begins, and which it knows to have ended."""

    def progress(_phase: str, _done: int, _total: int, trial: Trial | None) -> None:
        if trial is not None:
            sender.send(("ended", trial.number, trial.objective))

    executor = NotingExecutor(lambda number: sender.send(("begun", number, None)))
    run_codesign(
        problem(FOR_EVER),
        where=Where(1, executor),
        storage=config(url),
        study=STUDY,
        progress=progress,
    )


@dataclass
class Heard:
    """What the processes have said.

    Attributes:
        ended: objectives of trials that were said to have ended, by number.
        begun: how often each trial was begun.
        last: the trial that each has begun last.
        working: connections of those that have ended a trial of their own.
    """

    ended: dict[int, float | None] = field(default_factory=dict)
    begun: Counter[int] = field(default_factory=Counter)
    working: set[Connection] = field(default_factory=set)
    last: dict[Connection, int] = field(default_factory=dict)

    def listen(self, receiver: Connection) -> None:
        """Take in what is there."""
        try:
            while receiver.poll():
                what, number, objective = receiver.recv()
                if what == "ended":
                    self.ended[number] = objective
                    if self.last.get(receiver) == number:
                        self.working.add(receiver)
                else:
                    self.begun[number] += 1
                    self.last[receiver] = number
        except (EOFError, OSError):
            pass


def row(storage: str, url: str, kills: int, log: Log) -> Row:
    """Kill processes that share a study again and again; look what is stored and what was said."""
    rng = random.Random(0)
    server = multiprocessing.get_context("forkserver")
    server.set_forkserver_preload([work.__module__])  # so that processes start at once
    heard = Heard()

    def started() -> tuple[ForkServerProcess, Connection]:
        receiver, sender = server.Pipe(duplex=False)
        process = server.Process(target=work, args=(url, sender), daemon=True)
        process.start()
        sender.close()
        return process, receiver

    running = [started() for _ in range(PROCESSES)]
    for number in range(kills + PROCESSES):
        victim = running.pop(rng.randrange(len(running)))
        begins = time.monotonic() + (0.0 if number % EARLY == EARLY - 1 else 60.0)
        seconds = rng.uniform(0.0, LONGEST_SECONDS)
        while time.monotonic() < begins + seconds:
            for _, receiver in (victim, *running):
                heard.listen(receiver)
            if victim[1] in heard.working:
                begins = min(begins, time.monotonic())
            time.sleep(0.01)
        victim[0].kill()
        victim[0].join()
        heard.listen(victim[1])
        if number < kills:
            running.append(started())
        log(f"{storage}: {number + 1} kills, {len(heard.ended)} trials reported")

    study = StoredStudy(open_storage(url), STUDY)
    left = [trial.number for trial in study.trials() if trial.state == RUNNING]
    wanted = len(study.trials()) + 1
    run_codesign(problem(wanted), storage=config(url), study=STUDY)
    trials = study.trials()
    lost = [n for n, objective in heard.ended.items() if trials[n].objective != objective]
    twice = [trial.number for trial in trials if heard.begun[trial.number] > trial.deaths + 1]
    points = {trial.claim for trial in trials}
    return {
        "storage": storage,
        "kills": kills + PROCESSES,
        "trials": len(trials),
        "reported": len(heard.ended),
        "lost": len(lost),
        "left": len(left),
        "unfinished": sum(trial.state == RUNNING for trial in trials),
        "given_twice": len(twice) + len(trials) - len(points),
        "orders": [t.finish_order for t in study.news(0)] == list(range(1, len(trials) + 1)),
    }


def run(quick: bool, log: Log) -> Results:
    """SQLite and, where its programs are installed, PostgreSQL."""
    kills = 3 if quick else KILLS
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        rows.append(row("SQLite", f"sqlite:///{folder}/studies.db", kills, log))
        rows.append(row("journal", f"{folder}/studies.jsonl", kills, log))
    with postgresql() as url:
        if url is None:
            log("PostgreSQL is not installed: left out")
        else:
            rows.append(row("PostgreSQL", url, kills, log))
    return {**head("study.shared", quick), "rows": rows}


COLUMNS = {
    "storage": "storage",
    "kills": "kills",
    "trials": "trials stored",
    "reported": "reported as ended",
    "lost": "of these lost",
    "left": "running when all were dead",
    "unfinished": "left after resume",
    "given_twice": "given twice",
    "orders": "order without gaps",
}


def markdown(results: Results) -> str:
    """The results as a page."""
    return "\n".join(
        [
            heading("One co-design study, several processes, killed at random", results),
            f"{PROCESSES} processes search machines for a tiny network; one of them is killed",
            "(kill -9) and replaced, again and again. A trial is given twice if it was begun more",
            "often than its workers have died, or if two trials have one point.\n",
            table(results["rows"], COLUMNS),
        ]
    )


if __name__ == "__main__":
    sys.exit(run_command("study.shared", "Processes that share a study.", run, markdown))
