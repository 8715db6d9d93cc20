"""Designs against scenarios, and scenarios that are found because they hurt."""

import pytest

from bohwsw.errors import SpecError
from bohwsw.space import Categorical, Integer, Space
from bohwsw.strategies import Outcome, TrialState, strategy
from bohwsw.testing import StrategyConformance

SPACE = Space([Integer("x", 0, 60), Categorical("op", ["a", "b"]), Integer("angle", 0, 30)])


class TestMinMax(StrategyConformance):
    name = "min_max"
    options = {"n_initial": 8, "pool": 8, "starts": 1}  # noqa: RUF012


def loss(point):
    """Without an angle x = 4 is best; a bends with the angle and b does not, but is dearer."""
    steep = 0.5 if point["op"] == "a" and point["x"] < 12 else 0.02
    return abs(point["x"] - 4) + (1.0 if point["op"] == "b" else 0.0) + steep * point["angle"]


def run(n, evaluate=loss, space=SPACE, **options):
    search = strategy("min_max", space, 0, n_initial=4, pool=60, scenario=["angle"], **options)
    for _ in range(n):
        (point,) = search.ask()
        found = evaluate(point)
        state = TrialState.INFEASIBLE if found is None else TrialState.COMPLETED
        search.tell(point, Outcome(state, found))
    return search


def test_the_design_is_best_in_the_worst_scenario_and_that_is_named():
    search = run(60)
    assert search.scenarios[0] == {"angle": 0}
    worst = max(each["angle"] for each in search.scenarios)
    assert worst >= 28
    best = search.best.point
    assert best["op"] == "b"
    assert abs(best["x"] - 4) <= 1
    assert best["angle"] == worst
    assert search.pareto_front == (search.best,)
    clean = [t for t in search.history if t.point["angle"] == 0]
    assert min(clean, key=lambda t: t.outcome.objective).point["op"] == "a"


def test_designs_that_lost_are_not_evaluated_in_all_scenarios():
    search = run(60)
    designs = {(t.point["x"], t.point["op"]) for t in search.history}
    assert len(designs) > 15
    assert len(designs) * len(search.scenarios) > 60


def test_a_design_that_is_infeasible_in_a_scenario_is_never_the_best():
    search = run(50, lambda p: None if p["op"] == "b" and p["angle"] > 10 else loss(p))
    told = [t for t in search.history if not t.is_feasible]
    assert told
    assert all(t.point["op"] == "b" for t in told)
    lost = {(t.point["x"], t.point["op"]) for t in told}
    assert (search.best.point["x"], search.best.point["op"]) not in lost


def test_bad_scenarios_are_named():
    with pytest.raises(SpecError, match="nearest:  angle"):
        strategy("min_max", SPACE, scenario=["angel"])
    with pytest.raises(SpecError, match="nothing but scenarios"):
        strategy("min_max", SPACE, scenario=["x", "op", "angle"])
    with pytest.raises(SpecError, match="one objective"):
        strategy("min_max", SPACE, scenario=["angle"], objectives=["f", "g"])
    with pytest.raises(SpecError, match="attacks"):
        strategy("min_max", SPACE, scenario=["angle"], attacks=-1)
    with pytest.raises(SpecError, match=r"\[0, 1\]"):
        strategy("min_max", SPACE, scenario=["angle"], aggregate="quantile=7")
    tied = Space([Integer("x", 0, 20), Integer("angle", 0, 30)], ["x <= angle"])
    with pytest.raises(SpecError, match="ties designs to scenarios"):
        strategy("min_max", tied, scenario=["angle"])
