"""Factorisation problems: products and capacities are known beforehand, optima by enumeration."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from benchmarks.optimizers.problem import Evaluation, Problem
from bohwsw.space import Factorisation, Permutation, Point, Space

Array = npt.NDArray[np.float64]

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


def matmul_tiling(seed: int | None = None) -> Problem:
    """A matrix product in three levels: buffer tile, array of PEs, outer loops.

    The operands of a tile fit in the buffer and the array has 16 PEs. Cost: energy of operations
    and of moved words, times the slower of computing and moving.
    """
    rng = np.random.default_rng(seed)
    sizes = [64, 96, 108]
    if seed is not None:
        sizes = [int(v) for v in rng.choice([48, 64, 72, 80, 96, 108, 120], 3, replace=False)]
    buffer = 600 if seed is None else int(rng.integers(300, 1200))
    word_energy, words_per_step = (6.0, 2.0) if seed is None else rng.uniform((3, 1), (12, 4))
    tiles = [Factorisation(name, size, 3) for name, size in zip("mnk", sizes, strict=True)]
    space = Space(
        tiles,
        [
            f"m[0] * k[0] + k[0] * n[0] + m[0] * n[0] <= {buffer}",
            "m[1] * n[1] * k[1] <= 16",
        ],
    )

    def cost_of(m: Array, n: Array, k: Array) -> Array:
        """Arrays ``[..., 3]`` to costs ``[...]``."""
        operations = float(np.prod(sizes))
        a = sizes[0] * sizes[2] * n[..., 2]
        b = sizes[2] * sizes[1] * m[..., 2]
        c = sizes[0] * sizes[1] * (2.0 * k[..., 2] - 1.0)
        moved = a + b + c
        # Sums across PEs take a tree of adders.
        steps = operations / (m[..., 1] * n[..., 1] * k[..., 1]) * (1.0 + 0.1 * (k[..., 1] > 1))
        energy = operations * (1.0 + 0.05 * np.log2(m[..., 0] * n[..., 0])) + word_energy * moved
        time = np.maximum(steps, moved / words_per_step) + 0.1 * np.minimum(steps, moved)
        return np.asarray(energy * time / operations**2 * 16.0)

    m, n, k = all_pairs([tile.factors for tile in tiles])
    used = m[:, 0] * k[:, 0] + k[:, 0] * n[:, 0] + m[:, 0] * n[:, 0]
    fits = (used <= buffer) & (m[:, 1] * n[:, 1] * k[:, 1] <= 16)
    row = int(np.argmin(np.where(fits, cost_of(m, n, k), np.inf)))
    best = {name: _tuple(v[row]) for name, v in zip("mnk", (m, n, k), strict=True)}

    def cost(point: Point) -> float:
        return float(cost_of(*(np.asarray(point[name], dtype=np.float64) for name in "mnk")))

    return combinatorial("matmul_tiling", space, cost, best, 40)


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
