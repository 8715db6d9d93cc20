"""Ax's search spaces and goals as ours, against the real Ax."""

import pytest
from ax.api.configs import (
    ChoiceParameterConfig,
    DerivedParameterConfig,
    RangeParameterConfig,
)
from ax.core.parameter import ParameterType, RangeParameter
from ax.core.parameter_constraint import ParameterConstraint
from ax.core.search_space import SearchSpace
from ax_studies import (
    KNOWN,
    MESH,
    QUICK,
    TREE,
    client_of,
    complete_some,
    cost,
    mesh_client,
    strategy_of,
    told_by,
)

from bohwsw.errors import SpecError
from bohwsw.plugins.ax_search_space import AxGoals, AxSearchSpace

pytestmark = pytest.mark.filterwarnings("ignore")


def test_every_kind_of_parameter_gets_valid_values():
    parameters = [
        *MESH,
        RangeParameterConfig("log", (1, 1000), "int", scaling="log"),
        RangeParameterConfig("real", (1e-3, 2.0), "float", scaling="log"),
        RangeParameterConfig("step", (0.0, 1.0), "float", step_size=0.1),
        ChoiceParameterConfig("kind", [3, 5, 9], "int", is_ordered=False),
        ChoiceParameterConfig("flow", ["row", "weight", "out"], "str"),
        ChoiceParameterConfig("level", ["low", "mid", "high"], "str", is_ordered=True),
        ChoiceParameterConfig("whole", [True, False], "bool"),
        ChoiceParameterConfig("fixed", [7], "int"),
        DerivedParameterConfig("twice", "2 * share + 1", "int"),
    ]
    known = [*KNOWN, "kind != '9' or whole == True", "log % fixed == 0"]
    client = client_of(
        parameters, linear=["share + 10 * step <= 30"], constraints=known, strategy="random"
    )
    search_space = client._experiment.search_space
    kinds = set()
    for point in client.get_next_trials(30).values():
        assert search_space.check_membership(point, raise_error=True)
        assert point["x"] * point["y"] == 24
        assert point["share"] <= 10 * point["x"]
        assert point["share"] + 10 * point["step"] <= 30 + 1e-8
        assert point["kind"] != 9 or point["whole"]
        assert point["log"] % point["fixed"] == 0
        assert point["twice"] == 2 * point["share"] + 1
        assert {name: type(value) for name, value in point.items()} == {
            name: parameter.python_type for name, parameter in search_space.parameters.items()
        }
        kinds.add(point["kind"])
    assert kinds == {3, 5, 9}


def test_values_written_with_fewer_digits_are_understood():
    step = RangeParameterConfig("step", (0.0, 1.0), "float", step_size=0.1)
    space = AxSearchSpace(client_of([step])._experiment.search_space)
    assert 0.3 not in space.space.parameters[0].values
    assert space.point({"step": 0.3}) is not None
    assert space.point({"step": 0.35}) is None


def test_dependent_parameters_have_values_only_where_they_apply():
    client = client_of(TREE, constraints=["banks * width <= 20"], strategy="random")
    seen = set()
    for index, point in client.get_next_trials(24).items():
        assert client._experiment.search_space.check_membership(point)
        assert point.get("banks", 1) * point["width"] <= 20 or "banks" not in point
        seen.add(frozenset(point))
        client.complete_trial(index, {"cost": float(point["width"])})
    assert len(seen) == 4
    assert len(told_by(client)) == 24


def test_to_fix_a_dependent_parameter_is_to_make_it_apply():
    client = client_of(TREE, strategy="random")
    for point in client.get_next_trials(5, fixed_parameters={"depth": 4.5}).values():
        assert (point["cache"], point["fancy"], point["depth"]) == ("banked", True, 4.5)
    with pytest.raises(SpecError, match="cache cannot be both"):
        client.get_next_trials(1, fixed_parameters={"depth": 4.5, "size": 3})


def test_digits_and_equalities_of_whole_numbers():
    kind = ParameterType.FLOAT
    parameters = [
        RangeParameter("a", ParameterType.INT, 0, 9),
        RangeParameter("b", ParameterType.INT, 0, 9),
        RangeParameter("volts", kind, 0.6, 1.1, digits=2),
    ]
    sums = [ParameterConstraint(equality="a + b == 11")]
    space = AxSearchSpace(SearchSpace(parameters, sums)).space
    assert len(space.parameters[2].values) == 51
    assert {(p["a"] + p["b"]) for p in map(space.point, space.all_rows(10_000))} == {11}


@pytest.mark.parametrize(
    ("parameter", "problem"),
    [
        (RangeParameter("a", ParameterType.INT, 1, 10**6), "too many values"),
        (RangeParameter("a", ParameterType.FLOAT, 0, 1e6, digits=2), "too many values"),
        (RangeParameter("a", ParameterType.FLOAT, 0.1, 0.9, logit_scale=True), "not supported"),
        (RangeParameter("a[b]", ParameterType.INT, 1, 9), "not a name"),
    ],
)
def test_parameters_that_cannot_be_expressed_are_refused(parameter, problem):
    with pytest.raises(SpecError, match=problem):
        AxSearchSpace(SearchSpace([parameter]))


def test_names_that_ax_takes():
    names = ("my lr", "lr.x", "a/b", "batch-size", "lambda")
    parameters = [RangeParameter(name, ParameterType.INT, 0, 9) for name in names]
    tied = [ParameterConstraint(inequality="my lr + lr.x <= 3")]
    own = ["batch-size == 2", "lambda <= a/b", "`a/b` <= 1"]
    space = AxSearchSpace(SearchSpace(parameters, tied), own, {"lr.x": 2})
    points = [space.parameters(space.space.point(row)) for row in space.space.all_rows(100)]
    assert {(p["my lr"], p["lr.x"], p["batch-size"]) for p in points} == {(0, 2, 2), (1, 2, 2)}
    assert {(p["lambda"], p["a/b"]) for p in points} == {(0, 0), (0, 1), (1, 1)}


