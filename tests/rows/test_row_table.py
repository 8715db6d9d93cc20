"""Tables of rows: what is read off cells, and what is refused by row and column."""

import re

import numpy as np
import pytest

from bohwsw.errors import SpecError
from bohwsw.rows import RowTable
from bohwsw.space import Categorical, Ordinal

CSV = """cores, cache,kind,secure,clock
1,32,in-order,true,0.8
2,512,out-of-order,false,2.5
4,1024,none,true,1.25
"""


def read(tmp_path, text, columns=None, name="designs.csv"):
    path = tmp_path / name
    path.write_text(text)
    return RowTable.read(path, columns)


def refused(tmp_path, text, columns=None):
    with pytest.raises(SpecError) as error:
        read(tmp_path, text, columns)
    return error.value


def test_columns_are_what_their_cells_look_like(tmp_path):
    table = read(tmp_path, CSV)
    assert table.parameters == (
        Ordinal("cores", [1, 2, 4]),
        Ordinal("cache", [32, 512, 1024]),
        Categorical("kind", ["in-order", "out-of-order", "none"]),
        Categorical("secure", [True, False]),
        Ordinal("clock", [0.8, 1.25, 2.5]),
    )
    assert table.values()["clock"] == [0.8, 2.5, 1.25]
    assert [type(v) for v in table.values()["cores"]] == [int] * 3


def test_files_rows_and_arrays_give_one_table(tmp_path):
    table = read(tmp_path, CSV)
    values = table.values()
    rows = [dict(zip(values, row, strict=True)) for row in zip(*values.values(), strict=True)]
    np.savez(tmp_path / "designs.npz", **{name: np.array(v) for name, v in values.items()})
    others = [RowTable.of(rows), RowTable.of(values), RowTable.read(tmp_path / "designs.npz")]
    assert {other.digest for other in others} == {table.digest}
    assert RowTable.of(rows[::-1]).digest != table.digest


def test_columns_may_be_chosen_and_told_what_they_are(tmp_path):
    table = read(tmp_path, CSV, {"cores": "category", "cache": "linear", "kind": "label"})
    assert [type(p) for p in table.parameters] == [Categorical, Ordinal, Categorical]
    assert table.parameters[0].values == (1, 2, 4)
    assert table.parameters[1].log is False
    assert table.labels == {"kind"}
    table = read(tmp_path, CSV, ["clock", "cores"])
    assert [p.name for p in table.parameters] == ["clock", "cores"]
    order = ["none", "in-order", "out-of-order"]
    (kind,) = read(tmp_path, CSV, {"kind": order}).parameters
    assert kind == Categorical("kind", order, is_ordered=True)


def test_names_of_many_rows_are_labels():
    table = RowTable.of({"name": [f"design {k}" for k in range(300)], "x": list(range(300))})
    assert table.labels == {"name"}
    few = RowTable.of({"name": ["a", "b"], "x": [1, 2]})
    assert not few.labels
    with pytest.raises(SpecError, match="too many categories"):
        RowTable.of({"name": [f"design {k % 250}" for k in range(300)], "x": list(range(300))})


def test_an_array_of_two_dimensions_is_several_columns(tmp_path):
    np.savez(tmp_path / "cells.npz", ops=[[0, 1], [1, 0]], names=np.array(["a", "b", "c"][:1]))
    assert [p.name for p in RowTable.read(tmp_path / "cells.npz").parameters] == ["ops_0", "ops_1"]


@pytest.mark.parametrize(
    ("old", "new", "path", "message"),
    [
        ("2,512", ",512", "line 3, column cores", "a cell is empty"),
        ("2,512", "2,NA", "line 3, column cache", "a cell is empty"),
        ("2,512", "2,big", "line 3, column cache", "not a number"),
        ("2,512", "2,inf", "line 3, column cache", "not a number"),
        ("none", "", "line 4, column kind", "a cell is empty"),
        ("1.25", "1.25,7", "line 4", "wrong number of cells"),
        (
            "4,1024,none,true,1.25",
            "1,32,in-order,true,0.8",
            "line 4",
            "the same values as in line 2",
        ),
        ("clock", "cores", "line 1", "a column is named twice"),
    ],
)
def test_a_wrong_cell_is_named(tmp_path, old, new, path, message):
    error = refused(tmp_path, CSV.replace(old, new))
    assert error.key_path == path
    assert error.file == str(tmp_path / "designs.csv")
    assert message in error.problem


def test_wrong_values_and_columns_have_a_nearest_name(tmp_path):
    error = refused(tmp_path, CSV, {"kind": ["in-order", "out-of-ordr", "none"]})
    assert (error.key_path, error.nearest) == ("line 3, column kind", "out-of-ordr")
    assert refused(tmp_path, CSV, ["core"]).nearest == "cores"
    assert refused(tmp_path, CSV, {"cores": "labels"}).nearest == "label"


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "wrong size of a table"),
        ("designs.csv", "not a table"),
        ([{"a": 1}, {"b": 1}], "row 1: a row has other columns"),
        ([{"a": 1}, 3], "row 1: not a row"),
        ({"a": [1, 2], "b": [1]}, "columns differ in length"),
        ({"a": 3}, "a: not a column"),
        ([{"a": "x"}, {"a": 3}, {"a": "y"}], "row 1, column a: a cell of another type"),
        ([{"a": 1}, {"a": None}], "row 1, column a: a cell is empty"),
        ([{"a": 1}, {"a": True}, {"a": 2}], "row 1, column a: not a number"),
        ([{"a": 1}, {"a": 2**60}], "too large a value"),
        ([{"a": (1, 2)}, {"a": (1, 3)}], "row 0, column a: not a value"),
    ],
)
def test_rows_that_are_none_are_refused(rows, message):
    with pytest.raises(SpecError, match=re.escape(message)):
        RowTable.of(rows)


def test_files_that_are_none_are_refused(tmp_path):
    with pytest.raises(SpecError, match="cannot be read"):
        RowTable.read(tmp_path / "nowhere.csv")
    for name, content in (("x.npz", b"no archive"), ("x.csv", b"a,b\n\xff,1\n"), ("y.csv", b"")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(SpecError, match=name):
            RowTable.read(tmp_path / name)
