"""Thin feasible regions: 0.1 to 2 % of the points, in a place that nobody states.

Two are answered by "no" alone; two tell by how much a point misses.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from benchmarks.optimizers.problem import Problem
from benchmarks.optimizers.problems.listing import Array, listed
from bohwsw.space import Categorical, Integer, Ordinal, Space

LADDER = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)


def thin_window(seed: int | None = None) -> Problem:
    """A pipeline that has to fill its memory, and to keep its stages in balance: no answer else."""
    rng = np.random.default_rng([1, 0 if seed is None else seed])
    space = Space(
        [
            *(Ordinal(name, LADDER) for name in ("tile", "depth", "lanes", "banks")),
            Categorical("layout", ["rows", "columns", "tiled"]),
            Categorical("port", ["single", "double"]),
        ]
    )
    layout, port = rng.uniform(0.0, 1.5, 3), np.array([0.0, 1.0])
    weight = rng.uniform(0.3, 1.5, 4)

    def ask(rows: Array) -> tuple[Array, Mapping[str, Array]]:
        tile, depth, lanes, banks = np.log2(np.array(LADDER))[rows[:, :4]].T
        filled = tile + depth - layout[rows[:, 4]]
        balance = lanes + port[rows[:, 5]] - banks
        aims = np.stack([tile - lanes, depth - 4.0, lanes - 5.0, banks - tile], axis=1)
        cost = 2.0 + (weight * aims**2).sum(axis=1) + 0.7 * rows[:, 5]
        limits = {"fill": np.abs(filled - 7.0) - 0.25, "balance": np.abs(balance - 1.0) - 0.3}
        return cost, limits

    return listed("thin_window", "thin", space, ask, 60)


def thin_shell(seed: int | None = None) -> Problem:
    """Whole numbers between two ellipsoids: only a shell of them can be built."""
    return _shell("thin_shell", 2, seed, hidden=True, share=0.015)


def thin_told(seed: int | None = None) -> Problem:
    """A thinner shell that tells how far a point lies from it."""
    return _shell("thin_told", 3, seed, hidden=False, share=0.002)


def thin_corner(seed: int | None = None) -> Problem:
    """Where five half-spaces meet, told: 0.3 % of the points."""
    rng = np.random.default_rng([4, 0 if seed is None else seed])
    space = Space(
        [*(Integer(f"x{i}", 0, 11) for i in range(4)), Categorical("kind", ["a", "b", "c", "d"])]
    )
    slopes, shift = rng.normal(size=(5, 4)), 0.4 * rng.normal(size=(4, 5))
    aim, price = rng.uniform(0.0, 1.0, (4, 4)), rng.uniform(0.0, 0.5, 4)
    sample = space.sample_rows(4000, rng)
    excess = sample[:, :4] / 11.0 @ slopes.T + shift[sample[:, 4]]
    # One drawn point keeps all of them; they are drawn towards it until few do.
    kept = excess[0]
    slack = np.quantile((excess - kept).max(axis=1), 0.003)

    def ask(rows: Array) -> tuple[Array, Mapping[str, Array]]:
        x, kind = rows[:, :4] / 11.0, rows[:, 4]
        over = x @ slopes.T + shift[kind] - kept - slack
        cost = 1.0 + price[kind] + 4.0 * ((x - aim[kind]) ** 2).sum(axis=1)
        return cost, {f"side_{i}": over[:, i] for i in range(5)}

    return listed("thin_corner", "thin", space, ask, 60, hidden=False)


def _shell(name: str, number: int, seed: int | None, *, hidden: bool, share: float) -> Problem:
    rng = np.random.default_rng([number, 0 if seed is None else seed])
    space = Space(
        [*(Integer(f"x{i}", 0, 24) for i in range(4)), Categorical("flip", [False, True])]
    )
    middle, shape = rng.uniform(0.3, 0.7, (2, 4)), rng.normal(size=(4, 4))
    aim, slope = rng.uniform(0.0, 1.0, 4), rng.uniform(0.0, 1.0, 4)

    def radius(rows: Array) -> Array:
        away = rows[:, :4] / 24.0 - middle[rows[:, 4]]
        return np.asarray(np.linalg.norm(away @ shape, axis=1))

    lowest, highest = np.quantile(radius(space.sample_rows(20_000, rng)), [0.3, 0.3 + share])

    def ask(rows: Array) -> tuple[Array, Mapping[str, Array]]:
        x, r = rows[:, :4] / 24.0, radius(rows)
        cost = 1.0 + 3.0 * ((x - aim) ** 2).sum(axis=1) + x @ slope + 0.2 * rows[:, 4]
        return cost, {"inner": lowest - r, "outer": r - highest}

    return listed(name, "thin", space, ask, 60, hidden=hidden)
