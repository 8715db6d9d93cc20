"""Pruning by cost, then later layers before earlier ones."""

import pytest
from product_problem import product_space

from bohwsw.errors import SpecError
from bohwsw.space import Categorical, Space
from bohwsw.strategies import Outcome
from bohwsw.strategies.published.two_stage import TwoStageStrategy
from bohwsw.testing import StrategyConformance

SPACE = Space([Categorical(f"layer_{k}", ["a", "b", "c"]) for k in range(6)])


class TestTwoStage(StrategyConformance):
    name = "two_stage"
    options = {"population": 4, "budget": 12}  # noqa: RUF012


def run(n):
    """Value c is the best and dearest, b is bad and dear, a is free."""
    limits = ["ms <= 14"]
    options = {"budget": 100, "later": 0.05, "population": 8}
    search = TwoStageStrategy(SPACE, 0, outcome_constraints=limits, **options)
    for _ in range(n):
        (point,) = search.ask()
        values = list(point.values())
        ms = sum({"a": 1.0, "b": 3.0, "c": 4.0}[value] for value in values)
        error = sum((k + 1) * {"a": 2.0, "b": 4.0, "c": 1.0}[v] for k, v in enumerate(values))
        if ms > 14:
            search.tell(point, Outcome("infeasible", metrics={"ms": ms}))
        else:
            search.tell(point, Outcome("completed", error, metrics={"ms": ms}))
    return search


def test_what_is_dearer_and_worse_is_pruned_and_later_layers_come_first():
    search = run(80)
    points = [list(told.point.values()) for told in search.history]
    assert search._pruned.reshape(6, 3)[:, 1].all()
    assert not search._pruned.reshape(6, 3)[:, 0].any()
    assert any("b" in point for point in points[:20])
    first, second = points[20:25], points[25:30]
    assert not any("b" in point for point in first)
    assert len({tuple(point[:3]) for point in first}) == 1
    assert len({tuple(point[3:]) for point in second}) < 3
    assert search.best.outcome.objective == 6 * 1 + 5 * 1 + 2 * (4 + 3 + 2 + 1)


def test_without_a_limit_the_worse_half_goes():
    search = TwoStageStrategy(SPACE, 0, budget=100, population=8)
    for _ in range(90):
        (point,) = search.ask()
        cost = sum("abc".index(value) for value in point.values())
        search.tell(point, Outcome("completed", cost + 1.0))
    assert search._pruned.sum() == 6
    assert search.best.outcome.objective == 1.0


def test_options_out_of_range_are_refused():
    for options in ({"budget": 0}, {"start": -0.1}, {"later": 0.5}):
        with pytest.raises(SpecError, match="out of its range"):
            TwoStageStrategy(product_space(), 0, **options)
