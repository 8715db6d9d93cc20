"""Random search."""

import numpy as np
from product_problem import product_space

from bohwsw.strategies import RandomStrategy
from bohwsw.testing import StrategyConformance


class TestRandom(StrategyConformance):
    name = "random"


def test_it_covers_the_space_evenly():
    space = product_space()
    points = RandomStrategy(space, 0).ask(600)
    everything = space.encode_rows(space.all_rows(10_000))
    error = 4 * everything.std(axis=0) / np.sqrt(600)
    assert (abs(space.encode(points).mean(axis=0) - everything.mean(axis=0)) < error).all()


def test_a_large_space_is_not_listed_and_gives_no_point_twice():
    from bohwsw.space import Integer, Space

    space = Space([Integer("a", 0, 99), Integer("b", 0, 99)], ["a != b"])
    points = RandomStrategy(space, 0).ask(800)
    assert len({space.key(point) for point in points}) == 800
