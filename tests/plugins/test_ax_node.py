"""Our strategies inside Ax, against the real Ax: nothing of it is replaced."""

import importlib
import logging
import math
import sys

import pytest
from ax.api.client import Client
from ax.api.configs import (
    ChoiceParameterConfig,
    DerivedParameterConfig,
    RangeParameterConfig,
    StorageConfig,
)
from ax.api.protocols.metric import IMetric
from ax.api.protocols.runner import IRunner
from ax.core.parameter import ParameterType, RangeParameter
from ax.core.parameter_constraint import ParameterConstraint
from ax.core.search_space import SearchSpace
from ax.core.trial_status import TrialStatus
from ax.exceptions.core import SearchSpaceExhausted
from ax.orchestration.orchestrator import FailureRateExceededError
from ax.storage.sqa_store.db import (
    create_all_tables,
    get_engine,
    init_engine_and_session_factory,
)
from ax.utils.common.logger import set_ax_logger_levels

from bohwsw.errors import MissingExtraError, SpecError
from bohwsw.plugins import ax_node
from bohwsw.plugins.ax_node import generation_strategy, run_trials
from bohwsw.plugins.ax_search_space import AxGoals, AxSearchSpace
from bohwsw.strategies import TrialState

set_ax_logger_levels(logging.ERROR)
pytestmark = pytest.mark.filterwarnings("ignore")

DIVISORS = [1, 2, 3, 4, 6, 8, 12, 24]
MESH = [
    ChoiceParameterConfig("x", DIVISORS, "int", is_ordered=True),
    ChoiceParameterConfig("y", DIVISORS, "int", is_ordered=True),
    RangeParameterConfig("share", (1, 40), "int"),
]
KNOWN = ["x * y == 24", "share <= 10 * x"]
QUICK = {"n_initial": 4, "pool": 200}


def client_of(parameters=MESH, objective="-cost", outcomes=(), linear=(), storage=None, **node):
    client = Client(storage_config=storage)
    client.configure_experiment(parameters, parameter_constraints=linear, name="study")
    client.configure_optimization(objective, outcome_constraints=outcomes)
    client.set_generation_strategy(generation_strategy(**node))
    return client


def mesh_client(strategy="random", **node):
    return client_of(constraints=KNOWN, strategy=strategy, **node)


def strategy_of(client):
    """What the node last asked."""
    (node,) = client._generation_strategy._nodes
    return list(node._searches.values())[-1].strategy


def told_by(client):
    """The outcomes that the strategy knows, after one more suggestion."""
    client.get_next_trials(1)
    return [told.outcome for told in strategy_of(client).history]


def cost(point):
    return math.sqrt(point["x"]) + abs(point["share"] - 17) / 3


def complete_some(client, count):
    for _ in range(count):
        ((index, point),) = client.get_next_trials(1).items()
        if index % 4 == 3:
            client.mark_trial_failed(index)
        elif index % 4 == 2:
            client.mark_trial_abandoned(index)
        else:
            client.complete_trial(index, {"cost": cost(point)})


# -- search space ------------------------------------------------------------------------------


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


TREE = [
    ChoiceParameterConfig(
        "cache",
        ["none", "banked", "big"],
        "str",
        dependent_parameters={"banked": ["banks", "fancy"], "big": ["size"]},
    ),
    RangeParameterConfig("banks", (1, 16), "int"),
    ChoiceParameterConfig("fancy", [True, False], "bool", dependent_parameters={True: ["depth"]}),
    RangeParameterConfig("depth", (1.0, 16.0), "float"),
    RangeParameterConfig("size", (1, 16), "int"),
    RangeParameterConfig("width", (1, 16), "int"),
]


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
        (RangeParameter("a.b", ParameterType.INT, 1, 9), "not a name"),
    ],
)
def test_parameters_that_cannot_be_expressed_are_refused(parameter, problem):
    with pytest.raises(SpecError, match=problem):
        AxSearchSpace(SearchSpace([parameter]))


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
    assert [told.excesses for told in history] == [(-2.0, 0.0), (0.0, -1.0), (2.0, -2.0)]
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


# -- trials ------------------------------------------------------------------------------------


