"""Our strategies inside Ax, against the real Ax: nothing of it is replaced."""

import importlib
import math
import sys

import pytest
from ax.api.client import Client
from ax.api.configs import (
    RangeParameterConfig,
    StorageConfig,
)
from ax.api.protocols.metric import IMetric
from ax.api.protocols.runner import IRunner
from ax.core.trial_status import TrialStatus
from ax.exceptions.core import SearchSpaceExhausted
from ax.orchestration.orchestrator import FailureRateExceededError
from ax.storage.sqa_store.db import (
    create_all_tables,
    get_engine,
    init_engine_and_session_factory,
)
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

from bohwsw.errors import MissingExtraError, SpecError
from bohwsw.plugins import ax_node
from bohwsw.plugins.ax_node import generation_strategy, run_trials
from bohwsw.strategies import TrialState

pytestmark = pytest.mark.filterwarnings("ignore")


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
