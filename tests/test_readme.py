"""What the README and the examples show, run as it stands there (with small budgets added)."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from doc_blocks import ROOT, blocks_of
from importers.onnx_models import save_open_network

from bohwsw.codesign import best_recipe

README = ROOT / "README.md"


def test_the_commands_of_the_readme_work(tmp_path: Path) -> None:
    save_open_network(tmp_path / "my.onnx")
    code = "import doc_blocks; doc_blocks.run_page(doc_blocks.ROOT / 'README.md')"
    places = os.pathsep.join(map(str, (ROOT / "tests", ROOT)))
    own = {**os.environ, "PYTHONPATH": places, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=tmp_path, env=own, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_readme_is_one_screen_with_two_commands() -> None:
    text = README.read_text(encoding="utf-8")
    assert len(text.splitlines()) < 70
    first = blocks_of(README)[0]
    assert [words[:2] for words in first.commands()] == [["make", "demo"], ["make", "test"]]


@pytest.mark.parametrize("example", sorted((ROOT / "examples").glob("*.py")), ids=lambda p: p.stem)
def test_the_examples_run(
    example: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = best_recipe().changed(evaluations=500)
    monkeypatch.setattr("bohwsw.codesign.problem.best_recipe", lambda: quick)
    runpy.run_path(str(example), run_name="__main__")
    assert capsys.readouterr().out.strip()
