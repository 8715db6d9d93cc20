"""Ordered factorisations: complete, coded both ways, moved by primes."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bohwsw.errors import SpecError
from bohwsw.space import Factorisation, Integer, Space


@settings(max_examples=40, deadline=None)
@given(product=st.integers(1, 60), slots=st.integers(1, 4))
def test_all_ordered_factorisations_are_listed_once(product, slots):
    divisors = [d for d in range(1, product + 1) if product % d == 0]
    expected = [t for t in itertools.product(divisors, repeat=slots) if math.prod(t) == product]
    parameter = Factorisation("tile", product, slots)
    assert list(parameter.values) == expected
    assert parameter.n_values == len(expected)
    assert [parameter.code(list(value)) for value in expected] == list(range(len(expected)))


@pytest.mark.parametrize(
    "make",
    [
        lambda: Factorisation("tile", 0, 2),
        lambda: Factorisation("tile", 12, 0),
        lambda: Factorisation("tile", 12.0, 2),
        lambda: Factorisation("tile", True, 2),
        lambda: Factorisation("tile", 2**41, 2),
        lambda: Factorisation("tile[0]", 12, 2),
        lambda: Factorisation("tile", 12, 2, encoding_kind="log2"),
    ],
)
def test_bad_definitions_are_refused(make):
    with pytest.raises(SpecError):
        make()


def test_too_many_values_are_refused_with_their_number():
    with pytest.raises(SpecError, match="too many") as error:
        Factorisation("tile", 2**20 * 3**6, 8)
    assert str(math.comb(27, 7) * math.comb(13, 7)) in error.value.got


@pytest.mark.parametrize("value", [(3, 3), (12,), 12, "12", None, (1.5, 8), (True, 12), (-3, -4)])
def test_what_is_no_factorisation_is_refused_by_name(value):
    with pytest.raises(SpecError) as error:
        Factorisation("tile", 12, 2).code(value)
    assert error.value.key_path == "tile"
    assert "product is 12" in error.value.expected


@pytest.mark.parametrize("value", [(4, 3, 1), (1, 1, 12), (2, 2, 3)])
def test_a_move_shares_out_the_product_of_two_slots(value):
    parameter = Factorisation("tile", 12, 3)
    moves = parameter.moves(parameter.code(value))
    two_changed = [
        code
        for code, other in enumerate(parameter.values)
        if sum(a != b for a, b in zip(value, other, strict=True)) == 2
    ]
    assert moves.tolist() == two_changed
    assert len(moves)


def test_one_move_exchanges_different_primes():
    parameter = Factorisation("tile", 112, 2)
    assert parameter.code((14, 8)) in parameter.moves(parameter.code((8, 14)))
    assert parameter.code((7, 16)) in parameter.moves(parameter.code((8, 14)))


def test_shares_of_the_logarithm_are_encoded_one_group_a_slot():
    space = Space([Factorisation("tile", 64, 3), Integer("n", 0, 4)])
    (x,) = space.encode([{"tile": (8, 4, 2), "n": 4}])
    assert x == pytest.approx([3 / 6, 2 / 6, 1 / 6, 1.0])
    assert space.encoding_groups.tolist() == [0, 1, 2, 3]
    assert Space([Factorisation("tile", 1, 2)]).encode([{"tile": [1, 1]}]).tolist() == [[0.0, 0.0]]


def test_prime_exponents_are_encoded_one_group_a_slot():
    space = Space([Factorisation("tile", 72, 2, encoding_kind="primes")])
    (x,) = space.encode([{"tile": (12, 6)}])
    assert x * np.sqrt(2) == pytest.approx([2 / 3, 1 / 2, 1 / 3, 1 / 2])
    assert space.encoding_groups.tolist() == [0, 0, 1, 1]
    ends = space.encode([{"tile": (72, 1)}, {"tile": (1, 72)}])
    assert np.linalg.norm(ends[0, :2] - ends[1, :2]) == pytest.approx(1.0)


def test_lists_do_for_tuples_and_points_hold_tuples_of_integers():
    space = Space([Factorisation("tile", 12, 2)], ["tile[0] <= 4"])
    assert space.point(space.row({"tile": [3, 4]})) == {"tile": (3, 4)}
    assert space.point(space.row({"tile": np.array([3, 4])})) == {"tile": (3, 4)}
    assert space.violations({"tile": [3, 4]}) == ()
    assert space.key({"tile": [3.0, 4]}) == ((3, 4),)
    (violation,) = space.violations({"tile": [6, 2]})
    assert "6 <= 4" in violation.problem
    (violation,) = space.violations({"tile": [6, 3]})
    assert violation.constraint == "tile"


def test_bounds_are_those_of_real_factorisations():
    # The least sum of four factors of 56 is 2 + 2 + 2 + 7, not 4 x 1.
    with pytest.raises(SpecError, match="space is empty"):
        Space([Factorisation("tile", 56, 4), Integer("n", 1, 10**4)], ["sum(tile) + n <= 13"])
    assert Space([Factorisation("tile", 56, 4), Integer("n", 1, 3)], ["sum(tile) + n <= 14"])


def test_a_large_one_is_listed_without_its_tuples() -> None:
    parameter = Factorisation("tile", 3072, 9)
    assert parameter.n_values == len(parameter.factors) == 393_822
    rng = np.random.default_rng(0)
    for code in rng.integers(parameter.n_values, size=20):
        value = parameter.value(np.array([code]))
        assert math.prod(value) == 3072
        assert parameter.code(value) == code
