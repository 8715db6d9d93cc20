"""Studies of several networks, several objectives, and limits: results, files, resume."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bohwsw.codesign import Networks, Problem, limited, load_design, load_space, named_recipe
from bohwsw.errors import NoValidMappingError, ResultFolderError, SpecError
from bohwsw.strategies import TrialState
from bohwsw.study.codesign_result import CodesignResult
from bohwsw.study.codesign_study import run_codesign
from bohwsw.study.result_folder import design_files
from bohwsw.workload import Layer, network_from_layers

CONV = network_from_layers("conv net", [(Layer("a", K=16, C=8, P=14, Q=14, R=3, S=3), 2)])
DENSE = network_from_layers("dense", [(Layer("b", K=32, C=16), 1)])
BOTH = Networks((CONV, DENSE), (1, 3))
THREE = ("energy", "latency", "area")


def problem(trials: int = 4, **changes: Any) -> Problem:
    strategy = changes.pop("strategy", "random")
    made = Problem(
        load_space("eyeriss-168"),
        BOTH,
        recipe=replace(
            named_recipe("best").changed(trials=trials, evaluations=300, strategy=strategy),
            final_gap=None,
        ),
    )
    return replace(made, **changes)


def points(result: CodesignResult) -> list[Any]:
    return [trial.point for trial in result.trials]


def yaml_files(folder: Path) -> set[str]:
    return {path.name for path in folder.glob("*.yaml")}


def test_every_networks_design_is_stored(tmp_path: Path) -> None:
    result = run_codesign(problem(), folder=tmp_path)
    kinds = ("best", "baseline", "baseline-free")
    expected = {f"{kind}-{name}.yaml" for kind in kinds for name in ("conv-net", "dense")}
    assert yaml_files(tmp_path) == expected
    for name, design in zip(("conv-net", "dense"), result.best.each(), strict=True):
        stored = load_design(tmp_path / f"best-{name}.yaml")
        assert stored.edp_pj_cycles == pytest.approx(design.edp_pj_cycles, rel=1e-12)
        assert stored.hardware.point == result.best.hardware.point
    figures = json.loads((tmp_path / "result.json").read_text())
    assert set(figures["files"]) == expected
    assert figures["improvement"] == result.improvement
    assert set(figures["best"]["networks"]) == {"conv net", "dense"}


def test_no_two_designs_share_a_file() -> None:
    twins = [replace(DENSE, name=name) for name in ("a b", "A-b", "free-a b")]
    result = run_codesign(problem(1, networks=Networks(tuple(twins), (1, 1, 1))))
    names = [name.lower() for files in design_files(result).values() for name in files]
    assert len(set(names)) == len(names) == 9
    assert {"best-a-b.yaml", "best-a-b-2.yaml", "baseline-free-a-b-2.yaml"} <= set(names)


def test_the_combined_improvement_is_a_weighted_geometric_mean() -> None:
    result = run_codesign(problem())
    shares = []
    for network in result.networks:
        assert not hasattr(result.baseline, "reason")
        gain = result.improvement_over(result.baseline.alone(network))  # type: ignore[union-attr]
        assert gain is not None
        shares.append(1 - gain)
    assert result.improvement == pytest.approx(1 - shares[0] ** 0.25 * shares[1] ** 0.75)
    trial = next(t for t in result.trials if t.outcome.state is TrialState.COMPLETED)
    assert trial.metrics["conv net.edp_pj_cycles"]
    assert trial.metrics["dense.latency_cycles"]


def test_the_front_holds_no_design_that_another_beats(tmp_path: Path) -> None:
    result = run_codesign(
        problem(30, objectives=THREE, networks=Networks((CONV,))), folder=tmp_path
    )
    vectors = [[chip.objective(name) for name in THREE] for chip in result.designs]
    assert len(vectors) > 1
    assert vectors == sorted(vectors)
    for one in vectors:
        for other in vectors:
            assert one is other or any(a < b for a, b in zip(one, other, strict=True))
    front = json.loads((tmp_path / "result.json").read_text())["front"]
    assert [entry["files"] for entry in front] == [
        [f"front-{number}.yaml"] for number in range(1, len(vectors) + 1)
    ]
    for entry, chip in zip(front, result.designs, strict=True):
        stored = load_design(tmp_path / entry["files"][0])
        assert dict(stored.hardware.point) == entry["point"] == dict(chip.hardware.point)
        assert stored.energy_pj == pytest.approx(entry["energy_pj"])
        assert entry["area_mm2"] == chip.area_mm2
        assert set(entry["improvement"]) == set(THREE)


def test_several_networks_and_several_objectives_go_together(tmp_path: Path) -> None:
    result = run_codesign(problem(4, objectives=("energy", "area")), folder=tmp_path)
    assert result.mapped_for == "energy"
    names = yaml_files(tmp_path)
    for number in range(1, len(result.designs) + 1):
        assert {f"front-{number}-conv-net.yaml", f"front-{number}-dense.yaml"} <= names
    assert "best.yaml" not in names


def test_a_resumed_study_with_several_of_both_reaches_the_same_trials(tmp_path: Path) -> None:
    objectives = ("energy", "latency")
    whole = run_codesign(problem(13, objectives=objectives, strategy="bayesian"))
    run_codesign(problem(11, objectives=objectives, strategy="bayesian"), folder=tmp_path)
    rest = run_codesign(
        problem(13, objectives=objectives, strategy="bayesian"), folder=tmp_path, resume=True
    )
    assert points(rest) == points(whole)
    assert [t.outcome for t in rest.trials] == [t.outcome for t in whole.trials]
    assert [c.figures() for c in rest.designs] == [c.figures() for c in whole.designs]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"networks": Networks((CONV,))}, "networks"),
        ({"networks": Networks((CONV, DENSE), (1, 1))}, "networks"),
        ({"objectives": ("edp", "area")}, "objectives"),
        ({"hardware_space": limited(load_space("eyeriss-168"), {"power_mw": 1e4})}, "limits"),
    ],
)
def test_a_study_is_not_resumed_with_other_goals(
    changes: dict[str, Any], words: str, tmp_path: Path
) -> None:
    run_codesign(problem(2), folder=tmp_path)
    with pytest.raises(ResultFolderError, match=f"was run with {words}"):
        run_codesign(problem(2, **changes), folder=tmp_path, resume=True)


def test_overwriting_removes_the_designs_of_an_earlier_study(tmp_path: Path) -> None:
    run_codesign(problem(2, objectives=("energy", "area")), folder=tmp_path)
    (tmp_path / "front-mine.yaml").write_text("mine")
    run_codesign(problem(2, networks=Networks((CONV,))), folder=tmp_path, overwrite=True)
    assert yaml_files(tmp_path) == {
        "best.yaml",
        "baseline.yaml",
        "baseline-free.yaml",
        "front-mine.yaml",
    }


def test_a_strategy_that_knows_one_objective_is_refused_before_anything_is_stored(
    tmp_path: Path,
) -> None:
    with pytest.raises(SpecError, match="one objective only"):
        run_codesign(problem(2, objectives=THREE, strategy="linear"), folder=tmp_path / "study")
    assert not (tmp_path / "study").exists()


def test_nothing_within_the_limits_says_why() -> None:
    space = limited(load_space("eyeriss-168"), {"latency_ms": 1e-9})
    with pytest.raises(NoValidMappingError, match="'conv net' and 'dense'") as caught:
        run_codesign(problem(3, hardware_space=space))
    assert "network 'conv net': latency_ms" in str(caught.value)


def test_every_trial_says_where_its_time_went(tmp_path: Path) -> None:
    result = run_codesign(problem(3), folder=tmp_path)
    lines = (tmp_path / "trials.jsonl").read_text().splitlines()
    assert all({"seconds", "proposing_seconds"} <= set(json.loads(line)) for line in lines)
    assert result.seconds.mapping == sum(trial.seconds for trial in result.trials)
    assert result.seconds.proposing == sum(trial.proposing_seconds for trial in result.trials)
    assert result.seconds.final > 0
    stored = json.loads((tmp_path / "result.json").read_text())["seconds"]
    assert stored == result.seconds.to_json()
