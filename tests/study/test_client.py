"""The client: what Ax refuses, four outcomes, the same suggestions after a restart, errors."""

from __future__ import annotations

import math
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mapping_study import coroutine, gives_a_coroutine, los, measured, study

from bohwsw import ChoiceParameterConfig, Client, RangeParameterConfig
from bohwsw.errors import BohwswError, SpecError
from bohwsw.execution import FailedTrialWarning, FailureRateError, WorkerPool
from bohwsw.strategies import STRATEGIES, BayesianStrategy, TrialState
from bohwsw.study.storage import TrialStateError


def test_what_ax_refuses() -> None:
    client = study(strategy="random")
    client.run_trials(40, evaluator=measured)
    rows = client.summarize().to_dict("records")
    assert len(rows) == 40
    for row in rows:
        assert row["mesh_x"] * row["mesh_y"] == 24
        assert math.prod(row["tile"]) == 24
        assert row["tile"][0] <= row["mesh_x"]
        assert sorted(row["order"]) == ["C", "K", "P"]
        assert row["order"][0] != "P"
        assert math.isnan(row["banks"]) == (row["cache"] == "none")
        assert (row["trial_status"] == "INFEASIBLE") == (row["mesh_x"] == 24)
    _, values, number, _ = client.get_best_parameterization()
    feasible = [r["edp"] for r in rows if r["trial_status"] == "COMPLETED" and r["area"] <= 30]
    assert values["edp"][0] == min(feasible)
    assert rows[number]["edp"] == min(feasible)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_same_suggestions_after_any_restart(strategy: str, tmp_path: Path) -> None:
    """One client for all, and another that is made anew for every call, from three places."""
    whole = study(strategy=strategy, seed=5)
    file, snapshot = tmp_path / "studies.db", tmp_path / "study.json"
    study(str(file), strategy, seed=5)
    for step in range(6):
        again = Client.load_from_database("mapping", str(file))
        again.save_to_json_file(snapshot)
        loaded = Client.load_from_json_file(snapshot)
        suggested = whole.get_next_trials(2)
        assert again.get_next_trials(2) == suggested
        assert loaded.get_next_trials(2) == suggested
        first = min(suggested)
        for number, parameters in sorted(suggested.items(), reverse=step % 2 == 1):
            if step % 3 == 1 and number == first:
                continue  # still being evaluated
            for client in (whole, Client.load_from_database("mapping", str(file))):
                if parameters["mesh_x"] == 24:
                    client.mark_trial_infeasible(number, "mesh_x: 24 > 12")
                else:
                    client.complete_trial(number, measured(parameters))


def test_four_outcomes() -> None:
    client = study(strategy="random")
    numbers = list(client.get_next_trials(6))
    assert client.complete_trial(numbers[0], {"edp": 2.0, "area": 1.0}) == "completed"
    client.mark_trial_infeasible(numbers[1], "weights: 12 > 8 words", {"area": 3.0})
    client.mark_trial_failed(numbers[2], OSError("no licence"))  # type: ignore[arg-type]
    client.mark_trial_abandoned(numbers[3])
    assert client.complete_trial(numbers[4], {"edp": math.nan, "area": 1.0}) == "failed"
    assert client.complete_trial(numbers[5], {"edp": 1.0}) == "failed"
    table = client.summarize()
    assert list(table.trial_status) == [
        "COMPLETED", "INFEASIBLE", "FAILED", "ABANDONED", "FAILED", "FAILED"
    ]  # fmt: skip
    assert table.status_reason[1] == "weights: 12 > 8 words"
    assert table.status_reason[2] == "no licence"
    assert table.area[1] == 3.0
    assert "edp: the value is not finite" in table.status_reason[4]
    assert "area: a measured value is missing" in table.status_reason[5]
    with pytest.raises(TrialStateError, match=f"trial {numbers[0]} is completed already"):
        client.complete_trial(numbers[0], {"edp": 2.0, "area": 1.0})
    with pytest.raises(TrialStateError, match="no trial 99"):
        client.mark_trial_abandoned(99)