def test_constraints_that_cannot_be_expressed_are_refused():
    reals = [RangeParameter(name, ParameterType.FLOAT, 0, 1) for name in "ab"]
    with pytest.raises(SpecError, match="equality of real numbers"):
        AxSearchSpace(SearchSpace(reals, [ParameterConstraint(equality="a + b == 1")]))
    client = client_of(constraints=["x * why == 24"])
    with pytest.raises(SpecError, match="unknown name"):
        client.get_next_trials(1)


# -- goals -------------------------------------------------------------------------------------


def test_maximised_metrics_are_negated():
    for objective, sign in (("-cost", 1.0), ("cost", -1.0), ("-2*cost", 2.0)):
        client = client_of(objective=objective, strategy="random")
        for index in client.get_next_trials(3):
            client.complete_trial(index, {"cost": float(index + 1)})
        assert [outcome.objective for outcome in told_by(client)] == [sign, 2 * sign, 3 * sign]


@pytest.mark.parametrize(("objective", "sign", "most"), [("-cost", 1.0, 3.2), ("cost", -1.0, -9.0)])
def test_the_search_improves_on_what_ax_wants(objective, sign, most):
    client = client_of(objective=objective, constraints=KNOWN, options=QUICK)
    for _ in range(12):
        ((index, point),) = client.get_next_trials(1).items()
        client.complete_trial(index, {"cost": cost(point)})
    told_by(client)
    best, values, _, _ = client.get_best_parameterization(use_model_predictions=False)
    assert values["cost"][0] == cost(best)
    assert strategy_of(client).best.point == best
    assert sign * cost(best) <= most


def test_outcome_constraints_become_excesses():
    client = client_of(objective="-cost", outcomes=["area <= 12", "speed >= 3"], strategy="random")
    for index in client.get_next_trials(3):
        client.complete_trial(index, {"cost": 1.0, "area": 10.0 + 2 * index, "speed": 3.0 + index})
    told_by(client)
    history = strategy_of(client).history
    assert [told.violations for told in history] == [(-2.0, 0.0), (0.0, -1.0), (2.0, -2.0)]
    assert [told.is_feasible for told in history] == [True, True, False]


def test_several_objectives_and_their_thresholds():
    # Ax's own front is empty where only some of the objectives have a threshold.
    thresholds = ["area <= 12", "speed >= 2"]
    client = client_of(
        objective="speed, -area", outcomes=thresholds, constraints=KNOWN, options=QUICK
    )
    for _ in range(8):
        ((index, point),) = client.get_next_trials(1).items()
        client.complete_trial(index, {"speed": float(point["x"]), "area": point["share"] / 2})
    told_by(client)
    fronts = client.get_pareto_frontier(use_model_predictions=False)
    ours = {told.outcome.metrics["objective_1"] for told in strategy_of(client).pareto_front}
    assert ours == {values["area"][0] for _, values, _, _ in fronts}
    assert max(ours) <= 12


def test_weighted_sums_are_one_objective():
    config = client_of(objective="-2*energy - area")._experiment.optimization_config
    goals = AxGoals.of(config)
    outcome = goals.outcome({"energy": (3.0, 0.3), "area": (1.0, 0.8)})
    assert outcome.objective == 7.0
    assert outcome.deviation == {"objective": 1.0}


@pytest.mark.parametrize(
    ("objective", "outcomes", "problem"),
    [
        ("-cost", ["area <= 0.9 * baseline"], "relative to a baseline"),
        ("-cost - area, speed", [], "weighted sum among several"),
    ],
)
def test_goals_that_cannot_be_expressed_are_refused(objective, outcomes, problem):
    client = client_of(objective=objective, outcomes=outcomes)
    with pytest.raises(SpecError, match=problem):
        client.get_next_trials(1)


# -- fixed parameters --------------------------------------------------------------------------


def test_fixed_parameters_are_honoured():
    real = RangeParameterConfig("real", (0.0, 1.0), "float")
    flow = ChoiceParameterConfig("flow", ["row", "weight", "out"], "str")
    known = [*KNOWN, "flow != 'row' or x <= 8"]
    client = client_of([*MESH, real, flow], constraints=known, options=QUICK)
    complete_some(client, 7)
    fixed = {"x": 6, "real": 0.37, "flow": "out"}
    points = client.get_next_trials(4, fixed_parameters=fixed)
    for index, point in points.items():
        assert fixed.items() <= point.items()
        assert point["y"] == 4
        client.complete_trial(index, {"cost": cost(point)})
    again = client.get_next_trials(1, fixed_parameters=fixed)
    assert again[11] not in points.values()
    assert len(strategy_of(client).history) == 4
    assert client.get_next_trials(1)[12]["real"] != 0.37
    assert len(told_by(client)) == 11


@pytest.mark.parametrize(
    ("fixed", "problem"),
    [
        ({"x": 6, "y": 6}, r"no valid point has these fixed parameters(.|\n)*x \* y == 24"),
        ({"x": 5}, "not a value of this parameter"),
        ({"ex": 6}, "unknown fixed parameter"),
    ],
)
def test_values_that_cannot_be_fixed_are_named(fixed, problem):
    with pytest.raises(SpecError, match=problem):
        mesh_client().get_next_trials(1, fixed_parameters=fixed)
