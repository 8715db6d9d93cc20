"""What a library itself takes for a trial: ask, store, report; suggestions are random."""

from __future__ import annotations

import logging
import sqlite3
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.command import Log, Row

MARKS = (100, 300, 1000)
"""Numbers of trials; a row is about the last tenth of them."""

PATIENCE_SECONDS = 60.0
"""A library that has taken longer is not asked for more trials."""

Loop = Callable[[], None]
"""One trial: ask and report."""

N_PARAMETERS = 6


def rows(quick: bool, log: Log) -> list[Row]:
    """A row a library and number of trials."""
    found = []
    for name, make in LIBRARIES.items():
        with tempfile.TemporaryDirectory() as folder:
            loop = make(Path(folder))
            found += _timed(name, loop, MARKS[:1] if quick else MARKS, log)
    with tempfile.TemporaryDirectory() as folder:
        found.append(_disk(Path(folder)))
    return found


def _timed(name: str, loop: Loop, marks: tuple[int, ...], log: Log) -> list[Row]:
    done, found = 0, []
    start = time.perf_counter()
    for mark in marks:
        if time.perf_counter() - start > PATIENCE_SECONDS:
            break
        while done < mark - mark // 10:
            loop()
            done += 1
        wall, cpu = time.perf_counter(), time.process_time()
        while done < mark:
            loop()
            done += 1
        last = mark // 10
        found.append(
            {
                "library": name,
                "trials": mark,
                "overhead_ms_per_trial": 1e3 * (time.perf_counter() - wall) / last,
                "cpu_ms_per_trial": 1e3 * (time.process_time() - cpu) / last,
            }
        )
        log(f"{name}, {mark} trials: {found[-1]['overhead_ms_per_trial']:.1f} ms a trial")
    return found


def cost(point: dict[str, Any]) -> float:
    """What is measured."""
    return float(sum(point.values()))


def _by_the_verbs(client: Any, parameter: Callable[..., Any]) -> Loop:
    """The same script for Ax's client and for ours."""
    names = [f"x{i}" for i in range(N_PARAMETERS)]
    client.configure_experiment([parameter(name, (0, 1000), "int") for name in names], name="cost")
    client.configure_optimization("-cost")
    client.configure_generation_strategy("random_search")

    def loop() -> None:
        ((number, point),) = client.get_next_trials(1).items()
        client.complete_trial(number, {"cost": cost(point)})

    return loop


def _ours(url: str | None) -> Loop:
    from bohwsw import Client, RangeParameterConfig

    return _by_the_verbs(Client(url), RangeParameterConfig)


def _optuna(url: str | None) -> Loop:
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(storage=url, sampler=optuna.samplers.RandomSampler(seed=0))

    def loop() -> None:
        trial = study.ask()
        point = {f"x{i}": trial.suggest_int(f"x{i}", 0, 1000) for i in range(N_PARAMETERS)}
        study.tell(trial, cost(point))

    return loop


def _ax(url: str | None) -> Loop:
    warnings.filterwarnings("ignore")
    from ax.api.client import Client
    from ax.api.configs import RangeParameterConfig, StorageConfig
    from ax.storage.sqa_store.db import (
        create_all_tables,
        get_engine,
        init_engine_and_session_factory,
    )

    logging.getLogger("ax").setLevel(logging.ERROR)
    logging.getLogger("ax.api.client").setLevel(logging.ERROR)
    if url is not None:
        init_engine_and_session_factory(url=url)
        create_all_tables(get_engine())
    client = Client(StorageConfig(url=url) if url else None, random_seed=0)
    return _by_the_verbs(client, RangeParameterConfig)


LIBRARIES: dict[str, Callable[[Path], Loop]] = {
    "bohwsw, memory": lambda _: _ours(None),
    "bohwsw, SQLite": lambda folder: _ours(f"sqlite:///{folder / 'studies.db'}"),
    "Optuna, memory": lambda _: _optuna(None),
    "Optuna, SQLite": lambda folder: _optuna(f"sqlite:///{folder / 'optuna.db'}"),
    "Ax, memory": lambda _: _ax(None),
    "Ax, SQLite": lambda folder: _ax(f"sqlite:///{folder / 'ax.db'}"),
}


def _disk(folder: Path) -> Row:
    """Two transactions by sqlite3 alone, as a trial has: what the machine gives."""
    connection = sqlite3.connect(folder / "plain.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("CREATE TABLE trials (number INTEGER PRIMARY KEY, text TEXT)")
    wall, cpu = time.perf_counter(), time.process_time()
    for number in range(1000):
        connection.execute("INSERT INTO trials VALUES (?, ?)", (number, "x" * 200))
        connection.execute("UPDATE trials SET text = ? WHERE number = ?", ("y" * 200, number))
    return {
        "library": "two transactions of sqlite3 alone",
        "trials": 1000,
        "overhead_ms_per_trial": time.perf_counter() - wall,
        "cpu_ms_per_trial": time.process_time() - cpu,
    }
