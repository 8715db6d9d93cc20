"""Engineering classics: welded beam and speed reducer. Constraint values are told."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.optimize import minimize

from benchmarks.optimizers.problem import Evaluation, Problem
from benchmarks.optimizers.problems.engineering import judged
from bohwsw.space import Integer, Ordinal, Point, Real, Space

STEEL = {"young": 30e6, "shear": 12e6, "arm": 14.0, "shear_limit": 13_600.0, "limit": 30_000.0}


def beam_evaluation(weld: Any, length: Any, height: Any, bar: Any, load: float) -> tuple[Any, Any]:
    """Cost and constraints of a welded beam; numbers or arrays of them, inches and pounds."""
    arm, young = STEEL["arm"], STEEL["young"]
    primary = load / (math.sqrt(2.0) * weld * length)
    moment = load * (arm + length / 2.0)
    half = (weld + height) / 2.0
    radius = np.sqrt(length**2 / 4.0 + half**2)
    polar = 2.0 * math.sqrt(2.0) * weld * length * (length**2 / 12.0 + half**2)
    secondary = moment * radius / polar
    shear = np.sqrt(primary**2 + primary * secondary * length / radius + secondary**2)
    bending = 6.0 * load * arm / (bar * height**2)
    deflection = 4.0 * load * arm**3 / (young * height**3 * bar)
    slender = 1.0 - height / (2.0 * arm) * math.sqrt(young / (4.0 * STEEL["shear"]))
    buckling = 4.013 * young * height * bar**3 / (6.0 * arm**2) * slender
    cost = 1.10471 * weld**2 * length + 0.04811 * height * bar * (14.0 + length)
    return cost, {
        "shear": shear / STEEL["shear_limit"] - 1.0,
        "bending": bending / STEEL["limit"] - 1.0,
        "weld_below_bar": weld - bar,
        "deflection": deflection / 0.25 - 1.0,
        "buckling": 1.0 - buckling / load,
    }


def welded_beam(seed: int | None = None) -> Problem:
    """The cheapest welded beam: weld and bar in sixteenths of an inch, length and height real."""
    rng = np.random.default_rng(seed)
    load = 6000.0 if seed is None else float(rng.uniform(4000.0, 9000.0))
    sixteenths = [i / 16.0 for i in range(2, 33)]
    space = Space(
        [
            Ordinal("weld", sixteenths),
            Ordinal("bar", sixteenths),
            Real("length", 0.1, 10.0),
            Real("height", 0.1, 10.0),
        ]
    )

    def evaluate(point: Point) -> Evaluation:
        weld, bar, length, height = (float(point[name]) for name in space.names)
        cost, constraints = beam_evaluation(weld, length, height, bar, load)
        return judged(float(cost), {name: float(v) for name, v in constraints.items()})

    cost, point = _best_beam(sixteenths, load)
    return Problem(
        name="welded_beam",
        kind="engineering",
        space=space,
        evaluate=evaluate,
        optimum=cost,
        optimal_point=point,
        n_trials=40,
        hidden=False,
        constraint_names=("shear", "bending", "weld_below_bar", "deflection", "buckling"),
        source="K. M. Ragsdell and D. T. Phillips, J. Eng. Ind. 98(3), 1976, here with weld and "
        "bar in sixteenths; with all four real the published optimum is 1.724852, a lower bound. "
        "Optimum by elimination: a fine search over height, bisection over length",
    )


def _best_beam(plates: list[float], load: float) -> tuple[float, Point]:
    """For each pair of plates a search over height; the shortest weld that holds by bisection."""
    weld, bar = (grid.ravel()[:, None] for grid in np.meshgrid(plates, plates))
    keep = (weld <= bar)[:, 0]
    weld, bar = weld[keep], bar[keep]
    low, high = np.full_like(weld, 0.1), np.full_like(weld, 10.0)
    for _ in range(6):
        height = low + (high - low) * np.linspace(0.0, 1.0, 101)
        short, long = np.full_like(height, 0.1), np.full_like(height, 10.0)
        for _ in range(45):
            middle = (short + long) / 2.0
            holds = beam_evaluation(weld, middle, height, bar, load)[1]["shear"] <= 0.0
            long = np.where(holds, middle, long)
            short = np.where(holds, short, middle)
        cost, constraints = beam_evaluation(weld, long, height, bar, load)
        met = np.all([value <= 0.0 for value in np.broadcast_arrays(*constraints.values())], axis=0)
        cost = np.where(met, cost, np.inf)
        few = np.argsort(cost.min(axis=1), kind="stable")[:30]  # pairs of plates that may win
        weld, bar, low, high = (part[few] for part in (weld, bar, low, high))
        cost, height, long = (
            part[few] for part in (cost, np.broadcast_to(height, cost.shape), long)
        )
        pick = np.argmin(cost, axis=1)[:, None]
        centre = np.take_along_axis(height, pick, 1)
        width = (high - low) / 50.0
        low, high = np.maximum(centre - width, 0.1), np.minimum(centre + width, 10.0)
    row = int(np.argmin(cost.min(axis=1)))
    column = int(pick[row, 0])
    point: Point = {
        "weld": float(weld[row, 0]),
        "bar": float(bar[row, 0]),
        "length": float(long[row, column]),
        "height": float(height[row, column]),
    }
    return float(cost[row, column]), point


REDUCER_BOUNDS = ((2.6, 3.6), (0.7, 0.8), (17, 28), (7.3, 8.3), (7.3, 8.3), (2.9, 3.9), (5.0, 5.5))
REDUCER_LIMITS = (
    "bending",
    "contact",
    "deflection_1",
    "deflection_2",
    "shaft_1",
    "shaft_2",
    "space",
    "face_low",
    "face_high",
    "fit_1",
    "fit_2",
)


def speed_reducer(seed: int | None = None) -> Problem:
    """The lightest gearbox: teeth whole, six sizes real, eleven constraints."""
    rng = np.random.default_rng(seed)
    scale = np.ones(6) if seed is None else rng.uniform(0.85, 1.05, 6)
    names = ("face", "module", "teeth", "length_1", "length_2", "shaft_1", "shaft_2")
    space = Space(
        [
            Integer(name, int(low), int(high)) if name == "teeth" else Real(name, low, high)
            for name, (low, high) in zip(names, REDUCER_BOUNDS, strict=True)
        ]
    )

    def evaluate(point: Point) -> Evaluation:
        weight, limits = _reducer(np.array([float(point[name]) for name in names]), scale)
        return judged(weight, dict(zip(REDUCER_LIMITS, limits.tolist(), strict=True)))

    best = (math.inf, np.zeros(7))
    free = [i for i in range(7) if names[i] != "teeth"]
    bounds = [REDUCER_BOUNDS[i] for i in free]
    for teeth in range(17, 29):

        def whole(x: Any, teeth: int = teeth) -> Any:
            return np.insert(x, 2, teeth)

        found = minimize(
            lambda x, whole=whole: _reducer(whole(x), scale)[0] / 1000.0,
            [high for _, high in bounds],
            method="SLSQP",
            bounds=bounds,
            constraints={
                "type": "ineq",
                "fun": lambda x, whole=whole: -_reducer(whole(x), scale)[1],
            },
            options={"maxiter": 200, "ftol": 1e-12},
        )
        weight, limits = _reducer(whole(found.x), scale)
        if limits.max() <= 1e-8 and weight < best[0]:
            best = (weight, whole(found.x))
    if not math.isfinite(best[0]):
        raise ValueError("no gearbox is strong enough")
    point: Point = {
        name: int(v) if name == "teeth" else float(v)
        for name, v in zip(names, best[1], strict=True)
    }
    return Problem(
        name="speed_reducer",
        kind="engineering",
        space=space,
        evaluate=evaluate,
        optimum=best[0],
        optimal_point=point,
        n_trials=40,
        hidden=False,
        constraint_names=REDUCER_LIMITS,
        source="J. Golinski, J. Mechanisms 5, 1970; optimum 2994.471066 as in L. C. Cagnina et "
        "al., 'Solving engineering optimization problems with the simple constrained particle "
        "swarm optimizer', 2008; here by sequential quadratic programming for each tooth number",
    )


def _reducer(x: Any, scale: Any) -> tuple[float, Any]:
    """Weight and the eleven constraints ``[11]`` (at most 0 is met) of a gearbox ``[7]``."""
    b, m, z, l1, l2, d1, d2 = x
    weight = (
        0.7854 * b * m**2 * (3.3333 * z**2 + 14.9334 * z - 43.0934)
        - 1.508 * b * (d1**2 + d2**2)
        + 7.4777 * (d1**3 + d2**3)
        + 0.7854 * (l1 * d1**2 + l2 * d2**2)
    )
    stress_1 = math.sqrt((745.0 * l1 / (m * z)) ** 2 + 16.9e6) / (110.0 * d1**3)
    stress_2 = math.sqrt((745.0 * l2 / (m * z)) ** 2 + 157.5e6) / (85.0 * d2**3)
    loads = np.array(
        [
            27.0 / (b * m**2 * z),
            397.5 / (b * m**2 * z**2),
            1.93 * l1**3 / (m * z * d1**4),
            1.93 * l2**3 / (m * z * d2**4),
            stress_1,
            stress_2,
        ]
    )
    shape = [
        m * z / 40.0,
        5.0 * m / b,
        b / (12.0 * m),
        (1.5 * d1 + 1.9) / l1,
        (1.1 * d2 + 1.9) / l2,
    ]
    return float(weight), np.concatenate([loads * scale, shape]) - 1.0
