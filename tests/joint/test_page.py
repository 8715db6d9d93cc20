"""The page docs/joint-search.md names what there is."""

from __future__ import annotations

from pathlib import Path

from bohwsw.accuracy import TableSource, TrainSource, accuracy_source_names, measure
from bohwsw.joint import METHODS
from bohwsw.joint.api import source_of
from bohwsw.workload import load_model

PAGE = Path(__file__).parents[2] / "docs" / "joint-search.md"
TEXT = PAGE.read_text(encoding="utf-8")


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