@pytest.mark.parametrize("abandoned", ["infeasible", "abandoned"])
def test_each_status_means_what_the_node_says(abandoned):
    client = mesh_client(abandoned=abandoned)
    trials = client.get_next_trials(6)
    client.complete_trial(0, {"cost": (2.5, 0.5)})
    client.mark_trial_failed(1, failed_reason="it broke")
    client.mark_trial_abandoned(2)
    client.complete_trial(3, {"cost": math.nan})
    client.attach_data(4, {"cost": 1.0})
    client.mark_trial_early_stopped(4)
    outcomes = told_by(client)
    assert [outcome.state.value for outcome in outcomes] == [
        "completed",
        "failed",
        abandoned,
        "failed",
        "abandoned",
    ]
    assert outcomes[0].deviation == {"objective": 0.5}
    assert outcomes[1].reason == "it broke"
    history = strategy_of(client).history
    assert [told.point for told in history] == [trials[index] for index in range(5)]
    assert trials[5] in strategy_of(client).pending


def test_a_broken_constraint_without_an_objective_is_learned_from():
    client = client_of(objective="-cost", outcomes=["area <= 12"], strategy="random")
    client.get_next_trials(2)
    client.complete_trial(0, {"area": 15.0})
    client.complete_trial(1, {"area": 5.0})
    first, second = told_by(client)
    assert (first.state, first.metrics) == (TrialState.INFEASIBLE, {"constraint_0": 3.0})
    assert second.state is TrialState.FAILED


def test_trials_outside_the_space_are_left_out():
    client = mesh_client()
    for point in ({"x": 24, "y": 24, "share": 3}, {"x": 5, "y": 24, "share": 3}):
        client.complete_trial(client.attach_trial(point), {"cost": 0.0})
    client.attach_trial({"x": 24, "y": 24, "share": 4})
    inside = client.attach_trial({"x": 24, "y": 1, "share": 3})
    client.complete_trial(inside, {"cost": 7.0})
    assert [outcome.objective for outcome in told_by(client)] == [7.0]
    assert len(strategy_of(client).pending) == 1


def test_only_what_is_new_is_told():
    client = mesh_client()
    complete_some(client, 5)
    strategy = strategy_of(client)
    complete_some(client, 3)
    assert strategy_of(client) is strategy
    client.get_next_trials(3)
    client.complete_trial(9, {"cost": 1.0})
    client.get_next_trials(1)
    assert strategy_of(client) is strategy
    client.complete_trial(8, {"cost": 2.0})
    client.get_next_trials(1)
    assert strategy_of(client) is not strategy
    assert [told.outcome.objective for told in strategy_of(client).history][-2:] == [2.0, 1.0]


def test_suggestions_that_were_never_run_are_forgotten():
    client = mesh_client()
    complete_some(client, 2)
    experiment = client._experiment
    lost = client._generation_strategy.gen_single_trial(experiment).arms[0].parameters
    assert client.get_next_trials(1)[2] == lost


def test_same_seed_same_trials_same_suggestions():
    one, two, other = (mesh_client("bayesian", seed=s, options=QUICK) for s in (1, 1, 2))
    for client in (one, two, other):
        complete_some(client, 7)
    assert one.get_next_trials(3) == two.get_next_trials(3) != other.get_next_trials(3)


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


# -- the end of a space ------------------------------------------------------------------------


@pytest.mark.parametrize("strategy", ["bayesian", "random"])
def test_each_point_is_suggested_once_and_then_ax_is_told(strategy):
    client = client_of(
        MESH[:2], constraints=["x * y == 24", "x < y"], strategy=strategy, abandoned="abandoned"
    )
    seen = []
    for _ in range(4):
        ((index, point),) = client.get_next_trials(1).items()
        seen.append((point["x"], point["y"]))
        (client.mark_trial_failed if index % 2 else client.mark_trial_abandoned)(index)
    assert sorted(seen) == [(1, 24), (2, 12), (3, 8), (4, 6)]
    with pytest.raises(SearchSpaceExhausted, match="all valid points"):
        client.get_next_trials(1)


