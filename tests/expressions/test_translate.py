"""Expressions on parameters whose values are tuples."""

import numpy as np
import pytest

from bohwsw.errors import SpecError
from bohwsw.space import Factorisation, Integer, Permutation, parse
from bohwsw.space.binding import bind

PARAMETERS = [
    Factorisation("tile", 12, 3),
    Permutation("order", ["K", "C", "P"]),
    Permutation("jobs", [1, 2, 3]),
    Integer("n", 0, 9),
]
POINT = {"tile": (2, 6, 1), "order": ("P", "K", "C"), "jobs": (3, 1, 2), "n": 4}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tile[0] * n == 8", True),
        ("sum(tile) == 9", True),
        ("min(tile) == 1 and max(tile) == 6", True),
        ("prod(tile) == 12", True),
        ("max(tile[0], n) == 4", True),
        ("order[0] == 'P'", True),
        ("order[1] != 'K'", False),
        ("position(order, 'C') == 2", True),
        ("position(order, 'K') < position(order, 'P')", False),
        ("jobs[0] == 3 and position(jobs, 3) == 0", True),
        ("jobs[0] + jobs[1] == n", True),
        ("order[0] == order[1]", False),
    ],
)
def test_one_point_and_many_points(text, expected):
    constraint = bind(text, PARAMETERS)
    assert (constraint.violation(POINT) is None) == expected
    many = {name: np.array([POINT[name]] * 2) for name in constraint.names}
    assert constraint.expression.evaluate(many).tolist() == [expected] * 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tile[3] > 1", "tile[0] to tile[2]"),
        ("tile[-1] > 1", "tile[0] to tile[2]"),
        ("tile[n] > 1", "tile[0] to tile[2]"),
        ("tile[0:2] > 1", "tile[0] to tile[2]"),
        ("tile[True] > 1", "tile[0] to tile[2]"),
        ("tile > 1", "sum(tile)"),
        ("sum(tile, n) > 1", "sum(tile)"),
        ("order == 'K'", "position(order, 'K')"),
        ("max(order) > 1", "position(order, 'K')"),
        ("n[0] > 1", "one of tile, order, jobs"),
        ("prod(n) > 1", "prod(tile)"),
        ("position(order, 'Q') > 1", "'K', 'C', 'P'"),
        ("position(order) > 1", "position(order, 'K')"),
        ("position(tile, 2) > 1", "position(order, 'K')"),
        ("position(order, n) > 1", "'K', 'C', 'P'"),
        ("position(jobs, True) > 1", "one of 1, 2, 3"),
        ("order[0] == 'Q'", "one of K, C, P"),
    ],
)
def test_slips_are_told_what_would_do(text, expected):
    with pytest.raises(SpecError) as error:
        bind(text, PARAMETERS)
    assert expected in error.value.expected


@pytest.mark.parametrize(
    "text", ["order[0] < 'K'", "order[0] == 1", "order[0] + 1 == 2", "tile[0]"]
)
def test_kinds_are_checked_for_entries_too(text):
    if text == "tile[0]":
        assert bind(text, PARAMETERS).violation(POINT) is None
        return
    with pytest.raises(SpecError):
        bind(text, PARAMETERS)


def test_the_nearest_name_is_given():
    with pytest.raises(SpecError) as error:
        bind("tiel[0] > 1", PARAMETERS)
    assert error.value.nearest == "tile"
    with pytest.raises(SpecError) as error:
        bind("position(ordre, 'K') > 1", PARAMETERS)
    assert error.value.nearest == "order"
    with pytest.raises(SpecError) as error:
        bind("position(order, 'k') > 1", PARAMETERS)
    assert error.value.nearest == "K"


def test_without_tuples_their_functions_are_unknown():
    for text in ("prod(a) == 1", "position(a, 'K') == 1"):
        with pytest.raises(SpecError, match="unknown function"):
            parse(text)
