"""Objectives and constraints: which measured values they speak of, in Ax's language and in ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from bohwsw import Client, RangeParameterConfig
from bohwsw.errors import SpecError
from bohwsw.execution import outcome_of
from bohwsw.strategies import Optimisation, Outcome, TrialState


def told(objective: str, values: dict[str, object]) -> float:
    (value,) = Optimisation(objective).minimised(outcome_of(values))
    return value


@pytest.mark.parametrize(
    ("objective", "values", "minimised"),
    [
        ("-my loss", {"my loss": 3}, 3.0),
        ("-train/loss", {"train/loss": 3}, 3.0),
        ("-train/loss", {"train/loss": 3, "train": 8, "loss": 2}, 3.0),
        ("-train/loss", {"train": 8, "loss": 2}, 4.0),
        ("-2/train/loss", {"train": 8, "loss": 2}, 2 / 8 / 2),
        ("train / loss", {"train": 8, "loss": 2}, -4.0),
        ("-edp/1000", {"edp": 3000}, 3.0),
        ("2*val.acc - train/loss", {"val.acc": 3, "train/loss": 1}, -5.0),
        ("gain-cost", {"gain": 3, "cost": 1}, -2.0),
        ("-val-loss", {"val-loss": 3}, 3.0),
        ("-`val - loss`", {"val - loss": 3}, 3.0),
        ("-top5 error@val", {"top5 error@val": 3}, 3.0),
        ("-`latency_(p50)`", {"latency_(p50)": 3, "p50": 9}, 3.0),
        ("-log2(my  loss)", {"my loss": 8}, 3.0),
    ],
)
def test_names_as_ax_has_them(objective: str, values: dict[str, object], minimised: float) -> None:
    assert told(objective, values) == minimised


def test_constraints_speak_of_such_names_too() -> None:
    goals = Optimisation("-my loss, val.acc", ["train/loss + 1 <= my loss", "-val.acc >= -3"])
    good = {"my loss": 3.0, "val.acc": 3.0, "train/loss": 2.0}
    assert goals.is_feasible(outcome_of(good))
    assert not goals.is_feasible(outcome_of({**good, "val.acc": 3.5}))
    assert not goals.is_feasible(outcome_of({**good, "train/loss": 2.5}))
    assert set(goals.names()) == {"my loss", "val.acc", "train/loss"}


def test_a_missing_value_is_named_with_what_looks_like_it() -> None:
    goals = Optimisation("-train/loss", ["val.acc >= 0.5"])
    with pytest.raises(SpecError) as error:
        goals.require_values(["train/los", "val.acc", "other"])
    assert error.value.key_path == "train/loss"
    assert error.value.nearest == "train/los"
    goals.require_values(["other", "train/loss", "val.acc"])
    goals.require_values(["train", "loss", "val.acc"])


def test_one_number_is_the_only_value_that_is_asked_for() -> None:
    named = Optimisation("-my loss").named(outcome_of((3.0, 0.5)))
    assert named == Outcome(
        TrialState.COMPLETED, metrics={"my loss": 3.0}, deviation={"my loss": 0.5}
    )
    several = Optimisation("-loss", ["acc >= 1"])
    assert several.named(outcome_of(3.0)) == outcome_of(3.0)


def test_a_whole_study_of_such_names(tmp_path: Path) -> None:
    """Stored, read back, predicted, shown."""
    file = str(tmp_path / "studies.db")
    client = Client(file)
    parameters = [
        RangeParameterConfig(n, (1, 9), "int") for n in ("my lr", "lr.x", "lambda", "a/b")
    ]
    constraints = ["my lr + lr.x <= 9", "lambda <= lr.x", "`a/b` >= 2", "a/b <= my lr * 2"]
    client.configure_experiment(parameters, constraints)
    client.configure_optimization("-train/loss", ["val.acc >= 2"])
    client.configure_generation_strategy("random_search")

    def evaluator(point: dict[str, int]) -> dict[str, float]:
        assert point["my lr"] + point["lr.x"] <= 9
        assert point["lambda"] <= point["lr.x"]
        assert 2 <= point["a/b"] <= 2 * point["my lr"]
        return {"train/loss": point["my lr"], "val.acc": point["a/b"]}

    client.run_trials(5, evaluator=evaluator)
    again = Client.load_from_database("study", file)
    again.save_to_json_file(tmp_path / "study.json")
    again = Client.load_from_json_file(tmp_path / "study.json")
    assert again.get_next_trials(1, {"lr.x": 3}) == client.get_next_trials(1, {"lr.x": 3})
    best, values, _, _ = again.get_best_parameterization()
    assert values["train/loss"][0] == best["my lr"]
    assert set(again.predict([best])[0]) == {"train/loss", "val.acc"}
    assert {"my lr", "lr.x", "lambda", "a/b", "train/loss", "val.acc"} <= set(again.summarize())
