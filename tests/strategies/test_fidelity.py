"""Fidelities: what is given and refused, costs, targets, and searches that use the cheap ones."""

import numpy as np
import pytest

from bohwsw.errors import SpecError
from bohwsw.space import Categorical, Conditional, Features, Integer, Ordinal, Real, Space
from bohwsw.strategies import BayesianStrategy, Fidelity, Outcome, restore, snapshot
from bohwsw.strategies.fidelity import SpaceFidelity, fidelity_of
from bohwsw.testing import StrategyConformance

SPACE = Space(
    [Real("x", 0, 1), Ordinal("epochs", [1, 3, 9]), Categorical("table", ["sim", "chip"])],
)
BOTH = Fidelity({"epochs": 9, "table": "chip"}, "1 + epochs * (1 + (table == 'chip'))")


def rows(*points):
    return np.array([SPACE.row(dict(zip(SPACE.names, point, strict=True))) for point in points])


def test_costs_and_targets_of_two_fidelities():
    bound = SpaceFidelity(BOTH, SPACE)
    given = rows((0.5, 3, "sim"), (0.2, 9, "chip"))
    np.testing.assert_allclose(bound.cost(given), [4.0, 19.0])
    np.testing.assert_array_equal(bound.at_target(given), [False, True])
    np.testing.assert_array_equal(bound.projected(given), rows((0.5, 9, "chip"), (0.2, 9, "chip")))
    assert len(bound.variants(given[0])) == 6
    x = SPACE.encode_rows(given)
    np.testing.assert_array_equal(bound.is_at_target(x), [False, True])
    np.testing.assert_array_equal(
        bound.encoded_at_target(x), SPACE.encode_rows(bound.projected(given))
    )
    basis = bound.basis(x)
    assert basis[1].tolist() == [0.0, 0.0, 0.0]
    assert basis[0].tolist() == [0.0, 1.0, 1.0]  # of 1 and 3 epochs, of the simulator


def test_a_range_has_a_smooth_basis_and_some_variants():
    space = Space([Integer("x", 1, 3), Real("s", 0, 1)])
    bound = SpaceFidelity(Fidelity({"s": 1.0}, "0.1 + s"), space)
    x = space.encode([{"x": 1, "s": 0.5}, {"x": 1, "s": 1.0}])
    np.testing.assert_allclose(bound.basis(x), [[0.5, 0.25], [0.0, 0.0]], atol=1e-6)
    values = {space.point(row)["s"] for row in bound.variants(space.row({"x": 2, "s": 0.3}))}
    assert {0.0, 1.0} <= values
    assert any(abs(value - 0.3) < 1e-6 for value in values)


@pytest.mark.parametrize("cost", [{"sim": 1, "chip": 5}, [["sim", 1], ["chip", 5]]])
def test_a_table_of_costs_and_its_data(cost):
    fidelity = Fidelity({"table": "chip"}, cost)
    assert fidelity_of(fidelity.as_data()) == fidelity
    found = SpaceFidelity(fidelity, SPACE).cost(rows((0.5, 3, "sim"), (0.2, 9, "chip")))
    assert found.tolist() == [1.0, 5.0]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"targets": {}}, "not targets"),
        ({"targets": {"epoch": 9}}, "unknown fidelity"),
        ({"targets": {"epochs": 8}}, "not a value"),
        ({"targets": {"epochs": 9}, "cost": "epochs - 3"}, "not a cost"),
        ({"targets": {"epochs": 9}, "cost": "epochz"}, "epochz"),
        ({"targets": {"epochs": 9}, "cost": {1: 1.0, 9: 3.0}}, "has no cost"),
        ({"targets": {"epochs": 9}, "cost": {1: -1.0}}, "not a cost"),
        ({"targets": {"epochs": 9, "table": "chip"}, "cost": {1: 1.0}}, "one fidelity"),
        ({"targets": {"epochs": 9}, "cost": None}, "not a cost"),
        ({"target": {"epochs": 9}}, "not a fidelity"),
    ],
)
def test_what_is_no_fidelity_is_refused(given, message):
    with pytest.raises(SpecError, match=message):
        BayesianStrategy(SPACE, fidelity=given)


