"""What quick bounds leave of all skeletons, all at once and in parts."""

from __future__ import annotations

import numpy as np
import pytest
from random_problems import random_problem

from bohwsw.clock import Clock
from bohwsw.mapper import skeleton_pool
from bohwsw.mapper.goal import Goal
from bohwsw.mapper.skeleton_pool import Skeletons, least_cycles, least_of_all, promising
from bohwsw.mapper.tile_paths import TilePaths

GOALS = [Goal("edp"), Goal("energy"), Goal("energy", cycle_price_pj=30.0), Goal("latency")]
ROUNDING = 1e-9


def kinds(found: Skeletons) -> list[tuple[float, ...]]:
    """Bound, factors and choice of each skeleton."""
    return sorted(
        (float(row["bound"]), *found.unrollings[row["unrolling"]].ravel(), int(row["choice"]))
        for row in found.rows
    )


def test_parts_of_any_size_leave_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(20):
        problem = random_problem(seed)
        paths = TilePaths(problem.space, problem.costs)
        whole = promising(paths, GOALS[0], np.inf)
        assert whole.left_out == np.inf
        assert (np.diff(whole.rows["bound"]) >= 0.0).all()
        for at_once in (1, 3):
            monkeypatch.setattr(skeleton_pool, "AT_ONCE", at_once)
            assert kinds(promising(paths, GOALS[0], np.inf)) == kinds(whole), seed
        monkeypatch.undo()


def test_of_too_many_those_with_the_smallest_bounds_are_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dropped = 0
    for seed in range(20):
        problem = random_problem(seed)
        paths = TilePaths(problem.space, problem.costs)
        bounds = promising(paths, GOALS[0], np.inf).rows["bound"]
        monkeypatch.setattr(skeleton_pool, "AT_ONCE", 2)
        monkeypatch.setattr(skeleton_pool, "MOST", 4)
        few = promising(paths, GOALS[0], np.inf)
        monkeypatch.undo()
        assert few.rows["bound"].tolist() == bounds[:4].tolist()
        assert few.left_out == min(bounds[4:], default=np.inf)
        dropped += len(bounds) > 4
    assert dropped > 5


@pytest.mark.parametrize("goal", GOALS)
def test_without_time_a_bound_holds_for_all(goal: Goal) -> None:
    for seed in range(40):
        problem = random_problem(seed)
        valid = problem.results.valid
        if valid.any():
            paths = TilePaths(problem.space, problem.costs, with_energy=goal.objective != "latency")
            found = promising(paths, goal, np.inf, Clock.of(0.0))
            energies = problem.results.energy_pj[valid]
            cycles = problem.results.latency_cycles[valid]
            values = [goal.value(*pair) for pair in zip(energies, cycles, strict=True)]
            bound = min([found.left_out, *found.rows["bound"].tolist()])
            assert 0.0 < bound <= min(values) * (1 + ROUNDING), seed
            assert 0.0 < least_of_all(paths, goal) <= min(values) * (1 + ROUNDING), seed
            assert least_cycles(problem.space) <= min(cycles), seed
