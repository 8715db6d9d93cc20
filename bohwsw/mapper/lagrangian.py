"""Bounds where bandwidth may limit a run: Lagrangian multipliers on words trade energy for latency.

A skeleton's mappings form points (energy, words moved at each port), a port being the read or the
write side of a level. A mapping that runs in L cycles moves at most capacity x L words through each
port. With a multiplier on the words of each port the cheapest path costs D, so for every mapping

    energy >= D - L x sum(multiplier x capacity),

a line in the plane of latency and energy (Lagrangian relaxation; Geoffrion, "Lagrangean relaxation
for integer programming", Mathematical Programming Study 2, 1974). The largest of several lines
bounds the energy at each latency, and with it the objective. The next multipliers worth trying are
those that would raise the bound most if the points seen so far were all there are (Kelley, "The
cutting-plane method for solving convex programs", J. SIAM 8, 1960).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
import numpy.typing as npt

from bohwsw.mapper.goal import Goal

Amounts = npt.NDArray[np.float64]

ENOUGH = 1e-6
"""Relative gain below which new multipliers are not worth a try."""

MOST_MULTIPLIERS = 12
"""Multipliers tried on one skeleton."""


Lines = Sequence[tuple[float, float]]
"""Lines that bound the energy at each latency: energy at no latency, and fall with each cycle."""


def least_energy_pj(lines: Lines, cycles: float) -> float:
    """The largest bound on the energy of a run of so many cycles."""
    return max(cost - slope * cycles for cost, slope in lines)


def least_above(lines: Lines, goal: Goal, least_cycles: float) -> tuple[float, float]:
    """The least objective above all lines, and the latency at which it is attained."""
    crossings = [
        (cost - other) / (slope - flatter)
        for (cost, slope), (other, flatter) in combinations(lines, 2)
        if slope != flatter
    ]
    cycles = [least_cycles, *(x for x in crossings if x > least_cycles)]
    # Between crossings the objective is concave in the latency: least at one of them.
    return min((goal.value(least_energy_pj(lines, x), x), x) for x in cycles)


@dataclass
class LagrangianBound:
    """What is known of one skeleton."""

    goal: Goal  # what is minimised
    # L x 2; words a cycle that all instances of a level can (read, write) together; infinite
    # without a limit
    capacity: Amounts
    least_cycles: float  # a lower bound on the latency
    multipliers: list[Amounts] = field(default_factory=list)  # the multipliers tried, each L x 2
    # (D, sum of multiplier x capacity) of each
    lines: list[tuple[float, float]] = field(default_factory=list)
    # (energy, words at each port) of the cheapest mapping under each
    points: list[tuple[float, Amounts]] = field(default_factory=list)

    def add(self, multiplier: Amounts, cost: float, energy_pj: float, words: Amounts) -> None:
        """Note the cheapest mapping under a multiplier."""
        limited = np.isfinite(self.capacity)
        slope = float((multiplier[limited] * self.capacity[limited]).sum())
        self.multipliers.append(multiplier)
        self.lines.append((cost, slope))
        self.points.append((energy_pj, words))

    def bound(self) -> tuple[float, float]:
        """The bound on the objective, and the latency at which it is attained."""
        if self.goal.objective == "latency":
            cycles = [cost / slope for cost, slope in self.lines if slope > 0.0]
            return (max([self.least_cycles, *cycles]),) * 2
        return least_above(self.lines, self.goal, self.least_cycles)

    def next_multipliers(self) -> Amounts | None:
        """The multipliers to try next; None if none can raise the bound by enough."""
        if len(self.lines) >= MOST_MULTIPLIERS:
            return None
        from scipy.optimize import linprog

        _, cycles = self.bound()
        ports = np.argwhere(np.isfinite(self.capacity))
        if self.goal == Goal("energy") or not len(ports):
            return None
        room = np.array([self.capacity[tuple(port)] for port in ports]) * cycles
        over = np.array([[w[tuple(port)] for port in ports] for _, w in self.points]) / room - 1.0
        energies = np.array([energy for energy, _ in self.points])
        scale = max(float(energies.max()), 1.0)
        # Largest z with z <= energy + sum(price x (words / room - 1)) for all points, prices and
        # energies in units of the scale.
        rows = np.concatenate([-over, np.ones((len(over), 1))], axis=1)
        result = linprog(
            c=np.append(np.zeros(len(ports)), -1.0),
            A_ub=rows,
            b_ub=energies / scale,
            bounds=[(0.0, 10.0)] * len(ports) + [(None, None)],
        )
        if not result.success:
            return None
        known = least_energy_pj(self.lines, cycles) / scale
        if result.x[-1] <= known + ENOUGH:
            return None
        multiplier = np.zeros(self.capacity.shape)
        for port, price, amount in zip(ports, result.x, room, strict=False):
            multiplier[tuple(port)] = price * scale / amount
        return multiplier

    def tightest(self, most: int) -> list[int]:
        """Positions of the multipliers whose lines bound the energy near the latency of the bound.

        The first is that without any multiplier.
        """
        _, cycles = self.bound()
        order = sorted(
            range(len(self.lines)), key=lambda k: self.lines[k][1] * cycles - self.lines[k][0]
        )
        free = next(k for k, multiplier in enumerate(self.multipliers) if not multiplier.any())
        return [free, *[k for k in order if k != free][: most - 1]]
