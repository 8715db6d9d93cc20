"""CPU-seconds of fits, conditioning and predictions, on one thread."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.command import Row
from bohwsw.surrogates.batch import fit_batch
from bohwsw.surrogates.feasibility import FeasibilityClassifier
from bohwsw.surrogates.gp import GaussianProcess
from bohwsw.surrogates.threads import one_thread

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


def batch_rows(sizes: list[tuple[int, int]]) -> list[Row]:
    """Many models at once against one after the other, 12 columns."""
    rows: list[Row] = []
    for models, n in sizes:
        x = np.random.default_rng(0).integers(0, 8, (models, n, 12)) / 7
        y = np.sin(3 * x[..., 0]) + x[..., 1] * x[..., 2] + np.arange(models)[:, None] * x[..., 3]

        def together(x: Any = x, y: Any = y) -> None:
            fit_batch(x, y)

        def one_by_one(x: Any = x, y: Any = y) -> None:
            for points, values in zip(x, y, strict=True):
                GaussianProcess().fit(points, values)

        with one_thread():
            batch, loop = milliseconds(together, 2), milliseconds(one_by_one, 2)
        row = {"models": models, "observations": n, "batch_ms": batch, "loop_ms": loop}
        rows.append({**row, "ratio": loop / batch})
    return rows
