"""Permutation problems, solved by looking at all 40,320 orders of eight items."""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt

from benchmarks.optimizers.problem import INFEASIBLE, Evaluation, Problem
from benchmarks.optimizers.problems.tilings import SOURCE, combinatorial
from bohwsw.space import Categorical, Permutation, Point, Space

Codes = npt.NDArray[np.int64]

ITEMS = 8


def all_orders() -> Codes:
    """Every order ``[40320, 8]``."""
    return np.array(list(itertools.permutations(range(ITEMS))))


def assignment(seed: int | None = None) -> Problem:
    """Quadratic assignment: eight modules on a 2 x 4 grid, traffic times distance."""
    rng = np.random.default_rng(3 if seed is None else [seed, 3])
    flow = rng.integers(0, 10, (ITEMS, ITEMS)) * (rng.random((ITEMS, ITEMS)) < 0.6)
    flow = np.triu(flow, 1) + np.triu(flow, 1).T
    x, y = np.arange(ITEMS) % 4, np.arange(ITEMS) // 4
    distance = np.abs(x[:, None] - x) + np.abs(y[:, None] - y)
    names = [f"m{i}" for i in range(ITEMS)]

    def cost_of(orders: Codes) -> npt.NDArray[np.float64]:
        """Which module stands at each place ``[n, 8]``, to costs ``[n]``."""
        between = flow[orders[:, :, None], orders[:, None, :]]
        return np.asarray((between * distance).sum(axis=(1, 2)) / 2.0)

    def cost(point: Point) -> float:
        return float(cost_of(np.array([[names.index(str(i)) for i in point["places"]]]))[0])

    orders = all_orders()
    row = orders[int(np.argmin(cost_of(orders)))]
    best = {"places": tuple(names[i] for i in row)}
    return combinatorial("assignment", Space([Permutation("places", names)]), cost, best, 40)


def flow_shop(seed: int | None = None) -> Problem:
    """Eight jobs through five machines in one order, two before others; sum of the end times."""
    rng = np.random.default_rng(5 if seed is None else [seed, 5])
    times = rng.integers(1, 30, (ITEMS, 5))
    names = [f"j{i}" for i in range(ITEMS)]
    space = Space(
        [Permutation("order", names)],
        [
            "position(order, 'j2') < position(order, 'j5')",
            "position(order, 'j6') < position(order, 'j1')",
        ],
    )

    def cost_of(orders: Codes) -> npt.NDArray[np.float64]:
        """Orders ``[n, 8]`` to sums of end times ``[n]``."""
        free = np.zeros((len(orders), 5))
        total = np.zeros(len(orders))
        for place in range(ITEMS):
            work = times[orders[:, place]]
            ready = np.zeros(len(orders))
            for machine in range(5):
                ready = np.maximum(ready, free[:, machine]) + work[:, machine]
                free[:, machine] = ready
            total += ready
        return total

    def cost(point: Point) -> float:
        return float(cost_of(np.array([[names.index(str(i)) for i in point["order"]]]))[0])

    orders = all_orders()
    place = np.argsort(orders, axis=1)
    valid = (place[:, 2] < place[:, 5]) & (place[:, 6] < place[:, 1])
    row = orders[int(np.argmin(np.where(valid, cost_of(orders), np.inf)))]
    return combinatorial("flow_shop", space, cost, {"order": tuple(names[i] for i in row)}, 40)


def hidden_schedule(seed: int | None = None) -> Problem:
    """Eight operations in an order; results are kept until used, in memory of a hidden size.

    Cost: weighted end times. Which results stay in memory, and so what an order needs, also
    depends on whether results are spilled, which takes time.
    """
    rng = np.random.default_rng(7 if seed is None else [seed, 7])
    time, weight, size = (rng.integers(1, 20, ITEMS) for _ in range(3))
    # The result of an operation is last used by another one, or by itself.
    user = np.array([int(rng.choice([i, *range(ITEMS)])) for i in range(ITEMS)])
    names = [f"op{i}" for i in range(ITEMS)]
    space = Space([Permutation("order", names), Categorical("spill", [False, True])])

    def cost_of(orders: Codes, spill: bool) -> npt.NDArray[np.float64]:
        """Orders ``[n, 8]`` to weighted end times ``[n]``."""
        spent = time[orders] + (4 if spill else 0)
        return np.asarray((np.cumsum(spent, axis=1) * weight[orders]).sum(axis=1) / 100.0)

    def peak_of(orders: Codes, spill: bool) -> npt.NDArray[np.float64]:
        """Orders ``[n, 8]`` to the most memory held at any time ``[n]``."""
        begin = np.argsort(orders, axis=1)
        end = np.maximum(begin, begin[:, user])
        held = [((begin <= t) & (end >= t)) @ size for t in range(ITEMS)]
        return np.asarray(np.max(held, axis=0) * (0.6 if spill else 1.0))

    orders = all_orders()
    costs = {spill: cost_of(orders, spill) for spill in (False, True)}
    peaks = {spill: peak_of(orders, spill) for spill in (False, True)}
    # So little memory that a third of all orders fit, and not the one that is best without it.
    limit = float(np.quantile(peaks[False], 0.33))
    limit = min(limit, float(peaks[False][int(np.argmin(costs[False]))]) - 0.5)
    fitting = {spill: np.where(peaks[spill] <= limit, costs[spill], np.inf) for spill in costs}
    spill = bool(fitting[True].min() < fitting[False].min())
    row = orders[int(np.argmin(fitting[spill]))]

    def evaluate(point: Point) -> Evaluation:
        codes = np.array([[names.index(str(i)) for i in point["order"]]])
        if peak_of(codes, bool(point["spill"]))[0] > limit:
            return INFEASIBLE
        return Evaluation(True, float(cost_of(codes, bool(point["spill"]))[0]))

    return Problem(
        name="hidden_schedule",
        kind="hidden",
        space=space,
        evaluate=evaluate,
        optimum=float(fitting[spill].min()),
        optimal_point={"order": tuple(names[i] for i in row), "spill": spill},
        n_trials=40,
        hidden=True,
        source=SOURCE,
    )
