"""Prime factors and divisors against their definitions."""

from __future__ import annotations

import math

import pytest

from bohwsw.divisors import divisors, prime_factors


@pytest.mark.parametrize("number", [1, 2, 12, 97, 360, 1024, 2**31 - 1])
def test_primes_and_divisors(number: int) -> None:
    powers = prime_factors(number)
    assert math.prod(p**k for p, k in powers.items()) == number
    assert all(p > 1 and all(p % q for q in range(2, min(p, 1000))) for p in powers)
    found = divisors(number)
    assert found == sorted(set(found))
    assert len(found) == math.prod(k + 1 for k in powers.values())
    assert all(number % f == 0 for f in found)
