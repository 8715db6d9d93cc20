"""An order of given items, such as the order of loops or of jobs."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from bohwsw.errors import SpecError, nearest_name
from bohwsw.space.column import Codes, Column
from bohwsw.space.parameters.base import BaseParameter, as_items, check_name, value_list

MAX_ITEMS = 64
MAX_PAIRED_ITEMS = 16
"""With more items a model sees positions only: pairs and places would be hundreds of columns."""


@dataclass(frozen=True)
class Permutation(BaseParameter):
    """All items, each once, in some order.

    In constraints: ``order[0] == 'K'``, ``position(order, 'K') < position(order, 'C')``. A row has
    one column a position, with the code of the item that stands there.

    Attributes:
        items: distinct texts, or distinct whole numbers; at most `MAX_ITEMS`.
    """

    name: str
    items: Sequence[str | int]

    def __post_init__(self) -> None:
        check_name(self.name)
        path = f"{self.name}.items"
        items = value_list(path, self.items, MAX_ITEMS)
        if {type(item) for item in items} not in ({str}, {int}):
            problem = "the items of a permutation must be all text or all whole numbers"
            raise SpecError(problem, key_path=path, got=list(items))
        self._fix(items=items, is_text=isinstance(items[0], str))
        self._fix(n_columns=len(items), sequence=(len(items), items))

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        table = np.asarray(self.items, dtype=None if self.is_text else np.float64)
        n = len(self.items)
        views = [f"{self.name}[{position}]" for position in range(n)]
        return tuple(Column(view, self.name, n, {view: table}, False) for view in views)

    def codes(self, value: object) -> tuple[int, ...]:
        items = as_items(value) or ()
        plain = [isinstance(x, str | int) and not isinstance(x, bool) for x in items]
        wrong = [x for x, ok in zip(items, plain, strict=True) if not ok or x not in self.items]
        if not wrong and len(set(items)) == len(items) == len(self.items):
            return tuple(self.items.index(item) for item in items)
        expected = "each once, in some order: " + ", ".join(map(str, self.items))
        nearest = nearest_name(wrong[0], map(str, self.items)) if wrong else None
        raise self._no_value(value, expected, nearest)

    def value(self, codes: Codes) -> tuple[str | int, ...]:
        return tuple(self.items[int(code)] for code in codes)

    def array(self, codes: Codes) -> npt.NDArray[Any]:
        """Positions in ``items``, int64 ``[n, n_items]``: entry p says which item stands at p."""
        return codes.astype(np.int64)

    def encode(self, codes: Codes) -> npt.NDArray[np.float64]:
        """Three groups of columns, each of diameter 1: the position of each item (its squared
        distance is Spearman's), for each pair of items which comes first (Kendall's), and a 0/1
        column for each item and position (Hamming's). With more than `MAX_PAIRED_ITEMS` items the
        first group only.
        """
        n = len(self.items)
        positions = np.argsort(codes, axis=1)
        # The reversed order is the farthest: sum over items of (n - 1 - 2 p)^2.
        blocks = [positions / (np.sqrt((n**3 - n) / 3.0) or 1.0)]
        if 1 < n <= MAX_PAIRED_ITEMS:
            first, second = np.triu_indices(n, 1)
            before = positions[:, first] < positions[:, second]
            blocks.append(before / np.sqrt(len(first)))
            blocks.append(np.eye(n)[positions].reshape(len(codes), n * n) / np.sqrt(2.0 * n))
        return np.concatenate(blocks, axis=1)

    @property
    def encoding_groups(self) -> npt.NDArray[np.int64]:
        n = len(self.items)
        sizes = [n, n * (n - 1) // 2, n * n] if 1 < n <= MAX_PAIRED_ITEMS else [n]
        return np.repeat(np.arange(len(sizes)), sizes)

    @property
    def encoding_names(self) -> tuple[str, ...]:
        if len(np.unique(self.encoding_groups)) == 1:
            return (self.name,)
        return tuple(f"{self.name} ({view})" for view in ("positions", "precedence", "places"))

    @property
    def encoding_middle(self) -> npt.NDArray[np.float64]:
        # Over the rotations every item stands once at every position; with their reversals every
        # pair stands both ways equally often.
        n = len(self.items)
        turns = (np.arange(n, dtype=np.int32) - np.arange(n, dtype=np.int32)[:, None]) % n
        return np.asarray(self.encode(np.concatenate([turns, turns[:, ::-1]])).mean(axis=0))


@cache
def permutation_moves(n: int) -> Codes:
    """Index arrays ``[n_moves, n]``: every swap of two, every move of one to another position.

    Above 24 items insertions go by steps of 2, 4, 8, ... only, so that there are about
    ``n^2 / 2 + 2 n log2(n)`` moves.
    """
    identity = list(range(n))
    found: dict[tuple[int, ...], None] = {}
    for i, j in itertools.combinations(range(n), 2):
        swapped = identity.copy()
        swapped[i], swapped[j] = j, i
        found[tuple(swapped)] = None
    steps = range(2, n) if n <= 24 else [2**k for k in range(1, n.bit_length())]
    for source, step in itertools.product(range(n), steps):
        for target in (source - step, source + step):
            if 0 <= target < n:
                rest = identity[:source] + identity[source + 1 :]
                found[(*rest[:target], source, *rest[target:])] = None
    return np.array(list(found), dtype=np.int32).reshape(-1, n)