def test_parameters_that_cannot_be_fidelities():
    space = Space([Integer("a", 1, 2), Conditional(Integer("b", 1, 2), "a == 2")])
    with pytest.raises(SpecError, match="not a fidelity"):
        BayesianStrategy(space, fidelity=Fidelity({"b": 2}))
    features = Features(lambda c: c["x"][:, None], ["f"], replace=True)
    space = Space([Real("x", 0, 1), Integer("z", 1, 2)], features=features)
    with pytest.raises(SpecError, match="cannot see the fidelity"):
        BayesianStrategy(space, fidelity=Fidelity({"z": 2}))
    with pytest.raises(SpecError, match="lcb knows no fidelity"):
        BayesianStrategy(SPACE, fidelity=BOTH, acquisition="lcb")


HARD = Space(
    [Real("x", 0, 1), Integer("n", 1, 8), Ordinal("epochs", [1, 3, 9, 27])],
    ["n * 3 <= 20 + epochs"],
)
GOALS = {"fidelity": Fidelity({"epochs": 27}, "0.5 + epochs"), "n_initial": 8, "pool": 200}


def measured(point):
    if point["x"] > 0.9:
        return Outcome("infeasible")
    loss = (point["x"] - 0.7) ** 2 + 0.05 * abs(point["n"] - 6) + 3.0 / point["epochs"]
    loss += 0.1 * (point["x"] - 0.5) / point["epochs"]
    memory = point["n"] + 2 * point["x"]
    return Outcome("completed", loss, metrics={"loss": loss, "memory": memory, "area": 9.0 - loss})


def run(search, cost):
    bound, spent = SpaceFidelity(GOALS["fidelity"], HARD), 0.0
    while spent < cost:
        (point,) = search.ask()
        assert not HARD.violations(point)
        search.tell(point, measured(point))
        spent += float(bound.cost(HARD.row(point)[None, :])[0])
    return search


def test_cheap_evaluations_find_a_constrained_optimum_at_the_target():
    search = run(BayesianStrategy(HARD, 0, outcome_constraints=["memory <= 7"], **GOALS), 12 * 27.5)
    (design,) = search.recommended()
    assert design["epochs"] == 27
    assert design["n"] + 2 * design["x"] <= 7.05
    final = measured(design).objective
    # Within a hundredth of the best feasible design; levels differ by 3.
    assert final < (0.5 - 0.7) ** 2 + 0.05 + 3.0 / 27 + 0.01
    assert search.best.point["epochs"] == 27
    epochs = [told.point["epochs"] for told in search.history]
    assert len(epochs) > 16
    assert sum(e == 27 for e in epochs) >= 3


def test_two_objectives_over_fidelities():
    search = run(BayesianStrategy(HARD, 0, objectives=("loss", "memory"), **GOALS), 9 * 27.5)
    front = search.recommended()
    assert {point["epochs"] for point in front} == {27}
    assert len(front) >= 4
    assert {told.point["epochs"] for told in search.pareto_front} == {27}


def test_pending_points_and_snapshots_count():
    first, again = BayesianStrategy(HARD, 3, **GOALS), BayesianStrategy(HARD, 3, **GOALS)
    run(first, 100.0)
    first.ask(2)
    restore(again, snapshot(first))
    points = first.ask(2)
    assert again.ask(2) == points
    assert len({HARD.key(point) for point in first.pending}) == 4


class TestBayesianWithFidelity(StrategyConformance):
    name = "bayesian"
    options = {  # noqa: RUF012
        "pool": 16,
        "n_initial": 3,
        "starts": 1,
        "fidelity": {"targets": {"size": 1}, "cost": "10 - size"},
    }

    def make(self, space=None, seed=0, **options):
        if space is not None and "size" not in space.names:
            options["fidelity"] = None
        return super().make(space, seed, **options)
