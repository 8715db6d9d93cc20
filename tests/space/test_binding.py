"""Constraints bound to parameters: kinds are checked, violations say the numbers."""

import numpy as np
import pytest

from bohwsw.errors import SpecError
from bohwsw.space import Categorical, Integer, Space
from bohwsw.space.binding import bind

PARAMETERS = (
    Integer("a", 0, 9),
    Integer("b", 0, 9),
    Categorical("flow", ["ws", "os"]),
    Categorical("cached", [False, True]),
)


@pytest.mark.parametrize(
    "text",
    [
        "a + b",
        "1 < 2",
        "a * c <= 3",
        "flow",
        "'ws'",
        "flow < 'ws'",
        "flow == 3",
        "flow + a == 3",
        "flow and a > 1",
        "min(flow, 'x') == 'x'",
        "a == 'ws'",
        "flow == 'sw'",
        3,
    ],
)
def test_what_is_not_a_condition_on_these_parameters_is_refused(text):
    with pytest.raises(SpecError):
        bind(text, PARAMETERS)


def test_a_slip_in_a_text_value_gets_the_nearest_one():
    with pytest.raises(SpecError) as error:
        bind("flow == 'wss'", PARAMETERS)
    assert error.value.nearest == "ws"


def test_a_boolean_parameter_is_a_condition():
    constraint = bind("cached", PARAMETERS)
    assert constraint.expression.evaluate({"cached": np.array([0.0, 1.0])}).tolist() == [
        False,
        True,
    ]
    assert bind("not cached or a > 3", PARAMETERS).names == ("cached", "a")


def test_violation_shows_both_sides_and_the_values():
    constraint = bind("a + b <= 7", PARAMETERS)
    assert constraint.violation({"a": 3, "b": 4}) is None
    violation = constraint.violation({"a": 8, "b": 4})
    assert violation.constraint == "a + b <= 7"
    assert "12 <= 7" in violation.problem
    assert "a = 8" in str(violation)


def test_an_undefined_constraint_is_a_violation_of_a_single_point():
    assert "no value" in bind("a / b > 1", PARAMETERS).violation({"a": 1, "b": 0}).problem


WIDE = tuple(Integer(name, 1, 100_000) for name in "abcd")


@pytest.mark.parametrize(
    "text",
    ["a * b * c * d % 7 == 0", "7 // (a * b * c * d) > 0", "a * b * c * d == b * c * d * d + 1"],
)
def test_products_that_floats_round_are_refused_where_that_matters(text):
    with pytest.raises(SpecError, match="64-bit floats") as error:
        bind(text, WIDE)
    assert str(2**53) in error.value.expected
    assert "1e+20" in error.value.got


@pytest.mark.parametrize(
    "text",
    [
        "a * b * c * d == 30030",
        "a * b * c % 7 == 0",
        "a * b == c * d",
        "a * b * c * d <= b * c * d * d",
        "a / (b - 1) % 2 == 0 or b == 1",
    ],
)
def test_other_products_may_be_as_large_as_they_like(text):
    assert bind(text, WIDE).text == text


def test_a_number_may_count_text_that_is_equal():
    flow = Categorical("flow", ["weights", "outputs"])
    space = Space([Integer("n", 1, 9), flow], ["n + 2 * (flow == 'weights') == n * 2"])
    assert space.size().count == 1
    assert space.sample(1, np.random.default_rng(0)) == [{"n": 2, "flow": "weights"}]
