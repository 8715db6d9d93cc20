"""A study with a fidelity: stored, suggested, reported at the target."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from botorch.models import SingleTaskGP

from bohwsw import ChoiceParameterConfig, Client, RangeParameterConfig
from bohwsw.errors import BohwswError, SpecError

PARAMETERS = [
    RangeParameterConfig("x", (0, 20), "int"),
    ChoiceParameterConfig("data", ["simulated", "measured"], "str"),
]
COST = {"simulated": 1, "measured": 10}


def study(place: str | None = None, objective: str = "-y", **options: Any) -> Client:
    client = Client(place, random_seed=1)
    client.configure_experiment(PARAMETERS)
    client.configure_fidelity({"data": "measured"}, cost=COST)
    client.configure_optimization(objective, outcome_constraints=["area <= 15"])
    client.configure_generation_strategy(initialization_budget=5, pool=30, **options)
    return client


def run(client: Client, n: int) -> None:
    for _ in range(n):
        for index, point in client.get_next_trials().items():
            y = (point["x"] - 13) ** 2 / 10 + 4 * (point["data"] == "simulated")
            client.complete_trial(index, {"y": y, "area": point["x"] + 0.5, "z": -point["x"]})


def test_the_best_design_is_at_the_target_and_costs_are_told(tmp_path: Path) -> None:
    place = str(tmp_path / "study.jsonl")
    client = study(place)
    run(client, 12)
    again = Client.load_from_database("study", place)
    assert again.get_spending() == client.get_spending()
    parameters, values, number, _ = again.get_best_parameterization()
    assert parameters["data"] == "measured"
    assert abs(parameters["x"] - 13) <= 1
    assert values["y"][0] == pytest.approx((parameters["x"] - 13) ** 2 / 10, abs=1.0)
    for data in COST:
        (point,) = client.get_next_trials(1, {"data": data}).values()
        assert point["data"] == data
    table = client.summarize()
    assert table.loc[number, "x"] == parameters["x"]
    measured, seen, _, _ = client.get_best_parameterization(use_model_predictions=False)
    assert measured["data"] == "measured"
    assert seen["y"][0] == (measured["x"] - 13) ** 2 / 10
    spent = client.get_spending()
    counts = table[table["trial_status"] == "COMPLETED"]["data"].value_counts()
    expected = {name: (counts[name], counts[name] * COST[name]) for name in COST}
    assert {s.fidelity["data"]: (s.trials, s.cost) for s in spent.levels} == expected
    assert table.attrs["spending"] == spent


def test_a_front_of_two_objectives_is_at_the_target() -> None:
    client = study(objective="-y, -z")
    run(client, 9)
    front = client.get_pareto_frontier()
    assert front
    assert {parameters["data"] for parameters, *_ in front} == {"measured"}


def test_two_objectives_a_limit_and_a_hidden_region_together() -> None:
    client = study(objective="-y, -z")
    for _ in range(14):
        for index, point in client.get_next_trials().items():
            if point["x"] in (5, 6):
                client.mark_trial_infeasible(index, "breaks")
                continue
            y = (point["x"] - 13) ** 2 / 10 + 4 * (point["data"] == "simulated")
            client.complete_trial(index, {"y": y, "area": point["x"] + 0.5, "z": -point["x"]})
    front = [parameters for parameters, *_ in client.get_pareto_frontier()]
    assert {parameters["data"] for parameters in front} == {"measured"}
    assert all(13 <= parameters["x"] <= 14 for parameters in front)
    states = client.summarize().attrs["states"]
    assert states["completed"] + states.get("infeasible", 0) == 14
    spent = client.get_spending().levels
    assert {level.fidelity["data"]: level.trials > 0 for level in spent} == dict.fromkeys(
        COST, True
    )


def test_nothing_was_at_the_target() -> None:
    client = study()
    for x in (3, 9):
        index = client.attach_trial({"x": x, "data": "simulated"})
        client.complete_trial(index, {"y": 1.0 + x, "area": 2.0})
    with pytest.raises(BohwswError, match="no trial has completed"):
        client.get_best_parameterization(use_model_predictions=False)
    assert client.get_best_parameterization()[0] == {"x": 3, "data": "measured"}


def test_what_does_not_fit_is_refused_and_parts_of_botorch_are_stored_by_name() -> None:
    client = study(
        model=SingleTaskGP, acquisition="botorch.acquisition.analytic:UpperConfidenceBound"
    )
    assert client._known.options["model"] == "botorch.models.gp_regression:SingleTaskGP"
    run(client, 7)
    with pytest.raises(SpecError, match="unknown fidelity"):
        study().configure_fidelity({"dota": "measured"})
    with pytest.raises(SpecError, match="stores where"):
        study(model=lambda train_X, train_Y: None)
    with pytest.raises(SpecError, match="unknown option of the strategy space_filling"):
        study(strategy="space_filling")
    plain = Client()
    plain.configure_experiment(PARAMETERS)
    with pytest.raises(SpecError, match="has no fidelity"):
        plain.get_spending()
