"""CPU-seconds of fits, conditioning and predictions, on one thread."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.command import Row
from bohwsw.surrogates import FeasibilityClassifier, GaussianProcess

COLUMNS = 30
POOL = 3000


def milliseconds(action: Callable[[], Any], repeats: int = 5) -> float:
    """The quickest of a few repeats, after one that is not counted."""
    action()
    seconds = []
    for _ in range(repeats):
        start = time.process_time()
        action()
        seconds.append(time.process_time() - start)
    return 1e3 * min(seconds)


def cost_rows(sizes: list[int]) -> list[Row]:
    """Objective and classifier at each number of observations, in 30 columns."""
    rows: list[Row] = []
    for n in sizes:
        rng = np.random.default_rng(0)
        x, pool = rng.integers(0, 8, (n, COLUMNS)) / 7, rng.integers(0, 8, (POOL, COLUMNS)) / 7
        y = np.sin(3 * x[:, 0]) + x[:, 1] * x[:, 2] + 0.1 * x[:, 3:10].sum(axis=1)
        feasible = x[:, 0] + x[:, 1] * x[:, 2] < 0.9
        before = int(0.8 * n)
        gp = GaussianProcess().fit(x[:before], y[:before])
        labels = FeasibilityClassifier().fit(x[:before], feasible[:before])
        rows.append(_row("objective", n, GaussianProcess, x, y, gp.hyperparameters, pool))
        start = labels.hyperparameters
        rows.append(_row("feasibility", n, FeasibilityClassifier, x, feasible, start, pool))
    return rows


def _row(name: str, n: int, kind: Any, x: Any, y: Any, start: Any, pool: Any) -> Row:
    model = kind().fit(x, y, start=start, max_iterations=0)
    return {
        "model": name,
        "observations": n,
        "fit_ms": milliseconds(lambda: kind().fit(x, y, start=start, max_iterations=30), 2),
        "condition_ms": milliseconds(lambda: kind().fit(x, y, start=start, max_iterations=0)),
        "predict_ms": milliseconds(lambda: model.predict(pool)),
    }
