"""A lower bound on every schedule: the linear relaxation of which core runs which node.

Nodes may be split among cores, and cores may run their nodes in any order; what stays is that no
core is busy for longer than the makespan T, that nodes of a path follow one another, and that the
DRAM moves all bits within T:

    sum_c x[v,c] = 1,  sum_v cycles[v,c] x[v,c] <= T,  sum bits[v,c] x[v,c] <= bandwidth T,
    end[v] >= end[u] + sum_c cycles[v,c] x[v,c] for u before v,  end[v] <= T.

For the EDP, E(T), the least energy within T, is convex and bounded from below by its tangents
(the dual of the limit on T is their slope). Between the points where two of them meet, T times a
falling line is concave, so the least of T x (greatest tangent) lies at one of these points;
tangents are added there until the bound no longer rises.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.optimize import linprog
from scipy.sparse import csr_array

from bohwsw.errors import SpecError
from bohwsw.scheduling.choices import Aim, Choices

MOST_TANGENTS = 40
TOLERANCE = 1e-7
"""By which share a bound of the solver is lowered: it solves to this precision."""


def schedule_bound(choices: Choices, aim: Aim) -> float:
    """No schedule of the nodes is better than this.

    Raises:
        SpecError: the solver fails, which it should not.
    """
    if aim == "energy":
        return float(choices.energies.min(axis=1).sum())
    relaxed = _Relaxation(choices)
    found = relaxed.least_time() if aim == "latency" else relaxed.least_product()
    return found * (1.0 - 2.0 * TOLERANCE)


def preferred_cores(choices: Choices, aim: Aim) -> npt.NDArray[np.intp]:
    """For each node the core that has the largest part of it where the relaxation is least."""
    if aim == "energy":
        cheapest: npt.NDArray[np.intp] = np.argmin(choices.energies, axis=1)
        return cheapest
    relaxed = _Relaxation(choices)
    _ = relaxed.least_time() if aim == "latency" else relaxed.least_product()
    return relaxed.cores


class _Relaxation:
    """The linear program, in shares of the largest makespan and energy that need be looked at."""

    def __init__(self, choices: Choices) -> None:
        self._choices = choices
        self._node, self._core = np.nonzero(np.isfinite(choices.cycles))
        cycles, energies = (
            table[self._node, self._core] for table in (choices.cycles, choices.energies)
        )
        fewest, least = choices.cycles.min(axis=1), choices.energies.min(axis=1)
        least_bits = float(choices.bits.min(axis=1).sum())
        self._time_unit = choices.latency(float(fewest.sum()), least_bits) or 1.0
        self._energy_unit = float(least.sum()) or 1.0
        self._cycles, self._energies = cycles / self._time_unit, energies / self._energy_unit
        self._n, self._x = len(choices.places), len(cycles)
        self.cores: npt.NDArray[np.intp] = np.argmin(choices.cycles, axis=1)
        self._constraints()

    def _constraints(self) -> None:
        """Columns: shares x, ends of the nodes, T."""
        choices, n, x = self._choices, self._n, self._x
        rows: list[npt.NDArray[np.float64]] = []
        columns = x + n + 1

        def row() -> npt.NDArray[np.float64]:
            rows.append(np.zeros(columns))
            return rows[-1]

        for core in range(len(choices.cores)):
            load = row()
            load[:x][self._core == core] = self._cycles[self._core == core]
            load[-1] = -1.0
        if choices.dram_bits_per_cycle:
            bits = row()
            per_time = choices.dram_bits_per_cycle * self._time_unit
            bits[:x] = choices.bits[self._node, self._core] / per_time
            bits[-1] = -1.0
        for node, before in enumerate(choices.before):
            own = np.where(self._node == node, self._cycles, 0.0)
            for other in before or (None,):
                follows = row()
                follows[:x] = own
                follows[x + node] = -1.0
                if other is not None:
                    follows[x + other] = 1.0
            if not choices.after[node]:
                last = row()
                last[x + node], last[-1] = 1.0, -1.0
        self._upper = csr_array(np.stack(rows))
        self._once = csr_array(
            (np.ones(x), (self._node, np.arange(x))), shape=(n, columns), dtype=np.float64
        )

    def _solve(
        self, cost: npt.NDArray[np.float64], most: float | None = None
    ) -> tuple[float, float]:
        """The least cost with T at most a number, and its slope by that number."""
        limits: list[tuple[float, float | None]] = [(0.0, None)] * (self._x + self._n)
        found = linprog(
            cost,
            A_ub=self._upper,
            b_ub=np.zeros(self._upper.shape[0]),
            A_eq=self._once,
            b_eq=np.ones(self._n),
            bounds=[*limits, (0.0, most)],
            method="highs",
        )
        if found.status != 0:
            raise SpecError("the bound on schedules was not found", got=found.message)
        shares = np.zeros(self._choices.cycles.shape)
        shares[self._node, self._core] = found.x[: self._x]
        self.cores = np.where(np.isfinite(self._choices.cycles), shares, -1.0).argmax(axis=1)
        return float(found.fun), float(found.upper.marginals[-1])

    def least_time(self) -> float:
        """The least makespan."""
        cost = np.zeros(self._x + self._n + 1)
        cost[-1] = 1.0
        return self._solve(cost)[0] * self._time_unit

    def least_product(self) -> float:
        """A lower bound of the least makespan x energy."""
        fastest = self.least_time() / self._time_unit
        cost = np.zeros(self._x + self._n + 1)
        cost[: self._x] = self._energies
        lines: list[tuple[float, float]] = [(0.0, self._solve(cost)[0])]  # never below the least
        at, bound = fastest, 0.0
        for _ in range(MOST_TANGENTS):
            energy, slope = self._solve(cost, at * (1.0 + TOLERANCE))
            slope = min(slope, 0.0)
            lines.append((slope, energy - slope * at * (1.0 + TOLERANCE)))
            before, (bound, at) = bound, _least_product(lines, fastest)
            if bound <= before * (1.0 + TOLERANCE):
                break
        return bound * self._time_unit * self._energy_unit


def _least_product(lines: list[tuple[float, float]], fastest: float) -> tuple[float, float]:
    """The least t x (greatest line at t) for t from fastest on, and where it is."""
    slopes, starts = (np.array(column) for column in zip(*lines, strict=True))
    with np.errstate(divide="ignore", invalid="ignore"):
        meet = (starts[None, :] - starts[:, None]) / (slopes[:, None] - slopes[None, :])
    times = np.concatenate([[fastest], meet[np.isfinite(meet)]])
    times = times[times >= fastest]
    values = times * (slopes[:, None] * times + starts[:, None]).max(axis=0)
    best = int(values.argmin())
    return float(values[best]), float(times[best])
