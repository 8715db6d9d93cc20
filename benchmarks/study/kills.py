"""Processes that work on a study and are killed at random moments; what is left of the study."""

from __future__ import annotations

import multiprocessing
import random
import sqlite3
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from benchmarks.command import Log, Row
from bohwsw import Client, RangeParameterConfig, StorageConfig

KILLS = 200
DURING_WORK = 0.75
"""Share of the kills after a first trial; the others come at any time, while it starts, too."""

LONGEST_SECONDS = 0.3


def row(quick: bool, log: Log) -> Row:
    """Kill a process again and again, and count what it had reported and what is stored."""
    kills = 20 if quick else KILLS
    rng = random.Random(0)
    reported = lost = 0
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "studies.db"
        url = f"sqlite:///{file}"
        open_study(url)
        fork = multiprocessing.get_context("fork")
        for number in range(kills):
            receiver, sender = fork.Pipe(duplex=False)
            process = fork.Process(target=work, args=(url, sender))
            process.start()
            sender.close()
            if rng.random() < DURING_WORK:
                receiver.poll(60.0)  # it has started, and the first trial has ended
            time.sleep(rng.uniform(0.0, LONGEST_SECONDS))
            process.kill()
            process.join()
            told = _told(receiver)
            reported += len(told)
            stored = {trial for trial, state in _states(file) if state == "completed"}
            lost += len(set(told) - stored)
            if number % 20 == 19:
                log(f"{number + 1} of {kills} kills, {len(stored)} trials, {lost} lost")
        before = [trial for trial, state in _states(file) if state == "running"]
        client = open_study(url)
        client.run_trials(len(before) + 1, evaluator=cost)
        states = [state for _, state in _states(file)]
        points = client.summarize()[["x", "y"]].drop_duplicates()
        connection = sqlite3.connect(file)
        integrity = connection.execute("PRAGMA integrity_check").fetchone()[0]
    return {
        "kills": kills,
        "trials": len(states),
        "reported_before_a_kill": reported,
        "lost": lost,
        "running_when_all_were_dead": len(before),
        "unfinished_after_resume": states.count("running"),
        "given_twice": len(states) - len(points),
        "integrity": str(integrity),
    }


def open_study(url: str) -> Client:
    """The study that is worked on; a trial may lose any number of workers."""
    client = Client(StorageConfig(url, deaths=10_000))
    ranges = [RangeParameterConfig(name, (0, 10_000), "int") for name in ("x", "y")]
    client.configure_experiment(ranges, ["x * y <= 50_000_000"])
    client.configure_optimization("-cost")
    client.configure_generation_strategy("random_search")
    return client


def cost(point: dict[str, Any]) -> dict[str, float]:
    """What is measured."""
    return {"cost": float(point["x"] + point["y"])}


def work(url: str, sender: Connection) -> None:
    """Until killed; says which trials have ended."""
    client = open_study(url)
    while True:
        for number, point in client.get_next_trials(1, watched=True).items():
            client.complete_trial(number, cost(point))
            sender.send(number)


def _told(receiver: Connection) -> list[int]:
    found = []
    try:
        while True:
            found.append(int(receiver.recv()))
    except (EOFError, OSError):
        return found


def _states(file: Path) -> list[tuple[int, str]]:
    with sqlite3.connect(file) as connection:
        return connection.execute("SELECT number, state FROM trials ORDER BY number").fetchall()
