"""Factorisation problems: products and capacities are known beforehand, optima by enumeration."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from benchmarks.optimizers.problem import Evaluation, Problem
from bohwsw.space import Factorisation, Permutation, Point, Space

Array = npt.NDArray[np.float64]

THRESHOLD = 0.35
"""Volts below which nothing switches."""

SOURCE = "made for this benchmark; optimum by enumeration"


def combinatorial(
    name: str, space: Space, cost: Callable[[Point], float], best: Point, n_trials: int
) -> Problem:
    """A problem without outcome constraints whose best point is known."""
    return Problem(
        name=name,
        kind="combinatorial",
        space=space,
        evaluate=lambda point: Evaluation(True, cost(point)),
        optimum=cost(best),
        optimal_point=best,
        n_trials=n_trials,
        hidden=False,
        source=SOURCE,
    )


def all_pairs(lists: Sequence[npt.NDArray[np.int64]]) -> list[Array]:
    """Every combination of rows of some lists ``[n_i, k_i]``, as arrays ``[prod(n_i), k_i]``."""
    picked = np.meshgrid(*(np.arange(len(rows)) for rows in lists), indexing="ij")
    return [
        rows[index.ravel()].astype(np.float64) for rows, index in zip(lists, picked, strict=True)
    ]


@dataclass(frozen=True)
class MatmulTilings:
    """A matrix product in three levels: buffer tile, array of PEs, outer loops.

    The operands of a tile fit in the buffer, and the array has so many PEs.

    Attributes:
        sizes: of the product, m, n and k.
        buffer: words that a tile may use.
        word_energy: of a moved word, in operations.
        words_per_step: moved in the time of an operation.
        pes: of the array.
    """

    sizes: tuple[int, ...] = (64, 96, 108)
    buffer: int = 600
    word_energy: float = 6.0
    words_per_step: float = 2.0
    pes: int = 16

    @classmethod
    def of(cls, seed: int | None) -> MatmulTilings:
        """That of the suite, or one with other numbers."""
        if seed is None:
            return cls()
        rng = np.random.default_rng(seed)
        sizes = rng.choice([48, 64, 72, 80, 96, 108, 120], 3, replace=False)
        buffer = int(rng.integers(300, 1200))
        word_energy, words_per_step = map(float, rng.uniform((3, 1), (12, 4)))
        return cls(tuple(map(int, sizes)), buffer, word_energy, words_per_step)

    @cached_property
    def space(self) -> Space:
        """Three tilings, with what fits known beforehand."""
        return Space(
            [Factorisation(name, size, 3) for name, size in zip("mnk", self.sizes, strict=True)],
            [
                f"m[0] * k[0] + k[0] * n[0] + m[0] * n[0] <= {self.buffer}",
                f"m[1] * n[1] * k[1] <= {self.pes}",
            ],
        )

    def all(self) -> tuple[Array, Array, Array]:
        """All that fit: arrays ``[count, 3]`` of m, n and k."""
        m, n, k = all_pairs([Factorisation("tile", size, 3).factors for size in self.sizes])
        fits = m[:, 1] * n[:, 1] * k[:, 1] <= self.pes
        fits &= self.words(m, n, k) <= self.buffer
        return m[fits], n[fits], k[fits]

    @staticmethod
    def words(m: Array, n: Array, k: Array) -> Array:
        """How many words a tile uses ``[...]``, of arrays ``[..., 3]``."""
        return np.asarray(m[..., 0] * k[..., 0] + k[..., 0] * n[..., 0] + m[..., 0] * n[..., 0])

    def figures(self, m: Array, n: Array, k: Array, volts: float = 1.0) -> tuple[Array, Array]:
        """Energy and time of arrays ``[..., 3]``, each ``[...]``.

        Energy is that of operations, which goes with the square of the voltage, and of moved words;
        time the slower of computing and moving. Speed follows the alpha-power law (T. Sakurai and
        A. R. Newton, IEEE J. Solid-State Circuits 25(2), 1990); at 1 V energy and speed are 1.
        """
        speed = ((volts - THRESHOLD) / (1.0 - THRESHOLD)) ** 1.3 / volts
        operations = float(np.prod(self.sizes))
        a = self.sizes[0] * self.sizes[2] * n[..., 2]
        b = self.sizes[2] * self.sizes[1] * m[..., 2]
        c = self.sizes[0] * self.sizes[1] * (2.0 * k[..., 2] - 1.0)
        moved = a + b + c
        # Sums across PEs take a tree of adders.
        steps = operations / (m[..., 1] * n[..., 1] * k[..., 1]) * (1.0 + 0.1 * (k[..., 1] > 1))
        steps = steps / speed
        computing = operations * (1.0 + 0.05 * np.log2(m[..., 0] * n[..., 0])) * volts**2
        moving = moved / self.words_per_step
        time = np.maximum(steps, moving) + 0.1 * np.minimum(steps, moved)
        return (computing + self.word_energy * moved) / operations, time / operations * 16.0


def matmul_tiling(seed: int | None = None) -> Problem:
    """The tiling of a matrix product with the lowest energy times time."""
    tilings = MatmulTilings.of(seed)
    every = tilings.all()
    row = int(np.argmin(np.multiply(*tilings.figures(*every))))
    best = {name: _tuple(v[row]) for name, v in zip("mnk", every, strict=True)}

    def cost(point: Point) -> float:
        m, n, k = (np.asarray(point[name], dtype=np.float64) for name in "mnk")
        return float(np.multiply(*tilings.figures(m, n, k)))

    return combinatorial("matmul_tiling", tilings.space, cost, best, 40)


def fft_plan(seed: int | None = None) -> Problem:
    """The passes of a Fourier transform of 46,080 points: four ordered radices, at most 64 each."""
    rng = np.random.default_rng(seed)
    size = 46_080
    per_prime = {2: 1.0, 3: 1.8, 5: 2.9}
    registers, lines = (16, 512) if seed is None else (int(rng.choice([8, 16, 32])), 256)
    conflict = 0.6 if seed is None else float(rng.uniform(0.3, 1.2))
    radices = Factorisation("radix", size, 4)
    space = Space([radices], ["max(radix) <= 64", "radix[0] >= radix[3]"])

    def cost_of(factors: Array) -> Array:
        """Arrays ``[..., 4]`` to costs ``[...]``."""
        total = np.zeros(factors.shape[:-1])
        stride = np.ones(factors.shape[:-1])
        for place in range(4):
            radix = factors[..., place]
            arithmetic = sum(w * _exponent(radix, prime) for prime, w in per_prime.items())
            spill = np.maximum(radix / registers - 1.0, 0.0)
            banks = conflict * ((stride % 16 == 0) & (radix % 2 == 0))
            misses = 1.5 * (radix * stride > lines) * np.log2(np.maximum(radix, 2.0)) / radix
            passing = 2.0 * (radix > 1)
            total += arithmetic + spill + banks + misses * 4.0 + passing
            stride = stride * radix
        return total

    factors = radices.factors.astype(np.float64)
    valid = (factors.max(axis=1) <= 64) & (factors[:, 0] >= factors[:, 3])
    row = int(np.argmin(np.where(valid, cost_of(factors), np.inf)))

    def cost(point: Point) -> float:
        return float(cost_of(np.asarray(point["radix"], dtype=np.float64)))

    return combinatorial("fft_plan", space, cost, {"radix": _tuple(factors[row])}, 40)


def loop_nest(seed: int | None = None) -> Problem:
    """Tile sizes and the order of the loops around the tile: four factorisations, one order.

    A data space is fetched again for every round of the loops outside its innermost own loop.
    """
    rng = np.random.default_rng(seed)
    sizes = {"K": 64, "C": 48, "P": 56, "Q": 36}
    if seed is not None:
        drawn = rng.choice([28, 32, 36, 48, 56, 60, 64], 4)
        sizes = {name: int(size) for name, size in zip("KCPQ", drawn, strict=True)}
    buffer = 4000 if seed is None else int(rng.integers(1500, 9000))
    spaces = {"weights": "KC", "inputs": "CPQ", "outputs": "KPQ"}
    price = {"weights": 1.0, "inputs": 1.0, "outputs": 2.0}
    tiles = [Factorisation(f"tile_{name}", size, 2) for name, size in sizes.items()]
    held = " + ".join("*".join(f"tile_{d}[0]" for d in dims) for dims in spaces.values())
    space = Space([*tiles, Permutation("order", list(sizes))], [f"{held} <= {buffer}"])

    def cost_of(inner: dict[str, Array], outer: dict[str, Array], order: Sequence[str]) -> Array:
        """Tile sizes and rounds ``[...]`` by dimension, loops from outside in, to costs."""
        total = np.zeros(np.shape(inner["K"]))
        for data, dims in spaces.items():
            footprint = np.prod([inner[d] for d in dims], axis=0)
            rounds = np.ones(np.shape(inner["K"]))
            running = np.zeros(np.shape(inner["K"]), dtype=bool)
            for loop in reversed(order):
                # A loop that is not the data space's own costs nothing until one of its own runs.
                running = running | ((loop in dims) & (outer[loop] > 1))
                rounds = rounds * np.where(running, outer[loop], 1.0)
            total = total + price[data] * footprint * rounds
        calls = np.prod(list(outer.values()), axis=0)
        return np.asarray((total + 200.0 * calls) / 1e5)

    rows = dict(zip(sizes, all_pairs([tile.factors for tile in tiles]), strict=True))
    inner, outer = ({d: v[:, side] for d, v in rows.items()} for side in (0, 1))
    used = sum(np.prod([inner[d] for d in dims], axis=0) for dims in spaces.values())
    fits = used <= buffer
    best_cost, best = np.inf, {}
    for order in itertools.permutations(sizes):
        costs = np.where(fits, cost_of(inner, outer, order), np.inf)
        row = int(np.argmin(costs))
        if costs[row] < best_cost:
            best_cost = float(costs[row])
            best = {f"tile_{d}": _tuple(v[row]) for d, v in rows.items()} | {"order": order}

    def cost(point: Point) -> float:
        values = {d: np.asarray(point[f"tile_{d}"], dtype=np.float64) for d in sizes}
        inner, outer = ({d: v[side] for d, v in values.items()} for side in (0, 1))
        return float(cost_of(inner, outer, point["order"]))

    return combinatorial("loop_nest", space, cost, best, 40)


def _tuple(values: Array) -> tuple[int, ...]:
    return tuple(int(v) for v in values)


def _exponent(numbers: Array, prime: int) -> Array:
    found = np.zeros(np.shape(numbers))
    rest = np.array(numbers, dtype=np.float64)
    for _ in range(17):
        divides = rest % prime == 0
        found = found + divides
        rest = np.where(divides, rest / prime, rest)
    return found