def test_maximised_and_weighed_and_several() -> None:
    client = Client()
    client.configure_experiment([RangeParameterConfig("x", (0, 9), "int")])
    client.configure_optimization("2 * gain - cost")
    for x in range(4):
        client.complete_trial(client.attach_trial({"x": x}), {"gain": x, "cost": x * x})
    assert client.get_best_parameterization()[0] == {"x": 1}
    with pytest.raises(SpecError, match="one objective"):
        client.get_pareto_frontier()
    front = Client()
    front.configure_experiment([RangeParameterConfig("x", (0, 9), "int")])
    front.configure_optimization("gain, -cost", ["cost <= 5"])
    for x in range(4):
        front.complete_trial(front.attach_trial({"x": x}), {"gain": x, "cost": x * x})
    assert [best[0]["x"] for best in front.get_pareto_frontier()] == [0, 1, 2]
    with pytest.raises(SpecError, match="several objectives"):
        front.get_best_parameterization()


def test_of_noisy_trials_the_model_chooses() -> None:
    client = Client()
    client.configure_experiment([RangeParameterConfig("x", (0.0, 1.0), "float")])
    client.configure_optimization("-y")
    for k in range(30):
        x = k / 29
        lucky = -1.0 if k == 2 else 0.05 * (-1) ** k
        client.complete_trial(client.attach_trial({"x": x}), {"y": ((x - 0.7) ** 2 + lucky, 0.5)})
    assert client.get_best_parameterization(use_model_predictions=False)[2] == 2
    assert client.get_best_parameterization()[2] != 2


def whole_numbers() -> Client:
    client = Client()
    client.configure_experiment([RangeParameterConfig("x", (0, 9), "int")])
    client.configure_optimization("-y")
    return client


def test_predictions_of_a_range_of_whole_numbers_and_of_huge_values() -> None:
    client = whole_numbers()
    with pytest.raises(BohwswError, match="two trials"):
        client.predict([{"x": 3}])
    for x in range(4):
        client.complete_trial(client.attach_trial({"x": x}), {"y": (-1) ** x * 1e300})
    mean, deviation = client.predict([{"x": 3}])[0]["y"]
    assert abs(mean + 1e300) < 5e299
    assert 0 <= deviation < 2e300


def test_a_client_says_what_its_models_know_or_that_there_is_nothing() -> None:
    client, chance = whole_numbers(), np.random.default_rng(0)
    for k in range(24):
        client.complete_trial(client.attach_trial({"x": k % 10}), {"y": chance.normal()})
    assert client.explain_run().knows_nothing
    drawn = whole_numbers()
    drawn.configure_generation_strategy("random_search")
    with pytest.raises(SpecError, match="no models"):
        drawn.explain_run()


