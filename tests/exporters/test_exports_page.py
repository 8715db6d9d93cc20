"""The commands on the page about exports run as they stand there, with small budgets added."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bohwsw.cli.app import app
from bohwsw.exporters import EXPORTERS, FORMS, TABLE_FIGURES

PAGE = Path(__file__).parents[2] / "docs" / "exports.md"
TEXT = PAGE.read_text(encoding="utf-8")
BUDGETS = {
    "map": ["--mapper", "random", "--evaluations", "300"],
    "table": ["--mapper", "random", "--evaluations", "300"],
}


def test_the_commands_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("onnx")
    monkeypatch.chdir(tmp_path)
    lines = [
        line
        for block in re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)
        for line in block.splitlines()
    ]
    targets = set()
    for line in lines:
        name, *words = shlex.split(line)
        assert name == "bohwsw"
        if "--to" in words:
            targets.add(words[words.index("--to") + 1])
        result = CliRunner().invoke(app, [*words, *BUDGETS.get(words[0], [])])
        assert result.exit_code == 0, (line, result.output)
    assert targets == set(EXPORTERS)
    assert (tmp_path / "design-timeloop" / "README.md").exists()


def test_the_page_names_every_form_and_figure() -> None:
    for name in (*FORMS, *TABLE_FIGURES):
        assert f"`{name}`" in TEXT
