"""Coordinate descent over several layers, towards a limit and within it."""

import numpy as np
import pytest
from product_problem import mixed, product_space

from bohwsw.errors import SpecError
from bohwsw.space import Integer, Space
from bohwsw.strategies import Outcome, strategy
from bohwsw.strategies.published.coordinate_descent import CoordinateDescentStrategy
from bohwsw.testing import StrategyConformance

SPACE = Space([Integer(f"width_{k}", 1, 8) for k in range(6)])
LARGEST = dict.fromkeys(SPACE.names, 8)


class TestCoordinateDescent(StrategyConformance):
    name = "coordinate_descent"
    options = {"candidates": 3}  # noqa: RUF012


def descent(trains_all, n=200, seed=0):
    """Widths cost alike, and are worth more the later they are; 24 of 48 may stay."""
    options = {"outcome_constraints": ["cost <= 24"], "first": [LARGEST]}
    search = CoordinateDescentStrategy(SPACE, seed, **options)
    path = []
    for _ in range(n):
        (point,) = search.ask()
        widths = np.array(list(point.values()))
        metrics = {"cost": float(widths.sum())}
        error = float(100.0 - widths @ np.arange(1, 7))
        if trains_all or metrics["cost"] <= 24:
            search.tell(point, Outcome("completed", error, metrics=metrics))
        else:
            search.tell(point, Outcome("infeasible", metrics=metrics))
        if search._current is not None:
            path.append(SPACE.row(SPACE.point(search._current)))
    return search, path


def test_from_the_largest_network_down_to_the_limit_and_never_up_again():
    search, path = descent(trains_all=True, n=80)
    costs = [sum(SPACE.point(row).values()) for row in path]
    outside = [cost for cost in costs if cost > 24]
    assert costs[0] == 48
    assert len(set(outside)) >= 3
    assert outside == sorted(outside, reverse=True)
    assert search.best is not None


def test_objectives_of_networks_over_the_limit_help_where_they_are_told():
    means = {}
    for trains_all in (True, False):
        found = []
        for seed in range(6):
            search, _ = descent(trains_all, 60, seed)
            found.append(search.best.outcome.objective if search.best else 100.0)
        means[trains_all] = np.mean(found)
    assert means[True] < means[False]


def test_it_finds_better_points_than_random_search():
    def found(name, seed):
        search = strategy(name, product_space(), seed)
        for _ in range(80):
            (point,) = search.ask()
            search.tell(point, mixed(point))
        return search.best.outcome.objective

    both = ("coordinate_descent", "random")
    medians = [np.median([found(name, seed) for seed in range(5)]) for name in both]
    assert medians[0] < 0.7 * medians[1]


def test_options_out_of_range_are_refused():
    for options in ({"candidates": 0}, {"layers": 0}):
        with pytest.raises(SpecError, match="out of its range"):
            CoordinateDescentStrategy(product_space(), 0, **options)