def test_a_pending_point_is_not_told_again_at_each_suggestion(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = []
    monkeypatch.setattr(BayesianStrategy, "reserve", lambda self, point: told.append(point))
    client = whole_numbers()
    client.get_next_trials(8)
    assert len(told) == 7


def test_predictions() -> None:
    client = Client()
    client.configure_experiment([RangeParameterConfig("x", (0.0, 1.0), "float")])
    client.configure_optimization("-edp")
    with pytest.raises(BohwswError, match="two trials"):
        client.predict([{"x": 0.5}])
    for k in range(12):
        client.complete_trial(client.attach_trial({"x": k / 11}), {"edp": math.exp(5 * k / 11)})
    (known, between) = client.predict([{"x": 0.0}, {"x": 0.5}])
    assert known["edp"][0] == pytest.approx(1.0, rel=0.1)
    mean, deviation = between["edp"]
    assert abs(mean - math.exp(2.5)) < max(3.0 * deviation, 0.5)
    with pytest.raises(SpecError):
        client.predict([{"x": 2.0}])


def test_a_value_of_an_infeasible_trial_is_learned_from_and_changes_the_model_of_it() -> None:
    """Its area is known, although it has no objective: a constraint and a prediction learn it."""

    def client_with(raw_data: dict[str, float] | None) -> Client:
        client = Client()
        client.configure_experiment([RangeParameterConfig("x", (0, 20), "int")])
        client.configure_optimization("-edp", ["area <= 30"])
        client.configure_generation_strategy(initialization_budget=2)
        for x in (2, 5):
            client.complete_trial(client.attach_trial({"x": x}), {"edp": 9.0 - x, "area": 2.0 * x})
        number = client.attach_trial({"x": 18})
        client.mark_trial_infeasible(number, "area: 90 > 30", raw_data)
        return client

    knows, knows_not = client_with({"area": 90.0}), client_with(None)
    assert knows.summarize().area[2] == 90.0
    told = knows._suggester.up_to_date().history[2].outcome
    assert (told.state, told.metrics) == (TrialState.INFEASIBLE, {"area": 90.0})
    areas = [client.predict([{"x": 17}])[0]["area"][0] for client in (knows, knows_not)]
    assert areas[0] > 60.0 > areas[1]
    strategies = [client._suggester.up_to_date() for client in (knows, knows_not)]
    assert all(isinstance(strategy, BayesianStrategy) for strategy in strategies)
    points = strategies[0].space.encode_rows(np.array([strategies[0].space.row({"x": 17})]))
    chances = [strategy.posteriors().log_meets(points)[0] for strategy in strategies]  # type: ignore[attr-defined]
    assert chances[0] < math.log(0.1) < chances[1]


def test_an_infeasible_trial_whose_values_make_no_sense_is_only_infeasible() -> None:
    client = Client()
    client.configure_experiment([RangeParameterConfig("x", (0, 20), "int")])
    client.configure_optimization("-edp", ["1 / area <= 30"])
    client.mark_trial_infeasible(client.attach_trial({"x": 18}), "no area", {"area": 0.0})
    assert len(client.get_next_trials(2)) == 2
    assert client._suggester.up_to_date().history[0].outcome.metrics == {}


@pytest.mark.parametrize("goal", ["objective", "-objective", "-2 * objective"])
def test_a_measured_value_of_the_name_objective_is_predicted_as_it_is(goal: str) -> None:
    client = Client()
    client.configure_experiment([RangeParameterConfig("x", (0.0, 1.0), "float")])
    client.configure_optimization(goal)
    for k in range(8):
        client.complete_trial(client.attach_trial({"x": k / 7}), {"objective": 10.0 + k})
    (values,) = client.predict([{"x": 0.5}])
    assert values["objective"][0] == pytest.approx(13.5, abs=1.0)


def test_fixed_parameters() -> None:
    client = study(strategy="random")
    for _ in range(6):
        for number, point in client.get_next_trials(1, {"mesh_x": 4}).items():
            assert point["mesh_x"] == 4
            client.complete_trial(number, measured(point))
    for fixed, message in (
        ({"mesh_x": 5}, "the space is empty"),
        ({"mash_x": 4}, "mesh_x"),
        ({"mesh_x": 4.5}, "mesh_x"),
        ({"tile": [1, 24]}, "cannot be fixed"),
    ):
        with pytest.raises(SpecError, match=message):
            client.get_next_trials(1, fixed)


def test_calls_that_make_no_sense(tmp_path: Path) -> None:
    client = Client()
    with pytest.raises(SpecError, match="configure_experiment"):
        client.get_next_trials(1)
    client.configure_experiment([RangeParameterConfig("x", (0, 9), "int")])
    with pytest.raises(SpecError, match="configure_optimization"):
        client.get_next_trials(1)
    client.configure_optimization("-y")
    for n in (0, -1, 1.5, True):
        with pytest.raises(SpecError, match="max_trials"):
            client.get_next_trials(n)  # type: ignore[arg-type]
    with pytest.raises(SpecError, match="trial_index"):
        client.complete_trial("0", {"y": 1.0})  # type: ignore[arg-type]
    with pytest.raises(SpecError, match="progression"):
        client.complete_trial(0, {"y": 1.0}, progression=3)
    with pytest.raises(SpecError, match="bayesian"):
        client.configure_generation_strategy(strategy="bayes")
    with pytest.raises(SpecError, match="n_initial"):
        client.configure_generation_strategy(n_initials=3)
    with pytest.raises(SpecError, match="x"):
        client.attach_trial({"x": 10})
    with pytest.raises(BohwswError, match="no trial has completed"):
        client.get_best_parameterization()
    client.get_next_trials(1)
    with pytest.raises(TrialStateError, match="final"):
        client.configure_optimization("-z")
    client.configure_optimization("-y")  # the same again is fine
    for text in ("", "{}", '{"definition": {}, "trials": []}', "[1]"):
        (tmp_path / "study.json").write_text(text)
        with pytest.raises(SpecError):
            Client.load_from_json_file(tmp_path / "study.json")
    with pytest.raises(SpecError, match="cannot be read"):
        Client.load_from_json_file(tmp_path / "none.json")
    with pytest.raises(SpecError, match="study") as error:
        Client.load_from_database("studi", f"sqlite:///{tmp_path / 'x.db'}")
    assert error.value.got == "studi"


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.complete_trial(10**30, {"y": 1.0}),
        lambda client: client.get_next_trials(1, ["x"]),
        lambda client: client.run_trials(1, tolerated_trial_failure_rate="a", evaluator=str),
        lambda client: client.run_trials(1, evaluator=str, executor=4),
        lambda client: client.configure_experiment(RangeParameterConfig("x", (0, 9), "int")),
        lambda client: client.configure_experiment([RangeParameterConfig("x", (0, 9), "int")], "x"),
        lambda client: client.configure_experiment([ChoiceParameterConfig("c", 5, "int")]),
        lambda client: client.configure_experiment(
            [RangeParameterConfig("x", (0, 9), "int", step_size="a")]
        ),
        lambda client: Client(5),
        lambda client: Client("postgresql://u@h:abc/x"),
        lambda client: Client(random_seed=-1),
        lambda client: Client(random_seed=1.5),
        lambda client: client.configure_generation_strategy(initialization_random_seed="a"),
    ],
)
def test_bad_arguments_are_never_a_traceback(call: Any) -> None:
    client = Client()
    client.configure_experiment([RangeParameterConfig("x", (0, 9), "int")])
    client.configure_optimization("-y")
    with pytest.raises(BohwswError):
        call(client)


