"""One of each kind added from outside: the files of ``examples/extending``, one file each."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

import bohwsw
from bohwsw.accuracy import AccuracySource, accuracy_source, source
from bohwsw.codesign import FIGURES
from bohwsw.errors import SpecError
from bohwsw.expressions import OPERATORS, parse
from bohwsw.tech import catalogue
from bohwsw.testing import AccuracySourceConformance, StorageConformance, StrategyConformance

FOLDER = Path(__file__).resolve().parents[1] / "examples" / "extending"
NAMES = ("objective", "strategy", "operator_log10", "technology", "storage", "accuracy_source")


@pytest.fixture(scope="module", autouse=True)
def extensions() -> Iterator[dict[str, Any]]:
    """The modules, each imported by its name as a user's own would be."""
    sys.path.insert(0, str(FOLDER))
    try:
        yield {name: importlib.import_module(name) for name in NAMES}
    finally:
        sys.path.remove(str(FOLDER))
        for name in NAMES:
            sys.modules.pop(name, None)
        # Other tests of this process are about what comes with the package.
        OPERATORS.pop("log10", None)
        FIGURES.pop("ed2p_pj_cycles2", None)
        catalogue._REGISTERED.pop("linear", None)
        source._REGISTERED.pop("saturating", None)


class TestStrategy(StrategyConformance):
    name: ClassVar[str] = "strategy:HillClimbing"


class TestStorage(StorageConformance):
    def opened(self, place: Any) -> Any:
        return importlib.import_module("storage").FolderStorage(place)


class TestAccuracySource(AccuracySourceConformance):
    points = ({"width": 0.5}, {"width": 2})
    not_measurable = ({"width": 0},)

    def source(self) -> AccuracySource:
        return accuracy_source("saturating", ceiling_percent=90.0)


def test_an_operator_has_all_its_meanings() -> None:
    assert parse("log10(x) <= 2", ["x"]).evaluate({"x": 100}) is True
    with pytest.raises(SpecError, match="log10"):
        parse("log10(x, 2) <= 2", ["x"])
    space = bohwsw.load_space(FOLDER / "machine.yaml").space
    assert space is not None
    pairs = {(point["macs"], point["buffer_entries"]) for point in every_point(space)}
    assert (4, 16000) in pairs
    assert (8, 16000) not in pairs  # 128,000 is above 10**5
    assert len(pairs) == sum(macs * words <= 10**5 for macs in M for words in WORDS)


M, WORDS = (4, 8, 16, 32), (256, 1000, 4000, 16000)


def every_point(space: Any) -> list[Any]:
    import numpy as np

    found = {}
    for row in space.sample_rows(400, np.random.default_rng(0)):
        found[row.tobytes()] = space.point(row)
    return list(found.values())


def test_all_of_them_serve_one_search(extensions: dict[str, Any], tmp_path: Path) -> None:
    """The machine, priced by the technology, searched by the strategy for the objective."""
    options: dict[str, Any] = {
        "objective": "ed2p",
        "strategy": "strategy:HillClimbing",
        "trials": 6,
        "evaluations": 200,
        "final_seconds": 1.0,
        "storage": extensions["storage"].FolderStorage(tmp_path / "shared"),
        "out": tmp_path / "result",
    }
    result = bohwsw.codesign_network(FOLDER / "machine.yaml", "dqn", **options)
    best = result.best
    assert best.figures()["ed2p_pj_cycles2"] == pytest.approx(
        best.energy_pj * best.latency_cycles**2
    )
    assert best.figures()["ed2p_pj_cycles2"] <= result.baseline.figures()["ed2p_pj_cycles2"]
    assert len(result.trials) == 6
    again = bohwsw.codesign_network(
        FOLDER / "machine.yaml", "dqn", **{**options, "trials": 8, "out": None, "resume": True}
    )
    assert [t.point for t in again.trials[:6]] == [t.point for t in result.trials]
