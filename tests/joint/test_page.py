"""The example of docs/joint-search.md runs as it stands there, and names what there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bohwsw.accuracy import TableSource, TrainSource, accuracy_source_names, measure
from bohwsw.joint import METHODS
from bohwsw.joint.api import source_of
from bohwsw.workload import load_model

PAGE = Path(__file__).parents[2] / "docs" / "joint-search.md"
TEXT = PAGE.read_text(encoding="utf-8")


def test_the_example_trains_real_networks(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    example, _ = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    exec(compile(example, str(PAGE), "exec"), {})
    *designs, costs = capsys.readouterr().out.strip().splitlines()
    assert designs
    assert all("'width'" in line for line in designs)
    assert "'trainings': 0" not in costs
    assert "'trainings'" in costs


def test_designs_are_searched_against_scenarios(capsys: pytest.CaptureFixture[str]) -> None:
    _, example = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    exec(compile(example, str(PAGE), "exec"), {})
    told = capsys.readouterr().out
    assert "'kernel': 'k5'" in told
    assert "({'angle': 0}, {'angle': " in told


def test_what_is_trained_is_the_network_that_is_searched() -> None:
    assert source_of("train", {"data": "mnist"}, "mnist-cnn") == TrainSource("mnist-cnn", "mnist")
    assert source_of("train", {"model": "digits-cnn"}, "mnist-cnn") == TrainSource("digits-cnn")
    assert isinstance(source_of("table", {"path": "digits-cnn"}, "mnist-cnn"), TableSource)
    pruned = source_of("train", {"epochs": 1, "seeds": 1}, load_model("digits-cnn-sparse"))
    assert measure(pruned, {"width": 8, "sparsity": 0.5}).densities["conv1"] == 0.5


def test_methods_and_sources_are_named() -> None:
    for name in (*METHODS, *accuracy_source_names()):
        if name != "callable":
            assert f"`{name}`" in TEXT, name
