"""Engineering classics: pressure vessel and coil spring. Constraint values are told.

Their optima are computed by exact elimination of the reals and agree with the published ones,
which the tests check. Constraints are divided by their limits, so that all are of order one.
"""

from __future__ import annotations

import itertools
import math

import numpy as np
from scipy.optimize import minimize_scalar

from benchmarks.optimizers.problem import Evaluation, Problem
from bohwsw.space import Integer, Ordinal, Point, Real, Space

STEP = 0.0625
"""Plates come in multiples of 1/16 inch."""

WIRES = (0.207, 0.225, 0.244, 0.263, 0.283, 0.307, 0.331, 0.362, 0.394, 0.4375, 0.5)
"""Diameters in inches that are sold and not below 0.2."""


def judged(objective: float, constraints: dict[str, float]) -> Evaluation:
    """An evaluation that tells everything."""
    return Evaluation(all(v <= 0.0 for v in constraints.values()), objective, constraints)


def pressure_vessel(seed: int | None = None) -> Problem:
    """The cheapest cylindrical vessel: shell and head of plates, radius and length real."""
    rng = np.random.default_rng(seed)
    volume = 1_296_000.0 if seed is None else float(rng.uniform(0.7e6, 1.5e6))
    forming = 1.7781 if seed is None else float(rng.uniform(1.2, 2.6))
    plates = [STEP * i for i in range(1, 100)]
    space = Space(
        [
            Ordinal("shell", plates),
            Ordinal("head", plates),
            Real("radius", 10.0, 200.0),
            Real("length", 10.0, 200.0),
        ]
    )

    def cost(shell: float, head: float, radius: float, length: float) -> float:
        return (
            0.6224 * shell * radius * length
            + forming * head * radius**2
            + 3.1661 * shell**2 * length
            + 19.84 * shell**2 * radius
        )

    def evaluate(point: Point) -> Evaluation:
        shell, head, radius, length = (float(point[name]) for name in space.names)
        held = math.pi * radius**2 * length + 4.0 / 3.0 * math.pi * radius**3
        return judged(
            cost(shell, head, radius, length),
            {
                "shell_stress": 0.0193 * radius / shell - 1.0,
                "head_stress": 0.00954 * radius / head - 1.0,
                "volume": 1.0 - held / volume,
            },
        )

    def length_of(radius: float) -> float:
        return max(10.0, (volume - 4.0 / 3.0 * math.pi * radius**3) / (math.pi * radius**2))

    def cheapest(radius: float) -> float:
        if length_of(radius) > 200.0:
            return 1e9  # finite, because the search below takes differences
        shell, head = (_plate(rate * radius) for rate in (0.0193, 0.00954))
        return cost(shell, head, radius, length_of(radius))

    # Thinner plates are cheaper, so the radius alone decides; between two radii at which a plate
    # becomes too thin the cost is smooth.
    edges = {10.0, 200.0}
    edges |= {STEP * i / rate for rate in (0.0193, 0.00954) for i in range(1, 100)}
    ordered = sorted(edge for edge in edges if 10.0 <= edge <= 200.0)
    radii = list(ordered)
    for low, high in itertools.pairwise(ordered):
        found = minimize_scalar(cheapest, bounds=(low, high), method="bounded")
        radii.append(float(found.x))
    radius = min(radii, key=cheapest)
    return Problem(
        name="pressure_vessel",
        kind="engineering",
        space=space,
        evaluate=evaluate,
        optimum=cheapest(radius),
        optimal_point={
            "shell": _plate(0.0193 * radius),
            "head": _plate(0.00954 * radius),
            "radius": radius,
            "length": length_of(radius),
        },
        n_trials=40,
        hidden=False,
        constraint_names=("shell_stress", "head_stress", "volume"),
        source="E. Sandgren, J. Mech. Design 112(2), 1990; optimum 6059.714335 as in "
        "X.-S. Yang et al., 'True global optimality of the pressure vessel design problem', 2013",
    )


def _plate(thickness: float) -> float:
    return STEP * math.ceil(thickness / STEP - 1e-9)


def coil_spring(seed: int | None = None) -> Problem:
    """The lightest helical compression spring: coils whole, wire as sold, diameter real."""
    rng = np.random.default_rng(seed)
    force = 1000.0 if seed is None else float(rng.uniform(700.0, 1200.0))
    strength = 189_000.0 if seed is None else float(rng.uniform(1.6e5, 2.3e5))
    preload, modulus, longest = 300.0, 11.5e6, 14.0
    space = Space([Integer("coils", 1, 32), Ordinal("wire", WIRES), Real("diameter", 0.6, 3.0)])

    def evaluate(point: Point) -> Evaluation:
        coils, wire, diameter = (float(point[name]) for name in space.names)
        index = diameter / wire
        # Below an index of 1 there is no spring; Wahl's factor is kept finite there.
        wahl = (4.0 * index - 1.0) / max(4.0 * index - 4.0, 0.1) + 0.615 / index
        stiffness = modulus * wire**4 / (8.0 * coils * diameter**3)
        free_length = force / stiffness + 1.05 * (coils + 2.0) * wire
        stress = 8.0 * wahl * force * diameter / (math.pi * wire**3)
        return judged(
            math.pi**2 * diameter * wire**2 * (coils + 2.0) / 4.0,
            {
                "stress": stress / strength - 1.0,
                "free_length": free_length / longest - 1.0,
                "winding": 3.0 / index - 1.0,
                "preload_deflection": preload / stiffness / 6.0 - 1.0,
                "travel": 1.0 - (force - preload) / stiffness / 1.25,
            },
        )

    # More diameter weighs more, so it is as small as travel and winding allow.
    best: tuple[float, Point] | None = None
    for coils in range(1, 33):
        for wire in WIRES:
            travel = math.cbrt(1.25 * modulus * wire**4 / (8.0 * coils * (force - preload)))
            point: Point = {
                "coils": coils,
                "wire": wire,
                "diameter": max(0.6, 3.0 * wire, travel) * (1.0 + 1e-12),
            }
            answer = evaluate(point)
            assert answer.objective is not None
            if answer.feasible and point["diameter"] <= 3.0:
                best = min(best or (math.inf, point), (answer.objective, point), key=lambda b: b[0])
    if best is None:
        raise ValueError("no spring is strong enough")
    return Problem(
        name="coil_spring",
        kind="engineering",
        space=space,
        evaluate=evaluate,
        optimum=best[0],
        optimal_point=best[1],
        n_trials=40,
        hidden=False,
        constraint_names=("stress", "free_length", "winding", "preload_deflection", "travel"),
        source="E. Sandgren, J. Mech. Design 112(2), 1990; optimum 2.65856 as in J. Lampinen and "
        "I. Zelinka, 'Mixed integer-discrete-continuous optimization by differential "
        "evolution', 1999. The constraint that holds with equality by definition is left out",
    )
