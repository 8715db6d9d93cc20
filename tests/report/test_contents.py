"""What a report tells is what was stored, and the same each time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bohwsw import Client, RangeParameterConfig
from bohwsw.codesign import load_design
from bohwsw.errors import SpecError
from bohwsw.report import difference_data, read_source, read_stored, report_data, with_others


def test_figures_are_those_of_the_result(folder: Path, data: dict[str, Any]) -> None:
    result = json.loads((folder / "result.json").read_text())
    (design,) = data["designs"]
    for name in ("edp_pj_cycles", "energy_pj", "latency_cycles", "area_mm2", "power_mw"):
        assert design["figures"][name]["value"] == pytest.approx(result["best"][name])
    assert design["gap"] == result["best"]["gap"]
    assert [x["name"] for x in data["references"]] == ["baseline", "baseline-free"]
    assert data["limits"] == {"area_mm2": pytest.approx(1.7127), "power_mw": 1300.0}


def test_parts_of_a_layer_sum_to_the_whole(data: dict[str, Any]) -> None:
    (design,) = data["designs"]
    assert len(design["layers"]) == 5
    for layer in design["layers"]:
        energies = [pj for _, _, pj in layer["energy_parts"]]
        assert sum(energies) == pytest.approx(layer["energy_pj"])
        assert sum(layer["cycle_parts"].values()) == pytest.approx(layer["latency_cycles"])
        assert min(layer["cycle_parts"].values()) >= 0.0
        assert 0 < layer["bounds"]["latency_cycles"] <= layer["latency_cycles"]
        assert 0 < layer["bounds"]["energy_pj"] <= layer["energy_pj"]
        roof = layer["roofline"]
        assert roof["macs_per_cycle"] <= roof["peak"]
    total = sum(layer["count"] * layer["energy_pj"] for layer in design["layers"])
    assert total == pytest.approx(design["figures"]["energy_pj"]["value"])


def test_the_course_is_that_of_the_trials(folder: Path, data: dict[str, Any]) -> None:
    trials = [json.loads(line) for line in (folder / "trials.jsonl").read_text().splitlines()]
    done = [x["metrics"]["edp_pj_cycles"] for x in trials if x["state"] == "completed"]
    search = data["search"]
    assert search["best"][-1][1] == min(done)
    assert sum(search["states"].values()) == len(trials) == len(search["trials"]["rows"])
    broken = [x for x in trials if x["state"] == "infeasible"]
    assert sum(entry["trials"] for entry in search["refused"]) >= len(broken)


def test_neighbours_are_simulated_as_the_design_is(data: dict[str, Any]) -> None:
    found = data["alternatives"]
    edp = found["same"]["figures"]["edp_pj_cycles"]
    design = data["designs"][0]
    assert edp <= design["figures"]["edp_pj_cycles"]["value"] * (1 + 1e-9)
    assert {step["parameter"] for step in found["steps"]} == set(design["point"])
    for step in found["steps"]:
        assert ("reason" in step) == (not step["figures"])
        assert step["from"] == design["point"][step["parameter"]] != step["to"]
    assert any("area_mm2" in step.get("over", "") for step in found["steps"])
    assert len(found["random"]) == 20


def test_the_same_result_gives_the_same_data(folder: Path, data: dict[str, Any]) -> None:
    assert json.dumps(report_data(read_source(folder))) == json.dumps(data)
    assert str(folder) not in json.dumps(data)


def test_a_front_has_its_designs_with_all_networks(front_data: dict[str, Any]) -> None:
    for design in front_data["designs"]:
        assert [x["name"] for x in design["networks"]] == ["mlp", "dqn"]
        assert [x["weight"] for x in design["networks"]] == [0.25, 0.75]
    assert {row[1] for row in front_data["search"]["trials"]["rows"]} <= {"completed", "infeasible"}
    volumes = [volume for _, volume in front_data["search"]["best"]]
    assert volumes == sorted(volumes)


def test_a_design_file_and_a_schedule(folder: Path, scheduled: Path) -> None:
    alone = report_data(read_source(folder / "best.yaml"))
    assert alone["search"] is None
    assert alone["alternatives"] is None
    (design,) = report_data(read_source(scheduled))["designs"]
    told = design["schedule"]
    assert told["latency_cycles"] == load_design(scheduled).latency_cycles
    assert {node["core"] for node in told["nodes"]} <= {core["name"] for core in design["cores"]}
    assert max(node["end_cycle"] for node in told["nodes"]) == told["latency_cycles"]


def test_results_side_by_side_and_their_difference(
    folder: Path, data: dict[str, Any], front_data: dict[str, Any]
) -> None:
    both = with_others(data, [read_source(folder)])
    assert [x["name"] for x in both["references"]][-1] == "one"
    assert both["beside"] == [{"name": "one", "trials": 12, "best": data["search"]["best"]}]
    same = difference_data(data, data)
    assert same["points"] == []
    assert all(a == b for _, _, a, b in same["figures"])
    assert len(same["layers"]) == 5
    assert difference_data(data, front_data)["points"]


def test_a_study_of_a_client(tmp_path: Path) -> None:
    client = Client(storage_config=str(tmp_path / "s.jsonl"), random_seed=0)
    client.configure_experiment(
        [
            RangeParameterConfig("x", (0.0, 1.0), "float"),
            RangeParameterConfig("n", (1, 9), "int"),
        ],
        name="mine",
    )
    client.configure_optimization("-cost", ["size <= 8"])
    for _ in range(12):
        for index, point in client.get_next_trials(1).items():
            cost = (point["x"] - 0.3) ** 2 + abs(point["n"] - 4)
            client.complete_trial(index, {"cost": cost, "size": point["n"]})
    told = report_data(read_stored(tmp_path / "s.jsonl", None))
    assert told["objectives"][0]["name"] == "cost"
    assert not told["objectives"][0]["maximised"]
    rows, place = (
        told["search"]["trials"]["rows"],
        told["search"]["trials"]["figures"].index("cost"),
    )
    fits = [row[2 + place] for row in rows if row[1] == "completed"]
    assert told["search"]["best"][-1][1] == min(fits)
    assert set(told["models"]["objectives"]["cost"]["importance"]) == {"x", "n"}
    with pytest.raises(SpecError, match="nine"):
        read_stored(tmp_path / "s.jsonl", "nine")
    with pytest.raises(SpecError, match="no such storage"):
        read_stored(tmp_path / "none.jsonl", None)
    assert not (tmp_path / "none.jsonl").exists()


def test_a_running_study_and_no_study(folder: Path, tmp_path: Path) -> None:
    for name in ("settings.json", "trials.jsonl"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    with (tmp_path / "trials.jsonl").open("a") as stream:
        stream.write('{"number": 99, "po')  # a line that is being written
    told = report_data(read_source(tmp_path))
    assert told["running"]
    assert told["designs"] == []
    assert len(told["search"]["trials"]["rows"]) == 12
    (tmp_path / "empty").mkdir()
    with pytest.raises(SpecError, match="no result is there"):
        read_source(tmp_path / "empty")
    (tmp_path / "empty" / "result.json").write_text("[1")
    with pytest.raises(SpecError, match=r"result\.json"):
        read_source(tmp_path / "empty")


def test_a_search_of_chips(tmp_path: Path) -> None:
    from bohwsw import codesign_chip

    shipped = Path(__file__).parents[2] / "spaces/chips/three-cores.yaml"
    codesign_chip(shipped, ["mlp", "dqn"], trials=2, evaluations=30, out=tmp_path / "chips")
    told = report_data(read_source(tmp_path / "chips"), alternatives=False)
    (objective,) = told["objectives"]
    assert (objective["name"], objective["maximised"]) == ("edp", False)
    assert told["limits"] == {"area_mm2": 12.0}
    best = min(json.loads(x)["metrics"]["edp_pj_cycles"] for x in lines(tmp_path / "chips"))
    assert told["search"]["best"][-1][1] == best
    assert told["designs"][0]["schedule"]["nodes"]
    assert told["title"] == "mlp, dqn on three-cores"


def lines(folder: Path) -> list[str]:
    return (folder / "trials.jsonl").read_text().splitlines()
