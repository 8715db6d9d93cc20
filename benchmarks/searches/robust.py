"""Robust objectives on tables: ``python -m benchmarks.searches.figures robust worst_case``."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr

from benchmarks.command import Row
from bohwsw.accuracy import TableSource
from bohwsw.arrays import Indices, Values
from bohwsw.space import Categorical, Space
from bohwsw.strategies import Outcome, TrialState, strategy
from bohwsw.strategies.published.robust import Neighbourhood

EVALUATIONS, DRAWN = 60, 200
COLUMNS = ("cifar100_val12", "cifar100_test200")
SHIPPED = ("cifar100_accuracy_percent", "imagenet16_accuracy_percent")


@lru_cache(maxsize=1)
def _cells() -> tuple[Space, dict[bytes, int], TableSource]:
    """NAS-Bench-201: its space, the place of each row in the table, and the table."""
    source = TableSource("nas-bench-201", figures=(*SHIPPED, "eyeriss_latency_ms"))
    names = sorted(name for name in source.keys if name.startswith("edge_"))
    keys = [dict(zip(source.keys, key, strict=True)) for key in source.rows]
    space = Space([Categorical(name, sorted({key[name] for key in keys})) for name in names])
    return space, {space.row(key).tobytes(): k for k, key in enumerate(keys)}, source


@lru_cache(maxsize=1)
def _near() -> Indices:
    """The places of each cell and its 24 neighbours: ``[15625, 25]``."""
    space, places, _ = _cells()
    around = Neighbourhood(space)
    rows = (np.frombuffer(key, np.int32) for key in places)
    return np.array([[places[near.tobytes()] for near in around(row)] for row in rows])


def robust(seeds: int, accuracies: Path | None) -> Row:
    """CIFAR-100 on NAS-Bench-201: what is seen after 12 epochs, what it says of 200.

    Rank correlations of a network and of the mean of its neighbourhood, over all and over the tenth
    that looks best; then searches of equally many evaluations: what the networks come to that they
    settle on, and the standard deviation of that over their neighbours. Without a file, CIFAR-100
    after 12 epochs and what it says of ImageNet16-120.
    """
    if accuracies is not None:
        with np.load(accuracies, allow_pickle=False) as arrays:
            seen, true = (np.asarray(arrays[name], np.float64) for name in COLUMNS)
    else:
        figures = [row[0] for row in _cells()[2].rows.values() if row]
        seen, true = (np.array([row[name] for row in figures]) for name in SHIPPED)
    near = _near()
    mean, top = seen[near].mean(axis=1), seen >= np.quantile(seen, 0.9)
    row: Row = {"seeds": seeds}
    for name, value in (("network", seen), ("neighbourhood", mean)):
        row[f"{name}_spearman"] = float(spearmanr(value, true)[0])
        row[f"{name}_spearman_of_top_tenth"] = float(spearmanr(value[top], true[top])[0])
    rng = np.random.default_rng(0)
    drawn = [rng.choice(len(seen), DRAWN, replace=False) for _ in range(100 * seeds)]
    few = [some[: DRAWN // near.shape[1]] for some in drawn]
    row["random"] = float(np.mean([true[x[np.argmax(seen[x])]] for x in drawn]))
    row["neighbourhood_random"] = float(np.mean([true[x[np.argmax(mean[x])]] for x in few]))
    for name in ("bayesian", "robust"):
        found = [_settled(name, seed, 100.0 - seen) for seed in range(seeds)]
        row |= {f"{name}_evaluations": EVALUATIONS, name: float(np.mean(true[found]))}
        row[f"{name}_spread"] = float(np.mean(true[near[found][:, 1:]].std(axis=1)))
        row[f"{name}_worst_seed"] = float(true[found].min())
    return row


def _settled(name: str, seed: int, errors: Values) -> int:
    space, places, _ = _cells()
    search = strategy(name, space, seed)
    for _ in range(EVALUATIONS):
        (point,) = search.ask()
        error = errors[places[space.row(point).tobytes()]]
        search.tell(point, Outcome(TrialState.COMPLETED, float(error)))
    assert search.best is not None
    return places[space.row(search.best.point).tobytes()]
