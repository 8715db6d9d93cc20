"""Warm starts that do not depend on when suggestions were asked for.

A fit that starts where the last one ended is better and cheaper than one from the priors, but it
would make a suggestion depend on every fit before it, and a resumed run could not repeat it. So
fits start from checkpoints at fixed numbers of observations, each fitted from the one before: a
chain that the history alone determines, and that a resumed run redoes in a few fits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

H = TypeVar("H")

FIRST = 4
GROWTH = 1.5
COLD_ITERATIONS = 50
WARM_ITERATIONS = 30
KEPT = 64
EVERY = 16
"""Observations after which not every one of them leads to a fit of its own."""


class WarmStarts(Generic[H]):
    """Hyperparameters after any number of observations.

    Args:
        fit: fits the first ``n`` observations: ``fit(n, start, max_iterations)``. It must depend
            on nothing but these observations and its arguments.
    """

    def __init__(self, fit: Callable[[int, H | None, int], H]) -> None:
        self._fit = fit
        self._known: dict[int, H] = {}

    def at(self, n: int) -> H:
        """Hyperparameters for the first ``n`` observations, fitted to these or to a few less."""
        n = fitted_at(n)
        if n not in self._known:
            self._known[n] = self._fitted(n)
            if len(self._known) > KEPT:
                self._forget(n)
        return self._known[n]

    def _fitted(self, n: int) -> H:
        before = checkpoint_below(n)
        if not before:
            return self._fit(n, None, COLD_ITERATIONS)
        if before not in self._known:
            self._known[before] = self._fitted(before)
        return self._fit(n, self._known[before], WARM_ITERATIONS)

    def _forget(self, n: int) -> None:
        """Drop what is not on the chain of checkpoints that leads to ``n``."""
        chain = {n}
        before = checkpoint_below(n)
        while before:
            chain.add(before)
            before = checkpoint_below(before)
        self._known = {key: value for key, value in self._known.items() if key in chain}


def fitted_at(n: int) -> int:
    """The largest number of observations, at most ``n``, at which hyperparameters are fitted.

    Every number up to `EVERY`, then steps that grow with the number: one more observation among
    hundreds changes hyperparameters less than a fit costs.
    """
    step = max(1, n // EVERY)
    return n - n % step


def checkpoint_below(n: int) -> int:
    """The largest checkpoint smaller than ``n``; 0 if there is none."""
    below, checkpoint = 0, FIRST
    while checkpoint < n:
        below, checkpoint = checkpoint, int(checkpoint * GROWTH) + 1
    return below
