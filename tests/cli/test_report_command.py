"""`bohwsw report`: files it writes, what it refuses, a study that still runs."""

from __future__ import annotations

import json
import shutil
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from test_cli import refused, run

import bohwsw


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("study") / "mlp"
    bohwsw.codesign_network(
        "eyeriss-168", "mlp", trials=2, evaluations=20, final_seconds=0.1, threads=1, out=path
    )
    return path


def test_it_writes_one_file_beside_the_result(folder: Path, tmp_path: Path) -> None:
    shown = run("report", folder, "--no-alternatives")
    assert shown.exit_code == 0
    page = (folder / "report.html").read_bytes()
    assert b"mlp on eyeriss-168" in page
    run("report", folder, "--no-alternatives", "--out", tmp_path / "again.html")
    assert (tmp_path / "again.html").read_bytes() == page
    run("report", folder / "best.yaml", folder, "--parts", tmp_path / "parts")
    assert (folder / "best.html").exists()
    assert {file.suffix for file in (tmp_path / "parts").iterdir()} == {".csv", ".svg"}


def test_data_and_a_difference(folder: Path, tmp_path: Path) -> None:
    out = ("--out", tmp_path / "r.html")
    told = json.loads(run("report", folder, "--no-alternatives", "--json", *out).stdout)
    assert told["title"] == "mlp on eyeriss-168"
    files = (folder / "best.yaml", folder / "baseline.yaml")
    told = json.loads(run("report", *files, "--diff", "--json", *out).stdout)
    assert told["names"] == ["best", "baseline"]


def test_what_is_refused(folder: Path, tmp_path: Path) -> None:
    assert "two results" in refused("report", folder, "--diff")
    assert "RESULT" in refused("report")
    assert "no result is there" in refused("report", tmp_path)
    assert "no such file" in refused("report", tmp_path / "none.yaml")
    assert not list(tmp_path.iterdir())


def test_a_study_that_runs_is_watched_until_it_ends(folder: Path, tmp_path: Path) -> None:
    running = tmp_path / "running"
    shutil.copytree(folder, running)
    shown = run("report", running, "--watch", "1")
    assert shown.exit_code == 0
    (running / "result.json").unlink()
    for file in running.glob("*.yaml"):
        file.unlink()
    told = json.loads(run("report", running, "--json").stdout)
    assert told["running"]


@pytest.mark.parametrize("file", ["study.jsonl", "study.db"])
def test_a_study_in_a_storage_is_watched_while_it_runs(tmp_path: Path, file: str) -> None:
    place, out = tmp_path / file, tmp_path / "live.html"
    written: list[str] = []
    begun, seen = threading.Event(), threading.Event()

    def wait(phase: str, done: int, *_: object) -> None:
        if phase == "search" and done == 2:
            begun.set()
            assert seen.wait(60), "nobody has reported on the running study"

    options: dict[str, Any] = {"trials": 4, "evaluations": 20, "final_seconds": 0.1, "threads": 1}
    options |= {"storage": str(place), "study": "mine", "progress": wait}
    search = threading.Thread(
        target=bohwsw.codesign_network, args=("eyeriss-168", "mlp"), kwargs=options, daemon=True
    )

    def sleep(seconds: float) -> None:
        assert seconds == 1
        written.append(out.read_text(encoding="utf-8"))
        if not seen.is_set():
            seen.set()
        time.sleep(0.05)

    search.start()
    assert begun.wait(60)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bohwsw.cli.report_command.sleep", sleep)
        shown = run("report", "--storage", place, "--study", "mine", "--watch", "1", "--out", out)
    search.join(60)
    assert shown.exit_code == 0
    assert "The study still runs, after 2 trials" in written[0]
    assert 'http-equiv="refresh"' in written[0]
    last = out.read_text(encoding="utf-8")
    assert "Its trials are stored: 4 trials" in last
    assert "Best so far: edp_pj_cycles" in last
    assert 'http-equiv="refresh"' not in last


def test_explain_says_why_and_what_limits_cost(tmp_path: Path) -> None:
    out = tmp_path / "dqn"
    bohwsw.codesign_network(
        "eyeriss-equal-area", "dqn", trials=3, evaluations=30, final_seconds=0.1, threads=1, out=out
    )
    shown = run("explain", out).stdout
    for words in ("edp_pj_cycles:", "energy goes to: ", "cycles are set by: ", "one step of a"):
        assert words in shown
    told = json.loads(run("explain", out, "--json", "--no-alternatives").stdout)
    assert told["designs"][0]["name"] == "best"
    assert "a RESULT" in refused("explain")


def test_status_of_a_study_before_and_after_its_end(folder: Path, tmp_path: Path) -> None:
    shown = run("status", folder).stdout
    assert "2 of 2 trials: 2 completed" in shown
    assert "finished" in shown
    for name in ("settings.json", "trials.jsonl"):
        shutil.copy(folder / name, tmp_path / name)
    lines = (tmp_path / "trials.jsonl").read_text().splitlines(keepends=True)
    (tmp_path / "trials.jsonl").write_text(lines[0])
    shown = run("status", tmp_path).stdout
    assert "1 of 2 trials" in shown
    assert "min left" in shown
    told = json.loads(run("status", tmp_path, "--json").stdout)
    assert not told["finished"]
    assert told["ended"] == 1
    assert "not a study" in refused("status", folder / "best.yaml")
