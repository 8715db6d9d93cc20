"""The result folder: what it refuses, what it keeps, what a kill may leave behind."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bohwsw.errors import ResultFolderError, SpecError
from bohwsw.strategies import Outcome, TrialState
from bohwsw.study.result_folder import ResultFolder, TrialsFile
from bohwsw.study.storage import StoredStudy
from bohwsw.study.trial import Trial, trial_from_json

SETTINGS = {"seed": 1, "trials": 5}


def trial(number: int) -> Trial:
    """A trial that has ended, as a line of the folder gives it back."""
    outcome = Outcome(TrialState.COMPLETED, 1.5 * number)
    point = {"x": number, "flag": True}
    order = number + 1
    name = f"{number}_0"
    return Trial(
        number, point, outcome, {"area_mm2": None}, (), 0.25, finish_order=order, name=name
    )


def append(folder: ResultFolder, ended: Trial) -> None:
    """Run a trial, and end it so."""
    assert folder.study.add(ended.point, source="").number == ended.number
    folder.study.finish(ended)


def trials(folder: ResultFolder) -> list[Trial]:
    """Those of a folder, without when they were started."""
    return [replace(found, started_at=0.0) for found in folder.study.trials()]


def test_a_trial_survives_the_round_trip() -> None:
    infeasible = Trial(
        3,
        {"x": 1},
        Outcome(TrialState.INFEASIBLE, reason="too big", metrics={"area_mm2": 4.0}),
        {},
        ({"ratio": 2.0},),
        1.0,
        artifacts={"mappings": {"net": [[{"level": "DRAM"}]]}},
        source="random",
        name="mine",
        deaths=1,
    )
    noisy = Trial(4, {"x": 1}, Outcome(TrialState.COMPLETED, 1.0, deviation=0.5), name="4_0")
    running = Trial(5, {"x": 2}, started_at=3.0, worker="me", alive_at=4.0, name="5_0")
    for before in (replace(trial(2), finish_order=None), infeasible, noisy, running):
        assert trial_from_json(json.loads(json.dumps(before.to_json()))) == before


def test_a_folder_whose_second_trial_a_kill_has_lost_goes_on(tmp_path: Path) -> None:
    ResultFolder(tmp_path, SETTINGS).close()
    lines = "".join(json.dumps(trial(number).to_json()) + "\n" for number in (0, 2))
    (tmp_path / "trials.jsonl").write_text(lines)
    with ResultFolder(tmp_path, SETTINGS, resume=True) as folder:
        assert [(t.number, t.finish_order) for t in trials(folder)] == [(0, 1), (2, 2)]
        assert folder.study.add({"x": 3}, source="random", most=3).number == 3
        folder.study.finish(trial(3))
    assert (tmp_path / "trials.jsonl").read_text().startswith(lines)
    assert (tmp_path / "trials.jsonl").read_text().count("\n") == 3


@pytest.mark.parametrize("data", [None, [], {}, {"number": 1}, {"number": "x", "point": 3}])
def test_what_is_no_trial_is_refused(data: object) -> None:
    with pytest.raises(SpecError):
        trial_from_json(data)


def test_trials_are_there_after_reopening(tmp_path: Path) -> None:
    with ResultFolder(tmp_path / "run", SETTINGS) as folder:
        for number in range(3):
            append(folder, trial(number))
    with ResultFolder(tmp_path / "run", SETTINGS, resume=True) as again:
        assert trials(again) == [trial(0), trial(1), trial(2)]


def test_a_line_cut_short_by_a_kill_is_dropped_and_the_rest_kept(tmp_path: Path) -> None:
    folder = ResultFolder(tmp_path, SETTINGS)
    append(folder, trial(0))
    with (tmp_path / "trials.jsonl").open("a") as stream:
        stream.write('{"number": 1, "poi')
    assert trials(folder) == [trial(0)]
    append(folder, trial(1))
    assert trials(folder) == [trial(0), trial(1)]


def test_a_damaged_line_in_the_middle_is_an_error_with_its_number(tmp_path: Path) -> None:
    folder = ResultFolder(tmp_path, SETTINGS)
    (tmp_path / "trials.jsonl").write_text("nonsense\n" + json.dumps(trial(1).to_json()) + "\n")
    with pytest.raises(ResultFolderError, match="line 1"):
        trials(folder)


def test_an_existing_study_is_never_overwritten_unasked(tmp_path: Path) -> None:
    append(ResultFolder(tmp_path, SETTINGS), trial(0))
    with pytest.raises(ResultFolderError, match="--resume"):
        ResultFolder(tmp_path, SETTINGS)
    assert (tmp_path / "trials.jsonl").read_text().count("\n") == 1


def test_overwriting_removes_the_study_and_nothing_else(tmp_path: Path) -> None:
    append(ResultFolder(tmp_path, SETTINGS), trial(0))
    (tmp_path / "thesis.txt").write_text("mine")
    fresh = ResultFolder(tmp_path, {"seed": 2}, overwrite=True)
    assert trials(fresh) == []
    assert (tmp_path / "thesis.txt").read_text() == "mine"


def test_resuming_needs_a_study_with_the_same_settings(tmp_path: Path) -> None:
    with pytest.raises(ResultFolderError, match="no study"):
        ResultFolder(tmp_path, SETTINGS, resume=True)
    ResultFolder(tmp_path, SETTINGS)
    with pytest.raises(ResultFolderError, match="seed 1, not 2"):
        ResultFolder(tmp_path, {"seed": 2}, resume=True)
    ResultFolder(tmp_path, {"seed": 1, "trials": 50}, resume=True)


def test_a_file_in_the_way_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("a file")
    with pytest.raises(ResultFolderError):
        ResultFolder(tmp_path / "run", SETTINGS)
    with pytest.raises(ResultFolderError):
        ResultFolder(tmp_path / "run" / "deeper", SETTINGS)


def test_settings_that_are_not_json_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_text("{")
    with pytest.raises(ResultFolderError, match="cannot be read"):
        ResultFolder(tmp_path, SETTINGS, resume=True)


def test_a_study_is_not_resumed_and_thrown_away_at_once(tmp_path: Path) -> None:
    with ResultFolder(tmp_path, SETTINGS) as folder:
        append(folder, trial(0))
    before = sorted(tmp_path.iterdir())
    with pytest.raises(SpecError, match="resume, overwrite"):
        ResultFolder(tmp_path, SETTINGS, resume=True, overwrite=True)
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("how", [{}, {"resume": True}, {"overwrite": True}])
def test_a_folder_in_use_is_refused_and_left_as_it_is(tmp_path: Path, how: dict[str, bool]) -> None:
    with ResultFolder(tmp_path, SETTINGS) as folder:
        append(folder, trial(0))
        with pytest.raises(ResultFolderError, match="is in use by process"):
            ResultFolder(tmp_path, SETTINGS, **how)
        append(folder, trial(1))
        assert trials(folder) == [trial(0), trial(1)]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["settings.json", "trials.jsonl"]


def test_files_of_somebody_else_are_not_taken_for_those_of_a_study(tmp_path: Path) -> None:
    (tmp_path / "best.yaml").write_text("mine")
    for how in ({}, {"overwrite": True}):
        with pytest.raises(ResultFolderError, match=r"best\.yaml, but no study"):
            ResultFolder(tmp_path, SETTINGS, **how)
    assert [path.name for path in tmp_path.iterdir()] == ["best.yaml"]
    with pytest.raises(ResultFolderError, match="no study to resume"):
        ResultFolder(tmp_path / "new", SETTINGS, resume=True)
    assert not (tmp_path / "new").exists()


def test_a_linked_folder_is_used_and_overwritten_like_any_other(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    (tmp_path / "link").symlink_to("far")
    for how in ({}, {"overwrite": True}):
        with ResultFolder(tmp_path / "link", SETTINGS, **how) as folder:
            assert trials(folder) == []
            append(folder, trial(0))
    assert (tmp_path / "far" / "trials.jsonl").exists()


def test_what_cannot_be_read_or_removed_is_an_error(tmp_path: Path) -> None:
    with ResultFolder(tmp_path, SETTINGS) as folder:
        (tmp_path / "trials.jsonl").mkdir()
        with pytest.raises(ResultFolderError, match="cannot be read"):
            trials(folder)
    with pytest.raises(ResultFolderError, match="cannot be removed"):
        ResultFolder(tmp_path, SETTINGS, overwrite=True)


def test_a_trial_that_runs_while_the_first_one_ends_is_kept(tmp_path: Path) -> None:
    """The file of trials is made when the first one ends."""
    study = StoredStudy(TrialsFile(tmp_path / "trials.jsonl", {}), "study", {})
    slow, quick = (study.add({"x": x}, source="random") for x in (1, 2))
    for running in (quick, slow):
        study.finish(replace(running, outcome=Outcome(TrialState.COMPLETED, 1.0)))
    assert [ended.number for ended in study.trials()] == [0, 1]
