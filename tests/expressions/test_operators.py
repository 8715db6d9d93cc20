"""One row is an operator: from outside the package too, with bounds, arrays, checks and errors."""

from __future__ import annotations

import ast
import math

import numpy as np
import pytest

from bohwsw.errors import SpecError
from bohwsw.expressions import OPERATORS, Operator, increasing, register_operator
from bohwsw.expressions.intervals import truth
from bohwsw.expressions.operators import BY_SYNTAX
from bohwsw.space import Integer, Space, parse


def _least(a, b, c):
    return np.minimum(np.minimum(a, b), c)


MIN3 = Operator("min3", lambda *x: min(x), _least, increasing(_least), (3, 3), whole="kept")
LOG = Operator("ln", math.log, np.log)  # no bounds, as a hurried user writes it


@pytest.fixture
def registered():
    for row in (MIN3, LOG):
        register_operator(row)
    yield
    for row in (MIN3, LOG):
        del OPERATORS[row.name]


def test_it_is_unknown_before():
    with pytest.raises(SpecError, match="unknown function") as error:
        parse("min3(a, b, c)")
    assert error.value.nearest == "min"


@pytest.mark.usefixtures("registered")
def test_evaluation_of_points_and_arrays():
    expression = parse("2 * min3(a, b, 7)")
    assert expression.evaluate({"a": 5, "b": 6}) == 10
    assert type(expression.evaluate({"a": 5, "b": 6})) is int
    many = expression.evaluate({"a": np.arange(4)[:, None], "b": np.array([1, 9])})
    assert many.tolist() == [[0, 0], [2, 2], [2, 4], [2, 6]]
    with pytest.raises(SpecError, match="no value"):
        parse("ln(a)").evaluate({"a": np.array([1.0, 0.0])})
    with pytest.raises(SpecError, match="no value"):
        parse("ln(a)").evaluate({"a": -1})


@pytest.mark.usefixtures("registered")
@pytest.mark.parametrize("table_rows", [0, 10**6])
def test_a_known_constraint_prunes_by_its_bounds(table_rows):
    space = Space(
        [Integer(name, 1, 400) for name in "abc"],
        ["min3(a, b, c) >= 397", "a * b * min3(a, b, c) % 2 == 0"],
        table_rows=table_rows,
    )
    (component,) = space._components
    assert [codes.tolist() for codes in component.allowed] == [[396, 397, 398, 399]] * 3
    points = space.sample(40, np.random.default_rng(0))
    assert not any(space.violations(point) for point in points)
    assert space.violations({"a": 1, "b": 2, "c": 3})
    near = space.neighbours(points[0])
    assert near
    assert not any(space.violations(point) for point in near)


@pytest.mark.usefixtures("registered")
def test_without_bounds_nothing_valid_is_lost():
    space = Space([Integer(name, 1, 40) for name in "ab"], ["ln(a) + ln(b) <= 3"])
    expected = [(a, b) for a in range(1, 41) for b in range(1, 41) if a * b <= np.exp(3)]
    assert space.size().count == len(expected)
    tree = parse("ln(a) <= 1").tree
    certain, could = truth(tree, {"a": (np.asarray(5.0), np.asarray(9.0))})
    assert (bool(certain), bool(could)) == (False, True)


@pytest.mark.usefixtures("registered")
def test_its_arguments_are_counted_and_its_name_is_reserved():
    with pytest.raises(SpecError, match="wrong number of arguments of min3") as error:
        parse("min3(a, b) <= 2")
    assert (error.value.got, error.value.expected) == (2, "3")
    with pytest.raises(SpecError, match="not a name"):
        Integer("min3", 1, 2)
    with pytest.raises(SpecError) as error:
        parse("mim3(a, b, c)")
    assert error.value.nearest == "min3"
    with pytest.raises(SpecError, match=r"the functions .*min3"):
        parse("[a]")


def test_a_sign_can_be_added_too():
    power = Operator("**", pow, np.power, None, (2, 2), ast.Pow, whole="kept")
    with pytest.raises(SpecError, match="not allowed"):
        parse("a ** 2 <= 9")
    register_operator(power)
    try:
        assert parse("a ** 2 + 1").evaluate({"a": 3}) == 10
        space = Space([Integer("a", 1, 9), Integer("b", 1, 9)], ["a ** 2 + b ** 2 == 25"])
        assert space.size().count == 2
    finally:
        del OPERATORS["**"], BY_SYNTAX[ast.Pow]


@pytest.mark.parametrize(
    "row",
    [
        Operator("min", min, np.minimum),
        Operator("a b", min, np.minimum),
        Operator("plus", pow, np.add, None, (2, 2), ast.Add),
        Operator("f", min, np.minimum, arguments=(2, 1)),
        Operator("f", min, np.minimum, arguments=(0, 1)),
    ],
)
def test_rows_that_cannot_be_added(row):
    with pytest.raises(SpecError):
        register_operator(row)


@pytest.mark.parametrize("name", [name for name, row in OPERATORS.items() if row.bounds])
def test_the_bounds_of_each_row_hold_its_values(name):
    row = OPERATORS[name]
    rng = np.random.default_rng(0)
    n = row.arguments[1] if row.arguments and row.arguments[1] < 3 else 3
    low = rng.integers(-4, 5, size=(n, 300)).astype(float)
    high = low + rng.integers(0, 4, size=(n, 300))
    if name == "position":
        low, high = (low > 3).astype(float), (high > 0).astype(float)
    with np.errstate(all="ignore"):
        least, most = row.bounds(*zip(low, high, strict=True))
        for _ in range(20):
            values = np.round(low + rng.random(low.shape) * (high - low))
            found = row.arrays(*values)
            good = np.isfinite(found)
            if name == "position":
                good &= values.sum(axis=0) == 1
            if found.dtype == bool:
                assert ((least <= found) & (found <= most)).all()
            else:
                assert (np.nan_to_num(least, nan=-np.inf) <= found)[good].all()
                assert (found <= np.nan_to_num(most, nan=np.inf))[good].all()
