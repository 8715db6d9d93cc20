"""What the whitelist lets through, and what it refuses with a message."""

import numpy as np
import pytest

from bohwsw.errors import SpecError
from bohwsw.space import parse


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        ("a + b * 2 - 1", {"a": 3, "b": 4}, 10),
        ("-a // 2 % 5", {"a": 7}, (-7 // 2) % 5),
        ("a / b", {"a": 7, "b": 2}, 3.5),
        ("min(a, b) + max(a, b, 9) + sum(a, b) + abs(-a)", {"a": 3, "b": 4}, 3 + 9 + 7 + 3),
        ("ceil(a / 2) + floor(a / 2) + log2(8)", {"a": 5}, 3 + 2 + 3),
        ("1 < a <= b < 9", {"a": 3, "b": 3}, True),
        ("not a == 3 or b >= 2 and a != b", {"a": 3, "b": 3}, False),
        ("kind == 'ws' and a > 1", {"kind": "ws", "a": 2}, True),
        ("b == 0 or a % b == 0", {"a": 3, "b": 0}, True),
        ("a * b * c", {"a": 10**12, "b": 10**12, "c": 1}, 10**24),
        ("+a == 2", {"a": 2}, True),
    ],
)
def test_value_at_one_point(text, values, expected):
    assert parse(text).evaluate(values) == expected


def test_names_come_in_the_order_of_their_mention():
    assert parse("b * a <= c + a").names == ("b", "a", "c")


def test_a_condition_is_told_from_a_number():
    assert parse("a <= b").is_condition
    assert parse("not (a or b)").is_condition
    assert not parse("a + b").is_condition


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')",
        "a.real == 1",
        "a[0] == 1",
        "(lambda: 1)() == 1",
        "[a for a in b]",
        "a ** b == 4",
        "2 ** 99999999 == a",
        "a if b else c",
        "f'{a}' == 'x'",
        "a := 3",
        "a in (1, 2)",
        "a is b",
        "a @ b",
        "a << 3",
        "~a == 1",
        "sum(*a) == 1",
        "max(a, key=b)",
        "min() == 1",
        "log2(a, b) == 1",
        "1j == a",
        "None == a",
        "a == 10e999",
        "a == 99999999999999999999999",
        "b'x' == a",
        "'ws' + 'x' == a",
        "'ws' < a",
        "{a: b}",
        "a b",
        "a ==",
        "",
        "   ",
        "a" + " + a" * 3000,
        "(" * 300 + "a" + ")" * 300,
        "-" * 900 + "a",
        "a\x00b",
        "import os",
    ],
)
def test_everything_else_is_refused(text):
    with pytest.raises(SpecError):
        parse(text)


@pytest.mark.parametrize("text", [None, 3, True, ["a == 1"], b"a == 1"])
def test_only_text_is_an_expression(text):
    with pytest.raises(SpecError, match="must be text"):
        parse(text)


def test_unknown_name_and_function_get_the_nearest_valid_one():
    with pytest.raises(SpecError) as error:
        parse("mesh_x * mesh_z == 168", ["mesh_x", "mesh_y"])
    assert error.value.got == "mesh_z"
    assert error.value.nearest in ("mesh_x", "mesh_y")
    with pytest.raises(SpecError) as error:
        parse("maxx(a, b) == 2")
    assert error.value.nearest == "max"
    with pytest.raises(SpecError) as error:
        parse("width + height").evaluate({"width": 1, "hight": 2})
    assert error.value.nearest == "hight"


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("a / b", {"a": 1, "b": 0}),
        ("a // b", {"a": 1, "b": 0}),
        ("a % b == 0", {"a": 1, "b": 0}),
        ("log2(a)", {"a": 0}),
        ("a * a", {"a": 1e200}),
        ("a + 1", {"a": "text"}),
    ],
)
def test_no_value_is_an_error_that_shows_the_point(text, values):
    with pytest.raises(SpecError, match="has no value") as error:
        parse(text).evaluate(values)
    assert "a = " in str(error.value.got)
    arrays = {name: np.array([2 if name != "a" else v, v]) for name, v in values.items()}
    with pytest.raises(SpecError, match="has no value"):
        parse(text).evaluate(arrays)


def test_a_numpy_scalar_is_a_scalar():
    assert parse("a * 2").evaluate({"a": np.int64(4)}) == 8
    assert parse("a == 'x'").evaluate({"a": np.str_("x")}) is True
    with pytest.raises(SpecError):
        parse("a * 2").evaluate({"a": [1, 2]})
