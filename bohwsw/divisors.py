"""Prime factors and divisors of whole numbers, for whoever splits loops or factors."""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=4096)
def prime_factors(number: int) -> dict[int, int]:
    """Prime factors of a number with their powers, smallest first."""
    powers: dict[int, int] = {}
    rest, prime = number, 2
    while prime * prime <= rest:
        while rest % prime == 0:
            powers[prime] = powers.get(prime, 0) + 1
            rest //= prime
        prime += 1
    if rest > 1:
        powers[rest] = powers.get(rest, 0) + 1
    return powers


def divisors(number: int) -> list[int]:
    """All divisors of a number, smallest first."""
    found = [1]
    for prime, power in prime_factors(number).items():
        found = [d * prime**k for d in found for k in range(power + 1)]
    return sorted(found)
