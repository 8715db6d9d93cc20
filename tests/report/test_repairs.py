"""The nearest repair of what was refused: a feasible trial, or steps within the known ones."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from bohwsw.codesign import space_from_dict
from bohwsw.report import page_parts, read_source, report_data, report_page
from bohwsw.space import ListedParameter


def test_a_measured_limit_is_repaired_as_the_nearest_feasible_trial_is(
    folder: Path, data: dict[str, Any]
) -> None:
    entry = next(x for x in data["search"]["refused"] if x["constraint"] == "power_mw of chip")
    stored = [json.loads(line) for line in (folder / "trials.jsonl").read_text().splitlines()]
    trials = {x["number"]: x for x in stored}
    repair, refused = entry["repair"], trials[entry["nearest"]["trial"]]["point"]
    to = {name: after for name, _, after in repair["changes"]}
    assert all(refused[name] == before for name, before, _ in repair["changes"])
    assert {**refused, **to} == trials[repair["trial"]]["point"]
    assert repair["value"] == trials[repair["trial"]]["metrics"]["power_mw"] <= 1300.0
    completed = [x["point"] for x in stored if x["state"] == "completed"]
    changed = [sum(point[k] != refused[k] for k in refused) for point in completed]
    assert len(to) == min(changed)
    shown = page_parts(report_page(data))["What-was-not-possible-and-how-near-the-nearest-came.csv"]
    assert f"(trial {repair['trial']}, " in shown


def test_known_constraints_are_repaired_by_one_step_or_two(folder: Path) -> None:
    source = read_source(folder)
    space = space_from_dict(source.settings["space"]).search_space()
    assert space is not None
    for names, steps in ((["lanes"], 1), (["lanes", "mesh_y"], 2)):
        trial = next(x for x in source.trials if x.state == "infeasible")
        point = dict(source.designs["best"].hardware.point)
        for name in names:
            parameter = next(x for x in space if x.name == name)
            assert isinstance(parameter, ListedParameter)
            values: list[Any] = list(parameter.values)
            point[name] = values[values.index(point[name]) + 1]
        assert any("area_mm2" in str(x) for x in space.violations(point))
        detail = {"constraint": "area_mm2", "value": 4.0, "limit": 1.7, "ratio": 2.4}
        over = replace(source, trials=[replace(trial, point=point, details=(detail,))])
        (entry,) = report_data(over, alternatives=False)["search"]["refused"]
        changes = {name: after for name, _, after in entry["repair"]["changes"]}
        assert 1 <= len(changes) <= steps
        assert not space.violations({**point, **changes})
        assert entry["repair"]["trial"] is None
