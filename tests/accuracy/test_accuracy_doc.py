"""What docs/accuracy.md shows runs, and its tables name what there is."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bohwsw.accuracy import accuracy_source_names, shipped_tables
from bohwsw.cli.app import app

DOC = (Path(__file__).parents[2] / "docs" / "accuracy.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", DOC, re.DOTALL)


def test_all_sources_and_tables_are_described() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", DOC, re.M)
    assert sorted(rows) == sorted(accuracy_source_names())
    assert all(f"`{name}`" in DOC for name in shipped_tables())


def test_commands_and_python_run(capsys: pytest.CaptureFixture[str]) -> None:
    for command in "".join(blocks("sh")).splitlines():
        done = CliRunner().invoke(app, shlex.split(command)[1:])
        assert done.exit_code == 0, done.output
    (text,) = blocks("python")
    exec(compile(text, "docs/accuracy.md", "exec"), {})
    printed = capsys.readouterr().out
    assert "0.17 points off on rows left out" in printed
    assert "{'epochs': (1, 8), 'seeds': (1, 3)}" in printed
