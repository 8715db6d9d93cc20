"""Robust objectives on tables: ``python -m benchmarks.searches.figures robust worst_case``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import spearmanr

from benchmarks.command import Row
from bohwsw.accuracy import TableSource
from bohwsw.aggregates import aggregate_of
from bohwsw.arrays import Indices, Values
from bohwsw.errors import SpecError
from bohwsw.rows import RowSpace, RowTable
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
    row["evaluations"] = EVALUATIONS
    searches: dict[str, dict[str, Any]] = {
        "bayesian": {},
        "robust": {},
        "robust_of_worst": {"aggregate": "worst"},
    }
    for name, options in searches.items():
        found = [_settled(name, seed, 100.0 - seen, options) for seed in range(seeds)]
        row[name] = float(np.mean(true[found]))
        row[f"{name}_spread"] = float(np.mean(true[near[found][:, 1:]].std(axis=1)))
        row[f"{name}_worst_seed"] = float(true[found].min())
    return row


def _settled(name: str, seed: int, errors: Values, options: Mapping[str, Any]) -> int:
    space, places, _ = _cells()
    search = strategy(name.partition("_")[0], space, seed, **options)
    for _ in range(EVALUATIONS):
        (point,) = search.ask()
        error = errors[places[space.row(point).tobytes()]]
        search.tell(point, Outcome(TrialState.COMPLETED, float(error)))
    assert search.best is not None
    return places[space.row(search.best.point).tobytes()]


SCENARIOS = ("ptq", "analog")
CLEAN_LOST, TRIALS = 2.0, 150


def worst_case(seeds: int, analog: Path | None) -> Row:
    """NAS-Bench-201 on an analog machine, Eyeriss latency at most 4.5 ms: clean and worst accuracy.

    A file holds the accuracies of some cells on CIFAR-10, trained in full precision, then also
    quantised and under the noise of analog memory. First the clean accuracy is searched for; then
    the worst of all three, with at most two points of the clean accuracy of that lost.
    """
    if analog is None:
        raise SpecError("no file of analog accuracies", key_path="--accuracies")
    with np.load(analog, allow_pickle=False) as arrays:
        kept = arrays["nb201_index"]
        names = ("baseline", *SCENARIOS)
        found = np.array([arrays[f"{name}_accuracy"] for name in names], np.float64)
    keys, rows = zip(*_cells()[2].rows.items(), strict=True)
    latency = np.array([row[0]["eyeriss_latency_ms"] for row in rows if row])[kept]
    points = [dict(zip(_cells()[2].keys, keys[k], strict=True)) for k in kept]
    space = RowSpace(RowTable.of(points))
    places = {space.row(point).tobytes(): k for k, point in enumerate(points)}
    worst, ends = aggregate_of("worst"), []
    for seed in range(seeds):
        chosen, clean = [], 0.0
        for is_robust in (False, True):
            limits = ["ms <= 4.5", *([f"clean >= {clean - CLEAN_LOST!r}"] if is_robust else [])]
            search = strategy("bayesian", space, seed, outcome_constraints=limits)
            for _ in range(TRIALS):
                (point,) = search.ask()
                k = places[space.row(point).tobytes()]
                losses = 100.0 - found[:, k]
                objective = float(worst(losses)) if is_robust else float(losses[0])
                metrics = {"ms": float(latency[k]), "clean": float(found[0, k])}
                search.tell(point, Outcome(TrialState.COMPLETED, objective, metrics=metrics))
            assert search.best is not None
            k = places[space.row(search.best.point).tobytes()]
            clean = float(found[0, k])
            chosen += [clean, float(found[:, k].min()), int(found[:, k].argmin())]
        ends.append(chosen)
    plain, plain_worst, binds, robust_, robust_worst, _ = np.array(ends).T
    return {
        "seeds": seeds,
        "trials": TRIALS,
        "binding": names[int(np.median(binds))],
        "clean_of_clean": float(plain.mean()),
        "worst_of_clean": float(plain_worst.mean()),
        "clean_of_worst": float(robust_.mean()),
        "worst_of_worst": float(robust_worst.mean()),
        "least_gain": float((robust_worst - plain_worst).min()),
        "most_clean_lost": float((plain - robust_).max()),
    }
