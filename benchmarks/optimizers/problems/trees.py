"""Conditional spaces: which parameters there are depends on others.

For each branch costs are sums over few parameters, so the optima are exact.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from benchmarks.optimizers.problem import INFEASIBLE, Evaluation, Problem
from benchmarks.optimizers.problems.listing import Array, listed
from bohwsw.space import Categorical, Conditional, Integer, Ordinal, Parameter, Point, Real, Space

LEVELS = (1, 2, 4, 8, 16, 32, 64, 128)
METHODS = ("table", "hash", "tree", "filter")
BY_HAND = "made for this benchmark; optimum by construction"


def tree_listed(seed: int | None = None) -> Problem:
    """Four methods with three parameters of their own each, two that all share; no is hidden."""
    return _listed_tree("tree_listed", 1, seed, share=1.0)


def tree_hidden(seed: int | None = None) -> Problem:
    """The same with other coefficients, where a fifth of the points works."""
    return _listed_tree("tree_hidden", 2, seed, share=0.2)


def _listed_tree(name: str, number: int, seed: int | None, *, share: float) -> Problem:
    rng = np.random.default_rng([number, 0 if seed is None else seed])
    own: list[Parameter] = []
    for method in METHODS:
        when = f"method == '{method}'"
        own += [
            Conditional(Ordinal(f"{method}_size", LEVELS), when),
            Conditional(Integer(f"{method}_ways", 1, 6), when),
            Conditional(Categorical(f"{method}_kind", ["a", "b", "c", "d"]), when),
        ]
    space = Space(
        [
            Categorical("method", METHODS),
            *own,
            *(Integer("threads", 1, 8), Categorical("policy", ["lru", "fifo", "random"])),
        ]
    )
    base, aims = np.array([3.0, 2.6, 2.4, 2.0]), rng.uniform(0.1, 0.9, (4, 3))
    # What is best by itself is hard to set: it needs all its parameters right.
    sharp, kinds = np.array([0.5, 1.5, 3.0, 6.0]), rng.uniform(0.0, 1.2, (4, 4))
    policy, cross = rng.uniform(0.0, 0.5, (4, 3)), rng.normal(size=4)

    def use(rows: Array) -> tuple[Array, Array]:
        m = rows[:, 0]
        own = np.take_along_axis(rows[:, 1:13].reshape(-1, 4, 3), m[:, None, None], axis=1)[:, 0]
        x = np.stack([own[:, 0] / 7.0, own[:, 1] / 5.0, rows[:, 13] / 7.0], axis=1)
        return own[:, 2], x

    def ask(rows: Array) -> tuple[Array, Mapping[str, Array]]:
        m, (kind, x) = rows[:, 0], use(rows)
        cost = base[m] + sharp[m] * ((x - aims[m]) ** 2).sum(axis=1)
        cost += kinds[m, kind] + policy[m, rows[:, 14]]
        return cost, {"room": x.sum(axis=1) + cross[m] - most}

    sample = space.sample_rows(4000, rng)
    most = np.quantile(use(sample)[1].sum(axis=1) + cross[sample[:, 0]], share)
    return listed(name, "trees", space, ask, 60)


def tree_layers(seed: int | None = None) -> Problem:
    """Two to six layers with an operator and a width each, and a rate."""
    rng = np.random.default_rng([3, 0 if seed is None else seed])
    layers: list[Parameter] = []
    for i in range(6):
        operator = Categorical(f"operator_{i}", ["conv", "dense", "attention"])
        width = Ordinal(f"width_{i}", LEVELS)
        if i < 2:
            layers += [operator, width]
        else:
            when = f"layers >= {i + 1}"
            layers += [Conditional(operator, when), Conditional(width, when)]
    space = Space([Integer("layers", 2, 6), Real("rate", 1e-4, 1.0, log=True), *layers])
    gain, right = rng.uniform(0.0, 0.6, (6, 3)), rng.integers(0, 8, (6, 3))
    base = 1.0 + np.array([1.2, 0.6, 0.2, 0.3, 0.8])
    rate = rng.uniform(0.2, 0.8, 5)

    def evaluate(point: Point) -> Evaluation:
        n = int(point["layers"])
        codes = space.row(point)[2:].reshape(6, 2)[:n]
        at = np.arange(n), codes[:, 0]
        away = np.log10(float(point["rate"])) / 4.0 + 1.0 - rate[n - 2]
        cost = base[n - 2] + gain[at].mean() + 2.0 * away**2
        return Evaluation(True, float(cost + (((codes[:, 1] - right[at]) / 7.0) ** 2).mean()))

    costs = [base[n - 2] + gain[:n].min(axis=1).mean() for n in range(2, 7)]
    n = 2 + int(np.argmin(costs))
    best: Point = {"layers": n, "rate": float(10.0 ** (4.0 * rate[n - 2] - 4.0))}
    for i, operator in enumerate(gain.argmin(axis=1)):
        is_there = i < n
        kinds = ["conv", "dense", "attention"]
        best[f"operator_{i}"] = kinds[operator] if is_there else None
        best[f"width_{i}"] = LEVELS[right[i, operator]] if is_there else None
    return Problem(
        "tree_layers", "trees", space, evaluate, float(min(costs)), best, 60, False, BY_HAND
    )


def tree_nested(seed: int | None = None) -> Problem:
    """Choices below choices with reals at the leaves, some of which fail."""
    rng = np.random.default_rng([4, 0 if seed is None else seed])
    leaves = [(a, b) for a in ("left", "right") for b in ("one", "two", "three")]
    names = {leaf: [f"{leaf[0]}_{leaf[1]}_{k}" for k in "xyz"] for leaf in leaves}
    branches: list[Parameter] = [
        Conditional(Categorical(a, ["one", "two", "three"]), f"root == '{a}'")
        for a in ("left", "right")
    ]
    inner: list[Parameter] = [
        Conditional(Real(name, 0.0, 1.0), f"{leaf[0]} == '{leaf[1]}'")
        for leaf in leaves
        for name in names[leaf]
    ]
    space = Space([Categorical("root", ["left", "right"]), *branches, *inner])
    base = dict(zip(leaves, 1.0 + rng.permutation(6) * 0.2, strict=True))
    aim = {leaf: rng.uniform(0.3, 0.7, 3) for leaf in leaves}
    side = {leaf: rng.choice([-1.0, 1.0], 3) for leaf in leaves}

    def evaluate(point: Point) -> Evaluation:
        leaf = point["root"], point[point["root"]]
        off = np.array([float(point[name]) for name in names[leaf]]) - aim[leaf]
        # On the far side of the best point everything fails.
        if off @ side[leaf] < -1e-9:
            return INFEASIBLE
        return Evaluation(True, float(base[leaf] + 4.0 * (off**2).sum()))

    leaf = min(leaves, key=base.__getitem__)
    best: Point = dict.fromkeys(space.names)
    best |= {"root": leaf[0], leaf[0]: leaf[1]}
    best |= dict(zip(names[leaf], aim[leaf].tolist(), strict=True))
    return Problem("tree_nested", "trees", space, evaluate, base[leaf], best, 60, True, BY_HAND)
