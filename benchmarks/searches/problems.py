"""The problems by name; each evaluation is a look into a table, or a polynomial."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.optimizers.problems.networks import BLOCKS, MACRO, NB201, table
from benchmarks.searches.edge import edge
from benchmarks.searches.eyeriss import digits, digits_trained, equal_area
from benchmarks.searches.foxnas import foxnas
from benchmarks.searches.problem import Problem
from bohwsw.accuracy import TableSource
from bohwsw.arrays import Values
from bohwsw.errors import unknown_name
from bohwsw.rows import RowSpace, RowTable
from bohwsw.space import Categorical, Point, Space

EYERISS_MS = 4.5
MACRO_SHARE = 0.25
"""So many of the networks of NAS-Bench-Macro keep its limit."""
OFA_MMACS = 250.0
COLUMN = "cifar10_test200"
"""NAS-Bench-201's accuracies after 200 epochs, which may not be shipped, in a file of one's own."""


def nb201(accuracies: Path | None = None, limit_ms: float = EYERISS_MS) -> Problem:
    """NAS-Bench-201 within a latency on Eyeriss: CIFAR-10 after 12 epochs, or those of a file."""
    stored = TableSource("nas-bench-201", figures=("accuracy_percent", "eyeriss_latency_ms"))
    figures = np.array([list(row[0].values()) for row in stored.rows.values() if row])
    if accuracies is not None:
        with np.load(accuracies, allow_pickle=False) as arrays:
            figures[:, 0] = arrays[COLUMN]
    columns = dict(zip(stored.keys, zip(*stored.rows, strict=True), strict=True))
    edges = [name for name in columns if name.startswith("edge_")]
    space = Space([Categorical(name, sorted(set(columns[name]))) for name in sorted(edges)])
    keys = [dict(zip(stored.keys, key, strict=True)) for key in stored.rows]
    places = {space.row(key).tobytes(): k for k, key in enumerate(keys)}
    return _listed(
        "nb201",
        space,
        lambda point: places[space.row(point).tobytes()],
        100.0 - figures[:, 0],
        figures[:, 1],
        ("eyeriss_ms", limit_ms),
        200,
        NB201,
    )


def macro() -> Problem:
    """NAS-Bench-Macro: three choices for each of eight layers, a quarter of them within MACs."""
    return _macro("macro", MACRO_SHARE)


def macro_free() -> Problem:
    """The same without a limit that binds."""
    return _macro("macro_free", 1.0)


def _macro(name: str, share: float) -> Problem:
    space = Space([Categorical(f"layer_{k}", list(BLOCKS)) for k in range(8)])
    weights = len(BLOCKS) ** np.arange(8)[::-1]
    macs = table("macro_macs") / 100.0
    limit = ("mmacs", float(np.quantile(macs, share)))
    error = 100.0 - table("macro_accuracy") / 100.0
    return _listed(
        name, space, lambda p: int(space.row(p) @ weights), error, macs, limit, 200, MACRO
    )


def ofa() -> Problem:
    """2,162 trained sub-networks of Once-for-All, and no others, within MACs of their blocks."""
    stored = TableSource("ofa-mobilenet-v3")
    rows = [dict(zip(stored.keys, key, strict=True)) for key in stored.rows]
    space = RowSpace(RowTable.of(rows))
    places = {space.row(row).tobytes(): k for k, row in enumerate(rows)}
    error = np.array([100.0 - row[0]["accuracy_percent"] for row in stored.rows.values() if row])
    return _listed(
        "ofa",
        space,
        lambda point: places[space.row(point).tobytes()],
        error,
        np.array([ofa_block_mmacs(row) for row in rows]),
        ("block_mmacs", OFA_MMACS),
        150,
        "accuracies of IntelLabs/DyNAS-T (Apache-2.0); optimum by enumeration",
    )


def ofa_block_mmacs(row: Point) -> float:
    """Million MACs of the blocks of a Once-for-All network: all but stem, first block and head."""
    side, channels, total = int(row["resolution"]) // 2, 16, 0
    for stage, (own, stride, excited) in enumerate(
        ((24, 2, False), (40, 2, True), (80, 2, False), (112, 1, True), (160, 2, True)), start=1
    ):
        for block in range(1, int(row[f"depth_{stage}"]) + 1):
            wide = channels * int(row[f"expand_{stage}_{block}"])
            after = side // (stride if block == 1 else 1)
            total += channels * wide * side**2
            total += wide * after**2 * (int(row[f"kernel_{stage}_{block}"]) ** 2 + own)
            total += 2 * wide * 8 * -(-wide // 32) if excited else 0
            side, channels = after, own
    return total / 1e6


def _listed(
    name: str,
    space: Space,
    place: Callable[[Point], int],
    errors: Values,
    costs: Values,
    limit: tuple[str, float],
    evaluations: int,
    source: str,
) -> Problem:
    def measured(point: Point) -> tuple[float, float]:
        k = place(point)
        return float(errors[k]), float(costs[k])

    cost, most = limit
    best = float(errors[costs <= most].min())
    return Problem(name, space, measured, cost, most, best, evaluations, source)


PROBLEMS: dict[str, Callable[..., Problem]] = {
    "nb201": nb201,
    "macro": macro,
    "macro_free": macro_free,
    "foxnas": foxnas,
    "ofa": ofa,
    "edge": edge,
    "digits": digits,
    "equal_area": equal_area,
    "digits_trained": digits_trained,
}


@lru_cache(maxsize=16)
def problem(name: str, **options: Any) -> Problem:
    """A problem by its name, with what its function takes.

    Raises:
        SpecError: there is none of this name.
    """
    if name not in PROBLEMS:
        raise unknown_name("problem", name, PROBLEMS)
    return PROBLEMS[name](**options)
