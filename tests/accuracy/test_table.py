"""Accuracies from tables: rows found, marked, estimated, and refused by line and column."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bohwsw.accuracy import (
    AccuracySource,
    NotMeasurableError,
    TableSource,
    accuracy_source,
    fidelities_of,
    measure,
    shipped_tables,
)
from bohwsw.errors import SpecError
from bohwsw.testing import AccuracySourceConformance
from bohwsw.workload import load_model

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
    with pytest.raises(SpecError, match="the table asks for other knobs"):
        measure(table(tmp_path), {"width": 1})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOOD + "0.50,conv3x3,91,again\n", r"line 6: two rows(.|\n)*line 2"),
        (GOOD + "3,conv3x3\n", "line 6: a row with another number of values"),
        (GOOD + "3,conv3x3,many,x\n", "line 6, accuracy_percent: not a number"),
        (GOOD + "3,conv3x3,nan,x\n", "line 6, accuracy_percent: not a number"),
        (GOOD + "wide,conv3x3,91,x\n", "line 6, width: not a number"),
        (GOOD + "inf,conv3x3,91,x\n", "line 6, width: not a number"),
        (GOOD + ",conv3x3,91,x\n", "line 6, width: a knob without a value"),
        (GOOD + "3,,91,x\n", "line 6, operator: a knob without a value"),
        (GOOD.replace("note", "width"), "line 1: two columns have one name"),
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


def test_rows_known_by_one_number_have_to_rise(tmp_path: Path) -> None:
    path = tmp_path / "index.csv"
    path.write_text("index,accuracy_percent\n0,90\n2,91\n1,92\n", encoding="utf-8")
    with pytest.raises(SpecError, match="line 4, index: rows out of order"):
        TableSource(path)


def test_errors_seconds_and_fidelities_are_columns_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    lines = ["width,epochs,accuracy_percent,accuracy_percent_error,training_seconds"]
    lines += ["1,2,80,1.5,0.2", "1,8,90,0.5,0.8", "2,2,85,,0.3", "2,8,95,0.25,1.2"]
    path.write_text("\n".join(lines), encoding="utf-8")
    source = TableSource(path, fidelity=("epochs",))
    assert source.keys == ("width", "epochs")
    assert fidelities_of(source) == {"epochs": (2, 8)}
    full, cheap = measure(source, {"width": 2}), measure(source, {"width": 2}, {"epochs": 2})
    assert (full.figures, full.standard_errors) == (
        {"accuracy_percent": 95.0},
        {"accuracy_percent": 0.25},
    )
    assert (full.training_seconds, full.trainings) == (1.2, 0)
    assert (cheap.figures["accuracy_percent"], cheap.standard_errors) == (85.0, {})


def additive(tmp_path: Path, missing: str, noise: float = 0.0) -> TableSource:
    """Two thirds of a table of 4 x 3 x 20 networks whose accuracies are sums of three terms."""
    rng = np.random.default_rng(0)
    lines = ["operator,kernel,width,accuracy_percent"]
    for operator, kernel, width in np.ndindex(4, 3, 20):
        if rng.random() < 2 / 3 or (operator, kernel, width) in ((0, 0, 0), (0, 0, 19)):
            value = 60 + 4 * operator + 3 * kernel + 0.5 * width + noise * rng.normal()
            lines.append(f"op{operator},{2 * kernel + 1},{width},{value!r}")
    path = tmp_path / f"additive-{noise}.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return TableSource(path, missing=missing)  # type: ignore[arg-type]


def test_a_missing_row_is_predicted_with_the_error_of_rows_left_out(tmp_path: Path) -> None:
    exact = additive(tmp_path, "predict")
    points = [("op1", 3, 5), ("op2", 5, 10), ("op3", 1, 12), ("op0", 3, 7), ("op2", 3, 3)]
    for operator, kernel, width in points:
        truth = 60 + 4 * int(operator[2]) + 3 * (kernel - 1) / 2 + 0.5 * width
        found = measure(exact, {"operator": operator, "kernel": kernel, "width": width})
        assert found.figures["accuracy_percent"] == pytest.approx(truth, abs=0.05)
    assert exact.estimation_errors["accuracy_percent"] < 0.05
    noisy = additive(tmp_path, "predict", noise=1.0)
    assert 0.8 < noisy.estimation_errors["accuracy_percent"] < 1.3


def test_the_nearest_row_answers_and_says_how_far_off_that_is(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("a,b,accuracy_percent\nx,0,70\nx,10,80\ny,0,90\ny,10,95\n", encoding="utf-8")
    source = TableSource(path, missing="nearest")
    found = measure(source, {"a": "x", "b": 6})
    assert found.figures == {"accuracy_percent": 80.0}
    # Left out, each row's nearest differs by 10, 10, 20 and 15: the first of two as near.
    assert found.standard_errors["accuracy_percent"] == pytest.approx((825 / 4) ** 0.5)
    with pytest.raises(SpecError, match=r"unknown value of a in the table"):
        measure(source, {"a": "z", "b": 6})
    with pytest.raises(SpecError, match="unknown answer for a missing row"):
        TableSource(path, missing="guess")  # type: ignore[arg-type]


def test_npz_columns_may_be_places_of_labels(tmp_path: Path) -> None:
    path = tmp_path / "table.npz"
    places, labels = np.array([0, 1, 1], np.uint8), np.array(["none", "conv"])
    columns = {"width": np.array([1, 1, 2]), "accuracy_percent": np.array([80.0, -1, 90])}
    np.savez(path, edge=places, **{"edge.labels": labels}, **columns)
    source = TableSource(path)
    assert measure(source, {"edge": "conv", "width": 2}).figures == {"accuracy_percent": 90.0}
    with pytest.raises(NotMeasurableError):
        measure(source, {"edge": "conv", "width": 1})
    np.savez(path, edge=places, **{"edge.labels": labels[:1]}, **columns)
    with pytest.raises(SpecError, match="edge: a place without a label"):
        TableSource(path)
    np.savez(path, edge=places[:2], **columns)
    with pytest.raises(SpecError, match=r"width: not a column(.|\n)*one axis of length 2"):
        TableSource(path)
    path.write_bytes(b"PK nothing")
    with pytest.raises(SpecError, match="not a table that can be read"):
        TableSource(path)


def test_parquet_is_read_as_csv_is(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    path = tmp_path / "table.parquet"
    columns = {"width": [0.5, 1.0], "operator": ["a", "b"], "accuracy_percent": [90.5, None]}
    parquet.write_table(pyarrow.table(columns), path)
    source = TableSource(path)
    assert measure(source, {"width": 0.5, "operator": "a"}).figures == {"accuracy_percent": 90.5}
    with pytest.raises(NotMeasurableError):
        measure(source, {"width": 1, "operator": "b"})


def test_shipped_tables_are_about_the_networks_of_their_models() -> None:
    for name in ("digits-cnn", "mobilenet-v2", "nas-bench-201", "ofa-mobilenet-v3"):
        assert name in shipped_tables()
        source, model = TableSource(name), load_model(name)
        assert model.space is not None
        knobs = source.keys[: len(source.keys) - len(source.fidelities)]
        assert set(knobs) == set(model.spec.knobs)
        for key in list(source.rows)[:: max(1, len(source.rows) // 5)]:
            model.with_point(dict(zip(knobs, key, strict=False)))
    with pytest.raises(SpecError, match="nearest:  nas-bench-201"):
        TableSource("nasbench-201")


def test_shipped_accuracies_are_those_of_their_sources() -> None:
    widest = measure(TableSource("mobilenet-v2"), {"width": 1.4, "resolution": 224})
    assert widest.figures == {"accuracy_percent": 75.0}
    ofa = TableSource("ofa-mobilenet-v3", missing="predict")
    accuracies = [row[0]["accuracy_percent"] for row in ofa.rows.values() if row]
    assert len(accuracies) == 2162
    assert (round(min(accuracies), 1), round(max(accuracies), 1)) == (71.0, 77.5)
    assert ofa.estimation_errors["accuracy_percent"] < 0.2
    cells = TableSource("nas-bench-201", figures=("accuracy_percent", "eyeriss_latency_ms"))
    assert len(cells.rows) == 15625
    edge = TableSource("nas-bench-201-edge", knobs=cells.keys, figures=("edgetpu_latency_ms",))
    assert (len(edge.rows), sum(row is None for row in edge.rows.values())) == (1999, 259)


class TestTable(AccuracySourceConformance):
    points = ({"width": 0.5, "operator": "conv3x3"}, {"width": 1, "operator": "conv3x3"})
    not_measurable = ({"width": 1, "operator": "conv1x1"},)

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.path = tmp_path

    def source(self) -> AccuracySource:
        return table(self.path)
