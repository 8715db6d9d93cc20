"""Parameters: what they refuse, how they code and encode."""

import numpy as np
import pytest

from bohwsw.errors import SpecError
from bohwsw.space import (
    Categorical,
    Factorisation,
    Integer,
    Ordinal,
    Permutation,
    Real,
    Space,
)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Integer("", 1, 2),
        lambda: Integer("x[0]", 1, 2),
        lambda: Integer("a`b", 1, 2),
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
        lambda: Categorical("a", ["x", float("nan")]),
        lambda: Categorical("a", [1, True]),
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
    three = Categorical("a", ["x", "y", "z"]).encoding
    assert (three > 0).tolist() == np.eye(3, dtype=bool).tolist()
    assert [np.linalg.norm(three[i] - three[j]) for i, j in ((0, 1), (0, 2), (1, 2))] == (
        pytest.approx([1.0] * 3)
    )
    assert Categorical("a", [False, True]).encoding.tolist() == [[0.0], [1.0]]


def test_bounds_and_values_of_numpy_become_plain():
    integer = Integer("a", np.int64(1), np.int32(3))
    assert integer == Integer("a", 1, 3)
    assert {type(integer.low), type(integer.high)} == {int}
    assert {type(v) for v in Ordinal("a", [np.int64(1), np.uint8(2)]).values} == {int}
    assert type(Real("a", np.float32(0.5), np.int64(2)).low) is float
    factorisation = Factorisation("a", np.int64(12), np.int32(2))
    assert factorisation == Factorisation("a", 12, 2)
    assert {type(factorisation.product), type(factorisation.slots)} == {int}
    assert Factorisation("a", 12, 2).code((np.int64(3), np.int32(4))) >= 0
    assert {type(item) for item in Permutation("a", [np.int64(1), np.int64(2)]).items} == {int}


@pytest.mark.parametrize("huge", [2**53 + 1, 2**70, 10**400, pytest.param(10**5000, id="huge")])
@pytest.mark.parametrize(
    "make",
    [
        lambda huge: Integer("a", huge, huge),
        lambda huge: Integer("a", -huge, 1 - huge),
        lambda huge: Ordinal("a", [1, huge]),
        lambda huge: Permutation("a", [1, huge]),
        lambda huge: Factorisation("a", huge, 2),
    ],
)
def test_whole_numbers_that_64_bit_floats_do_not_hold_are_refused(make, huge):
    with pytest.raises(SpecError) as error:
        make(huge)
    assert str(2**53) in str(error.value) or str(2**40) in str(error.value)


@pytest.mark.parametrize("huge", [2**70, 10**400, pytest.param(10**5000, id="huge")])
def test_huge_values_of_a_point_are_violations(huge):
    space = Space([Integer("a", 1, 4), Ordinal("b", [1, 2]), Real("c", 0.0, 1.0)])
    violations = space.violations({"a": huge, "b": huge, "c": huge})
    assert [violation.constraint for violation in violations] == ["a", "b", "c"]
