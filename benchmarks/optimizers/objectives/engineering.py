"""Engineering with told limits; fronts by elimination of what each objective decides alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.optimizers.objectives.problem import (
    FrontProblem,
    front_of,
    front_problem,
    judged,
)
from benchmarks.optimizers.problem import Evaluation
from bohwsw.space import Integer, Point, Real, Space

GRID = 400
"""Values of a real of which fronts are made; both ends are among them."""


def welded_beam() -> FrontProblem:
    """Cost against deflection of a beam that is welded on: four reals, four limits."""
    names = ("weld", "length", "depth", "width")
    ends = ((0.125, 5.0), (0.1, 10.0), (0.1, 10.0), (0.125, 5.0))
    space = Space([Real(name, low, high) for name, (low, high) in zip(names, ends, strict=True)])

    def shear(weld: Any, length: Any, depth: Any) -> Any:
        primary = 6000.0 / (np.sqrt(2.0) * weld * length)
        arm = np.sqrt(0.25 * (length**2 + (weld + depth) ** 2))
        inertia = 2.0 * 0.707 * weld * length * (length**2 / 12.0 + 0.25 * (weld + depth) ** 2)
        second = 6000.0 * (14.0 + 0.5 * length) * arm / inertia
        return np.sqrt(primary**2 + second**2 + length * primary * second / arm)

    def cost(weld: Any, length: Any, depth: Any, width: Any) -> Any:
        return 1.10471 * weld**2 * length + 0.04811 * depth * width * (14.0 + length)

    def bending(depth: Any, width: Any) -> Any:
        return 504_000.0 / (depth**2 * width)

    def load(depth: Any, width: Any) -> Any:
        return 64_746.022 * (1.0 - 0.0282346 * depth) * depth * width**3

    def evaluate(point: Point) -> Evaluation:
        weld, length, depth, width = (np.float64(point[name]) for name in names)
        told = {
            "shear": shear(weld, length, depth) / 13_600.0 - 1.0,
            "bending": bending(depth, width) / 30_000.0 - 1.0,
            "weld_width": weld / width - 1.0,
            "buckling": 1.0 - load(depth, width) / 6000.0,
        }
        values = cost(weld, length, depth, width), 2.1952 / (depth**3 * width)
        return judged(values, told, hidden=False)

    # Depth and width decide the deflection. The thinnest weld of each length that holds is the
    # cheapest; it is found by halving, as more weld means less shear.
    depth, length = np.meshgrid(np.linspace(0.5, 10.0, 96), np.geomspace(0.1, 10.0, GRID))
    low, high = np.full(depth.shape, 0.125), np.full(depth.shape, 5.0)
    for _ in range(40):
        half = (low + high) / 2.0
        holds = shear(half, length, depth) <= 13_600.0
        low, high = np.where(holds, low, half), np.where(holds, half, high)
    high = np.where(shear(low, length, depth) <= 13_600.0, low, high)
    values = []
    for width in np.geomspace(0.125, 5.0, GRID):
        costs = np.where(high <= width, cost(high, length, depth, width), np.inf).min(axis=0)
        at = depth[0]
        met = (bending(at, width) <= 30_000.0) & (load(at, width) >= 6000.0) & np.isfinite(costs)
        values.append(np.stack([costs, 2.1952 / (at**3 * width)], axis=1)[met])
    return front_problem(
        "welded_beam",
        "engineering",
        space,
        evaluate,
        front_of(np.concatenate(values)),
        "K. Deb, A. Pratap and S. Moitra, PPSN 2000",
        constraint_names=("shear", "bending", "weld_width", "buckling"),
    )


def disc_brake() -> FrontProblem:
    """Mass against stopping time of a brake: three reals, whole discs, five limits."""
    space = Space(
        [
            *(Real("inner", 55.0, 80.0), Real("outer", 75.0, 110.0)),
            *(Real("force", 1000.0, 3000.0), Integer("discs", 2, 20)),
        ]
    )

    def figures(inner: Any, outer: Any, force: Any, discs: Any) -> tuple[list[Any], list[Any]]:
        square, cube = outer**2 - inner**2, outer**3 - inner**3
        mass = 4.9e-5 * square * (discs - 1.0)
        with np.errstate(all="ignore"):
            time = 9.82e6 * square / (force * discs * cube)
            heat = 2.22e-3 * force * cube / square**2
            pressure = force / (3.14 * square)
        limits = [
            (inner + 20.0 - outer) / 20.0,
            2.5 * (discs + 1.0) / 30.0 - 1.0,
            pressure / 0.4 - 1.0,
            heat - 1.0,
            1.0 - 2.66e-2 * force * discs * cube / square / 900.0,
        ]
        return [mass, time], list(np.broadcast_arrays(*limits))

    limit_names = ("thickness", "height", "pressure", "heat", "torque")

    def evaluate(point: Point) -> Evaluation:
        values, limits = figures(*(np.float64(point[name]) for name in space.names))
        # Where the outer radius is not the larger one, there is no brake to speak of.
        told = dict(zip(limit_names, np.nan_to_num(limits, nan=9.0, posinf=9.0), strict=True))
        return judged(np.nan_to_num(values, nan=99.0), told, hidden=False)

    # More force is a shorter time at the same mass: as much of it as pressure and heat allow.
    inner, outer = np.meshgrid(np.linspace(55.0, 80.0, GRID), np.linspace(75.0, 110.0, GRID))
    apart = outer - inner >= 20.0
    inner, outer = inner[apart], outer[apart]
    square, cube = outer**2 - inner**2, outer**3 - inner**3
    force = np.minimum(np.minimum(3000.0, 0.4 * 3.14 * square), square**2 / (2.22e-3 * cube))
    values = []
    for discs in range(2, 12):
        found, limits = figures(inner, outer, force * (1.0 - 1e-12), np.float64(discs))
        met = (np.max(limits, axis=0) <= 1e-12) & (force >= 1000.0)
        values.append(np.stack(found, axis=1)[met])
    return front_problem(
        "disc_brake",
        "engineering",
        space,
        evaluate,
        front_of(np.concatenate(values)),
        "A. Osyczka and S. Kundu, Structural Optimization 10, 1995, as in T. Ray and K. M. Liew, "
        "Engineering Optimization 34(2), 2002",
        constraint_names=limit_names,
    )
