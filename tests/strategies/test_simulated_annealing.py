"""Annealing in moves that get shorter."""

import numpy as np
import pytest
from product_problem import mixed, product_space

from bohwsw.errors import SpecError
from bohwsw.strategies import Outcome, RandomStrategy, strategy
from bohwsw.strategies.published.annealing import AnnealingStrategy
from bohwsw.testing import StrategyConformance


class TestAnnealing(StrategyConformance):
    name = "annealing"


def found(chosen, n):
    for _ in range(n):
        (point,) = chosen.ask()
        chosen.tell(point, mixed(point))
    return chosen.best.outcome.objective


def test_it_finds_better_points_than_random_search():
    annealed = [found(AnnealingStrategy(product_space(), seed), 60) for seed in range(5)]
    drawn = [found(RandomStrategy(product_space(), seed), 60) for seed in range(5)]
    assert np.median(annealed) < 0.7 * np.median(drawn)


def test_moves_get_shorter_and_stay_within_the_limit():
    search = AnnealingStrategy(product_space(), 1, most_moves=4, least_moves=1, every=5)
    (start,) = search.ask()
    search.tell(start, Outcome("completed", 0.0))  # nothing is better: all moves start here
    distances = []
    for _ in range(25):
        (point,) = search.ask()
        distances.append(sum(point[name] != start[name] for name in search.space.names))
        search.tell(point, Outcome("infeasible", reason="too slow"))
    assert np.mean(distances[:5]) > 2.5 > 2.0 > np.mean(distances[20:])


def test_several_objectives_and_options_out_of_range_are_refused():
    with pytest.raises(SpecError, match="one objective only"):
        strategy("annealing", product_space(), objectives=["energy", "area"])
    for options in ({"every": 0}, {"most_moves": -1}):
        with pytest.raises(SpecError, match="out of its range"):
            AnnealingStrategy(product_space(), 0, **options)


def test_where_nothing_is_told_of_a_limit_a_start_is_drawn_anew():
    search = AnnealingStrategy(product_space(), 1)
    (start,) = search.ask()
    search.tell(start, Outcome("infeasible"))
    far = [
        sum(a != b for a, b in zip(p.values(), start.values(), strict=True)) for p in search.ask(20)
    ]
    assert np.mean(far) > 3
