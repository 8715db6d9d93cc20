"""Atomic writes: whole or not at all, through links, never over what is no regular file."""

from __future__ import annotations

import ast
import errno
import os
import stat
from pathlib import Path

import pytest

from bohwsw.atomicfile import append_line, atomic_write, require_writable
from bohwsw.errors import ResultFolderError

ROOT = Path(__file__).resolve().parents[1]


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def refused(path: Path) -> str:
    """Why nothing is written to a path: said alike before the work and after it."""
    with pytest.raises(ResultFolderError) as early:
        require_writable(path)
    for write in (atomic_write, append_line):
        with pytest.raises(ResultFolderError) as late:
            write(path, "text")
        assert str(late.value) == str(early.value)
    return str(early.value)


def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "design.yaml"
    for text in ("old", "new and longer", "ü"):
        require_writable(path)
        atomic_write(path, text)
        assert path.read_text(encoding="utf-8") == text
    assert [entry.name for entry in tmp_path.iterdir()] == ["design.yaml"]


def test_a_full_disk_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "design.yaml"
    atomic_write(path, "old")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ResultFolderError, match=r"design\.yaml: cannot be written: No space left"):
        atomic_write(path, "new")
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["design.yaml"]


def test_a_symbolic_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    real, link, dangling = tmp_path / "far" / "real", tmp_path / "link", tmp_path / "dangling"
    real.write_text("old")
    link.symlink_to(real)
    dangling.symlink_to("far/new")
    for path, target in ((link, real), (dangling, tmp_path / "far" / "new")):
        atomic_write(path, "one\n")
        append_line(path, "two")
        assert path.is_symlink()
        assert target.read_text() == "one\ntwo\n"


def test_what_is_no_regular_file_is_never_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link to folder").symlink_to("folder")
    (tmp_path / "link to fifo").symlink_to("fifo")
    (tmp_path / "loop").symlink_to("loop")
    before = sorted(tmp_path.iterdir())
    for name in ("fifo", "folder", "link to folder", "link to fifo", "/dev/null", "/dev/full", "."):
        assert "no regular file" in refused(tmp_path / name)
    assert "loop" in refused(tmp_path / "loop")
    assert stat.S_ISFIFO((tmp_path / "fifo").stat().st_mode)
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)
    assert sorted(tmp_path.iterdir()) == before


def test_an_input_is_not_replaced_by_what_is_made_from_it(tmp_path: Path) -> None:
    path, link = tmp_path / "model.yaml", tmp_path / "link"
    path.write_text("name: mine")
    link.symlink_to(path)
    require_writable(path, "eyeriss-168", None, tmp_path / "other.yaml", "a\0b")
    require_writable(None, path)
    for out in (path, link):
        with pytest.raises(ResultFolderError, match="is an input"):
            require_writable(out, "eyeriss-168", path)


def test_places_without_a_folder_and_read_only_ones_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "there is no folder" in refused(tmp_path / "no" / "design.yaml")
    (tmp_path / "file").write_text("")
    assert "there is no folder" in refused(tmp_path / "file" / "design.yaml")
    assert "null byte" in refused(tmp_path / "a\0b")
    monkeypatch.setattr(os, "access", lambda place, _: place != tmp_path)  # root may write anywhere
    assert f"{tmp_path} is read-only" in refused(tmp_path / "design.yaml")
    monkeypatch.setattr(os, "access", lambda place, _: place == tmp_path)
    assert "is read-only" in refused(tmp_path / "file")


def test_permissions_stay_and_those_of_a_new_file_are_the_umasks(tmp_path: Path) -> None:
    path = tmp_path / "design.yaml"
    before = os.umask(0o027)
    try:
        atomic_write(path, "new")
        append_line(tmp_path / "lines", "new")
        assert mode_of(path) == mode_of(tmp_path / "lines") == 0o640
        path.chmod(0o604)
        atomic_write(path, "again")
    finally:
        os.umask(before)
    assert mode_of(path) == 0o604


def test_a_line_that_was_cut_off_spoils_no_other(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    append_line(path, "one")
    with path.open("a") as stream:
        stream.write("tw")
    append_line(path, "three")
    assert path.read_text() == "one\ntw\nthree\n"


WRITERS = {"write_text", "write_bytes"}

IN_A_FOLDER_OF_THEIR_OWN = {
    "bohwsw/exporters/export.py",
    "bohwsw/execution/command_evaluator.py",
    "bohwsw/plugins/timeloop.py",
    "benchmarks/mapper_peers/accelforge_driver.py",
    "benchmarks/mapper_peers/zigzag_driver.py",
}
"""These write what another program is to read, into a temporary folder."""


def writes(path: Path) -> bool:
    """Whether a module writes files by itself."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            constants = [x.value for x in node.args if isinstance(x, ast.Constant)]
            modes = [x for x in constants if isinstance(x, str) and set(x) <= set("rwaxb+t")]
            if name in WRITERS or (name == "open" and any(set(x) & set("wax") for x in modes)):
                return True
    return False


def test_nothing_else_writes_files() -> None:
    found = {
        str(path.relative_to(ROOT))
        for room in ("bohwsw", "benchmarks")
        for path in (ROOT / room).rglob("*.py")
        if writes(path)
    }
    locks = {"bohwsw/folder_lock.py", "bohwsw/compiled.py"}
    assert "bohwsw/atomicfile.py" in found
    assert found <= IN_A_FOLDER_OF_THEIR_OWN | locks | {"bohwsw/atomicfile.py"}
