"""Probabilities over choices, moved by weighted samples."""

import numpy as np
import pytest
from product_problem import product_space

from bohwsw.errors import SpecError
from bohwsw.space import Categorical, Space
from bohwsw.strategies import Outcome
from bohwsw.strategies.published.distribution import DistributionStrategy
from bohwsw.testing import StrategyConformance

SPACE = Space([Categorical(f"layer_{k}", ["a", "b", "c"]) for k in range(5)])


class TestDistribution(StrategyConformance):
    name = "distribution"
    options = {"samples": 4}  # noqa: RUF012


def finished(**options):
    search = DistributionStrategy(SPACE, 1, **options)
    while not search.is_sure:
        (point,) = search.ask()
        search.tell(point, Outcome("completed", sum(value != "b" for value in point.values())))
    return search


def test_it_gets_sure_of_the_best_with_fewer_samples_by_entropy():
    adaptive, fixed = finished(), finished(adaptive=False)
    for search in (adaptive, fixed):
        assert set(search.best.point.values()) == {"b"}
        rows = search.choices.draw(4.0 * search.logits, 9, np.random.default_rng(0))
        assert {SPACE.point(row)["layer_0"] for row in rows} == {"b"}
    assert adaptive.samples_drawn < fixed.samples_drawn


def test_a_step_waits_for_all_of_its_networks_but_those_that_broke():
    search = DistributionStrategy(SPACE, 2, samples=6)
    points = search.ask(6)
    for point in points[:4]:
        search.tell(point, Outcome("completed", float(point["layer_0"] != "a")))
    search.tell(points[4], Outcome("failed", reason="time-out"))
    before = search.logits.copy()
    assert not before.any()
    search.tell(points[5], Outcome("completed", 1.0))
    assert search.logits.any()


def test_options_out_of_range_are_refused():
    for options in ({"samples": 1}, {"rate": 0.0}, {"temperature": -1.0}):
        with pytest.raises(SpecError, match="out of its range"):
            DistributionStrategy(product_space(), 0, **options)
