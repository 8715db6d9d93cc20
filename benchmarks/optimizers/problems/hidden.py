"""Hidden constraints: an infeasible point is answered by "no" and nothing else.

All spaces are small enough to be listed, so the optima are exact. In each of them the best point
without the constraint breaks it: a tool that learns nothing from failures keeps going there.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import numpy as np

from benchmarks.optimizers.problem import INFEASIBLE, Evaluation, Problem
from bohwsw.space import Categorical, Integer, Ordinal, Parameter, Point, Space

SOURCE = "made for this benchmark; optimum by enumeration"

Answer = tuple[float, bool]
"""Objective, and whether the point is feasible."""


def hidden_problem(
    name: str, space: Space, answer: Callable[[Point], Answer], n_trials: int
) -> Problem:
    """A problem whose optimum is found by asking about every point of its space."""
    rows = space.all_rows(200_000)
    if rows is None:
        raise ValueError(f"the space of {name} cannot be listed")
    best, where = np.inf, None
    for row in rows:
        point = space.point(row)
        objective, feasible = answer(point)
        if feasible and objective < best:
            best, where = objective, point
    if where is None:
        raise ValueError(f"{name} has no feasible point")

    def evaluate(point: Point) -> Evaluation:
        objective, feasible = answer(point)
        return Evaluation(True, objective) if feasible else INFEASIBLE

    return Problem(name, "hidden", space, evaluate, best, where, n_trials, True, SOURCE)


def hidden_product(seed: int | None = None) -> Problem:
    """A processor array whose number of PEs has a limit that nobody states.

    More PEs are faster, so the unconstrained best has 24 x 24 of them.
    """
    rng = np.random.default_rng(seed)
    limit = 80 if seed is None else int(rng.integers(60, 180))
    work = (12.0, 20.0, 30.0) if seed is None else tuple(rng.uniform(8.0, 32.0, 3))
    penalty = {"weights": 1.0, "outputs": 1.15, "rows": 0.9}
    space = Space(
        [
            Integer("pe_x", 1, 24),
            Integer("pe_y", 1, 24),
            Ordinal("buffer_kib", [16, 32, 64, 128, 256]),
            Ordinal("word_bits", [16, 32, 64, 128]),
            Categorical("dataflow", list(penalty)),
        ]
    )

    def answer(point: Point) -> Answer:
        x, y = int(point["pe_x"]), int(point["pe_y"])
        buffer, word = float(point["buffer_kib"]), float(point["word_bits"])
        # Work is dealt out in whole steps, as on a real array.
        steps = np.ceil(56 / x) * np.ceil(48 / y)
        delay = steps / 10.0 + 40.0 * work[0] / word + 2.0
        energy = work[1] + 2.0 * np.sqrt(buffer) + work[2] * 16.0 / buffer + 0.1 * (x + y)
        return float(delay * energy * penalty[str(point["dataflow"])] / 10.0), x * y <= limit

    return hidden_problem("hidden_product", space, answer, 40)


def hidden_rules(seed: int | None = None) -> Problem:
    """Compiler options that crash in combinations: five rules over seven options.

    Objective: additive effects and pair effects with seeded coefficients. The rules are laid
    around the best point, so that the unconstrained best is always excluded.
    """
    rng = np.random.default_rng(11 if seed is None else [seed, 11])
    sizes = (4, 4, 3, 3, 3, 2, 4)
    parameters: list[Parameter] = [
        Categorical("scheduler", ["list", "modulo", "trace", "greedy"]),
        Ordinal("unroll", [1, 2, 4, 8]),
        Categorical("layout", ["rows", "columns", "tiled"]),
        Ordinal("vector", [4, 8, 16]),
        Ordinal("stages", [1, 2, 3]),
        Categorical("prefetch", [False, True]),
        Ordinal("threads", [1, 2, 4, 8]),
    ]
    space = Space(parameters)
    single = [rng.uniform(0.0, 2.0, n) for n in sizes]
    pairs = list(itertools.combinations(range(len(sizes)), 2))
    chosen = [pairs[i] for i in rng.choice(len(pairs), 8, replace=False)]
    pair = {(i, j): rng.uniform(0.0, 1.5, (sizes[i], sizes[j])) for i, j in chosen}

    def value(codes: Sequence[int]) -> float:
        total = sum(effect[code] for effect, code in zip(single, codes, strict=True))
        return float(total + sum(table[codes[i], codes[j]] for (i, j), table in pair.items()))

    everything = itertools.product(*(range(n) for n in sizes))
    best = min(everything, key=value)
    rules = []
    for _ in range(5):
        i, j = (int(option) for option in rng.choice(len(sizes), 2, replace=False))
        others = rng.permutation([code for code in range(sizes[j]) if code != best[j]])
        rules.append((i, best[i], j, {best[j], *others[: sizes[j] // 2 - 1].tolist()}))

    def answer(point: Point) -> Answer:
        codes = [int(code) for code in space.row(point)]
        crash = any(codes[i] == code and codes[j] in bad for i, code, j, bad in rules)
        return value(codes), not crash

    return hidden_problem("hidden_rules", space, answer, 40)


def hidden_capacity(seed: int | None = None) -> Problem:
    """Tile sizes of a matrix product in a buffer whose use depends on the dataflow.

    Larger tiles move less data, so every tool is drawn to the limit and across it.
    """
    rng = np.random.default_rng(seed)
    capacity = 3000.0 if seed is None else float(rng.integers(1500, 9000))
    m, n, k = (240, 360, 480) if seed is None else (int(v) for v in rng.integers(200, 520, 3))
    tiles = [1, 2, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96]
    # How often each operand (A, B, C) is held: stationary operands once, streamed ones twice.
    held = {"a": (1, 2, 2), "b": (2, 1, 2), "c": (2, 2, 1)}
    space = Space(
        [
            Ordinal("tile_m", tiles),
            Ordinal("tile_n", tiles),
            Ordinal("tile_k", tiles),
            Categorical("stationary", list(held)),
            Categorical("compress", [False, True]),
        ]
    )

    def answer(point: Point) -> Answer:
        tm, tn, tk = (float(point[name]) for name in ("tile_m", "tile_n", "tile_k"))
        a, b, c = held[str(point["stationary"])]
        squeeze = 0.6 if point["compress"] else 1.0
        use = squeeze * (a * tm * tk + b * tk * tn) + c * tm * tn
        rounds = np.ceil(m / tm) * np.ceil(n / tn) * np.ceil(k / tk)
        keep_a, keep_b, keep_c = (1.0 if count == 1 else 1.6 for count in (a, b, c))
        moved = rounds * (keep_a * tm * tk + keep_b * tk * tn + keep_c * tm * tn)
        overhead = 900.0 * rounds * (1.3 if point["compress"] else 1.0)
        return float((moved + overhead) / (m * n * k)), use <= capacity

    return hidden_problem("hidden_capacity", space, answer, 40)


def hidden_timing(seed: int | None = None) -> Problem:
    """Clock, voltage and pipeline: few points close timing and stay cool at the same time."""
    rng = np.random.default_rng(seed)
    heat = 1.0 if seed is None else float(rng.uniform(0.8, 1.5))
    speed = 1.0 if seed is None else float(rng.uniform(0.85, 1.3))
    space = Space(
        [
            Ordinal("clock_mhz", list(range(200, 1250, 50))),
            Ordinal("voltage", [0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1.0]),
            Integer("stages", 1, 8),
            Ordinal("lanes", [1, 2, 4, 8, 16, 32]),
            Categorical("adder", ["ripple", "select", "prefix"]),
        ]
    )
    depth = {"ripple": 1.5, "select": 1.15, "prefix": 1.0}
    weight = {"ripple": 1.0, "select": 1.1, "prefix": 1.3}

    def answer(point: Point) -> Answer:
        clock, voltage = float(point["clock_mhz"]), float(point["voltage"])
        stages, lanes, adder = int(point["stages"]), float(point["lanes"]), str(point["adder"])
        path = depth[adder] / stages + 0.08 * np.log2(lanes) / np.sqrt(stages) + 0.05
        fastest = speed * 450.0 * (voltage - 0.35) / voltage / path
        power = heat * (0.4 + 0.06 * stages) * lanes * weight[adder] * (clock / 500.0) * voltage**2
        work = lanes**0.8 * clock / (1.0 + 0.05 * (stages - 1) ** 1.5)
        delay = 1e4 / work
        return float(delay * (power + 6.0)), clock <= fastest and power <= 8.0

    return hidden_problem("hidden_timing", space, answer, 40)
