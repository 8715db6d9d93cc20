"""How many valid points there are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bohwsw.space.component import Component
from bohwsw.space.sampler import Sampler


@dataclass(frozen=True)
class Size:
    """How many valid points a space has.

    Attributes:
        count: the number, if ``exact``; else a number that is known to be exceeded.
        exact: whether it was counted to the end.
        estimate: equal to ``count`` if exact, else a statistical estimate.
    """

    count: int
    exact: bool
    estimate: float

    def __str__(self) -> str:
        return f"{self.count:,}" if self.exact else f"about {self.estimate:.2g}"


def count(sampler: Sampler, limit: int) -> Size:
    """The number of valid rows of one component.

    Args:
        sampler: of the component.
        limit: the most rows that are counted one by one.
    """
    component = sampler.component
    if not component.constraints:
        n = _free_count(component)
        return Size(n, True, _float(n))
    table = sampler.table()
    if table is None or len(table) > limit:
        return Size(limit if table is not None else 1, False, sampler.estimate())
    return Size(len(table), True, float(len(table)))


def total(sizes: Sequence[Size]) -> Size:
    """The number of points of a space of such components: they multiply."""
    exact = all(size.exact for size in sizes)
    product = math.prod(size.count for size in sizes)
    estimate = _float(product) if exact else math.prod(size.estimate for size in sizes)
    return Size(product, exact, estimate)


def _free_count(component: Component) -> int:
    """The number of values of a parameter without constraints."""
    (parameter,) = component.parameters
    n = component.columns[0].n_values
    return math.factorial(n) if parameter.n_columns > 1 else n


def _float(count: int) -> float:
    return float(count) if count < 10**300 else math.inf
