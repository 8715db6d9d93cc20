"""From simple networks to less simple ones."""

import numpy as np
import pytest
from product_problem import mixed, product_space

from bohwsw.errors import SpecError
from bohwsw.space import Categorical, Space
from bohwsw.strategies import Outcome, strategy
from bohwsw.strategies.published.progressive import ProgressiveStrategy
from bohwsw.testing import StrategyConformance

SPACE = Space([Categorical(f"block_{k}", ["a", "b", "c", "d"]) for k in range(6)])


class TestProgressive(StrategyConformance):
    name = "progressive"
    options = {"kept": 3, "n_initial": 4}  # noqa: RUF012


def test_a_level_changes_one_more_choice_of_the_best_networks_before():
    search = ProgressiveStrategy(SPACE, 0, kept=4, n_initial=6)
    levels = {}
    for _ in range(18):
        (point,) = search.ask()
        if search._base is not None:
            levels.setdefault(search.level, []).append((SPACE.row(point) != search._base).sum())
        cost = sum("abcd".index(value) for value in point.values())
        search.tell(point, Outcome("completed", cost + 1.0))
    assert {k: set(v) for k, v in levels.items()} == {1: {1}, 2: {2}, 3: {3}}


def test_it_finds_better_points_than_random_search():
    def found(name, seed):
        search = strategy(name, product_space(), seed)
        for _ in range(80):
            (point,) = search.ask()
            search.tell(point, mixed(point))
        return search.best.outcome.objective

    medians = [np.median([found(n, s) for s in range(5)]) for n in ("progressive", "random")]
    assert medians[0] < 0.7 * medians[1]


def test_rewards_of_many_are_those_of_each():
    search = ProgressiveStrategy(product_space(), 0)
    for _ in range(40):
        (point,) = search.ask()
        search.tell(point, mixed(point))
    keys = list(search._rows)
    assert search._rewards(keys) == pytest.approx([search._reward(search._seen[k]) for k in keys])


def test_options_out_of_range_are_refused():
    for options in ({"kept": 0}, {"n_initial": 0}):
        with pytest.raises(SpecError, match="out of its range"):
            ProgressiveStrategy(product_space(), 0, **options)
