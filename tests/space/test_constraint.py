"""Known constraints as functions."""

import numpy as np
import pytest

from bohwsw.errors import SpecError
from bohwsw.space import Categorical, Factorisation, Integer, Ordinal, Permutation, Predicate, Space


def fits(columns):
    return columns["n"] * columns["tile"][:, 0] <= 12


PARAMETERS = [Integer("n", 1, 8), Factorisation("tile", 12, 2), Categorical("k", ["x", "y"])]


@pytest.mark.parametrize("table_rows", [0, 10**6])
def test_a_predicate_and_the_same_text_leave_the_same_points(table_rows):
    by_text = Space(PARAMETERS, ["n * tile[0] <= 12", "n != 3"])
    predicate = Predicate(fits, ["n", "tile"], "fits")
    space = Space(PARAMETERS, ["n != 3", predicate], table_rows=table_rows)
    expected = {by_text.key(by_text.point(row)) for row in by_text.all_rows(10**4)}
    points = space.sample(2000, np.random.default_rng(0))
    assert {space.key(point) for point in points} == expected
    for point in points[:30]:
        near = space.neighbours(point)
        assert near
        assert {space.key(p) for p in near} <= expected
    if table_rows:
        assert space.size().count == len(expected)


def test_a_failure_is_a_violation_with_name_and_values():
    space = Space(PARAMETERS, [Predicate(fits, ["n", "tile"], "fits the buffer")])
    (violation,) = space.violations({"n": 8, "tile": (3, 4), "k": "x"})
    assert violation.constraint == "fits the buffer"
    assert "n = 8" in violation.problem
    assert "tile = (3, 4)" in violation.problem
    assert space.violations({"n": 4, "tile": (3, 4), "k": "x"}) == ()


def test_columns_hold_the_values_of_each_kind():
    seen = {}

    def keep(columns):
        seen.update(columns)
        return np.ones(len(columns["n"]), dtype=bool)

    space = Space(
        [
            *PARAMETERS,
            Ordinal("half", [0.5, 1]),
            Categorical("on", [False, True]),
            Permutation("order", ["a", "b", "c"]),
        ],
        [Predicate(keep, ["n", "tile", "k", "half", "on", "order"], "all")],
    )
    point = {"n": 3, "tile": (3, 4), "k": "y", "half": 0.5, "on": True, "order": ("c", "a", "b")}
    seen.clear()
    assert space.violations(point) == ()
    for columns in (seen, space.columns(space.row(point)[None, :])):
        assert columns["n"].tolist() == [3]
        assert columns["tile"].tolist() == [[3, 4]]
        assert columns["k"].tolist() == ["y"]
        assert columns["half"].tolist() == [0.5]
        assert columns["on"].tolist() == [True]
        assert columns["order"].tolist() == [[2, 0, 1]]
        assert {name: array.dtype.kind for name, array in columns.items()} == {
            "n": "i",
            "tile": "i",
            "k": "U",
            "half": "f",
            "on": "b",
            "order": "i",
        }


@pytest.mark.parametrize(
    "make",
    [
        lambda: Predicate("n < 3", ["n"], "p"),
        lambda: Predicate(fits, "n", "p"),
        lambda: Predicate(fits, [], "p"),
        lambda: Predicate(fits, ["n", "tile"], ""),
        lambda: Space(PARAMETERS, Predicate(fits, ["n", "tile"], "p")),
        lambda: Space(PARAMETERS, [Predicate(fits, ["n", "tiles"], "p")]),
        lambda: Space(PARAMETERS, [Predicate(lambda c: c["missing"] > 1, ["n"], "p")]),
        lambda: Space(PARAMETERS, [Predicate(lambda c: c["n"], ["n"], "p")]),
        lambda: Space(PARAMETERS, [Predicate(lambda c: np.True_, ["n"], "p")]),
        lambda: Space(
            PARAMETERS, [Predicate(fits, ["n", "tile"], "p"), Predicate(fits, ["n", "tile"], "p")]
        ),
    ],
)
def test_what_is_no_predicate_is_refused(make):
    with pytest.raises(SpecError):
        make()


def test_the_nearest_parameter_is_named():
    with pytest.raises(SpecError) as error:
        Space(PARAMETERS, [Predicate(fits, ["n", "tiles"], "p")])
    assert error.value.nearest == "tile"


def test_a_predicate_that_nothing_meets_clashes_by_its_name():
    never = Predicate(lambda c: c["n"] > 8, ["n"], "never")
    with pytest.raises(SpecError, match="space is empty") as error:
        Space(PARAMETERS, ["n != 3", never])
    assert error.value.got == "never"
