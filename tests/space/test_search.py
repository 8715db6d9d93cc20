"""Complete search against plain enumeration, with limits, and propagation before it."""

import itertools

import numpy as np
import pytest

from bohwsw.space import Categorical, Integer, Ordinal
from bohwsw.space.binding import bind
from bohwsw.space.component import component, split
from bohwsw.space.search import column_order, search

CASES = [
    ([Integer("a", 1, 30), Integer("b", 1, 30)], ["a * b == 24"]),
    ([Integer("a", 0, 6), Integer("b", 0, 6), Integer("c", 0, 6)], ["a + b + c == 7", "a < b"]),
    (
        [Ordinal("a", [1, 2, 3, 4, 6, 12]), Ordinal("b", [1, 2, 3, 4, 6, 12]), Integer("c", 1, 12)],
        ["a * b == 12", "a % c == 0", "c != 2"],
    ),
    (
        [Categorical("k", ["x", "y", "z"]), Integer("a", 0, 4), Categorical("f", [False, True])],
        ["k == 'x' or a > 2", "f or k != 'z'", "not (f and a == 3)"],
    ),
    ([Integer("a", 0, 5), Integer("b", 0, 5)], ["a == 0 or b % a == 1"]),
    ([Integer("a", 1, 4), Integer("b", 1, 4)], ["a / b > 10"]),
]


def brute_force(parameters, constraints):
    names = [p.name for p in parameters]
    found = set()
    for codes in itertools.product(*(range(len(p.values)) for p in parameters)):
        point = {p.name: p.values[c] for p, c in zip(parameters, codes, strict=True)}
        if all(c.violation({n: point[n] for n in names}) is None for c in constraints):
            found.add(codes)
    return found


@pytest.mark.parametrize(("parameters", "texts"), CASES)
@pytest.mark.parametrize("block_cells", [1, 7, 300_000])
def test_finds_exactly_the_valid_rows(parameters, texts, block_cells):
    constraints = [bind(text, parameters) for text in texts]
    expected = brute_force(parameters, constraints)
    for part in (
        component(parameters, constraints),
        component(parameters, constraints).propagated(),
    ):
        found = search(part, max_rows=10**6, max_cells=10**7, block_cells=block_cells)
        assert found.complete
        assert len(found.rows) == len(expected)
        assert {tuple(row) for row in found.rows.tolist()} == expected


@pytest.mark.parametrize(("parameters", "texts"), CASES)
def test_propagation_keeps_every_value_that_occurs(parameters, texts):
    constraints = [bind(text, parameters) for text in texts]
    expected = brute_force(parameters, constraints)
    allowed = component(parameters, constraints).propagated().allowed
    for column, codes in enumerate(allowed):
        assert {row[column] for row in expected} <= set(codes.tolist())


def test_propagation_finds_the_divisors():
    parameters = [Integer("a", 1, 168), Integer("b", 1, 168)]
    part = component(parameters, [bind("a * b == 168", parameters)]).propagated()
    assert part.parameters[0].numeric[part.allowed[0]].tolist() == [
        d for d in range(1, 169) if 168 % d == 0
    ]


def test_limits_are_reported():
    parameters = [Integer("a", 0, 9), Integer("b", 0, 9)]
    part = component(parameters, [bind("a != b", parameters)])
    assert search(part, max_rows=90, max_cells=10**6).complete
    some = search(part, max_rows=7, max_cells=10**6)
    assert not some.complete
    assert len(some.rows) == 7
    assert not search(part, max_rows=90, max_cells=20).complete


def test_a_random_order_finds_other_rows_first():
    parameters = [Integer("a", 0, 9), Integer("b", 0, 9)]
    part = component(parameters, [bind("a != b", parameters)])
    first = {
        tuple(search(part, max_rows=1, max_cells=10**6, rng=np.random.default_rng(seed)).rows[0])
        for seed in range(6)
    }
    assert len(first) > 3


def test_order_puts_the_parameter_last_that_nothing_waits_for():
    parameters = [Integer("free", 0, 3), Integer("a", 0, 9), Integer("b", 0, 9)]
    part = component(parameters, [bind("a + b == 4", parameters), bind("free + a > 0", parameters)])
    assert column_order(part).index(0) in (0, 2)


def test_components_are_the_connected_ones():
    parameters = [Integer(name, 0, 3) for name in "abcdef"]
    constraints = [bind(text, parameters) for text in ("a < c", "c != e", "b + d > 1")]
    parts = split(parameters, constraints)
    groups = [tuple(p.name for p in part.parameters) for part in parts]
    assert groups == [("a", "c", "e"), ("b", "d"), ("f",)]