class Bench(IRunner):
    """Trials fail unless ``good`` says otherwise."""

    def __init__(self, good):
        super().__init__()
        self.good = good

    def run_trial(self, trial_index, parameterization):
        return dict(parameterization)

    def poll_trial(self, trial_index, trial_metadata):
        return TrialStatus.COMPLETED if self.good(trial_index) else TrialStatus.FAILED


@pytest.fixture
def no_waiting(monkeypatch):
    """Ax waits a second before it looks at a trial."""
    monkeypatch.setattr("ax.orchestration.orchestrator.sleep", lambda seconds: None)


class Cost(IMetric):
    def fetch(self, trial_index, trial_metadata):
        return 0, cost(trial_metadata)


@pytest.mark.parametrize(("good", "completed"), [(lambda k: k % 6 == 5, 2), (lambda k: False, 0)])
def test_a_study_goes_on_though_most_trials_fail(good, completed, no_waiting):
    client = mesh_client()
    client.configure_runner(Bench(good))
    client.configure_metrics([Cost("cost")])
    with pytest.raises(FailureRateExceededError):
        client.run_trials(10)  # stops after five
    run_trials(client, 10)
    trials = client._experiment.trials.values()
    statuses = [trial.status for trial in trials]
    assert statuses.count(TrialStatus.COMPLETED) == completed
    assert statuses.count(TrialStatus.FAILED) == 15 - completed
    assert len({tuple(trial.arm.parameters.values()) for trial in trials}) == 15


def test_run_trials_ends_where_the_space_does(no_waiting):
    client = client_of(constraints=["x * y == 24", "x < y", "share == 17"], strategy="random")
    client.configure_runner(Bench(lambda k: k > 0))
    client.configure_metrics([Cost("cost")])
    run_trials(client, 12)
    assert len(client.summarize()) == 4


# -- saving ------------------------------------------------------------------------------------

NODE = {
    "constraints": KNOWN,
    "seed": 3,
    "options": QUICK,
    "abandoned": "abandoned",
}


def argument_values(client):
    (node,) = client._generation_strategy._nodes
    return (node.seed, node.constraints, node.strategy, node.options, node.abandoned, node.name)


def test_json_keeps_everything(tmp_path):
    client = client_of([*MESH, *TREE[:5]], **NODE)
    complete_some(client, 7)
    client.get_next_trials(1)
    client.save_to_json_file(str(tmp_path / "study.json"))
    loaded = Client.load_from_json_file(str(tmp_path / "study.json"))
    assert argument_values(loaded) == argument_values(client)
    assert loaded.get_next_trials(2) == client.get_next_trials(2)
    fixed = {"x": 4}
    assert loaded.get_next_trials(1, fixed) == client.get_next_trials(1, fixed)


def test_sql_keeps_everything(tmp_path):
    storage = StorageConfig(url=f"sqlite:///{tmp_path}/study.db")
    init_engine_and_session_factory(url=storage.url, force_init=True)
    create_all_tables(get_engine())
    parameters = [*MESH, RangeParameterConfig("real", (0.0, 1.0), "float")]
    client = client_of(parameters, **NODE)
    stored = client_of(parameters, storage=storage, **NODE)
    for each in (client, stored):
        complete_some(each, 7)
        each.get_next_trials(1)
    loaded = Client.load_from_database("study", storage_config=storage)
    assert argument_values(loaded) == argument_values(client)
    assert loaded.get_next_trials(2) == client.get_next_trials(2)


# -- arguments ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"strategy": "bayes"}, "nearest:  bayesian"),
        ({"abandoned": "failed"}, "abandoned trials"),
        ({"constraints": ["x * y = 24"]}, "not an expression"),
        ({"constraints": "x * y == 24"}, "must be a list"),
        ({"options": {"objectives": ["cost"]}}, "configure_optimization"),
        ({"options": {"first": []}}, "attach_trial"),
    ],
)
def test_arguments_are_checked(arguments, problem):
    with pytest.raises(SpecError, match=problem):
        generation_strategy(**arguments)


def test_options_are_those_of_the_strategy():
    client = mesh_client("bayesian", options={"n_inital": 3})
    with pytest.raises(SpecError, match="n_initial"):
        client.get_next_trials(1)


def test_what_to_install_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "ax", None)
    with pytest.raises(MissingExtraError, match=r"bohwsw\[ax\]"):
        importlib.reload(ax_node)
