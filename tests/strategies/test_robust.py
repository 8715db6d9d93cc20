"""Aggregates over neighbours: by the model, and by evaluations."""

import numpy as np
import pytest

from bohwsw.aggregates import aggregate_of
from bohwsw.errors import SpecError
from bohwsw.space import Categorical, Integer, Space
from bohwsw.strategies import Outcome, strategy
from bohwsw.strategies.published.robust import Neighbourhood
from bohwsw.study import Client, RangeParameterConfig
from bohwsw.testing import StrategyConformance

LINE = Space([Integer("x", 0, 40)])


class TestRobust(StrategyConformance):
    name = "robust"
    options = {"n_initial": 8, "pool": 8, "starts": 1, "neighbours": 2}  # noqa: RUF012


class TestNeighbourhoodRandom(StrategyConformance):
    name = "neighbourhood_random"


def cliff(point):
    """The best single value is between bad ones; from 25 to 35 all are good."""
    x = point["x"]
    return 0.0 if x == 10 else 1.0 + abs(x - 30) / 20 if 25 <= x <= 35 else 8.0


def run(name, n, **options):
    search = strategy(name, LINE, 0, **options)
    for _ in range(n):
        (point,) = search.ask()
        search.tell(point, Outcome("completed", cliff(point)))
    return search


def test_the_best_by_its_neighbours_is_not_the_lowest():
    first = {"first": [{"x": 10}, {"x": 30}]}
    assert run("bayesian", 30, **first).best.point == {"x": 10}
    for name, n in (("robust", 30), ("neighbourhood_random", 41)):
        found = run(name, n, aggregate="worst", **first)
        assert 26 <= found.best.point["x"] <= 34
        assert found.pareto_front == (found.best,)


def test_evaluated_neighbours_count_as_evaluations_and_end_before_the_next_draw():
    search = run("neighbourhood_random", 6)
    x = [told.point["x"] for told in search.history]
    assert {x[1], x[2]} == {x[0] - 1, x[0] + 1}
    assert x[4] in (x[3] - 1, x[3] + 1)


def test_aggregates():
    losses = np.array([[4.0, 1.0, 2.0, 3.0], [0.0, 0.0, 0.0, 8.0]])
    for text, expected in {
        "mean": [2.5, 2.0],
        "worst": [4.0, 8.0],
        "quantile=0": [4.0, 8.0],
        "quantile=1": [1.0, 0.0],
        "quantile=0.5": [2.5, 0.0],
        "cvar=0.5": [3.5, 4.0],
        "cvar=0.375": [(4 + 0.5 * 3) / 1.5, 8 / 1.5],
        "cvar=1": [2.5, 2.0],
        "cvar=0.01": [4.0, 8.0],
    }.items():
        assert aggregate_of(text)(losses) == pytest.approx(expected)
    assert aggregate_of("min", maximised=True) == aggregate_of("max", maximised=False)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("quantile=1.5", r"quantile.*1.5.*\[0, 1\]"),
        ("quantile", r"quantile.*\[0, 1\]"),
        ("cvar=0", r"cvar.*\(0, 1\]"),
        ("mean=2", "mean has no level"),
        ("maen", "mean"),
    ],
)
def test_bad_aggregates_are_named(text, told):
    with pytest.raises(SpecError, match=r"(?s)" + told):
        aggregate_of(text)
    with pytest.raises(SpecError, match="would be the best"):
        aggregate_of("max", maximised=True)


def test_neighbours_are_next_values_and_any_other_category():
    space = Space([Integer("n", 0, 9), Categorical("op", ["a", "b", "c"])])
    row = space.row({"n": 4, "op": "a"})
    found = [space.point(near) for near in Neighbourhood(space)(row)]
    assert found[0] == {"n": 4, "op": "a"}
    assert sorted((p["n"], p["op"]) for p in found[1:]) == [(3, "a"), (4, "b"), (4, "c"), (5, "a")]
    around = [space.point(near) for near in Neighbourhood(space, ["n"])(row)]
    assert {p["op"] for p in around} == {"a"}
    assert len(Neighbourhood(space, most=2)(row)) == 3


def test_bad_neighbourhoods_are_named():
    single = Space([Categorical("op", ["a"]), Integer("n", 0, 3)])
    with pytest.raises(SpecError, match="no neighbours"):
        strategy("robust", single, around=["op"])
    with pytest.raises(SpecError, match="oop"):
        strategy("neighbourhood_random", single, around=["oop"])
    with pytest.raises(SpecError, match="fidelity"):
        strategy("robust", single, fidelity={"targets": {"n": 3}})
    with pytest.raises(SpecError, match="objektive"):
        strategy("robust", single, aggregate={"objektive": "mean"})


def test_limits_and_several_objectives():
    space = Space([Integer("a", 0, 15), Integer("b", 0, 15)])
    goals = {"objectives": ["f", "g"], "outcome_constraints": ["g <= 20"]}
    search = strategy("robust", space, n_initial=5, pool=50, aggregate={"f": "worst"}, **goals)
    for _ in range(14):
        (point,) = search.ask()
        f, g = (point["a"] - 3) ** 2 + point["b"], point["a"] + 2 * point["b"]
        search.tell(point, Outcome("completed", metrics={"f": float(f), "g": float(g)}))
    assert search.pareto_front
    assert all(told.outcome.metrics["g"] <= 20 for told in search.pareto_front)


def test_a_client_gives_what_the_strategy_believes_in():
    client = Client(random_seed=0)
    client.configure_experiment([RangeParameterConfig("x", (0, 40), "int")])
    client.configure_optimization("-loss")
    client.configure_generation_strategy(strategy="robust", aggregate="worst")
    for x in (10, 28, 30, 32, 9, 11, 2, 38, 29, 31):
        client.complete_trial(client.attach_trial({"x": x}), {"loss": cliff({"x": x})})
    parameters, values, _, _ = client.get_best_parameterization()
    assert 28 <= parameters["x"] <= 32
    assert values["loss"][0] == cliff(parameters)
