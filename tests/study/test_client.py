"""The client: what Ax refuses, four outcomes, the same suggestions after a restart, errors."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bohwsw import ChoiceParameterConfig, Client, Infeasible, RangeParameterConfig
from bohwsw.errors import BohwswError, SpecError
from bohwsw.space import Categorical, Conditional, Factorisation, Integer, Permutation
from bohwsw.strategies import STRATEGIES, SpaceExhaustedError
from bohwsw.study.storage import TrialStateError
from bohwsw.study.trial_run import FailureRateError
from bohwsw.study.worker_pool import WorkerPool

PARAMETERS = [
    Factorisation("tile", 24, 2),
    Permutation("order", ["K", "C", "P"]),
    Integer("mesh_x", 1, 24),
    Integer("mesh_y", 1, 24),
    Categorical("cache", ["none", "banked"]),
    Conditional(Integer("banks", 1, 8), "cache == 'banked'"),
]
CONSTRAINTS = ["mesh_x * mesh_y == 24", "tile[0] <= mesh_x", "order[0] != 'P'"]


def study(where: Any = None, strategy: str = "bayesian", seed: int = 0) -> Client:
    client = Client(where, seed)
    client.configure_experiment(PARAMETERS, CONSTRAINTS, name="mapping")
    client.configure_optimization("-edp", ["area <= 30"])
    options = {"n_initial": 4} if strategy == "bayesian" else {}
    client.configure_generation_strategy(strategy=strategy, **options)
    return client


def measured(point: dict[str, Any]) -> dict[str, float]:
    if point["mesh_x"] == 24:
        raise Infeasible("mesh_x: 24 > 12")
    banks = point.get("banks", 0)
    edp = abs(point["mesh_x"] - 6) + point["tile"][0] + point["order"].index("K") + banks / 8
    return {"edp": edp, "area": point["mesh_x"] + 4.0 * banks}


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
    client.mark_trial_failed(numbers[2])
    client.mark_trial_abandoned(numbers[3])
    assert client.complete_trial(numbers[4], {"edp": math.nan, "area": 1.0}) == "failed"
    assert client.complete_trial(numbers[5], {"edp": 1.0}) == "failed"
    table = client.summarize()
    assert list(table.trial_status) == [
        "COMPLETED", "INFEASIBLE", "FAILED", "ABANDONED", "FAILED", "FAILED"
    ]  # fmt: skip
    assert table.status_reason[1] == "weights: 12 > 8 words"
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


def test_predictions() -> None:
    client = Client()
    client.configure_experiment([RangeParameterConfig("x", (0.0, 1.0), "float")])
    client.configure_optimization("-edp")
    with pytest.raises(BohwswError, match="two completed trials"):
        client.predict([{"x": 0.5}])
    for k in range(12):
        client.complete_trial(client.attach_trial({"x": k / 11}), {"edp": math.exp(5 * k / 11)})
    (known, between) = client.predict([{"x": 0.0}, {"x": 0.5}])
    assert known["edp"][0] == pytest.approx(1.0, rel=0.1)
    mean, deviation = between["edp"]
    assert abs(mean - math.exp(2.5)) < max(3.0 * deviation, 0.5)
    with pytest.raises(SpecError):
        client.predict([{"x": 2.0}])


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


def test_unordered_numbers_and_dependent_parameters(tmp_path: Path) -> None:
    parameters = [
        ChoiceParameterConfig("bits", [4, 8, 16], "int", is_ordered=False),
        ChoiceParameterConfig(
            "cache", ["none", "banked"], "str", dependent_parameters={"banked": ["banks"]}
        ),
        RangeParameterConfig("banks", (1, 4), "int"),
    ]
    client = Client(str(tmp_path / "studies.db"))
    client.configure_experiment(parameters)
    client.configure_optimization("-y")
    client.configure_generation_strategy("random_search")
    points = client.get_next_trials(15)
    assert len(points) == 15  # 3 * (1 + 4): all there are
    assert {point["bits"] for point in points.values()} == {4, 8, 16}
    for number, point in points.items():
        assert ("banks" in point) == (point["cache"] == "banked")
        client.complete_trial(number, {"y": point["bits"]})
    assert client.get_best_parameterization()[0]["bits"] == 4
    assert (
        Client.load_from_database("study", str(tmp_path / "studies.db")).summarize().shape[0] == 15
    )
    with pytest.raises(SpaceExhaustedError):
        client.get_next_trials(1)


def test_fixed_values_that_switch_others_off_and_numbers_as_labels() -> None:
    client = Client()
    client.configure_experiment(
        [
            ChoiceParameterConfig("c", ["a", "b"], "str", dependent_parameters={"a": ["y"]}),
            ChoiceParameterConfig(
                "bits", [1, 2], "int", is_ordered=False, dependent_parameters={1: ["z"]}
            ),
            RangeParameterConfig("y", (0, 9), "int"),
            RangeParameterConfig("z", (0, 9), "int"),
        ]
    )
    client.configure_optimization("-m")
    client.configure_generation_strategy("random_search")
    for fixed, missing in (({"c": "b"}, "y"), ({"bits": 2}, "z"), ({"c": "b", "bits": 2}, "yz")):
        (point,) = client.get_next_trials(1, fixed).values()
        assert {name: point[name] for name in fixed} == fixed
        assert not set(missing) & set(point)


@pytest.mark.parametrize(
    ("parameter", "message"),
    [
        (RangeParameterConfig("x", (3, 1), "int"), "below"),
        (RangeParameterConfig("x", (0.5, 3), "int"), "whole"),
        (RangeParameterConfig("x", ("a", 3), "int"), "bounds"),  # type: ignore[arg-type]
        (RangeParameterConfig("x", (0, 3), "integer"), "int"),  # type: ignore[arg-type]
        (RangeParameterConfig("x", (0, 3), "int", step_size=0.5), "step"),
        (RangeParameterConfig("x", (0, 3), "int", scaling="lin"), "linear"),  # type: ignore[arg-type]
        (ChoiceParameterConfig("x", [1, 1], "int"), "twice"),
        (ChoiceParameterConfig("x", ["a"], "text"), "str"),  # type: ignore[arg-type]
        (ChoiceParameterConfig("x", ["a"], "str", dependent_parameters={"a": ["z"]}), "unknown"),
        ("x", "not a parameter"),
    ],
)
def test_parameters_that_are_none(parameter: Any, message: str) -> None:
    with pytest.raises((SpecError), match=message):
        Client().configure_experiment([parameter])


@pytest.mark.parametrize(
    ("objective", "constraints", "message"),
    [
        ("", [], "empty"),
        ("-edp <= 3", [], "not an objective"),
        ("3", [], "not an objective"),
        ("-edp,", [], "empty"),
        ("-edp", ["area"], "outcome constraint"),
        ("-edp", ["area <= 0.9 * baseline"], "baseline"),
        ("-edp", "area <= 3", "list"),
        (None, [], "not an objective"),
    ],
)
def test_goals_that_are_none(objective: Any, constraints: Any, message: str) -> None:
    client = Client()
    client.configure_experiment([RangeParameterConfig("x", (0, 9), "int")])
    with pytest.raises(SpecError, match=message):
        client.configure_optimization(objective, constraints)


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


def test_a_study_of_that_name_that_is_another(tmp_path: Path) -> None:
    study(str(tmp_path / "studies.db"))
    study(str(tmp_path / "studies.db"))  # the same one: gone on with
    client = Client(str(tmp_path / "studies.db"))
    with pytest.raises(SpecError, match="parameter_constraints"):
        client.configure_experiment(PARAMETERS, CONSTRAINTS[:1], name="mapping")
    client.configure_experiment(PARAMETERS, CONSTRAINTS[:1], name="another")


def test_a_saved_study_is_plain(tmp_path: Path) -> None:
    client = study(strategy="random")
    client.run_trials(3, evaluator=measured)
    client.save_to_json_file(tmp_path / "study.json")
    data = json.loads((tmp_path / "study.json").read_text())
    assert len(data["trials"]) == 3
    assert data["definition"]["versions"]["bohwsw"]
    assert [path.name for path in tmp_path.iterdir()] == ["study.json"]


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


def test_seeds_of_client_and_strategy(tmp_path: Path) -> None:
    def configured(seed: int | None, own: int | None) -> Client:
        client = Client(str(tmp_path / f"{seed}-{own}.db"), seed)
        client.configure_experiment([RangeParameterConfig("x", (0, 10_000), "int")])
        client.configure_optimization("-y")
        client.configure_generation_strategy("random_search", initialization_random_seed=own)
        return client

    first = {key: configured(*key).get_next_trials(1)[0]["x"] for key in SEEDS}
    for key in SEEDS:
        configured(*key)  # the same script once more goes on with its study
    assert first[7, None] == first[0, 7] != first[0, None]
    with pytest.raises(SpecError, match="random_seed"):
        Client(str(tmp_path / "7-None.db"), 8).configure_experiment(
            [RangeParameterConfig("x", (0, 10_000), "int")]
        )
    loaded = Client.load_from_database("study", str(tmp_path / "7-None.db"))
    loaded.configure_generation_strategy("random_search")  # as it is


SEEDS = [(0, None), (7, None), (0, 7)]


def test_what_ctrl_c_leaves_in_memory_and_in_a_snapshot(tmp_path: Path) -> None:
    def interrupted(_: dict[str, Any]) -> float:
        raise KeyboardInterrupt

    client = study(strategy="random")
    with pytest.raises(KeyboardInterrupt):
        client.run_trials(2, evaluator=interrupted)
    client.save_to_json_file(tmp_path / "study.json")
    for again in (client, Client.load_from_json_file(tmp_path / "study.json")):
        again.run_trials(1, evaluator=lambda _: {"edp": 1.0, "area": 1.0})
        assert list(again.summarize().trial_status) == ["COMPLETED"]


def test_a_damaged_snapshot_leaves_nothing(tmp_path: Path) -> None:
    client = study(strategy="random")
    client.run_trials(3, evaluator=measured)
    file, database = tmp_path / "study.json", str(tmp_path / "studies.db")
    client.save_to_json_file(file)
    whole = file.read_text()
    data = json.loads(whole)
    data["trials"].append(data["trials"][0])
    file.write_text(json.dumps(data))
    with pytest.raises(SpecError, match="twice"):
        Client.load_from_json_file(file, database)
    file.write_text(whole)
    assert len(Client.load_from_json_file(file, database).summarize()) == 3
    with pytest.raises(SpecError, match="already"):
        Client.load_from_json_file(file, database)


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
    with pytest.raises(FailureRateError, match=r"5 of 5 trials have failed.*no licence"):
        client.run_trials(20, tolerated_trial_failure_rate=0.5, evaluator=broken)
    assert len(client.summarize()) == 5
    client.run_trials(3, evaluator=broken)  # by default they only count
    assert len(client.summarize()) == 8


def test_trials_on_other_processes() -> None:
    client = study(strategy="random")
    with WorkerPool(2) as pool:
        statistics = client.run_trials(6, 2, evaluator=measured, executor=pool)
    assert statistics.evaluations == 6
    assert len(client.summarize()) == 6
