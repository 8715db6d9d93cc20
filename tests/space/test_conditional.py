"""Parameters that exist only where a condition holds."""

import itertools

import numpy as np
import pytest

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

CACHE = Categorical("cache", ["none", "shared", "banked"])


def small_space(**options):
    """Two switches, one of them conditional itself, and a constraint across."""
    return Space(
        [
            CACHE,
            Conditional(Integer("banks", 1, 4), "cache == 'banked'"),
            Conditional(Categorical("flow", ["ws", "os"]), "banks > 2"),
            Integer("size", 1, 5),
        ],
        ["banks * size <= 8", "flow == 'ws' or size > 1"],
        **options,
    )


def expected_points():
    found = []
    for cache, size in itertools.product(CACHE.values, range(1, 6)):
        for banks in range(1, 5) if cache == "banked" else [None]:
            for flow in ["ws", "os"] if banks is not None and banks > 2 else [None]:
                fits = banks is None or banks * size <= 8
                if fits and (flow is None or flow == "ws" or size > 1):
                    found.append({"cache": cache, "banks": banks, "flow": flow, "size": size})
    return found


def test_exactly_the_points_that_mean_something():
    space = small_space()
    expected = {space.key(point) for point in expected_points()}
    assert space.size().count == len(expected)
    assert {space.key(space.point(row)) for row in space.all_rows(1000)} == expected
    for point in expected_points():
        assert space.violations(point) == ()
        assert space.point(space.row(point)) == point


@pytest.mark.parametrize("table_rows", [0, 10**6])
def test_samples_are_valid_and_even(table_rows):
    space = small_space(table_rows=table_rows)
    n = len(expected_points())
    counts = dict.fromkeys((space.key(point) for point in expected_points()), 0)
    for point in space.sample(100 * n, np.random.default_rng(0)):
        counts[space.key(point)] += 1
    assert min(counts.values()) > 50
    assert max(counts.values()) < 170


def test_a_value_where_there_is_none_and_none_where_there_is_one_are_violations():
    space = small_space()
    (violation,) = space.violations({"cache": "none", "banks": 2, "flow": None, "size": 1})
    assert violation.constraint == "banks only if cache == 'banked'"
    assert "must be None" in violation.problem
    (violation,) = space.violations({"cache": "banked", "banks": None, "flow": None, "size": 1})
    assert "needs a value" in violation.problem
    (violation,) = space.violations({"cache": "banked", "banks": 9, "flow": None, "size": 1})
    assert violation.constraint == "banks"


def test_a_flipped_switch_reaches_valid_points_and_moves_connect_the_space():
    space = small_space()
    everything = space.all_rows(1000)
    seen = {everything[0].tobytes()}
    frontier = [everything[0]]
    while frontier:
        row = frontier.pop()
        near = space.neighbour_rows(row)
        keys = {r.tobytes() for r in near}
        assert len(keys) == len(near)
        assert row.tobytes() not in keys
        for step in near:
            assert not space.violations(space.point(step))
            if step.tobytes() not in seen:
                seen.add(step.tobytes())
                frontier.append(step)
    assert len(seen) == len(everything)
    off = {"cache": "none", "banks": None, "flow": None, "size": 2}
    assert {p["cache"] for p in space.neighbours(off)} == {"none", "shared", "banked"}


def test_every_kind_can_be_conditional():
    space = Space(
        [
            Categorical("deep", [False, True]),
            Conditional(Real("x", 0, 1), "deep"),
            Conditional(Permutation("order", ["a", "b", "c"]), "deep"),
            Conditional(Factorisation("tile", 12, 2), "not deep"),
            Integer("n", 1, 9),
        ],
        ["x * n <= 3", "position(order, 'a') < 2", "tile[0] <= n"],
    )
    points = space.sample(300, np.random.default_rng(0))
    assert {point["deep"] for point in points} == {False, True}
    for point in points:
        assert space.violations(point) == ()
        assert space.point(space.row(point)) == point
        deep = point["deep"]
        assert (point["x"] is not None) == (point["order"] is not None) == deep
        assert (point["tile"] is None) == deep
    for point in points[:20]:
        near = space.neighbours(point)
        assert not any(space.violations(p) for p in near)
        assert {p["deep"] for p in near} == {False, True}
    rows = np.array([space.row(point) for point in points])
    columns = space.columns(rows)
    off = ~columns["deep"]
    assert np.isnan(columns["x"][off]).all()
    assert not np.isnan(columns["x"][~off]).any()
    assert (columns["order"][off] == -1).all()
    assert np.isnan(columns["tile"][~off]).all()


def test_what_has_no_value_is_encoded_as_the_middle():
    space = Space(
        [
            Categorical("on", [False, True]),
            Conditional(Integer("n", 1, 5), "on"),
            Conditional(Categorical("flow", ["a", "b", "c"]), "on"),
            Conditional(Permutation("order", ["x", "y"]), "on"),
        ]
    )
    off = space.encode([{"on": False, "n": None, "flow": None, "order": None}])[0]
    orders = (["x", "y"], ["y", "x"])
    points = [
        {"on": True, "n": n, "flow": f, "order": o}
        for n, f, o in itertools.product(range(1, 6), "abc", orders)
    ]
    np.testing.assert_allclose(off[1:], space.encode(points).mean(axis=0)[1:])


def test_predicates_do_not_apply_without_a_value():
    odd = Predicate(lambda c: c["n"] % 2 == 1, ["n"], "odd")
    space = Space([Categorical("on", [False, True]), Conditional(Integer("n", 1, 9), "on")], [odd])
    assert space.size().count == 1 + 5


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({"a": "b > 1", "b": "a > 1"}, "circle"),
        ({"a": "a > 1", "b": "n > 1"}, "circle"),
        ({"a": "c > 1", "b": "n > 1"}, "unknown name"),
        ({"a": "n + 1", "b": "n > 1"}, "must be a condition"),
        ({"a": None, "b": "n > 1"}, "must be text"),
    ],
)
def test_bad_conditions_are_refused(conditions, expected):
    parameters = [Conditional(Integer(name, 1, 3), when) for name, when in conditions.items()]
    with pytest.raises(SpecError, match=expected) as error:
        Space([*parameters, Integer("n", 1, 3)])
    assert error.value.key_path.startswith("a.when")


def test_only_plain_parameters_can_be_conditional():
    with pytest.raises(SpecError, match="not a parameter"):
        Conditional("a", "b > 1")
    with pytest.raises(SpecError):
        Conditional(Conditional(Integer("a", 1, 2), "b"), "c")


def test_a_condition_that_is_never_met_with_one_that_needs_it_clash():
    with pytest.raises(SpecError, match="space is empty") as error:
        Space(
            [Integer("n", 1, 3), Conditional(Integer("k", 1, 3), "n > 1")], ["n + k > 9", "n >= 2"]
        )
    assert set(error.value.got.split("; ")) == {"n + k > 9", "n >= 2", "k only if n > 1"}
