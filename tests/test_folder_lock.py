"""The lock of a result folder: one process at a time, none kept by the dead."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bohwsw.errors import ResultFolderError
from bohwsw.folder_lock import LOCK, FolderLock

HOLD = """
import sys, time
from pathlib import Path
from bohwsw.folder_lock import FolderLock
lock = FolderLock(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(60)
"""


def test_a_second_process_is_told_who_holds_it_and_a_killed_one_holds_nothing(
    tmp_path: Path,
) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(ResultFolderError) as refused:
            FolderLock(tmp_path)
        written = json.loads((tmp_path / LOCK).read_text())
        assert written["process"] == holder.pid
        for part in (f"process {holder.pid} on {written['host']} since", written["since"]):
            assert part in str(refused.value)
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        assert (tmp_path / LOCK).exists()
        FolderLock(tmp_path).release()
    finally:
        holder.kill()
        holder.wait()
    assert list(tmp_path.iterdir()) == []


def test_what_a_dead_process_has_left_is_no_lock_whatever_it_names(tmp_path: Path) -> None:
    living = {"host": "elsewhere", "process": os.getpid(), "since": "2020-01-01 00:00:00+00:00"}
    for left in (json.dumps(living), "", "{", "[]"):
        (tmp_path / LOCK).write_text(left)
        lock = FolderLock(tmp_path)
        assert json.loads((tmp_path / LOCK).read_text())["process"] == os.getpid()
        lock.release()
        lock.release()


def test_two_studies_of_one_process_are_kept_apart_too(tmp_path: Path) -> None:
    lock = FolderLock(tmp_path)
    with pytest.raises(ResultFolderError, match=f"process {os.getpid()} "):
        FolderLock(tmp_path)
    assert (tmp_path / LOCK).exists()
    lock.release()
    FolderLock(tmp_path).release()


def test_a_lock_that_its_holder_removed_meanwhile_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = fcntl.flock, []

    def removed_before(stream: object, operation: int) -> None:
        calls.append(stream)
        if len(calls) == 1:
            (tmp_path / LOCK).unlink()
        real(stream, operation)  # type: ignore[arg-type]

    monkeypatch.setattr(fcntl, "flock", removed_before)
    lock = FolderLock(tmp_path)
    assert len(calls) == 2
    with pytest.raises(ResultFolderError):
        FolderLock(tmp_path)
    lock.release()


def test_a_file_system_without_locks_keeps_nobody_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", unknown)
    FolderLock(tmp_path).release()
    monkeypatch.undo()
    with pytest.raises(ResultFolderError, match="cannot be used"):
        FolderLock(tmp_path / "no folder")