def test_numbers_of_numpy_and_numbers_beyond_floats(tmp_path: Path) -> None:
    client = Client(str(tmp_path / "studies.db"), random_seed=np.int64(3))
    client.configure_experiment([RangeParameterConfig("x", (0, 9), "int")])
    client.configure_optimization("-y")
    client.configure_generation_strategy(initialization_budget=np.int64(4))
    assert client.predict([]) == []
    (number,) = client.get_next_trials(1)
    assert client.complete_trial(np.int64(number), {"y": 10**400}) == "failed"
    mine = client.attach_trial({"x": np.int64(3)})
    assert client.complete_trial(mine, {"y": np.float64(2.0)}) == "completed"


def test_undefined_arithmetic_is_a_failure_of_the_trial() -> None:
    client = Client()
    client.configure_experiment([RangeParameterConfig("x", (0, 9), "int")])
    client.configure_optimization("-log2(y)", ["1 / area <= 3"])
    points = list(client.get_next_trials(4))
    assert client.complete_trial(points[0], {"y": 1.0, "area": 0.0}) == "failed"
    assert client.complete_trial(points[1], {"y": 0.0, "area": 1.0}) == "failed"
    assert client.complete_trial(points[2], {"y": (1.0, 2.0), "area": 1.0}) == "completed"
    client.get_next_trials(1)
    assert client.get_best_parameterization(False)[2] == points[2]


def test_a_measurement_that_comes_before_the_goals_is_not_lost() -> None:
    client = Client()
    client.configure_experiment([RangeParameterConfig("x", (0, 9), "int")])
    number = client.attach_trial({"x": 3})
    with pytest.raises(SpecError, match="configure_optimization"):
        client.complete_trial(number, {"y": 1.0})
    assert list(client.summarize().trial_status) == ["RUNNING"]


def test_points_attached_twice_and_a_restart(tmp_path: Path) -> None:
    client = study(str(tmp_path / "studies.db"), "random")
    (number,) = client.get_next_trials(1)
    point = client.summarize().iloc[0][["tile", "order", "mesh_x", "mesh_y", "cache"]].to_dict()
    if point["cache"] == "banked":
        point["banks"] = int(client.summarize().banks[0])
    twice = [client.attach_trial(point) for _ in range(2)]
    client.get_next_trials(1)
    client.complete_trial(twice[0], {"edp": 1.0, "area": 1.0})
    again = Client.load_from_database("mapping", str(tmp_path / "studies.db"))
    again.save_to_json_file(tmp_path / "study.json")
    loaded = Client.load_from_json_file(tmp_path / "study.json")
    assert loaded.get_next_trials(1) == client.get_next_trials(1)
    assert number == 0


