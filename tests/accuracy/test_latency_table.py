"""Latency tables: fitted, written and read back; what a table does not know is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bohwsw.accuracy import LatencyTable, fit_table, read_latency_table
from bohwsw.errors import SpecError
from bohwsw.workload import load_model

OPERATORS = {"none": 0.0, "skip": 0.1, "conv": 2.5}
SIZES = {(3, 2): 1.0, (3, 4): 1.5, (5, 2): 1.75, (5, 4): 4.0}
"""What a block of a kernel and an expansion takes: no sum of the two."""


def networks(n: int) -> list[dict[str, Any]]:
    rng = np.random.default_rng(3)
    edges = [f"edge_{k}" for k in range(4)]
    rows = [{edge: str(rng.choice(list(OPERATORS))) for edge in edges} for _ in range(n)]
    return [
        {**row, "kernel": int(rng.choice([3, 5])), "expand": float(rng.choice([2, 4]))}
        for row in rows
    ]


def latency_ms(knobs: Any) -> float:
    operators = sum(OPERATORS[x] for name, x in knobs.items() if name.startswith("edge_"))
    return operators + SIZES[knobs["kernel"], int(knobs["expand"])] + 7.0


PARTS = ["edge_*", "kernel,expand"]


def test_a_table_is_found_from_networks_and_tells_what_each_operator_takes() -> None:
    points = networks(40)
    table = fit_table("phone_latency_ms", points[:20], latency_ms, parts=PARTS, free=["none"])
    assert table.error == pytest.approx(0.0, abs=1e-9)
    assert [table(point) for point in points] == pytest.approx([latency_ms(p) for p in points])
    assert table.entries["edge_*=conv"] == pytest.approx(2.5)
    assert table.entries["edge_*=none"] == 0.0
    assert table.entries["kernel=3,expand=2"] == pytest.approx(0.0, abs=1e-9)
    assert table.entries["kernel=5,expand=4"] == pytest.approx(3.0)
    assert table.base == pytest.approx(8.0)  # the cheapest block is in every network
    assert table({**points[0], "expand": 4, "mesh_x": 3}) > 8.0  # others' knobs do no harm


def test_without_a_base_or_with_parts_of_one_knob_it_is_off_and_says_so() -> None:
    points = networks(60)
    for options in (
        {"parts": ["edge_*"], "base": False},
        {"parts": ["edge_*", "kernel", "expand"]},
    ):
        table = fit_table("x_ms", points, latency_ms, free=["none"], **options)
        off = np.sqrt(np.mean([(table(p) - latency_ms(p)) ** 2 for p in points]))
        assert table.error is not None
        assert 0.1 < off < table.error < 3.0 * off


def test_a_base_is_the_mean_of_what_entries_leave() -> None:
    entries = {f"edge_*={name}": value for name, value in OPERATORS.items()}
    points = networks(5)
    values = [latency_ms(point) for point in points]
    table = LatencyTable("x_ms", entries).with_base(points, values)
    assert np.mean([table(p) for p in points]) == pytest.approx(np.mean(values))
    left = [SIZES[p["kernel"], int(p["expand"])] for p in points]
    assert table.error == pytest.approx(np.std(left))


@pytest.mark.parametrize("form", [".yaml", ".csv"])
def test_what_is_written_is_read_back(tmp_path: Path, form: str) -> None:
    table = fit_table("x_ms", networks(30), latency_ms, parts=PARTS)
    path = tmp_path / f"table{form}"
    path.write_text(table.text(form))
    assert read_latency_table(path) == table
    assert read_latency_table(path, "other_ms").figure == "other_ms"
    whole = LatencyTable("x_ms", {"Conv-input:8x8x1-output:8x8x4": 2.0})
    path.write_text(whole.text(form))
    assert read_latency_table(path) == whole


def test_layers_are_counted_and_one_that_is_missing_is_named() -> None:
    network = load_model("digits-cnn").network()
    with pytest.raises(SpecError, match="needs the network"):
        LatencyTable("x_ms", {"Conv-input:1x1x1": 1.0})({})
    with pytest.raises(SpecError, match=r"unknown entry of x_ms(?s:.)*Conv-input") as told:
        LatencyTable("x_ms", {"Conv-input:1x1x1": 1.0})({}, network)
    assert told.value.expected == "one of Conv-input:1x1x1"


@pytest.mark.parametrize(
    ("knobs", "message"),
    [
        ({"edge_0": "conv2", "a": 1}, "edge_\\*=conv2.*(?s:.)*nearest: *edge_\\*=conv"),
        ({"a": 1}, "unknown knob of the table(?s:.)*edge_\\*"),
        ({"edge_0": "conv"}, "unknown knob of the table(?s:.)*'a'"),
        ({"edge_0": "conv", "a": "x=1"}, "no equals sign"),
    ],
)
def test_networks_that_a_table_does_not_know_are_named(knobs: Any, message: str) -> None:
    table = LatencyTable("x_ms", {"edge_*=conv": 1.0, "a=1": 1.0})
    with pytest.raises(SpecError, match=message):
        table(knobs)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.csv", "entry,x_ms\nbase,1\nbase,2\n", "line 3, entry: an entry occurs twice"),
        ("a.csv", "entry,x_ms\nbase,much\n", "line 2, x_ms: not a number"),
        ("a.csv", "entry,x_ms,y_ms\nbase,1,2\n", "not the columns of a table"),
        ("a.csv", "entries,x_ms\nbase,1\n", "unknown column"),
        ("a.yaml", "figure: x_ms\nbas: 1\nentries: {a=1: 2}\n", "nearest: *base"),
        ("a.yaml", "figure: x_ms\nentries: [1]\n", "entries: not entries"),
        ("a.yaml", "figure: x_ms\nentries: {a=1: two}\n", "a=1: not an entry"),
        ("a.yaml", "entries: {a=1: 2}\n", "figure: not a figure"),
        ("a.yaml", "[]\n", "not a table"),
        ("a.json", "{", "cannot be read"),
        ("a.json", '{"k": {"mean": 1}}', "does not say"),
    ],
)
def test_files_that_are_no_tables_are_refused(
    tmp_path: Path, name: str, text: str, message: str
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(SpecError, match=message) as told:
        read_latency_table(tmp_path / name)
    assert told.value.file is not None
    assert told.value.file.endswith(name)


def test_bad_measurements_are_refused() -> None:
    points = networks(3)
    for values, message in (
        ([1.0, float("nan"), 2.0], r"x_ms\[1\]: not measured"),
        ([1.0], "not a value for each network"),
    ):
        with pytest.raises(SpecError, match=message):
            fit_table("x_ms", points, values)
    with pytest.raises(SpecError, match="too few networks"):
        fit_table("x_ms", points[:1], latency_ms)
    with pytest.raises(SpecError, match=r"unknown knob of the table(?s:.)*edges_\*"):
        fit_table("x_ms", points, latency_ms, parts=["edges_*"])
    with pytest.raises(SpecError, match="not a form of a latency table"):
        LatencyTable("x_ms", {"a=1": 1.0}).text(".txt")
