"""Accuracies from a CSV file: rows found, marked, and refused by line and column."""

from __future__ import annotations

from pathlib import Path

import pytest

from bohwsw.accuracy import AccuracySource, NotMeasurableError, accuracy_source, measure
from bohwsw.errors import SpecError
from bohwsw.testing import AccuracySourceConformance

GOOD = """width,operator,accuracy_percent,note
0.5,conv3x3,90.5,first
1,conv3x3,92.0,second
1.0,conv1x1,-1,does not compile
2,conv1x1,,not run
"""


def table(tmp_path: Path, text: str = GOOD):  # type: ignore[no-untyped-def]
    path = tmp_path / "table.csv"
    path.write_text(text, encoding="utf-8")
    return accuracy_source("table", path=path, knobs=("width", "operator"))


def test_a_row_is_found_whatever_the_kind_of_number(tmp_path: Path) -> None:
    source = table(tmp_path)
    for width in (1, 1.0):
        found = measure(source, {"width": width, "operator": "conv3x3", "other": 3})
        assert found.figures == {"accuracy_percent": 92.0}


def test_a_marked_row_is_not_measurable(tmp_path: Path) -> None:
    for width in (1, 2):
        with pytest.raises(NotMeasurableError, match="not measurable"):
            measure(table(tmp_path), {"width": width, "operator": "conv1x1"})


def test_a_missing_row_or_knob_is_said(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="no row for this network"):
        measure(table(tmp_path), {"width": 3, "operator": "conv1x1"})
    with pytest.raises(SpecError, match="unknown knob of the table"):
        measure(table(tmp_path), {"width": 1})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOOD + "0.50,conv3x3,91,again\n", r"line 6: two rows(.|\n)*line 2"),
        (GOOD + "3,conv3x3\n", "line 6: a row with another number of values"),
        (GOOD + "3,conv3x3,many,x\n", "line 6, accuracy_percent: not a number"),
        (GOOD + "3,conv3x3,nan,x\n", "line 6, accuracy_percent: not a number"),
        (
            GOOD.replace("operator", "operators"),
            r"line 1: unknown column(.|\n)*: +operators",
        ),
        ("", "unknown column"),
    ],
)
def test_a_broken_table_is_refused_by_line_and_column(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(SpecError, match=message):
        table(tmp_path, text)


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="not a table that can be read"):
        accuracy_source("table", path=tmp_path / "none.csv", knobs=("width",))


class TestTable(AccuracySourceConformance):
    points = ({"width": 0.5, "operator": "conv3x3"}, {"width": 1, "operator": "conv3x3"})
    not_measurable = ({"width": 1, "operator": "conv1x1"},)

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.path = tmp_path

    def source(self) -> AccuracySource:
        return table(self.path)
