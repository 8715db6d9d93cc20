"""Reals beside listed sizes and categories.

For each combination of what is discrete the reals are found by hand or by convex optimisation, so
that the optima are exact.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.optimizers.problem import INFEASIBLE, Evaluation, Problem
from benchmarks.optimizers.problems.engineering import judged
from bohwsw.space import Categorical, Integer, Ordinal, Point, Real, Space

Array = npt.NDArray[Any]

BARS = (
    *(0.20, 0.31, 0.40, 0.44, 0.60, 0.62, 0.79, 0.80, 0.88, 0.93, 1.00, 1.20, 1.24, 1.32, 1.40),
    *(1.55, 1.58, 1.60, 1.76, 1.80, 1.86, 2.00, 2.17, 2.20, 2.37, 2.40, 2.48, 2.60, 2.64, 2.79),
    *(2.80, 3.00, 3.08, 3.10, 3.16, 3.41, 3.52, 3.60, 3.72, 3.95, 3.96, 4.00, 4.03, 4.20, 4.34),
    *(4.40, 4.65, 4.74, 4.80, 4.84, 5.00, 5.28, 5.40, 5.53, 5.72, 6.00, 6.16, 6.32, 6.60, 7.11),
    *(7.20, 7.80, 7.90, 8.00, 8.40, 8.69, 9.00, 9.48, 10.27, 11.00, 11.06, 11.85, 12.00, 13.00),
    *(14.00, 15.00),
)
"""Areas of reinforcing bars in square inches."""


def stepped_beam(seed: int | None = None) -> Problem:
    """The lightest cantilever of five steps: two sizes whole, four listed, four real."""
    load, span, strength, drop = 50_000.0, 100.0, 14_000.0, 2.7
    if seed is not None:
        load *= float(np.random.default_rng(seed).uniform(0.8, 1.1))
    widths = (range(1, 6), (2.4, 2.6, 2.8, 3.1), (2.4, 2.6, 2.8, 3.1))
    heights = (range(30, 66), (45.0, 50.0, 55.0, 60.0), (45.0, 50.0, 55.0, 60.0))
    space = Space(
        [
            *(Integer("b1", 1, 5), Ordinal("b2", widths[1]), Ordinal("b3", widths[2])),
            *(Real("b4", 1.0, 5.0), Real("b5", 1.0, 5.0), Integer("h1", 30, 65)),
            *(Ordinal("h2", heights[1]), Ordinal("h3", heights[2])),
            *(Real("h4", 30.0, 65.0), Real("h5", 30.0, 65.0)),
        ]
    )
    # The i-th step from the wall ends (5 - i) spans before the tip; modulus 2e7.
    arm = np.array([5.0, 4.0, 3.0, 2.0, 1.0]) * span
    bend = load * span**3 / 2e7 * 4.0 * np.array([61.0, 37.0, 19.0, 7.0, 1.0]) / drop
    steps = [f"stress_{i}" for i in range(1, 6)] + [f"slender_{i}" for i in range(1, 6)]

    def evaluate(point: Point) -> Evaluation:
        b = np.array([float(point[f"b{i}"]) for i in range(1, 6)])
        h = np.array([float(point[f"h{i}"]) for i in range(1, 6)])
        stress = 6.0 * load * arm / (b * h**2) / strength - 1.0
        told = dict(zip(steps, [*stress, *(h / (20.0 * b) - 1.0)], strict=True))
        told["deflection"] = float((bend / (b * h**3)).sum()) - 1.0
        return judged(float(span * (b * h).sum()), {k: float(v) for k, v in told.items()})

    fits = []
    for i in range(3):
        options = np.array(list(itertools.product(widths[i], heights[i])), dtype=np.float64)
        b, h = options.T
        fine = (6.0 * load * arm[i] <= strength * b * h**2) & (h <= 20.0 * b)
        fits.append(options[fine])
    areas = [f[:, 0] * f[:, 1] for f in fits]
    bends = [bend[i] / (f[:, 0] * f[:, 1] ** 3) for i, f in enumerate(fits)]
    area = areas[0][:, None, None] + areas[1][:, None] + areas[2]
    left = 1.0 - (bends[0][:, None, None] + bends[1][:, None] + bends[2])
    where, best, reals = _last_steps(area, left, 6.0 * load * arm[3:] / strength, bend[3:])
    sizes = [fits[i][k] for i, k in enumerate(where)] + reals
    return Problem(
        name="stepped_beam",
        kind="mixed",
        space=space,
        evaluate=evaluate,
        optimum=span * best,
        optimal_point={
            f"{name}{i}": float(size[k]) if (name, i) not in (("b", 1), ("h", 1)) else int(size[k])
            for i, size in enumerate(sizes, 1)
            for k, name in enumerate("bh")
        },
        n_trials=60,
        hidden=False,
        constraint_names=(*steps, "deflection"),
        source="P. B. Thanedar and G. N. Vanderplaats, J. Structural Engineering 121(2), 1995; "
        "optimum by enumeration of the sizes and elimination of the reals",
    )


def _last_steps(
    area: Array, left: Array, stress: Array, bend: Array
) -> tuple[tuple[Any, ...], float, list[tuple[float, float]]]:
    """The best first three steps and the sizes of the last two, which share the deflection left.

    A step of height h needs the width max(h / 20, stress / h^2, bend / (share h^3)): its area is
    least where the first of these meets the others.
    """

    def height(k: int, share: Array) -> Array:
        h = np.maximum((20.0 * stress[k]) ** (1 / 3), (20.0 * bend[k] / share) ** 0.25)
        return np.asarray(np.clip(h, 30.0, 65.0))

    def width(k: int, share: Array) -> Array:
        h = height(k, share)
        needs = np.maximum(stress[k] / h**2, bend[k] / (share * h**3))
        return np.asarray(np.maximum(h / 20.0, needs))

    def total(part: Array) -> Array:
        shares = part * room, (1.0 - part) * room
        found = sum(width(k, s) * height(k, s) for k, s in enumerate(shares))
        too_wide = np.any([width(k, s) > 5.0 for k, s in enumerate(shares)], axis=0)
        return np.where(too_wide, 1e6 * found, found)

    room = np.maximum(left, 1e-9)
    low, high = np.full(area.shape, 1e-6), np.full(area.shape, 1.0 - 1e-6)
    for _ in range(80):  # the area is convex in the share
        third = (high - low) / 3.0
        is_left = total(low + third) < total(high - third)
        low, high = np.where(is_left, low, low + third), np.where(is_left, high - third, high)
    part = (low + high) / 2.0
    everything = np.where(left > 0.0, area + total(part), np.inf)
    where = np.unravel_index(int(everything.argmin()), area.shape)
    shares = part * room, (1.0 - part) * room
    reals = [(float(width(k, s)[where]), float(height(k, s)[where])) for k, s in enumerate(shares)]
    return where, float(everything[where]), reals


def concrete_beam(seed: int | None = None) -> Problem:
    """The cheapest reinforced beam: bars as sold, width whole, depth real."""
    load, most = 180.0, 4.0
    if seed is not None:
        load *= float(np.random.default_rng(seed).uniform(0.8, 1.1))
    space = Space([Ordinal("bars", BARS), Integer("width", 28, 40), Real("depth", 5.0, 10.0)])

    def evaluate(point: Point) -> Evaluation:
        bars, width, depth = (float(point[name]) for name in space.names)
        strength = bars * width - 7.375 * bars**2 / depth
        told = {"slender": width / depth / most - 1.0, "strength": 1.0 - strength / load}
        return judged(29.4 * bars + 0.6 * width * depth, told)

    best: tuple[float, Point] = (math.inf, {})
    for bars, width in itertools.product(BARS, range(28, 41)):
        spare = bars * width - load
        depth = max(5.0, width / most, 7.375 * bars**2 / spare if spare > 0.0 else math.inf)
        cost = 29.4 * bars + 0.6 * width * depth
        if depth <= 10.0 and cost < best[0]:
            best = cost, {"bars": bars, "width": width, "depth": depth}
    return Problem(
        name="concrete_beam",
        kind="mixed",
        space=space,
        evaluate=evaluate,
        optimum=best[0],
        optimal_point=best[1],
        n_trials=40,
        hidden=False,
        constraint_names=("slender", "strength"),
        source="H. M. Amir and T. Hasegawa, J. Structural Engineering 115(3), 1989; optimum "
        "359.208 as in A. H. Gandomi, X.-S. Yang and A. H. Alavi, 'Cuckoo search algorithm', 2013",
    )


def reactor(seed: int | None = None) -> Problem:
    """Three reals, two categories, two listed sizes; what runs away is answered by "no"."""
    return _reactor("reactor", 1, seed, hidden=True, reals=3)


def reactor_told(seed: int | None = None) -> Problem:
    """The same with other coefficients, where the heat is told."""
    return _reactor("reactor_told", 2, seed, hidden=False, reals=3)


def furnace(seed: int | None = None) -> Problem:
    """Five reals, two categories, two listed sizes, hidden region."""
    return _reactor("furnace", 3, seed, hidden=True, reals=5)


def _reactor(name: str, number: int, seed: int | None, *, hidden: bool, reals: int) -> Problem:
    """A convex cost of the reals for each choice, and a ball of them that stays cool.

    The centre of cost moves with catalyst and size, that of the ball with solvent and stages, so
    that the best choice alone is seldom the best together.
    """
    rng = np.random.default_rng([number, 0 if seed is None else seed])
    catalysts, solvents = ["Pt", "Pd", "Ni", "Cu", "Fe"], ["water", "ethanol", "toluene", "none"]
    sizes, stages = [1, 2, 5, 10, 20, 50], [1, 2, 3, 4, 6, 8]
    names = [f"x{i}" for i in range(reals)]
    space = Space(
        [
            *(Real(x, 0.0, 1.0) for x in names),
            *(Categorical("catalyst", catalysts), Categorical("solvent", solvents)),
            *(Ordinal("size", sizes), Ordinal("stages", stages)),
        ]
    )
    radius = 0.25 if reals == 3 else 0.3
    counts = np.array([len(catalysts), len(solvents), len(sizes), len(stages)])
    catalyst, solvent, size, stage = np.indices(tuple(counts)).reshape(4, -1)
    aim = rng.uniform(0.1, 0.9, (counts[0], reals))[catalyst]
    aim = aim + 0.05 * rng.normal(size=reals) * size[:, None]
    cool = rng.uniform(0.2, 0.8, (counts[1], reals))[solvent]
    cool = cool + 0.06 * rng.normal(size=reals) * stage[:, None]
    cool = np.clip(cool, radius, 1.0 - radius)  # the ball stays inside the box
    fixed = 1.0 + 1.5 * rng.random(counts[:2])[catalyst, solvent]
    fixed = fixed + rng.random(counts[2:])[size, stage]
    shape = rng.normal(size=(reals, reals))
    curve = 8.0 * (shape @ shape.T / reals + 0.3 * np.eye(reals))

    def evaluate(point: Point) -> Evaluation:
        x = np.array([float(point[name]) for name in names])
        k = int(np.ravel_multi_index(space.row(point)[reals:], counts))
        cost = float(fixed[k] + (x - aim[k]) @ curve @ (x - aim[k]))
        heat = float(((x - cool[k]) ** 2).sum() / radius**2 - 1.0)
        if hidden:
            return Evaluation(True, cost) if heat <= 0.0 else INFEASIBLE
        return Evaluation(heat <= 0.0, cost, {"heat": heat})

    x = lowest_in_balls(curve, aim, cool, radius)
    costs = fixed + np.einsum("ki,ij,kj->k", x - aim, curve, x - aim)
    k = int(costs.argmin())
    codes = [*np.zeros(reals, dtype=int), *np.unravel_index(k, counts)]
    point = space.point(np.array(codes, dtype=np.int32)) | dict(zip(names, x[k], strict=True))
    return Problem(
        name,
        "mixed",
        space,
        evaluate,
        float(costs[k]),
        point,
        60,
        hidden,
        "made for this benchmark; optimum by convex optimisation of each choice",
        () if hidden else ("heat",),
    )


def lowest_in_balls(curve: Array, aim: Array, middle: Array, radius: float) -> Array:
    """Where each quadratic ``[n]`` around its aim is lowest in a ball: by its multiplier."""
    values, vectors = np.linalg.eigh(curve)
    away = (aim - middle) @ vectors
    low, high = np.zeros((len(aim), 1)), np.full((len(aim), 1), 1e6)
    for _ in range(100):
        half = (low + high) / 2.0
        inside = ((values * away / (values + half)) ** 2).sum(axis=1, keepdims=True) <= radius**2
        low, high = np.where(inside, low, half), np.where(inside, half, high)
    free = (away**2).sum(axis=1, keepdims=True) <= radius**2
    step = values * away / (values + np.where(free, 0.0, high))
    return np.asarray(middle + step @ vectors.T)
