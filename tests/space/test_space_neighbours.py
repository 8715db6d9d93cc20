"""Moves: valid, few parameters at a time, jointly only where that is forced."""

import numpy as np

from bohwsw.space import Categorical, Integer, Ordinal, Space

DIVISORS = [d for d in range(1, 169) if 168 % d == 0]


def changed(space, point):
    return [
        (tuple(n for n in space.names if near[n] != point[n]), near)
        for near in space.neighbours(point)
    ]


def test_a_product_moves_two_at_a_time():
    space = Space([Ordinal("x", DIVISORS), Ordinal("y", DIVISORS)], ["x * y == 168"])
    moves = changed(space, {"x": 14, "y": 12})
    assert {names for names, _ in moves} == {("x", "y")}
    assert {near["x"] for _, near in moves} == set(DIVISORS) - {14}


def test_a_three_way_product_moves_three_only_where_two_cannot():
    space = Space([Integer("n", 1, 8), Integer("x", 1, 8), Integer("y", 1, 8)], ["x * y == n"])
    moves = changed(space, {"n": 6, "x": 2, "y": 3})
    for names, near in moves:
        assert not space.violations(near)
        if len(names) == 3:
            # Reached by one change of x or y, n following, it would be two moves, not one.
            assert near["x"] * 3 != near["n"]
            assert near["y"] * 2 != near["n"]
            assert near["x"] * near["y"] != 6
    assert ("x", "y") in {names for names, _ in moves}
    assert ("n", "x") in {names for names, _ in moves}
    assert ("n", "x", "y") in {names for names, _ in moves}


def test_a_full_sum_trades_and_one_with_slack_does_not():
    space = Space([Integer("a", 1, 60), Integer("b", 1, 60)], ["a + b <= 64"])
    full = changed(space, {"a": 30, "b": 34})
    assert (31, 33) in {(near["a"], near["b"]) for _, near in full}
    assert {names for names, _ in full} == {("a",), ("b",), ("a", "b")}
    slack = changed(space, {"a": 2, "b": 2})
    assert (3, 3) not in {(near["a"], near["b"]) for _, near in slack}


def test_no_repetition_not_itself_all_valid_on_a_large_component():
    names = [f"p{k}" for k in range(12)]
    space = Space([Integer(n, 0, 40) for n in names], [" + ".join(names) + " == 100"])
    (point,) = space.sample(1, np.random.default_rng(0))
    near = space.neighbours(point)
    keys = [space.key(p) for p in near]
    assert len(keys) == len(set(keys)) > 100
    assert space.key(point) not in keys
    assert not any(space.violations(p) for p in near)


def test_unordered_values_are_all_one_move_away_and_wide_domains_go_by_steps():
    space = Space([Categorical("k", ["a", "b", "c"]), Integer("n", 1, 1000)])
    near = space.neighbours({"k": "a", "n": 500})
    assert {p["k"] for p in near if p["n"] == 500} == {"b", "c"}
    reached = {p["n"] for p in near if p["k"] == "a"}
    assert {499, 501, 498, 502, 244, 756} <= reached
    assert len(reached) < 25


def test_moves_connect_the_space():
    space = Space(
        [Ordinal("x", DIVISORS), Ordinal("y", DIVISORS), Integer("g", 1, 4), Integer("h", 1, 4)],
        ["x * y == 168", "x % g == 0", "y % h == 0", "g * h <= 6"],
    )
    everything = space.all_rows(10_000)
    seen = {everything[0].tobytes()}
    frontier = [everything[0]]
    while frontier:
        for near in space.neighbour_rows(frontier.pop()):
            if near.tobytes() not in seen:
                seen.add(near.tobytes())
                frontier.append(near)
    assert len(seen) == len(everything)
