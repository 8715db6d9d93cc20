"""CPU-seconds from one suggestion to the next, everything included, and the results as a page."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from benchmarks.command import Log, Results, Row, heading, table
from benchmarks.provenance import head
from bohwsw.space import Integer, Point, Space
from bohwsw.strategies import Outcome, TrialState, strategy
from bohwsw.surrogates import one_thread

DIMENSIONS = 30
LEVELS = 8
FLAGS = 24
GOALS = {250: 0.05, 1000: 0.3}
"""CPU-seconds a suggestion that are asked for at most, by observations."""
FIRST_GOAL_S = 1.0
"""CPU-seconds from naming the flags to the first suggestion that are asked for at most."""

Answer = Callable[[npt.NDArray[np.float64]], Outcome]


def _objective(x: npt.NDArray[np.float64]) -> float:
    return float(np.sin(3 * x[0]) + x[1] * x[2] + 0.1 * x[3:10].sum())


def _always(x: npt.NDArray[np.float64]) -> Outcome:
    return Outcome(TrialState.COMPLETED, _objective(x))


def _sometimes(x: npt.NDArray[np.float64]) -> Outcome:
    return _always(x) if x[4] + x[5] * x[6] <= 1.0 else Outcome(TrialState.INFEASIBLE)


def _measured(x: npt.NDArray[np.float64]) -> Outcome:
    metrics = {"area_mm2": float(x[4] + x[5] * x[6])}
    return Outcome(TrialState.COMPLETED, _objective(x), metrics=metrics)


ANSWERS: dict[str, tuple[Answer, list[str]]] = {
    "objective alone": (_always, []),
    "hidden feasibility": (_sometimes, []),
    "outcome constraint": (_measured, ["area_mm2 <= 1.0"]),
}
"""What is learned besides the objective: how points are answered, and the outcome constraints."""


def run(quick: bool, log: Log) -> Results:
    """Tell random points, then ask and tell on."""
    rows: list[Row] = []
    with one_thread():
        for n in [250] if quick else [50, 250, 1000, 3000]:
            for name in ANSWERS:
                rows.append(_row(name, n, 10 if quick else 40))
                log(f"{n} observations, {name}: {rows[-1]['mean_s']:.3f} CPU-s")
        first = [_first_suggestion(seed) for seed in range(3 if quick else 10)]
    missed = [
        f"{n} observations, {row['learned']}: {row['mean_s']:.3f}, goal {goal}"
        for row in rows
        for n, goal in GOALS.items()
        if row["observations"] == n and row["mean_s"] > goal
    ]
    if max(first) > FIRST_GOAL_S:
        missed.append(f"first of {FLAGS} flags: {max(first):.3f}, goal {FIRST_GOAL_S}")
    return {
        **head("suggestion_cost", quick),
        "rows": rows,
        "first_suggestion_s": first,
        "missed": missed,
    }


def _first_suggestion(seed: int) -> float:
    """CPU-seconds from naming 24 flags under two weighted sums to their first point."""
    random = np.random.default_rng(seed)
    flags = [Integer(f"f{i}", 0, 1) for i in range(FLAGS)]

    def weighted_sum() -> str:
        return " + ".join(f"{random.integers(1, 98)} * {flag.name}" for flag in flags)

    start = time.process_time()
    space = Space(flags, [f"{weighted_sum()} <= 300", f"{weighted_sum()} >= 200"])
    strategy("bayesian", space, seed).ask()
    return time.process_time() - start


def _row(name: str, observations: int, suggestions: int) -> Row:
    answer, constraints = ANSWERS[name]
    space = Space([Integer(f"x{i}", 0, LEVELS - 1) for i in range(DIMENSIONS)])
    asked = strategy("bayesian", space, 0, outcome_constraints=constraints)

    def tell(point: Point) -> None:
        x = np.array(list(point.values()), dtype=np.float64) / (LEVELS - 1)
        asked.tell(point, answer(x))

    for point in space.sample(observations, np.random.default_rng(0)):
        tell(point)
    asked.ask()  # the first fits, which a run makes one after the other while it grows
    seconds = []
    for _ in range(suggestions):
        start = time.process_time()
        tell(asked.ask()[0])
        seconds.append(time.process_time() - start)
    return {
        "learned": name,
        "observations": observations,
        "mean_s": float(np.mean(seconds)),
        "median_s": float(np.median(seconds)),
        "max_s": float(np.max(seconds)),
    }


def markdown(results: Results) -> str:
    """The results as a page."""
    columns = {
        "observations": "observations|,",
        "learned": "learned",
        "mean_s": "mean, CPU-s|.3f",
        "median_s": "median|.3f",
        "max_s": "slowest|.3f",
    }
    missed = "\n".join(f"- {text}" for text in results["missed"]) or "- none"
    first = results["first_suggestion_s"]
    goals = " and ".join(f"{goal} at {n:,}" for n, goal in GOALS.items())
    parts = [
        heading("Cost of a suggestion", results),
        f"{DIMENSIONS} integer parameters of {LEVELS} values, one thread; from one suggestion to",
        "the next: models (fits included, which come with every few observations), pool, climb,",
        f"and telling the outcome. Goals for the mean: {goals}.\n",
        table(results["rows"], columns),
        f"The first suggestion for {FLAGS} flags under two weighted sums, the space included:",
        f"{np.median(first):.3f} CPU-s in the median of {len(first)} pairs of sums,",
        f"{max(first):.3f} at most; goal {FIRST_GOAL_S}.\n",
        f"Goals missed:\n\n{missed}\n",
    ]
    return "\n".join(parts)
