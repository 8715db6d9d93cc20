"""By how much a point breaks what is known."""

import pytest

from benchmarks.optimizers.constraint_values import constraint_values
from bohwsw.errors import SpecError
from bohwsw.space import (
    Categorical,
    Conditional,
    Factorisation,
    Integer,
    Permutation,
    Predicate,
    Real,
    Space,
)

PARAMETERS = [
    Integer("a", 0, 9),
    Integer("b", 0, 9),
    Categorical("k", ["x", "y"]),
    Factorisation("tile", 12, 2),
    Permutation("order", ["K", "C"]),
    Real("r", 0, 1),
]
POINT = {"a": 7, "b": 4, "k": "x", "tile": [3, 4], "order": ["C", "K"], "r": 0.25}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a + b <= 8", 3.0),
        ("a + b <= 13", -2.0),
        ("a >= 9", 2.0),
        ("a < 9", -2.0),
        ("a > 5", -2.0),
        ("a * b == 30", 2.0),
        ("a * b == 28", 0.0),
        ("a != 7", 1.0),
        ("a != b", -1.0),
        ("k == 'x'", -1.0),
        ("k == 'y'", 1.0),
        ("a <= 5 and b <= 3", 2.0),
        ("a <= 5 or b <= 3", 1.0),
        ("a <= 5 or k == 'x'", -1.0),
        ("not (a <= 5 or b <= 3)", -1.0),
        ("not (a > 5 and b > 3)", 1.0),
        ("1 <= b <= 3", 1.0),
        ("not 1 <= b <= 3", -1.0),
        ("sum(tile) <= 7", 0.0),
        ("tile[0] <= 1", 2.0),
        ("tile[1] <= 6", -2.0),
        ("position(order, 'K') <= 0", 1.0),
        ("r <= 0.5", -0.25),
        ("b != 4 and a % (b - 4) == 0", 1.0),
        ("b == 4 or a % (b - 4) == 1", 0.0),
    ],
)
def test_amounts(text, expected):
    space = Space(PARAMETERS, [text])
    assert constraint_values(space, POINT) == {text: pytest.approx(expected)}


def test_a_strict_inequality_is_broken_where_the_sides_are_equal():
    space = Space(PARAMETERS, ["a < 7", "not a >= 7", "a <= 7"])
    strict, negated, weak = constraint_values(space, POINT).values()
    assert strict > 0
    assert negated > 0
    assert weak <= 0


def test_points_outside_the_parameters_get_amounts_too():
    space = Space(
        PARAMETERS,
        ["tile[0] * a <= 20", "b <= 5", Predicate(lambda c: c["tile"].sum(1) < 9, ["tile"], "p")],
    )
    outside = {**POINT, "tile": [5, 5], "b": 40, "a": 10}
    assert list(constraint_values(space, outside).values()) == [30.0, 35.0, 1.0]
    with pytest.raises(SpecError, match="no value"):
        constraint_values(space, {"a": 1})


def test_a_point_is_valid_exactly_if_no_excess_is_positive():
    texts = ["a * b == 12 or k == 'y'", "a < b or tile[0] > 2", "a + b >= 5", "not a == b"]
    space = Space(PARAMETERS[:4], texts)
    free = Space(PARAMETERS[:4])
    for row in free.all_rows(10**4):
        point = free.point(row)
        is_met = all(value <= 0 for value in constraint_values(space, point).values())
        assert is_met == (space.violations(point) == ())


def test_what_has_no_value_breaks_nothing():
    odd = Predicate(lambda c: c["n"] % 2 == 1, ["n"], "odd")
    space = Space([Categorical("on", [False, True]), Conditional(Integer("n", 1, 9), "on")], [odd])
    assert constraint_values(space, {"on": False, "n": None}) == {"odd": -1.0}
    assert constraint_values(space, {"on": True, "n": 2}) == {"odd": 1.0}
