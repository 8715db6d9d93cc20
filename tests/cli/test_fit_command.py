"""Fits on the command line: entries, terms and NN-Degree; what is wrong is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_cli import json_of, refused, run

from bohwsw.accuracy import read_latency_table

NB201 = ("fit", "nas-bench-201", "--figure", "eyeriss_latency_ms", "--part", "edge_*")


def test_entries_are_fitted_written_and_looked_at_on_other_networks(tmp_path: Path) -> None:
    out = tmp_path / "eyeriss.csv"
    found = json_of(*NB201, "--free", "none", "--rows", "100", "--out", out)
    assert found["others"]["percent_of_mean"] < 0.1
    assert read_latency_table(out).entries == found["entries"]


def test_terms_are_told_in_sentences() -> None:
    given = ("fit", "mobilenet-v2", "--figure", "accuracy_percent", "--by", "terms")
    shown = run(*given, "--term", "width", "--term", "resolution")
    assert shown.exit_code == 0, shown.output
    assert "One more of width raises accuracy_percent by" in shown.stdout
    assert "off by" in shown.stdout
    told = json_of(*given, "--term", "width")["coefficients"]
    assert [row["term"] for row in told] == ["base", "width"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ((*NB201, "--by", "entrie"), "nearest:  entries"),
        ((*NB201, "--term", "a"), "--term: an option of another fit"),
        (("fit", "nas-bench-21", "--figure", "x"), "nearest:  nas-bench-201"),
        (("fit", "mobilenet-v2", "--figure", "accuracy_percen"), "nearest:  accuracy_percent"),
        ((*NB201, "--free", "none", "--out", "table.txt"), "not a form of a latency table"),
        (("fit", "mobilenet-v2", "--by", "degree", "--figure", "accuracy_percent"), "model"),
    ],
)
def test_what_cannot_be_fitted_is_refused(given: tuple[str, ...], message: str) -> None:
    assert message in refused(*given)
