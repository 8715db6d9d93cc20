"""Mixed spaces: cost against emissions of a reactor that must stay cool."""

from __future__ import annotations

import numpy as np

from benchmarks.optimizers.objectives.problem import (
    Array,
    FrontProblem,
    front_of,
    front_problem,
    judged,
)
from benchmarks.optimizers.problem import Evaluation
from benchmarks.optimizers.problems.mixed import lowest_in_balls
from bohwsw.space import Categorical, Ordinal, Point, Real, Space

WEIGHTS = 101
"""Sums of both objectives, each minimised for each choice, of which the front is made."""


def reactor_hidden(seed: int | None = None) -> FrontProblem:
    """Three reals, two categories, two listed sizes; what runs away is answered by "no"."""
    return _reactor("reactor_hidden", 21, seed, hidden=True)


def reactor_told(seed: int | None = None) -> FrontProblem:
    """The same with other coefficients, where the heat is told."""
    return _reactor("reactor_told", 22, seed, hidden=False)


def _reactor(name: str, number: int, seed: int | None, *, hidden: bool) -> FrontProblem:
    """Two convex quadratics of the reals for each choice, and a ball of them that stays cool.

    Each front of one choice is that of weighted sums, as all is convex; together they are not.
    """
    rng = np.random.default_rng([number, 0 if seed is None else seed])
    reals, radius = 3, 0.3
    names = [f"x{i}" for i in range(reals)]
    catalysts, solvents = ["Pt", "Pd", "Ni", "Cu", "Fe"], ["water", "ethanol", "toluene", "none"]
    space = Space(
        [
            *(Real(x, 0.0, 1.0) for x in names),
            *(Categorical("catalyst", catalysts), Categorical("solvent", solvents)),
            *(Ordinal("size", [1, 2, 5, 10]), Ordinal("stages", [1, 2, 3, 4])),
        ]
    )
    counts = (len(catalysts), len(solvents), 4, 4)
    catalyst, solvent, size, stage = np.indices(counts).reshape(4, -1)
    cool = rng.uniform(0.2, 0.8, (counts[1], reals))[solvent]
    cool = np.clip(cool + 0.06 * rng.normal(size=reals) * stage[:, None], radius, 1.0 - radius)
    aims, fixed, curves = [], [], []
    for by in (size, stage):
        aim = rng.uniform(0.1, 0.9, (counts[0], reals))[catalyst]
        aims.append(aim + 0.05 * rng.normal(size=reals) * by[:, None])
        both = rng.random(counts[:2])[catalyst, solvent]
        fixed.append(1.0 + both + rng.random(counts[2:])[size, stage])
        shape = rng.normal(size=(reals, reals))
        curves.append(8.0 * (shape @ shape.T / reals + 0.3 * np.eye(reals)))

    def figures(x: Array, k: Array) -> Array:
        parts = zip(fixed, aims, curves, strict=True)
        return np.stack(
            [f[k] + np.einsum("ni,ij,nj->n", x - a[k], c, x - a[k]) for f, a, c in parts], axis=1
        )

    def evaluate(point: Point) -> Evaluation:
        x = np.array([[float(point[name]) for name in names]])
        k = np.ravel_multi_index(space.row(point)[reals:], counts)
        heat = float(((x[0] - cool[k]) ** 2).sum() / radius**2 - 1.0)
        return judged(figures(x, np.array([k]))[0], {"heat": heat}, hidden=hidden)

    every = np.arange(len(catalyst))
    values = []
    for w in np.linspace(0.0, 1.0, WEIGHTS):
        curve = w * curves[0] + (1.0 - w) * curves[1]
        both = w * aims[0] @ curves[0] + (1.0 - w) * aims[1] @ curves[1]
        x = lowest_in_balls(curve, both @ np.linalg.inv(curve), cool, radius)
        values.append(figures(x, every))
    return front_problem(
        name,
        "mixed",
        space,
        evaluate,
        front_of(np.concatenate(values)),
        "made for this benchmark; front by convex optimisation of each choice",
        constraint_names=() if hidden else ("heat",),
        hidden=hidden,
    )
