"""The documents: every command and every line of Python of the pages for readers runs."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bohwsw.cli.app import app

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = ("index", "tutorial", "recipes", "report", "files", "concepts", "coming-from")
BUDGETS = {
    "codesign": ["--evaluations", "30", "--final-seconds", "0.1", "--threads", "1"],
    "schedule": ["--evaluations", "30", "--moves", "50"],
}
FEWER = {"--trials": "2", "--measurements": "1"}


def blocks(page: str, language: str) -> list[str]:
    """All blocks in a language of a page, as they stand."""
    text = (DOCS / f"{page}.md").read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)


def quick(command: list[str]) -> list[str]:
    """A command with smaller budgets."""
    cheap = [FEWER.get(before, word) for before, word in zip(["", *command], command, strict=False)]
    return [*cheap, *BUDGETS.get(command[0], [])]


def run_page(page: str) -> None:
    """Everything on a page, in its order, in the folder where we are."""
    text = (DOCS / f"{page}.md").read_text(encoding="utf-8")
    for language, block in re.findall(r"```(sh|python)\n(.*?)```", text, flags=re.DOTALL):
        if language == "python":
            exec(compile(block, f"docs/{page}.md", "exec"), {"__name__": "__main__"})
            continue
        for line in block.splitlines():
            words = shlex.split(line, comments=True)
            if words[:1] == ["bohwsw"]:
                result = CliRunner().invoke(app, quick(words[1:]))
                assert result.exit_code == 0, f"{line}\n{result.output}"


@pytest.mark.parametrize("page", ["tutorial", "recipes"])
def test_a_page_runs_as_it_stands(page: str, tmp_path: Path) -> None:
    # In a process of its own, as a reader's: workers of earlier tests know nothing of this folder.
    code = f"import test_docs; test_docs.run_page({page!r})"
    places = os.pathsep.join(map(str, (ROOT / "tests", tmp_path, ROOT)))
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": places},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_the_first_run_prints_what_the_first_page_says() -> None:
    (command,) = (shlex.split(line) for line in blocks("index", "sh")[0].splitlines())
    printed = CliRunner().invoke(app, command[1:]).stdout
    (shown,) = blocks("index", "text")
    lines = [line.rstrip() for line in shown.splitlines()]
    assert lines == [line.rstrip() for line in printed.splitlines()[-len(lines) :]]


def test_every_page_is_in_the_site_and_every_link_leads_somewhere() -> None:
    listed = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    for page in DOCS.glob("*.md"):
        assert re.search(rf"[ :]{page.name}\n", listed), page.name
        links = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        for link in links:
            assert link == "benchmarks.md" or (DOCS / link).exists(), f"{page.name}: {link}"


def test_pictures_are_made_by_their_script(tmp_path: Path) -> None:
    subprocess.run([sys.executable, DOCS / "figures.py", tmp_path], check=True, cwd=ROOT)
    for picture in ("hierarchy.svg", "energy.svg"):
        assert (tmp_path / picture).read_text() == (DOCS / "images" / picture).read_text()


def test_the_site_is_built_without_warnings(tmp_path: Path) -> None:
    pytest.importorskip("mkdocs")
    quiet = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-q", "-d", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, env=quiet, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "Design" in (tmp_path / "api.html").read_text(encoding="utf-8")
    assert (tmp_path / "benchmarks" / "simulator.html").exists()


def test_files_has_every_key_of_a_trial_and_a_result(tmp_path: Path) -> None:
    import json

    import bohwsw

    bohwsw.codesign_network(
        "eyeriss-168", "mlp", trials=2, evaluations=20, final_seconds=0.1, threads=1, out=tmp_path
    )
    text = (DOCS / "files.md").read_text(encoding="utf-8")
    told = set(re.findall(r"`([^`\s]+)`", text))
    trial = json.loads((tmp_path / "trials.jsonl").read_text().splitlines()[0])
    result = json.loads((tmp_path / "result.json").read_text())
    known = {
        "source",
        "deaths",
        "name",
        "mapped_for",
        "objective",
        "improvement_over_free_baseline",
    }
    assert set(trial) - known <= told
    assert set(result) - known <= told
    for file in tmp_path.iterdir():
        assert file.name in told


def test_a_module_in_the_current_folder_is_found(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "def accuracy(knobs):\n    return 90.0 + knobs['width'] / 8\n"
    )
    program = Path(sys.executable).with_name("bohwsw")
    options = "--model digits-cnn --accuracy mine:accuracy --trials 1 --out found"
    command = [program, *quick(["codesign", *options.split()])]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
