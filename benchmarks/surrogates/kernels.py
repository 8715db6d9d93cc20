"""``python -m benchmarks.surrogates.kernels``: kernels of categories, by what they predict.

Tables of networks, whose parameters are categories: errors and latencies of NAS-Bench-201's cells,
accuracies of NAS-Bench-Macro. Each kernel is fitted to random networks and asked about a thousand
others. The overlap kernel is BoTorch's `CategoricalKernel`, exp(-mean of overlaps over scales), by
`MixedSingleTaskGP`; its fits take seconds, so it sees the smaller sets only.
"""

from __future__ import annotations

import statistics
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from botorch.fit import fit_gpytorch_mll
from botorch.models import MixedSingleTaskGP
from gpytorch.mlls import ExactMarginalLogLikelihood

from benchmarks.command import Log, Results, Row, heading, run_command, runs_made, table
from benchmarks.optimizers.options import CELL
from benchmarks.optimizers.problems.listing import Array
from benchmarks.optimizers.problems.networks import BLOCKS, OPERATORS
from benchmarks.optimizers.problems.networks import table as column
from benchmarks.provenance import head
from benchmarks.records import RUNS, made_where, resumed
from bohwsw.space import Categorical, Codes, Space
from bohwsw.surrogates import GaussianProcess, objective_warping, one_thread, rank_correlation
from bohwsw.workload import cell_features

FUNCTIONS = {
    "error of cells": ("nb201_cifar100_val12", OPERATORS, -1.0),
    "latency of cells": ("nb201_pixel3_ms", OPERATORS, 1.0),
    "error of Macro": ("macro_accuracy", BLOCKS, -1.0),
}
HELD_OUT, DRAWS = 1000, 5
SIZES = (25, 50, 100)
FIGURES = ("error", "rank", "seconds")

Predict = Callable[[Space, Codes, Array, Codes], Array]


def _parameter(space: Space, train: Codes, y: Array, test: Codes) -> Array:
    model = GaussianProcess(space.encoding_groups).fit(space.encode_rows(train), y)
    return model.predict_mean(space.encode_rows(test))


def _without_counts(space: Space, train: Codes, y: Array, test: Codes) -> Array:
    x, new = (space.positions(space.encode_rows(rows)) for rows in (train, test))
    return GaussianProcess(space.encoding_groups[: x.shape[1]]).fit(x, y).predict_mean(new)


def _value(space: Space, train: Codes, y: Array, test: Codes) -> Array:
    return GaussianProcess().fit(space.encode_rows(train), y).predict_mean(space.encode_rows(test))


def _overlap(space: Space, train: Codes, y: Array, test: Codes) -> Array:
    x, new = (torch.tensor(rows.astype(float)) for rows in (train, test))
    model = MixedSingleTaskGP(x, torch.tensor(y[:, None]), cat_dims=list(range(x.shape[1])))
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        with torch.enable_grad():
            fit_gpytorch_mll(ExactMarginalLogLikelihood(model.likelihood, model))
        return np.asarray(model.posterior(new).mean[:, 0].numpy())


def _cell(space: Space, train: Codes, y: Array, test: Codes) -> Array:
    features = cell_features(CELL, OPERATORS, absent="none", identity="skip")
    return _parameter(Space(space.parameters, features=features), train, y, test)


KERNELS: dict[str, Predict] = {
    "a scale a parameter, counts (ours)": _parameter,
    "a scale a parameter": _without_counts,
    "a scale a value, counts": _value,
    "overlap, a scale a parameter": _overlap,
    "ours, graph of the cell told": _cell,
}


@dataclass(frozen=True)
class Task:
    """One kernel on one function, from so many observations, drawn so often."""

    function: str
    observations: int
    kernel: str
    draws: int


def run(quick: bool, log: Log, *, path: Path = RUNS / "surrogates.kernels.jsonl") -> Results:
    """Every kernel on every function; what is kept is not run again."""
    tasks = [
        Task(name, n, kernel, 1 if quick else DRAWS)
        for kernel, predict in sorted(KERNELS.items(), key=lambda pair: pair[1] is _overlap)
        for name in FUNCTIONS
        for n in (SIZES[:1] if quick or predict is _overlap else SIZES)
        if not (quick and predict is _overlap) and (predict is not _cell or "cells" in name)
    ]
    rows = resumed(None if quick else path, run_task, tasks, log)
    order = [*FUNCTIONS]
    rows.sort(key=lambda row: (order.index(row["task"]["function"]), row["task"]["observations"]))
    return {
        **head("surrogates.kernels", quick),
        "made": [] if quick else made_where(rows),
        "rows": [{**row["task"], **{key: row[key] for key in FIGURES}} for row in rows],
    }


def run_task(task: Task) -> Row:
    """Errors, rank correlations and CPU-seconds, means over the draws."""
    place, values, sign = FUNCTIONS[task.function]
    n, y = task.observations, sign * column(place)
    y = objective_warping(y)(y)
    length = round(np.log(len(y)) / np.log(len(values)))
    space = Space([Categorical(f"op_{i}", list(values)) for i in range(length)])
    weights = len(values) ** np.arange(length)[::-1]
    found: dict[str, list[float]] = {key: [] for key in FIGURES}
    for draw in range(task.draws):
        rows = space.sample_rows(n + HELD_OUT, np.random.default_rng(draw))
        seen = y[rows @ weights]
        begun = time.process_time()
        with one_thread():
            mean = KERNELS[task.kernel](space, rows[:n], seen[:n], rows[n:])
        found["seconds"].append(time.process_time() - begun)
        error = float(np.sqrt(np.mean((mean - seen[n:]) ** 2)) / seen[n:].std())
        found["error"].append(error)
        found["rank"].append(rank_correlation(seen[n:], mean))
    return {"task": asdict(task), **{key: statistics.fmean(all_) for key, all_ in found.items()}}


def markdown(results: Results) -> str:
    """The results as a page."""
    columns = {
        "function": "function",
        "observations": "observations",
        "kernel": "kernel",
        "draws": "draws",
        "error": "error / deviation|.2f",
        "rank": "rank correlation|.2f",
        "seconds": "CPU-s|.2f",
    }
    made = runs_made(results) if results["made"] else ""
    title = heading("Kernels of categories", results)
    return "\n".join([title, made, table(results["rows"], columns)])


if __name__ == "__main__":
    sys.exit(run_command("surrogates.kernels", "Kernels of categories.", run, markdown))
