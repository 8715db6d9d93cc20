"""The README is short and the examples run; its commands are run with those of the documents."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest
from doc_blocks import ROOT, blocks_of

from bohwsw.codesign import best_recipe

README = ROOT / "README.md"


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
    monkeypatch.setattr("bohwsw.codesign.codesign_problem.best_recipe", lambda: quick)
    runpy.run_path(str(example), run_name="__main__")
    assert capsys.readouterr().out.strip()
