"""The genetic algorithm."""

import numpy as np
import pytest
from product_problem import mixed, product_space

from bohwsw.errors import SpecError
from bohwsw.strategies import EvolutionaryStrategy, RandomStrategy
from bohwsw.testing import StrategyConformance


class TestEvolutionary(StrategyConformance):
    name = "evolutionary"
    options = {"population": 4}  # noqa: RUF012


def found(chosen, n):
    for _ in range(n):
        (point,) = chosen.ask()
        chosen.tell(point, mixed(point))
    return chosen.best.outcome.objective


def test_it_finds_better_points_than_random_search():
    evolved = [found(EvolutionaryStrategy(product_space(), seed), 60) for seed in range(5)]
    drawn = [found(RandomStrategy(product_space(), seed), 60) for seed in range(5)]
    assert np.median(evolved) < 0.7 * np.median(drawn)


@pytest.mark.parametrize("options", [{"population": 1}, {"tournament": 0}, {"crossover": 1.5}])
def test_options_out_of_range_are_refused(options):
    with pytest.raises(SpecError, match="out of its range"):
        EvolutionaryStrategy(product_space(), 0, **options)
