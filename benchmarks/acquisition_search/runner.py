"""The same acquisition maximised in two ways: pool and climb, and a pool of 20,000 alone."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import numpy as np

from benchmarks.command import Log, Results, Row, heading, table
from benchmarks.optimizers.problems import problem
from benchmarks.provenance import head
from bohwsw.space import Integer, Point, Space
from bohwsw.strategies import BayesianStrategy, ConstrainedImprovement, Outcome, TrialState
from bohwsw.surrogates import one_thread

POOL = 20_000
OBSERVATIONS = (41, 121)
"""Not multiples of four: every fourth suggestion of a run without gains is left to chance."""

LATTICE = Space([Integer(f"x{i}", 0, 7) for i in range(30)])
SUITE = ("assignment", "flow_shop", "mapping_convolution", "mapping_dense")
"""Problems of `benchmarks.optimizers` with more points than the pool has."""

Answer = Callable[[Point], Outcome]


def _lattice(point: Point) -> Outcome:
    x = np.array(list(point.values()), dtype=np.float64) / 7.0
    value = math.sin(3.0 * x[0]) + x[1] * x[2] + 0.1 * float(x[3:10].sum())
    return Outcome(TrialState.COMPLETED, value)


def _cases() -> dict[str, tuple[Space, Answer]]:
    cases: dict[str, tuple[Space, Answer]] = {"lattice": (LATTICE, _lattice)}
    for name in SUITE:
        subject = problem(name)

        def answer(point: Point, evaluate: Callable = subject.evaluate) -> Outcome:  # type: ignore[type-arg]
            found = evaluate(point)
            state = TrialState.COMPLETED if found.feasible else TrialState.INFEASIBLE
            return Outcome(state, found.objective if found.feasible else None)

        cases[name] = (subject.space, answer)
    return cases


def run(quick: bool, log: Log) -> Results:
    """Tell random points, then maximise what the models make of them."""
    rows: list[Row] = []
    for name, (space, answer) in _cases().items():
        for n in OBSERVATIONS[: 1 if quick else None]:
            with one_thread():
                runs = [_gap(space, answer, n, seed) for seed in range(2 if quick else 10)]
            gaps = [ours - pool for ours, pool, _, _ in runs]
            rows.append(
                {
                    "problem": name,
                    "observations": n,
                    "gap_nats_median": float(np.median(gaps)),
                    "gap_nats_least": min(gaps),
                    "gap_nats_most": max(gaps),
                    "climb_s": float(np.mean([seconds for _, _, seconds, _ in runs])),
                    "pool_s": float(np.mean([seconds for _, _, _, seconds in runs])),
                }
            )
            log(f"{name}, {n} observations: {rows[-1]['gap_nats_median']:.2f} nats")
    return {
        **head("acquisition_search", quick),
        "rows": rows,
    }


def _gap(space: Space, answer: Answer, n: int, seed: int) -> tuple[float, float, float, float]:
    """Log acquisition of the suggestion and of the best of the pool, and CPU-seconds of each."""
    strategy = BayesianStrategy(space, seed)
    rng = np.random.default_rng(seed)
    known = space.sample(n, rng)
    for point in known:
        strategy.tell(point, answer(point))
    posteriors, encoded = strategy.posteriors(), space.encode(known)
    score = ConstrainedImprovement(space, posteriors, strategy.caution, None, encoded)
    start = time.process_time()
    row = space.row(strategy.ask()[0])
    climb_s = time.process_time() - start
    start = time.process_time()
    rows = space.sample_rows(POOL, rng)
    best = float(score(rows, np.full(len(rows), -np.inf)).max())
    pool_s = time.process_time() - start
    return float(score(row[None, :], np.full(1, -np.inf))[0]), best, climb_s, pool_s


def markdown(results: Results) -> str:
    """The results as a page."""
    columns = {
        "problem": "problem",
        "observations": "observations",
        "gap_nats_median": "climb above pool, nats|.2f",
        "gap_nats_least": "least|.2f",
        "gap_nats_most": "most|.2f",
        "climb_s": "climb, CPU-s|.2f",
        "pool_s": "pool, CPU-s|.2f",
    }
    parts = [
        heading("Maximising the acquisition", results),
        "The same models and the same log expected improvement, weighted by feasibility: what is",
        f"suggested (1,000 random points, neighbours, climb) beside the best of {POOL:,} random",
        "valid points, after random observations; medians over seeds. A figure below 0 is a loss.",
        "The seconds of the climb include conditioning the models once more, those of the pool",
        "its draws.\n",
        table(results["rows"], columns),
    ]
    return "\n".join(parts)
