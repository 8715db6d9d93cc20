"""``python -m benchmarks.surrogates.kernels``: kernels of categories, by what they predict.

Tables of networks, whose parameters are categories: errors and latencies of NAS-Bench-201's cells,
accuracies of NAS-Bench-Macro. Each kernel is fitted to random networks and asked about a thousand
others. The overlap kernel is BoTorch's `CategoricalKernel`, exp(-mean of overlaps over scales), by
`MixedSingleTaskGP`; its fits take seconds to minutes, so it sees the smaller sets only.
"""

from __future__ import annotations

import statistics
import sys
import time
import warnings
from collections.abc import Callable

import numpy as np
import torch
from botorch.fit import fit_gpytorch_mll
from botorch.models import MixedSingleTaskGP
from gpytorch.mlls import ExactMarginalLogLikelihood

from benchmarks.command import Log, Results, Row, heading, run_command, table
from benchmarks.optimizers.options import CELL
from benchmarks.optimizers.problems.listing import Array
from benchmarks.optimizers.problems.networks import BLOCKS, OPERATORS
from benchmarks.optimizers.problems.networks import table as column
from benchmarks.provenance import head
from bohwsw.space import Categorical, Codes, Space
from bohwsw.surrogates import GaussianProcess, objective_warping, one_thread, rank_correlation
from bohwsw.workload import cell_features

FUNCTIONS = {
    "error of cells": ("nb201_cifar100_val12", OPERATORS, -1.0),
    "latency of cells": ("nb201_pixel3_ms", OPERATORS, 1.0),
    "error of Macro": ("macro_accuracy", BLOCKS, -1.0),
}
HELD_OUT, DRAWS = 1000, 5
SIZES, OVERLAP_SIZE = (25, 50, 100), 25

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


def run(quick: bool, log: Log) -> Results:
    """Every kernel on every function."""
    rows: list[Row] = []
    for name in FUNCTIONS:
        for n in SIZES[:1] if quick else SIZES:
            for kernel in KERNELS:
                is_dear, is_cell = KERNELS[kernel] is _overlap, KERNELS[kernel] is _cell
                if (is_dear and (quick or n > OVERLAP_SIZE)) or (is_cell and "cells" not in name):
                    continue
                rows.append(_row(name, n, kernel, 1 if quick or is_dear else DRAWS))
                log(f"{name}, {n}, {kernel}: {rows[-1]['error']:.2f}")
    return {
        **head("surrogates.kernels", quick),
        "rows": rows,
    }


def _row(name: str, n: int, kernel: str, draws: int) -> Row:
    place, values, sign = FUNCTIONS[name]
    y = sign * column(place)
    y = objective_warping(y)(y)
    length = round(np.log(len(y)) / np.log(len(values)))
    space = Space([Categorical(f"op_{i}", list(values)) for i in range(length)])
    weights = len(values) ** np.arange(length)[::-1]
    errors, ranks, seconds = [], [], []
    for draw in range(draws):
        rows = space.sample_rows(n + HELD_OUT, np.random.default_rng(draw))
        seen = y[rows @ weights]
        begun = time.process_time()
        with one_thread():
            mean = KERNELS[kernel](space, rows[:n], seen[:n], rows[n:])
        seconds.append(time.process_time() - begun)
        errors.append(float(np.sqrt(np.mean((mean - seen[n:]) ** 2)) / seen[n:].std()))
        ranks.append(rank_correlation(seen[n:], mean))
    found = {"error": errors, "rank": ranks, "seconds": seconds}
    means = {key: statistics.fmean(values) for key, values in found.items()}
    return {"function": name, "observations": n, "kernel": kernel, "draws": draws, **means}


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
    return "\n".join([heading("Kernels of categories", results), table(results["rows"], columns)])


if __name__ == "__main__":
    sys.exit(run_command("surrogates.kernels", "Kernels of categories.", run, markdown))
