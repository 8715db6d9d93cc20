"""What a study is about: parameters, goals, seeds, names, snapshots."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from mapping_study import CONSTRAINTS, PARAMETERS, measured, study

from bohwsw import ChoiceParameterConfig, Client, RangeParameterConfig
from bohwsw.errors import SpecError
from bohwsw.strategies import SpaceExhaustedError


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
