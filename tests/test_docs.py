"""The documents: the first run, the site, its links, its pictures, its page of files."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from doc_blocks import DOCS, ROOT, blocks, small
from typer.testing import CliRunner

import bohwsw
from bohwsw.cli.app import app


def test_the_first_run_prints_what_the_first_page_says() -> None:
    (command,) = (shlex.split(line) for line in blocks("index", "sh")[0].splitlines())
    (shown,) = blocks("index", "text")
    program = Path(sys.executable).with_name(command[0])
    done = subprocess.run([program, *command[1:]], check=True, capture_output=True, text=True)
    lines = [line.rstrip() for line in shown.splitlines()]
    assert lines == [line.rstrip() for line in done.stdout.splitlines()[-len(lines) :]]


def test_every_page_is_in_the_site_and_every_link_leads_somewhere() -> None:
    listed = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    for page in (ROOT / "README.md", *DOCS.glob("*.md")):
        assert page.parent == ROOT or re.search(rf"[ :]{page.name}\n", listed), page.name
        links = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        for link in links:
            assert link == "benchmarks.md" or (page.parent / link).exists(), f"{page.name}: {link}"


def test_pictures_and_tables_are_made_by_their_script(tmp_path: Path) -> None:
    subprocess.run([sys.executable, DOCS / "figures.py", tmp_path], check=True, cwd=ROOT)
    made = sorted(tmp_path.glob("*.svg"))
    assert len(made) == len(list((DOCS / "images").glob("*.svg")))
    for picture in made:
        assert picture.read_text() == (DOCS / "images" / picture.name).read_text()
    assert not list(tmp_path.glob("*.md")), "python docs/figures.py writes these pages anew"


def test_the_site_is_built_without_warnings(tmp_path: Path) -> None:
    pytest.importorskip("mkdocs")
    quiet = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-q", "-d", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, env=quiet, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "Design" in (tmp_path / "api.html").read_text(encoding="utf-8")
    assert (tmp_path / "benchmarks" / "simulator.html").exists()


NAMES = {
    "point",
    "knobs",
    "improvement",
    "reference",
    "measured",
    "deviation",
    "figures",
    "standard_errors",
    "mappings",
    "latency_cycles",
}
"""Keys of results under which all keys are names of parameters, figures, networks."""


def keys_of(data: Any, names: int = 0) -> Iterator[str]:
    """Every key of a result; of the first so many levels the keys are names, which are left out."""
    if isinstance(data, list):
        for each in data:
            yield from keys_of(each, names)
    elif isinstance(data, dict):
        for key, value in data.items():
            if not names and "." not in key:
                yield key
            if key not in NAMES or names:
                below = {"networks": 1, "cores": 1, "levels": 2}.get(key, 0)
                yield from keys_of(value, names - 1 if names else below)


def told_of_files() -> set[str]:
    """What the page of files names."""
    return set(re.findall(r"`([^`\s]+)`", (DOCS / "files.md").read_text(encoding="utf-8")))


def check_folder(folder: Path) -> None:
    """All files of a search, and all of their keys, are on the page of files."""
    told = told_of_files()
    assert {file.name for file in folder.iterdir()} <= told | {"front-2.yaml"}
    for line in (folder / "trials.jsonl").read_text(encoding="utf-8").splitlines():
        assert set(keys_of(json.loads(line))) <= told
    assert set(keys_of(json.loads((folder / "result.json").read_text(encoding="utf-8")))) <= told
    assert set(json.loads((folder / "settings.json").read_text(encoding="utf-8"))) <= told


def test_the_page_of_files_has_every_key_of_a_search_and_of_a_joint_one(tmp_path: Path) -> None:
    quick: dict[str, Any] = {"trials": 2, "evaluations": 20, "final_seconds": 0.1, "threads": 1}
    first = bohwsw.codesign_network("eyeriss-168", "mlp", out=tmp_path / "one", **quick)
    assert first.trials
    options = {"path": "digits-cnn"}
    bohwsw.codesign_joint(
        "eyeriss-168",
        "digits-cnn",
        "table",
        accuracy_options=options,
        out=tmp_path / "joint",
        **quick,
    )
    bohwsw.codesign_chip(
        ROOT / "spaces/chips/three-cores.yaml",
        ["mlp"],
        trials=1,
        evaluations=20,
        out=tmp_path / "chip",
    )
    for name in ("one", "joint", "chip"):
        check_folder(tmp_path / name)
    assert "no_such_key" not in told_of_files()


def test_the_page_of_files_has_every_key_of_a_printed_design(tmp_path: Path) -> None:
    command = ["map", "--model", "mlp", "--layer", "fc3", "--evaluations", "50", "--json"]
    printed = CliRunner().invoke(app, command).stdout
    assert set(keys_of(json.loads(printed))) <= told_of_files()


def test_a_module_in_the_current_folder_is_found(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "def accuracy(knobs):\n    return 90.0 + knobs['width'] / 8\n"
    )
    program = Path(sys.executable).with_name("bohwsw")
    options = "--model digits-cnn --accuracy mine:accuracy --trials 1 --out found"
    command = [program, *small(["codesign", *options.split()])]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
