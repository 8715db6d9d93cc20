"""How busy evaluations of uneven length keep their workers, and what a second core brings."""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

from benchmarks.command import Log, Row
from bohwsw import Client, RangeParameterConfig
from bohwsw.codesign import Problem, best_recipe, load_space
from bohwsw.execution import Evaluator, WorkerPool
from bohwsw.mapper.branch_and_bound import BranchAndBoundMapper
from bohwsw.study import Where, run_codesign
from bohwsw.workload import load_network


@dataclass(frozen=True)
class Sleepers:
    """Evaluations that only sleep.

    Attributes:
        workers: how many at a time.
        strategy: that suggests, on the cores of this machine.
        mean_seconds: of an evaluation; the shortest take a quarter, the longest 2.6 times as much.
        evaluations_a_worker: how many, on average.
    """

    workers: int
    strategy: str
    mean_seconds: float
    evaluations_a_worker: int


SLEEPERS = (
    Sleepers(1, "random", 0.5, 10),
    Sleepers(2, "random", 0.5, 10),
    Sleepers(8, "random", 0.5, 10),
    Sleepers(64, "random", 0.5, 10),
    Sleepers(8, "bayesian", 2.0, 8),
    Sleepers(64, "bayesian", 20.0, 4),
)


def scaling_rows(quick: bool, log: Log) -> list[Row]:
    """Uneven evaluations: asynchronous, and in batches."""
    rows = []
    for sleepers in SLEEPERS[:3] if quick else SLEEPERS:
        for is_batch in (False, True):
            rows.append(_slept(sleepers, is_batch))
            log(
                f"{sleepers.workers} workers, {rows[-1]['how']}: {rows[-1]['utilisation']:.0%} busy"
            )
    return rows


def _slept(sleepers: Sleepers, is_batch: bool) -> Row:
    workers = sleepers.workers
    n = workers * sleepers.evaluations_a_worker
    client = Client()
    client.configure_experiment(
        [RangeParameterConfig(name, (0, 1000), "int") for name in ("x", "y", "z")]
    )
    client.configure_optimization("-cost")
    client.configure_generation_strategy(strategy=sleepers.strategy)
    seconds = _lengths(n, sleepers.mean_seconds)

    def sleep(point: dict[str, Any]) -> dict[str, float]:
        time.sleep(next(seconds))
        return {"cost": float(point["x"] + abs(point["y"] - 500) + point["z"])}

    began = time.perf_counter()
    with ThreadPoolExecutor(workers) as pool:
        busy = 0.0
        if is_batch:
            for _ in range(sleepers.evaluations_a_worker):
                busy += _batch(client, pool, sleep, workers)
        else:
            busy = client.run_trials(n, workers, evaluator=sleep, executor=pool).busy_seconds
    wall = time.perf_counter() - began
    return {
        "workers": workers,
        "strategy": sleepers.strategy,
        "mean_seconds": sleepers.mean_seconds,
        "how": "batches" if is_batch else "asynchronous",
        "evaluations": n,
        "utilisation": busy / (workers * wall),
        "speedup": busy / wall,
        "seconds": wall,
    }


def _batch(client: Client, pool: Executor, evaluate: Evaluator, workers: int) -> float:
    """As many points as workers, all waited for: what a loop without a driver does."""
    points = client.get_next_trials(workers)

    def timed(point: dict[str, Any]) -> tuple[dict[str, float], float]:
        began = time.perf_counter()
        return evaluate(point), time.perf_counter() - began

    busy = 0.0
    for number, (values, seconds) in zip(points, pool.map(timed, points.values()), strict=True):
        client.complete_trial(number, values)
        busy += seconds
    return busy


def _lengths(n: int, mean_seconds: float) -> Iterator[float]:
    """Seconds of evaluations, in random order, the same each time."""
    rng = random.Random(0)
    ratios = [10 ** rng.uniform(-0.75, 0.25) for _ in range(n)]
    scale = mean_seconds * n / sum(ratios)
    return itertools.cycle([scale * ratio for ratio in ratios])


def codesign_rows(quick: bool, log: Log) -> list[Row]:
    """Machines a minute of a co-design search, one and two at a time."""
    BranchAndBoundMapper().warm_up()
    trials = 6 if quick else 30
    recipe = best_recipe().changed(trials=trials)
    rows: list[Row] = []
    for workers in (1, 2):
        problem = Problem(load_space("eyeriss-168"), load_network("dqn"), recipe=recipe)
        where = Where(workers, partial(WorkerPool, workers))
        marks: list[float] = []

        def note(phase: str, *_: Any, marks: list[float] = marks) -> None:
            if phase == "search":
                marks.append(time.perf_counter())

        result = run_codesign(problem, where=where, progress=note)
        seconds = marks[-1] - marks[0]
        rows.append(
            {
                "workers": workers,
                "trials": trials,
                "seconds": seconds,
                "trials_per_minute": 60.0 * trials / seconds,
                "speedup": rows[0]["seconds"] / seconds if rows else 1.0,
                "edp_pj_cycles": result.best.edp_pj_cycles,
            }
        )
        log(f"codesign, {workers} at once: {seconds:.0f} s")
    return rows