def test_a_measured_value_named_like_a_parameter() -> None:
    client = Client()
    client.configure_experiment([RangeParameterConfig("x", (0, 9), "int")])
    client.configure_optimization("-x")
    client.complete_trial(client.attach_trial({"x": 3}), {"x": 999.0})
    client.get_next_trials(1)
    table = client.summarize()
    assert table["x"][0] == 999.0
    assert table["parameter x"][0] == 3


def test_too_many_failures_end_a_run() -> None:
    def broken(_: dict[str, Any]) -> float:
        raise OSError("no licence")

    client = study(strategy="random")
    with (
        pytest.warns(FailedTrialWarning, match="trial 0 failed: OSError: no licence"),
        pytest.raises(FailureRateError, match=r"5 of 5 trials have failed.*no licence"),
    ):
        client.run_trials(20, tolerated_trial_failure_rate=0.5, evaluator=broken)
    assert len(client.summarize()) == 5
    with pytest.warns(FailedTrialWarning, match="trial 5 failed"):
        statistics = client.run_trials(8, tolerated_trial_failure_rate=1.0, evaluator=broken)
    assert statistics.states == {"failed": 8, "completed": 0, "infeasible": 0, "abandoned": 0}
    assert len(client.summarize()) == 13


@pytest.mark.parametrize("executor", [None, lambda: WorkerPool(1), lambda: ThreadPoolExecutor(1)])
@pytest.mark.parametrize(
    ("evaluator", "reason"),
    [(los, "loss: a measured value is missing.*nearest: los"), (gives_a_coroutine, "coroutine")],
)
def test_a_run_that_only_fails_ends_soon_with_the_reason(
    evaluator: Any, reason: str, executor: Any
) -> None:
    client = Client()
    client.configure_experiment([RangeParameterConfig("x", (0, 99), "int")])
    client.configure_optimization("-loss")
    client.configure_generation_strategy("random_search")
    with (
        pytest.warns(FailedTrialWarning, match=reason),
        pytest.raises(FailureRateError, match=reason),
    ):
        client.run_trials(50, evaluator=evaluator, executor=executor)
    assert client.summarize().attrs["states"]["failed"] == 5
    with pytest.raises(SpecError, match="coroutine"):
        client.run_trials(50, evaluator=coroutine, executor=executor)


def test_a_reported_trial_that_fails_says_so_once() -> None:
    client = Client()
    client.configure_experiment([RangeParameterConfig("x", (0, 99), "int")])
    client.configure_optimization("-loss")
    numbers = [client.attach_trial({"x": x}) for x in range(4)]
    with pytest.warns(FailedTrialWarning, match="trial 0 failed: loss.*nearest: los"):
        assert client.complete_trial(numbers[0], los({})) == "failed"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert client.complete_trial(numbers[1], los({})) == "failed"
        assert client.complete_trial(numbers[2], {"loss": 1.0, "seconds": 3}) == "completed"
    table = client.summarize()
    assert table.attrs["states"] == {"failed": 2, "completed": 1, "running": 1}
    assert table.seconds[2] == 3.0  # values that nobody has asked for are kept


def test_values_named_like_the_columns_of_a_table() -> None:
    client = Client()
    client.configure_experiment([RangeParameterConfig("arm_name", (0, 9), "int")])
    client.configure_optimization("-trial_index")
    client.complete_trial(client.attach_trial({"arm_name": 3}), {"trial_index": 7.0})
    (row,) = client.summarize().to_dict("records")
    assert (row["trial_index"], row["value trial_index"]) == (0, 7.0)
    assert (row["arm_name"], row["parameter arm_name"]) == ("0_0", 3)


def test_trials_on_other_processes() -> None:
    client = study(strategy="random")
    with WorkerPool(2) as pool:
        statistics = client.run_trials(6, 2, evaluator=measured, executor=pool)
    assert statistics.evaluations == 6
    assert len(client.summarize()) == 6
