"""Choices among text, truth values, numbers and all of these."""

from __future__ import annotations

import numpy as np
import pytest

from bohwsw.errors import SpecError
from bohwsw.space import Categorical, Conditional, Integer, Predicate, Space

MIXED = Categorical("m", [1, "auto", 2.5])


def points_of(*constraints: object) -> list[tuple[object, ...]]:
    parameters = [
        MIXED,
        Categorical("t", ["auto", "x"]),
        Integer("i", 1, 2),
        Conditional(Categorical("c", [7, "auto"]), "m == 'auto'"),
    ]
    space = Space(parameters, constraints)  # type: ignore[arg-type]
    rows = space.all_rows(1000)
    assert rows is not None
    points = [space.point(row) for row in rows]
    assert all(not space.violations(point) for point in points)
    return [tuple(point.values()) for point in points]


def everything() -> list[tuple[object, ...]]:
    return [
        (m, t, i, c)
        for m in (1, "auto", 2.5)
        for t in ("auto", "x")
        for i in (1, 2)
        for c in ((7, "auto") if m == "auto" else (None,))
    ]


@pytest.mark.parametrize(
    ("constraint", "holds"),
    [
        ("m == 1", lambda m, t, i, c: m == 1),
        ("m != 2.5 and i == 1", lambda m, t, i, c: m != 2.5 and i == 1),
        ("not m == 'auto' or i == 2", lambda m, t, i, c: m != "auto" or i == 2),
        ("m == t", lambda m, t, i, c: m == t),
        ("m != t or i == 1", lambda m, t, i, c: m != t or i == 1),
        ("c != 7", lambda m, t, i, c: c is None or c != 7),
        ("m == c", lambda m, t, i, c: c is None or m == c),
    ],
)
def test_mixed_values_are_equal_or_not(constraint, holds) -> None:
    assert set(points_of(constraint)) == {p for p in everything() if holds(*p)}


@pytest.mark.parametrize(
    "constraint", ["m", "m <= 2", "m + 1 == 2", "m == 3", "m == 'aut'", "m == i", "1 == m == c"]
)
def test_nothing_else_is_asked_of_them(constraint: str) -> None:
    with pytest.raises(SpecError):
        points_of(constraint)


def test_predicates_see_mixed_values_as_they_are() -> None:
    rule = Predicate(lambda columns: columns["m"] == 1, ["m"], "m is 1")
    assert {point[0] for point in points_of(rule)} == {1}


def test_numbers_without_an_order_can_be_calculated_with() -> None:
    space = Space([Categorical("n", [8, 2.5, 4]), Integer("i", 0, 9)], ["n + i <= 4"])
    rows = space.all_rows(100)
    assert rows is not None
    points = {tuple(space.point(row).values()) for row in rows}
    assert points == {(2.5, 0), (2.5, 1), (4, 0)}
    assert len(set(space.encoding_groups)) == 2
    assert space.width == 3 + 1  # one column a value, as of text


@pytest.mark.parametrize("value", [True, "1", 1.1, None, [1], np.array([1, 2]), 10**400])
def test_what_is_none_of_the_values(value: object) -> None:
    with pytest.raises(SpecError, match="not a value"):
        MIXED.code(value)
    assert MIXED.code(np.float32(1)) == 0
    assert MIXED.code(2.5 + 1e-9) == 2
    assert Categorical("b", [False, True]).code(np.True_) == 1
