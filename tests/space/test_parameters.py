"""Parameters: what they refuse, how they code and encode."""

import numpy as np
import pytest

from bohwsw.errors import SpecError
from bohwsw.space import Categorical, Integer, Ordinal


@pytest.mark.parametrize(
    "make",
    [
        lambda: Integer("", 1, 2),
        lambda: Integer("2x", 1, 2),
        lambda: Integer("a b", 1, 2),
        lambda: Integer("min", 1, 2),
        lambda: Integer("and", 1, 2),
        lambda: Integer(None, 1, 2),
        lambda: Integer("a", 2, 1),
        lambda: Integer("a", 1.5, 2),
        lambda: Integer("a", True, 2),
        lambda: Integer("a", 0, 10**9),
        lambda: Integer("a", 0, 4, log=True),
        lambda: Ordinal("a", []),
        lambda: Ordinal("a", "123"),
        lambda: Ordinal("a", [1, 1]),
        lambda: Ordinal("a", [1, float("nan")]),
        lambda: Ordinal("a", [1, float("inf")]),
        lambda: Ordinal("a", [1, "2"]),
        lambda: Ordinal("a", [1, True]),
        lambda: Ordinal("a", [0, 1], log=True),
        lambda: Ordinal("a", [[1], [2]]),
        lambda: Ordinal("a", 5),
        lambda: Categorical("a", ["x", "x"]),
        lambda: Categorical("a", ["x", 1]),
        lambda: Categorical("a", [1, 2]),
        lambda: Categorical("a", [None]),
        lambda: Categorical("a", []),
    ],
)
def test_bad_definitions_are_refused(make):
    with pytest.raises(SpecError):
        make()


def test_codes_are_positions_and_values_come_back():
    ordinal = Ordinal("a", [4, 1, 2])
    assert ordinal.values == (1, 2, 4)
    assert [ordinal.code(v) for v in (1, 2, 4)] == [0, 1, 2]
    assert Integer("a", 3, 7).code(5.0) == 2
    assert Integer("a", 3, 7).code(np.int64(7)) == 4
    assert Categorical("a", ["x", "y"]).code(np.str_("y")) == 1
    assert Categorical("a", [True, False]).code(np.bool_(False)) == 1


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        (Integer("a", 1, 4), 0),
        (Integer("a", 1, 4), 2.5),
        (Integer("a", 1, 4), True),
        (Integer("a", 1, 4), "2"),
        (Integer("a", 1, 4), float("nan")),
        (Ordinal("a", [1, 2, 4]), 3),
        (Ordinal("a", [1, 2, 4]), None),
        (Categorical("a", [True, False]), 1),
        (Categorical("a", ["x"]), True),
        (Categorical("a", ["x"]), ["x"]),
    ],
)
def test_a_value_outside_is_refused_by_the_name_of_the_parameter(parameter, value):
    with pytest.raises(SpecError) as error:
        parameter.code(value)
    assert error.value.key_path == "a"
    assert error.value.expected


def test_nearest_choice_is_named():
    with pytest.raises(SpecError) as error:
        Categorical("flow", ["row_stationary", "weight_stationary"]).code("row-stationary")
    assert error.value.nearest == "row_stationary"


def test_encoding_is_logarithmic_where_values_are_geometric():
    assert Ordinal("a", [1, 2, 4, 8]).encoding[:, 0] == pytest.approx([0, 1 / 3, 2 / 3, 1])
    assert Ordinal("a", [1, 2, 4]).encoding[:, 0] == pytest.approx([0, 1 / 3, 1])
    assert Ordinal("a", [1, 2, 4], log=True).encoding[:, 0] == pytest.approx([0, 0.5, 1])
    assert Ordinal("a", [1, 4, 8], log=False).encoding[:, 0] == pytest.approx([0, 3 / 7, 1])
    assert Ordinal("a", [-8, 1, 8]).encoding[:, 0] == pytest.approx([0, 9 / 16, 1])
    assert Integer("a", 1, 3, log=True).encoding[1, 0] == pytest.approx(np.log(2) / np.log(3))
    assert Integer("a", 5, 5).encoding.tolist() == [[0.0]]


def test_categories_are_one_hot_and_two_need_one_column():
    assert Categorical("a", ["x", "y", "z"]).encoding.tolist() == np.eye(3).tolist()
    assert Categorical("a", [False, True]).encoding.tolist() == [[0.0], [1.0]]
