"""Prime factors and divisors of whole numbers, for whoever splits loops or factors."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt


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


class LargestProduct:
    """The most children that loops over a number can use on axes of limited fan-outs.

    Args:
        number: what is shared out, the operations of a layer, say.
    """

    def __init__(self, number: int) -> None:
        self._number = number
        self._divisors = np.array(divisors(number))
        self._products: dict[tuple[int, ...], npt.NDArray[np.int64]] = {(): np.array([1])}

    def of(self, limits: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """For rows of limits ``[n, axes]`` the largest divisors ``[n]``.

        Each is a product of factors that are at most one limit each.
        """
        # Only the divisors up to a limit matter, and not which limit is which.
        places = np.searchsorted(self._divisors, limits, side="right") - 1
        distinct, row = np.unique(np.sort(places, axis=1), axis=0, return_inverse=True)
        most = [self._all(tuple(x for x in place if x))[-1] for place in distinct.tolist()]
        return np.array(most)[row.ravel()]

    def _all(self, places: tuple[int, ...]) -> npt.NDArray[np.int64]:
        """All such divisors, ascending, where the limits are divisors at these places."""
        if places not in self._products:
            inner, factors = self._all(places[1:]), self._divisors[: places[0] + 1]
            fits = (self._number // inner)[:, None] % factors == 0
            self._products[places] = np.unique(np.multiply.outer(inner, factors)[fits])
        return self._products[places]
