"""Prime factors and divisors against their definitions."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from bohwsw.divisors import LargestProduct, divisors, prime_factors


@pytest.mark.parametrize("number", [1, 2, 12, 97, 360, 1024, 2**31 - 1])
def test_primes_and_divisors(number: int) -> None:
    powers = prime_factors(number)
    assert math.prod(p**k for p, k in powers.items()) == number
    assert all(p > 1 and all(p % q for q in range(2, min(p, 1000))) for p in powers)
    found = divisors(number)
    assert found == sorted(set(found))
    assert len(found) == math.prod(k + 1 for k in powers.values())
    assert all(number % f == 0 for f in found)


@pytest.mark.parametrize("axes", [(15, 7), (6, 1, 4), (2, 3, 2, 5)])
def test_the_largest_product_is_found_by_trying_all_factors(axes: tuple[int, ...]) -> None:
    number = 2 * 2 * 3 * 5
    limits = list(itertools.product(*(range(1, axis + 1) for axis in axes)))
    found = LargestProduct(number).of(np.array(limits))
    for row, value in zip(limits, found, strict=True):
        tried = itertools.product(*(range(1, limit + 1) for limit in row))
        assert value == max(math.prod(t) for t in tried if number % math.prod(t) == 0)


def test_the_largest_product_of_a_large_number() -> None:
    """Products of two divisors do not fit 64 bits."""
    number, limits = 2**40 * 3**10, (5, 2**50)
    found = LargestProduct(number).of(np.array([[2**35, 2**35], [1, 1], limits]))
    few, many = ([d for d in divisors(number) if d <= limit] for limit in limits)
    most = max(a * b for a in few for b in many if number % (a * b) == 0)
    assert found.tolist() == [number, 1, most]
