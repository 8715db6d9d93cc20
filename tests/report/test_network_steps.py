"""Knobs one step up and down, with accuracies where they are known or cost nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import bohwsw
from bohwsw.errors import SpecError
from bohwsw.report import alternatives, page_parts, read_source, report_data, report_page

TABLE = {"path": "digits-cnn"}
SPACE = "eyeriss-168"
PLAIN: dict[str, Any] = {
    "strategy": "random",
    "evaluations": 20,
    "final_seconds": 0.1,
    "threads": 1,
}


def percent(knobs: dict[str, Any]) -> float:
    return 90.0 + knobs["width"] / 10 + knobs["depth"]


@pytest.fixture(autouse=True)
def few_random_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alternatives, "RANDOM_MACHINES", 1)


@pytest.fixture(scope="module")
def joint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("results") / "joint"
    bohwsw.codesign_joint(SPACE, "digits-cnn", percent, trials=3, out=folder, **PLAIN)
    return folder


def steps(told: dict[str, Any]) -> list[dict[str, Any]]:
    return [step for step in told["alternatives"]["steps"] if step.get("network")]


def test_a_function_that_is_given_says_all(joint: Path) -> None:
    told = report_data(read_source(joint), accuracy=percent)
    knobs = told["designs"][0]["networks"][0]["knobs"]
    found = {step["parameter"] for step in told["alternatives"]["steps"]}
    assert found >= set(knobs) | set(told["designs"][0]["point"])
    moved = [step for step in steps(told) if step["figures"]]
    assert len(moved) >= 5
    for step in moved:
        other = {**knobs, step["parameter"]: step["to"], **step.get("with", {})}
        assert step["figures"]["accuracy_percent"] == pytest.approx(percent(other))
        assert step["figures"]["edp_pj_cycles"] > 0
    base = told["alternatives"]["same_anew"]["figures"]
    assert base["accuracy_percent"] == pytest.approx(percent(knobs))
    page = report_page(told)
    assert "nobody was asked" not in page
    known = [step["accuracy"] for step in moved]
    assert set(known) <= {"the search", "accuracy source callable"}
    assert f"{known.count('accuracy source callable')} from accuracy source callable" in page
    rows = page_parts(page)["One-step-of-each-parameter.csv"].splitlines()
    assert "change of accuracy_percent" in rows[0]
    step = next(x for x in moved if x["parameter"] == "width" and "with" not in x)
    (row,) = [x.split(",") for x in rows if x.startswith(f"width {step['from']} to {step['to']},")]
    assert float(row[5]) == pytest.approx((step["to"] - step["from"]) / 10)


def test_nobody_is_asked_unless_that_is_free(joint: Path) -> None:
    told = report_data(read_source(joint))
    tried = [trial.point for trial in read_source(joint).trials]
    knobs = told["designs"][0]["networks"][0]["knobs"]
    for step in steps(told):
        other = {**knobs, step["parameter"]: step["to"], **step.get("with", {})}
        known = any(all(point[k] == v for k, v in other.items()) for point in tried)
        assert known or step["figures"].get("accuracy_percent") is None
    unknown = sum(bool(step["figures"]) and "accuracy" not in step for step in steps(told))
    assert unknown
    assert f"({unknown}) nobody was asked" in report_page(told)
    with pytest.raises(SpecError, match="no such"):
        report_data(read_source(joint), accuracy="no such")


def test_a_table_is_asked_again(tmp_path: Path) -> None:
    options: dict[str, Any] = {"accuracy_options": TABLE, "trials": 2, "out": tmp_path / "table"}
    bohwsw.codesign_joint(SPACE, "digits-cnn", "table", **options, **PLAIN)
    told = report_data(read_source(tmp_path / "table"))
    figures = [x["figures"] for x in steps(told) if x["figures"]]
    assert figures
    assert all(x["accuracy_percent"] is not None for x in figures)
