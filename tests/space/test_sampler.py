"""Random rows: valid, even over the valid ones, without a loop that can spin."""

import numpy as np
import pytest

from bohwsw.errors import SpecError
from bohwsw.space import Integer, Ordinal, Space
from bohwsw.space.binding import bind
from bohwsw.space.component import component
from bohwsw.space.sampler import Sampler


def sampler(parameters, texts, table_rows):
    constraints = [bind(text, parameters) for text in texts]
    return Sampler(component(parameters, constraints).propagated(), table_rows)


SHARES = [Integer(name, 1, 38) for name in ("a", "b", "c")]


@pytest.mark.parametrize("table_rows", [0, 10**6])
def test_rows_are_valid(table_rows):
    source = sampler(SHARES, ["a + b + c <= 40"], table_rows)
    rows = source.sample(500, np.random.default_rng(0))
    assert rows.shape == (500, 3)
    assert source.component.valid(rows).all()


def test_rows_are_even_over_the_valid_ones_with_and_without_a_table():
    listed = sampler(SHARES, ["a + b + c <= 40"], 10**6)
    drawn = sampler(SHARES, ["a + b + c <= 40"], 0)
    everything = listed.table
    exact = everything.mean(axis=0)
    assert exact == pytest.approx([exact[0]] * 3)
    error = 4 * everything.std(axis=0) / np.sqrt(3000)
    rng = np.random.default_rng(1)
    assert (abs(listed.sample(3000, rng).mean(axis=0) - exact) < error).all()
    # The plain sequential draw misses by 20 %: the first share takes too much on average.
    assert (abs(drawn.sample(3000, rng).mean(axis=0) - exact) < 2 * error).all()


def test_the_estimate_is_near_the_count():
    source = sampler(SHARES, ["a + b + c <= 40"], 10**6)
    assert source.estimate() == pytest.approx(len(source.table), rel=0.2)


def test_dead_ends_do_not_spin():
    divisors = [d for d in range(1, 169) if 168 % d == 0]
    parameters = [Ordinal("a", divisors), Ordinal("b", divisors), Ordinal("c", divisors)]
    source = sampler(parameters, ["a * b + c == 180"], 0)
    rows = source.sample(200, np.random.default_rng(0))
    assert source.component.valid(rows).all()


def test_a_needle_is_found_by_search_where_draws_always_fail():
    parameters = [Integer(name, 0, 99) for name in "abcde"]
    texts = ["a * 7 % 100 == b", "b * 13 % 100 == c", "c * 3 % 100 == d", "d * 9 % 100 == e"]
    texts.append("a + b + c + d + e == 193")
    constraints = [bind(text, parameters) for text in texts]
    source = Sampler(component(parameters, constraints).propagated(), 0)
    rows = source.sample(5, np.random.default_rng(0))
    assert source.component.valid(rows).all()


def test_no_point_within_the_budget_is_an_error_not_a_spin():
    # Never met (the two sides differ by 3), which interval arithmetic cannot see.
    parameters = [Integer(name, 2, 5_000) for name in "abc"]
    constraints = [bind("a * b + c * a == 3 + a * (b + c)", parameters)]
    source = Sampler(component(parameters, constraints), 0)
    with pytest.raises(SpecError, match="no valid point was found"):
        source.sample(3, np.random.default_rng(0))


def test_wide_domains_are_sampled_over_their_whole_width():
    space = Space([Integer("a", 1, 90_000), Integer("b", 1, 90_000)], ["a + b <= 100000"])
    rows = space.sample(300, np.random.default_rng(0))
    assert all(point["a"] + point["b"] <= 100_000 for point in rows)
    assert min(point["a"] for point in rows) < 6_000
    assert max(point["a"] for point in rows) > 60_000
