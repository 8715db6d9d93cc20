"""The benchmark of short mapping searches: its searches, its file of traces, its page."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from benchmarks.mapping_search.command import main
from benchmarks.mapping_search.method import METHODS, Task, Trace, run_task
from benchmarks.mapping_search.problem import DATAFLOWS, layer_names, search_problems
from benchmarks.mapping_search.runner import markdown, run
from benchmarks.mapping_search.traces import run_tasks, stored
from benchmarks.provenance import provenance

LAYER = "dqn-conv3"


def fake_trace(task: Task) -> Trace:
    """A search that halves the distance to the best known with every evaluation."""
    if task.method == "annealing":
        return Trace(task, [0.9 * best_known(task)], 1.0)
    gap = 0.5 ** np.arange(task.evaluations) + 0.01 * task.seed
    return Trace(task, list(best_known(task) * (1.0 + gap)), 2.0)


def best_known(task: Task) -> float:
    return search_problems()[task.space_name, task.layer].best_known_edp_pj_cycles


def test_problems() -> None:
    assert len(layer_names()) == 7
    assert len(search_problems()) == 7 * len(DATAFLOWS)
    restricted = search_problems()["restricted", LAYER].space("raw")
    assert not any(name.startswith("keep") for name in restricted.names)
    assert (
        sum(name.startswith("keep") for name in search_problems()["free", LAYER].space("raw").names)
        == 6
    )


@pytest.mark.parametrize("method", METHODS)
def test_a_search_gives_its_best_after_each_evaluation(method: str) -> None:
    trace = run_task(Task("restricted", LAYER, method, 1, 5))
    assert len(trace.best_edp_pj_cycles) == 5
    assert (np.diff(trace.best_edp_pj_cycles) <= 0.0).all()
    assert trace.best_edp_pj_cycles[-1] > 0.99 * best_known(trace.task)


def test_traces_are_stored_and_not_run_again(tmp_path: Path) -> None:
    path = tmp_path / "traces.jsonl"
    tasks = [Task("free", LAYER, "random", seed, 3) for seed in range(2)]
    lines: list[str] = []
    first = run_tasks(tasks, path, "abc", lines.append)
    assert len(lines) == 2
    with path.open("a") as file:
        file.write('{"commit": "abc", "task": {"spa')  # killed while writing
    assert run_tasks(tasks, path, "abc", lines.append) == first
    assert lines[2] == f"2 of 2 searches are in {path}"
    assert list(stored(path, "another commit")) == []


def test_the_page_names_the_goals_that_are_missed(tmp_path: Path) -> None:
    path = tmp_path / "traces.jsonl"
    tasks = [Task(space, LAYER, "annealing", 0, 1_000_000) for space in DATAFLOWS]
    tasks += [
        Task(space, LAYER, method, seed, 60)
        for space in DATAFLOWS
        for method in METHODS
        for seed in range(2)
    ]
    commit = provenance()["commit"]
    entries = [{"commit": commit, **asdict(fake_trace(task))} for task in tasks]
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    results = run(True, lambda line: None, layers=[LAYER], seeds=2, evaluations=60, traces=path)
    assert results["marks"] == [50]
    row = next(r for r in results["rows"] if r["layer"] == LAYER and r["method"] == "random")
    assert row["to_best_known_50"] == pytest.approx(1.005)
    assert row["worst_to_best_known_50"] == pytest.approx(1.01)
    assert row["to_optimum_50"] == pytest.approx(1.005 / 0.9)
    assert row["cpu_s_per_suggestion"] == pytest.approx(2.0 / 60)
    assert results["missed"] == []
    assert "- none" in markdown(results)
    for entry in entries:
        entry["best_edp_pj_cycles"] = [2.0 * edp for edp in entry["best_edp_pj_cycles"]]
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    worse = run(True, lambda line: None, layers=[LAYER], seeds=2, evaluations=60, traces=path)
    assert f"free {LAYER}, bayesian, features: 2.010 after 50, goal 1.15" in worse["missed"]
    assert worse["missed"][0] in markdown(worse)


def test_an_unknown_layer_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--layers", "dqn-conv4"]) == 2
    assert "dqn-conv3" in capsys.readouterr().err
