"""What is learned: functions of encoded discrete points, and hidden borders of feasibility.

None has noise. Points are drawn evenly from the space and encoded to [0, 1], as strategies do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Generator = np.random.Generator


@dataclass(frozen=True)
class RegressionProblem:
    """A function to learn.

    Attributes:
        name: its name.
        draw: ``n`` encoded points ``[n, d]`` and values ``[n]``.
    """

    name: str
    draw: Callable[[Generator, int], tuple[Values, Values]]


@dataclass(frozen=True)
class LabelProblem:
    """A border to learn.

    Attributes:
        name: its name.
        draw: ``n`` encoded points ``[n, d]`` and labels ``[n]``.
    """

    name: str
    draw: Callable[[Generator, int], tuple[Values, npt.NDArray[np.bool_]]]


def _levels(rng: Generator, n: int, d: int, levels: int = 8) -> Values:
    return rng.integers(0, levels, (n, d)) / (levels - 1)


def _lattice(rng: Generator, n: int) -> tuple[Values, Values]:
    x = _levels(rng, n, 12)
    return x, np.sin(3 * x[:, 0]) + x[:, 1] * x[:, 2] + 0.3 * np.abs(x[:, 3] - x[:, 4])


def _lattice_wide(rng: Generator, n: int) -> tuple[Values, Values]:
    x = _levels(rng, n, 30)
    return x, np.sin(3 * x[:, 0]) + x[:, 1] * x[:, 2] + 0.1 * x[:, 3:10].sum(axis=1)


def _energy_delay(rng: Generator, n: int) -> tuple[Values, Values]:
    """Traffic times the slower of computing and loading, over tile sizes: in logs, as modelled."""
    e = rng.integers(0, 7, (n, 10)).astype(float)
    traffic = 2.0 ** (12 - e[:, 0]) + 2.0 ** (12 - e[:, 1] - e[:, 2]) + 2.0 ** (e[:, 3] + 4)
    cycles = np.maximum(2.0 ** (12 - e[:, 4] - e[:, 5]), traffic / 2.0 ** e[:, 6])
    return e / 6, np.log(traffic * cycles)


def _pressure_vessel(rng: Generator, n: int) -> tuple[Values, Values]:
    """Cost of a pressure vessel (E. Sandgren, 1990): two plates in sixteenths of an inch."""
    shell, head = rng.integers(1, 100, n) * 0.0625, rng.integers(1, 100, n) * 0.0625
    radius, length = rng.integers(10, 201, n) * 1.0, rng.integers(10, 201, n) * 1.0
    cost = 0.6224 * shell * radius * length + 1.7781 * head * radius**2
    cost += 3.1661 * shell**2 * length + 19.84 * shell**2 * radius
    x = np.stack([shell / 6.1875, head / 6.1875, (radius - 10) / 190, (length - 10) / 190], axis=1)
    return x, cost


def _permutation(rng: Generator, n: int) -> tuple[Values, Values]:
    """Cost of an order of seven loops: a price a pair. Columns: who precedes whom."""
    order = np.argsort(rng.random((n, 7)), axis=1)
    place = np.argsort(order, axis=1)
    before = [(place[:, i] < place[:, j]).astype(float) for i in range(7) for j in range(i)]
    price = np.random.default_rng(5).random((7, 7))
    pairs = [(i, j) for i in range(7) for j in range(i)]
    cost = sum(
        np.where(b > 0, price[i, j], price[j, i]) for b, (i, j) in zip(before, pairs, strict=True)
    )
    innermost = np.random.default_rng(6).random(7)[order[:, -1]]
    return np.stack(before, axis=1), np.asarray(cost) + innermost


def regression_problems() -> list[RegressionProblem]:
    """All functions."""
    return [
        RegressionProblem("lattice, 12 columns", _lattice),
        RegressionProblem("lattice, 30 columns", _lattice_wide),
        RegressionProblem("log energy-delay", _energy_delay),
        RegressionProblem("pressure vessel", _pressure_vessel),
        RegressionProblem("loop order", _permutation),
    ]


def _products(rng: Generator, n: int) -> tuple[Values, npt.NDArray[np.bool_]]:
    e = rng.integers(0, 9, (n, 12))
    return e / 8, (e[:, 0] + e[:, 1] + e[:, 2] <= 11) & (e[:, 3] + e[:, 4] <= 11)


def _buffer(rng: Generator, n: int) -> tuple[Values, npt.NDArray[np.bool_]]:
    e = rng.integers(0, 8, (n, 10))
    tiles = 2.0 ** (e[:, 0] + e[:, 1]) + 2.0 ** (e[:, 2] + e[:, 3]) + 2.0 ** (e[:, 4] + e[:, 0])
    return e / 7, tiles <= 512


def _border(rng: Generator, n: int) -> tuple[Values, npt.NDArray[np.bool_]]:
    x = _levels(rng, n, 8)
    return x, x[:, 0] + x[:, 1] * x[:, 2] < 0.9


def _border_wide(rng: Generator, n: int) -> tuple[Values, npt.NDArray[np.bool_]]:
    x = _levels(rng, n, 30)
    return x, x[:, 0] + x[:, 1] * x[:, 2] < 0.6


def _rare(rng: Generator, n: int) -> tuple[Values, npt.NDArray[np.bool_]]:
    e = rng.integers(0, 9, (n, 12))
    return e / 8, (e[:, :6].sum(axis=1) <= 16) & (e[:, 6] + e[:, 7] <= 9)


def _ball(rng: Generator, n: int) -> tuple[Values, npt.NDArray[np.bool_]]:
    x = rng.random((n, 5))
    return x, ((x - 0.4) ** 2).sum(axis=1) < 0.35


def _with_category(rng: Generator, n: int) -> tuple[Values, npt.NDArray[np.bool_]]:
    x, kind = _levels(rng, n, 6), rng.integers(0, 4, n)
    allowed = x[:, 0] + x[:, 1] * (1 + (kind == 2)) + 0.5 * (kind == 1) < 1.2
    return np.hstack([np.eye(4)[kind] / np.sqrt(2), x]), allowed


def label_problems() -> list[LabelProblem]:
    """All borders; shares of feasible points between 6 and 77 %."""
    return [
        LabelProblem("two products", _products),
        LabelProblem("sum of products", _buffer),
        LabelProblem("border, 8 columns", _border),
        LabelProblem("border, 30 columns", _border_wide),
        LabelProblem("rarely feasible", _rare),
        LabelProblem("ball", _ball),
        LabelProblem("with a category", _with_category),
    ]
