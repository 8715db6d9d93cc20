"""Co-design studies that processes share: a trial is given once, nothing is lost when some die."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from test_codesign_study import problem, told

from benchmarks.study.shared import STUDY, row
from bohwsw.errors import BohwswError, ResultFolderError, SpecError
from bohwsw.study.client import Client
from bohwsw.study.codesign_study import run_codesign
from bohwsw.study.storage import StoredStudy
from bohwsw.study.storage_config import open_storage

LIMIT = 300.0
"""Milliwatts; some machines need less, some more."""


def test_processes_killed_at_random_lose_nothing_and_get_no_trial_twice(
    postgresql_url: str,
) -> None:
    """`python -m benchmarks.study.shared` kills 22 times, and on every kind of storage."""
    found = row("here", postgresql_url, 1, lambda _: None)
    open_storage(postgresql_url).delete(STUDY)
    assert found["kills"] == 3
    assert (found["lost"], found["given_twice"], found["unfinished"]) == (0, 0, 0)
    assert found["orders"]
    assert found["trials"] > 2


def test_a_storage_and_a_folder_have_the_same_trials(url: str, tmp_path: Path) -> None:
    alone = run_codesign(problem(6))
    run_codesign(problem(4), storage=url, study="mine", folder=tmp_path / "run")
    result = run_codesign(problem(6), storage=url, study="mine", folder=tmp_path / "run")
    assert told(result) == told(alone)
    stored = StoredStudy(open_storage(url), "mine")
    assert told(result) == [
        (t.number, t.point, t.outcome, t.metrics, t.mappings) for t in stored.trials()
    ]
    written = sorted(path.name for path in (tmp_path / "run").iterdir())
    assert written == [
        "baseline-free.yaml",
        "baseline.yaml",
        "best.yaml",
        "result.json",
        "settings.json",
    ]
    with pytest.raises(ResultFolderError, match="--storage"):
        run_codesign(problem(6), folder=tmp_path / "run", resume=True)


def test_what_a_storage_refuses(tmp_path: Path) -> None:
    place = tmp_path / "studies.jsonl"
    with pytest.raises(ResultFolderError, match="no study 'eyeriss-168-tiny' to resume"):
        run_codesign(problem(2), storage=place, resume=True)
    run_codesign(problem(2, strategy="random"), storage=place)
    with pytest.raises(ResultFolderError, match="was run with recipe"):
        run_codesign(problem(2), storage=place)
    with pytest.raises(SpecError, match="resume, overwrite"):
        run_codesign(problem(2), storage=place, resume=True, overwrite=True)
    run_codesign(problem(2), storage=place, overwrite=True)
    assert len(StoredStudy(open_storage(place), "eyeriss-168-tiny").trials()) == 2
    with pytest.raises(BohwswError, match="co-design study"):
        Client.load_from_database("eyeriss-168-tiny", str(place))


def test_a_study_of_another_version_is_refused_with_the_version(tmp_path: Path) -> None:
    run_codesign(problem(2, strategy="random"), folder=tmp_path)
    file = tmp_path / "settings.json"
    settings = json.loads(file.read_text())
    settings["versions"]["bohwsw"] = "0.0.1"
    file.write_text(json.dumps(settings))
    run_codesign(problem(2, strategy="random"), folder=tmp_path, resume=True)
    del settings["recipe"]["name"]
    file.write_text(json.dumps(settings))
    with pytest.raises(ResultFolderError, match=r"recipe .* begun by bohwsw 0\.0\.1 "):
        run_codesign(problem(2, strategy="random"), folder=tmp_path, resume=True)


def test_a_trial_over_a_limit_is_kept_with_its_value() -> None:
    one = problem(6, strategy="random")
    limits = {**one.hardware_space.spec.limits, "power_mw": LIMIT}
    spec = one.hardware_space.spec.model_copy(update={"limits": limits})
    one = replace(one, hardware_space=replace(one.hardware_space, spec=spec))
    trials = run_codesign(one).trials
    over = [trial for trial in trials if "power_mw" in (trial.reason or "")]
    assert over
    for trial in over:
        (detail,) = trial.details
        assert detail["value"] > detail["limit"] == LIMIT
        assert detail["ratio"] == pytest.approx(detail["value"] / LIMIT)
