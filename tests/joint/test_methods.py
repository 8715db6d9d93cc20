"""Joint studies: stored, resumed, in parallel; broken sources; the baselines; hot starts."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from toy_model import Asked, accuracy_percent, quick_recipe, toy_problem

from bohwsw.accuracy import NotMeasurableError
from bohwsw.errors import NoValidMappingError, ResultFolderError, SpecError
from bohwsw.execution import WorkerPool
from bohwsw.joint import accuracy_of, run_joint, run_jointly
from bohwsw.study import CodesignResult, Trial, Where, starting_points


@dataclass(frozen=True)
class Logged:
    """A source that notes in a file what it was asked, from whatever process; breaks by width."""

    file: Path
    broken: Mapping[int, str]
    name: str = "logged"
    figures: tuple[str, ...] = ("accuracy_percent",)

    def measure(self, knobs: Mapping[str, Any]) -> Mapping[str, Any]:
        with self.file.open("a") as log:
            log.write(json.dumps(dict(knobs)) + "\n")
        how = self.broken.get(knobs["width"])
        if how == "hangs":
            time.sleep(60.0)
        if how == "dies":
            os._exit(9)
        if how == "cannot":
            raise NotMeasurableError("not in the table")
        return {"accuracy_percent": (accuracy_percent(knobs), 0.5)}

    @property
    def asked(self) -> list[str]:
        return self.file.read_text().splitlines() if self.file.exists() else []


def states(result: CodesignResult) -> list[str]:
    return [trial.state for trial in result.trials]


def test_every_network_is_measured_once_and_costs_are_told_apart() -> None:
    source = Asked()
    result = run_jointly(toy_problem(source, 25))
    data = result.to_data()
    networks = [json.dumps(knobs, sort_keys=True) for knobs in source.knobs]
    assert len(set(networks)) == len(networks)
    cost = data["costs"]
    completed = states(result).count("completed")
    assert cost["hardware"]["evaluations"] == 25 > completed
    assert cost["accuracy"]["measurements"] == len(networks) < completed
    assert cost["accuracy"]["reused"] == completed - len(networks)
    for trial in result.trials:
        assert (accuracy_of(trial.artifacts) is None) == (trial.state == "infeasible")
    volumes = [volume for _, _, volume in data["hypervolume"]["values"]]
    assert volumes == sorted(volumes)
    assert volumes[-1] > 0.0
    first = data["front"][0]
    assert first["accuracy_percent"] == pytest.approx(accuracy_percent(first["knobs"]))
    assert data["baseline"]["accuracy_percent"] == 85.0


def test_the_search_goes_on_when_a_source_hangs_dies_or_cannot(tmp_path: Path) -> None:
    source = Logged(tmp_path / "log", {2: "hangs", 4: "dies", 8: "cannot"})
    first = [{"width": width, "depth": 0, "entries": 8} for width in (2, 4, 8)]
    recipe = replace(quick_recipe(3), baseline_first=False)
    problem = toy_problem(source, recipe=recipe, seconds=1.0, first=first)
    with pytest.warns(UserWarning, match="failed"), pytest.raises(NoValidMappingError):
        run_jointly(problem, folder=tmp_path / "study")
    lines = (tmp_path / "study" / "trials.jsonl").read_text().splitlines()
    hung, died, cannot = map(json.loads, lines)
    assert hung["state"] == died["state"] == "failed"
    assert "TaskTimeoutError" in hung["reason"]
    assert "WorkerDiedError" in died["reason"]
    assert cannot["state"] == "infeasible"
    assert "not in the table" in cannot["reason"]
    assert hung["metrics"]["edp_pj_cycles"] > 0
    assert hung["accuracy"]["seconds"] >= 1.0


def test_a_stored_study_goes_on_without_asking_twice(tmp_path: Path) -> None:
    source = Logged(tmp_path / "log", {})
    run_jointly(toy_problem(source, 6), folder=tmp_path / "study")
    asked = len(source.asked)
    whole = run_jointly(toy_problem(source, 12), folder=tmp_path / "study", resume=True)
    assert len(whole.trials) == 12
    assert len(set(source.asked)) == len(source.asked) > asked
    alone = run_jointly(toy_problem(Asked(), 12))
    assert [t.point for t in alone.trials] == [t.point for t in whole.trials]
    assert [t.values for t in alone.trials] == [t.values for t in whole.trials]
    other = toy_problem(source, 12, knobs={"width": 4})
    with pytest.raises(ResultFolderError, match="fixed"):
        run_jointly(other, folder=tmp_path / "study", resume=True)


def test_workers_and_a_database_share_a_study(tmp_path: Path) -> None:
    source = Logged(tmp_path / "log", {})
    where = Where(2, partial(WorkerPool, 2))
    place = str(tmp_path / "study.db")
    result = run_jointly(toy_problem(source, 8), where=where, storage=place, study="toy")
    assert len(result.trials) == 8
    assert "completed" in {t.state for t in result.trials}
    again = run_jointly(toy_problem(source, 8), storage=place, study="toy")
    assert [t.point for t in again.trials] == [t.point for t in result.trials]


def test_measurements_are_a_budget() -> None:
    source = Asked()
    result = run_jointly(toy_problem(source, 40, measurements=3))
    assert len(source.knobs) == 3
    assert len(result.trials) < 40


def test_the_baselines() -> None:
    fixed = run_joint(toy_problem(Asked(), 6), "fixed-hardware")
    assert {json.dumps(d.hardware.point) for d in fixed.designs} == {
        json.dumps(fixed.baseline.hardware.point)  # type: ignore[union-attr]
    }
    source = Asked()
    problem = toy_problem(source, 16, limits={"latency_ms": 0.02})
    first = run_joint(problem, "network-first")
    assert len(first.trials) == 16
    assert first.costs["accuracy"]["measurements"] == len(source.knobs)
    assert len(source.knobs) <= 8  # networks are trained in the first half only
    later = {json.dumps(problem.joint.split(t.point)[0]) for t in first.trials[8:]}
    assert later <= {json.dumps(knobs) for knobs in source.knobs}
    assert all((d.figure("latency_ms") or 0.0) <= 0.02 for d in first.designs)
    assert run_joint(toy_problem(Asked(), 3), "random").trials[1].source == "random"
    with pytest.raises(SpecError, match="network-first"):
        run_joint(problem, "networks-first")


def test_network_first_is_stored_and_goes_on(tmp_path: Path) -> None:
    source = Logged(tmp_path / "log", {})
    problem = toy_problem(source, 8)
    first = run_joint(problem, "network-first", folder=tmp_path / "study")
    asked = source.asked
    assert (tmp_path / "study" / "front-1.yaml").exists()
    again = run_joint(problem, "network-first", folder=tmp_path / "study", resume=True)
    assert source.asked == asked
    assert [t.point for t in again.trials] == [t.point for t in first.trials]


def test_a_search_starts_from_the_designs_of_an_earlier_one(tmp_path: Path) -> None:
    result = run_jointly(toy_problem(Asked(), 10), folder=tmp_path / "cold")
    joint = toy_problem(Asked()).joint
    points = starting_points(joint.point, tmp_path / "cold")
    assert points == [
        joint.point({**d.networks[0].knobs, **d.hardware.point}) for d in result.designs
    ]
    hot = run_jointly(toy_problem(Asked(), len(points) + 1, first=points))
    tried = [trial.point for trial in hot.trials]
    assert all(point in tried for point in points)
    assert starting_points(joint.point, {"width": 2}) == [joint.point({"width": 2})]
    (tmp_path / "other.json").write_text("[]")
    with pytest.raises(SpecError, match=r"other\.json"):
        starting_points(joint.point, tmp_path / "other.json")
    with pytest.raises(SpecError, match="widht"):
        starting_points(joint.point, {"widht": 2})


def test_an_accuracy_survives_being_stored() -> None:
    result = run_jointly(toy_problem(Asked(), 2))
    stored = [accuracy_of(trial.artifacts) for trial in result.trials]
    assert stored[0] is not None
    assert stored[0].standard_errors == {"accuracy_percent": 0.5}
    assert accuracy_of(Trial(0, {}).artifacts) is None
