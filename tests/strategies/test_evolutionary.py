"""The genetic algorithm."""

import numpy as np
import pytest
from product_problem import mixed, product_space

from bohwsw.errors import SpecError
from bohwsw.space import Integer, Space
from bohwsw.strategies import EvolutionaryStrategy, Outcome, RandomStrategy
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


def test_where_nothing_keeps_a_limit_those_nearest_to_it_are_bred_from():
    space = Space([Integer(f"width_{k}", 1, 10) for k in range(12)])

    def least_found(kind):
        search = kind(space, 0, outcome_constraints=["cost <= 24"])
        costs = []
        for _ in range(150):
            (point,) = search.ask()
            costs.append(float(sum(point.values())))
            search.tell(point, Outcome("infeasible", metrics={"cost": costs[-1]}))
        return min(costs)

    assert least_found(EvolutionaryStrategy) < 30 < 35 < least_found(RandomStrategy)
