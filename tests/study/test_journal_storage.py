"""Journals: what a kill leaves behind, damage, a full disk, other files."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest

from bohwsw.errors import ResultFolderError
from bohwsw.strategies import Outcome, TrialState
from bohwsw.study.journal_storage import JournalStorage
from bohwsw.study.storage import StorageError, StoredStudy
from bohwsw.study.trial import Trial

DONE = Outcome(TrialState.COMPLETED, 1.0)


def study(path: Path) -> StoredStudy:
    return StoredStudy(JournalStorage(path), "one", {"about": "x"})


def ended(one: StoredStudy, x: int) -> int:
    number = one.add({"x": x}, source="random").number
    one.finish(Trial(number, {}, DONE))
    return number


def test_what_a_kill_has_left_of_a_line_is_cut_off_by_the_next_who_writes(tmp_path: Path) -> None:
    path = tmp_path / "study.jsonl"
    one, other = study(path), study(path)
    ended(one, 0)
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"study": "one", "number": 1, "poi')
    for seen in (one, other, study(path)):
        assert [trial.number for trial in seen.trials()] == [0]
    assert path.read_bytes() != whole  # nobody has written yet
    assert ended(other, 1) == 1
    assert path.read_bytes().startswith(whole)
    for seen in (one, other, study(path)):
        assert [trial.state for trial in seen.trials()] == ["completed"] * 2


@pytest.mark.parametrize(
    "line", ["nonsense", "3", '{"study": "two", "number": 0}', '{"study": "one", "number": 0}']
)
def test_a_damaged_line_is_named_again_and_again(tmp_path: Path, line: str) -> None:
    path = tmp_path / "study.jsonl"
    one = study(path)
    ended(one, 0)
    with path.open("a") as stream:
        stream.write(line + "\n")
    ending = path.read_bytes()
    for _ in range(2):
        with pytest.raises(StorageError, match=r"study\.jsonl: line 4 is damaged"):
            one.trials()
        with pytest.raises(StorageError, match="line 4 is damaged"):
            ended(one, 1)
        with pytest.raises(StorageError, match="line 4 is damaged"):
            study(path)
    assert path.read_bytes() == ending


def test_what_belongs_together_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "study.jsonl"
    one = study(path)
    one.fill([Trial(k, {"x": k}, source="random", name=f"{k}_0") for k in range(3)])
    lines = path.read_text().splitlines()
    assert [len(json.loads(line)) for line in lines[1:]] == [3]
    assert len(study(path).trials()) == 3


def test_a_full_disk_is_explained_and_harms_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "study.jsonl"
    one = study(path)
    ended(one, 0)
    before = path.read_bytes()

    def full(_: int) -> None:
        path.write_bytes(path.read_bytes()[:-7])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(StorageError, match="cannot be written: No space left"):
            one.add({"x": 1}, source="random")
    assert path.read_bytes().startswith(before)
    assert [trial.number for trial in one.trials()] == [0]
    assert ended(one, 1) == 1
    assert len(study(path).trials()) == 2


def test_a_place_that_cannot_be_used_is_explained(tmp_path: Path) -> None:
    (tmp_path / "folder.jsonl").mkdir()
    for path in (tmp_path / "folder.jsonl", tmp_path / "missing" / "study.jsonl"):
        with pytest.raises((StorageError, ResultFolderError), match="cannot be"):
            study(path)


def test_another_file_in_its_place_is_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "study.jsonl"
    one = study(path)
    for x in range(3):
        ended(one, x)
    path.unlink()
    ended(study(path), 7)
    assert [dict(trial.point) for trial in one.trials()] == [{"x": 7}]
