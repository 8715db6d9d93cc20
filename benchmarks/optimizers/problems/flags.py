"""Compiler flags: most combinations crash, by clauses that nobody states.

Fewer than 2 % of the points are feasible, and the best point without the clauses is never one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from benchmarks.optimizers.problem import Problem
from benchmarks.optimizers.problems.listing import Array, listed
from bohwsw.space import Categorical, Ordinal, Parameter, Space

RARE = 0.02
"""Clauses are added until fewer are feasible."""


def flags_pairs(seed: int | None = None) -> Problem:
    """20 flags under clauses of two."""
    return _crashing("flags_pairs", _flags(20), (2,), seed, 1)


def flags_choices(seed: int | None = None) -> Problem:
    """8 flags, three levels of each of four choices, clauses of two."""
    return _crashing("flags_choices", [*_flags(8), *_choices(4, 3)], (2,), seed, 2)


def flags_clauses(seed: int | None = None) -> Problem:
    """18 flags under clauses of two and three."""
    return _crashing("flags_clauses", _flags(18), (2, 2, 3), seed, 3)


def flags_levels(seed: int | None = None) -> Problem:
    """10 flags, two listed sizes and two choices, clauses of two and three."""
    sizes: list[Parameter] = [Ordinal(f"size_{i}", [1, 2, 4, 8]) for i in range(2)]
    return _crashing("flags_levels", [*_flags(10), *sizes, *_choices(2, 5)], (2, 3), seed, 4)


def flags_budget(seed: int | None = None) -> Problem:
    """18 flags whose code has to fit and to be worth it: two sums, each with a hidden limit."""
    rng = np.random.default_rng([5, 0 if seed is None else seed])
    space = Space(_flags(18))
    size, worth = (v / v.sum() for v in rng.uniform(0.5, 2.0, (2, 18)))
    seconds = Effects(rng, [2] * 18)
    rows = space.sample_rows(20_000, rng)
    small = np.quantile(rows @ size, 0.3)
    much = np.quantile(rows[rows @ size <= small] @ worth, 0.95)

    def ask(rows: Array) -> tuple[Array, Mapping[str, Array]]:
        return seconds(rows), {"size": rows @ size - small, "worth": much - rows @ worth}

    return listed("flags_budget", "flags", space, ask, 80)


def _flags(n: int) -> list[Parameter]:
    return [Categorical(f"flag_{i}", [False, True]) for i in range(n)]


def _choices(n: int, m: int) -> list[Parameter]:
    return [Categorical(f"choice_{i}", [f"level_{k}" for k in range(m)]) for i in range(n)]


class Effects:
    """Run time by codes: an effect of each value and of the values of some pairs."""

    def __init__(self, rng: np.random.Generator, sizes: Sequence[int]) -> None:
        n = len(sizes)
        self.single = [rng.normal(0.0, 1.0, m) for m in sizes]
        pairs = [(int(i), int(j)) for i, j in (rng.choice(n, 2, replace=False) for _ in range(n))]
        self.pair = {(i, j): rng.normal(0.0, 0.6, (sizes[i], sizes[j])) for i, j in pairs}
        self.least = sum(float(v.min()) for v in (*self.single, *self.pair.values()))

    def __call__(self, rows: Array) -> Array:
        total = np.full(len(rows), 5.0 - self.least)
        for i, effect in enumerate(self.single):
            total += effect[rows[:, i]]
        for (i, j), table in self.pair.items():
            total += table[rows[:, i], rows[:, j]]
        return total


def _crashing(
    name: str,
    parameters: Sequence[Parameter],
    lengths: Sequence[int],
    seed: int | None,
    number: int,
) -> Problem:
    rng = np.random.default_rng([number, 0 if seed is None else seed])
    space = Space(parameters)
    crash = crashes(space, lengths, rng)
    seconds = Effects(rng, sizes_of(space))
    return listed(name, "flags", space, lambda rows: (seconds(rows), crash(rows)), 80)


def sizes_of(space: Space) -> list[int]:
    """How many values each parameter has."""
    return [parameter.columns[0].n_values for parameter in space.parameters]


def crashes(
    space: Space, lengths: Sequence[int], rng: np.random.Generator, rare: float = RARE
) -> Callable[[Array], Mapping[str, Array]]:
    """Clauses of the given lengths in turn, laid so that one drawn point keeps them all.

    They are added until a smaller share than ``rare`` keeps them.
    """
    sizes = np.array(sizes_of(space))
    sampled = space.sample_rows(20_000, rng)
    kept, sampled = sampled[0], sampled[1:]
    clauses: list[tuple[Array, Array]] = []
    while len(sampled) >= rare * 20_000:
        chosen = rng.choice(len(sizes), lengths[len(clauses) % len(lengths)], replace=False)
        codes = rng.integers(sizes[chosen])
        if (kept[chosen] != codes).any():
            clauses.append((chosen, codes))
            sampled = sampled[(sampled[:, chosen] != codes).any(axis=1)]

    def crash(rows: Array) -> Mapping[str, Array]:
        found = np.zeros(len(rows), dtype=bool)
        for chosen, codes in clauses:
            found |= (rows[:, chosen] == codes).all(axis=1)
        return {"crash": np.where(found, 1.0, -1.0)}

    return crash
