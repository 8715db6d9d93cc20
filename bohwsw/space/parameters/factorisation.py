"""An ordered factorisation of a whole number, such as the tiling of a loop over levels."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from bohwsw.checks import whole_number
from bohwsw.divisors import divisors, prime_factors
from bohwsw.errors import SpecError
from bohwsw.space.column import Codes, Column
from bohwsw.space.parameters.base import as_items, as_number, check_name
from bohwsw.space.parameters.listed import ListedParameter

MAX_FACTORISATIONS = 1_000_000
MAX_PRODUCT = 2**40
MAX_SLOTS = 64


@dataclass(frozen=True)
class Factorisation(ListedParameter):
    """A tuple of ``slots`` whole numbers whose product is ``product``; the order matters.

    In constraints: ``tile[0]``, ``sum(tile)``, ``min(tile)``, ``max(tile)``, ``prod(tile)``.

    Attributes:
        product: at least 1, at most `MAX_PRODUCT`.
        slots: how many factors; at most `MAX_FACTORISATIONS` values in all.
        encoding_kind: ``log``: the share of each slot in log(product); ``primes``: the share of
            each slot in the exponent of each prime. Each slot is one group of columns.
    """

    name: str
    product: int
    slots: int
    encoding_kind: Literal["log", "primes"] = "log"

    def __post_init__(self) -> None:
        check_name(self.name)
        for label, most in (("product", MAX_PRODUCT), ("slots", MAX_SLOTS)):
            given = getattr(self, label)
            self._fix(**{label: whole_number(f"{self.name}.{label}", given, most=most)})
        if self.encoding_kind not in ("log", "primes"):
            path, got = f"{self.name}.encoding_kind", self.encoding_kind
            raise SpecError("unknown encoding", key_path=path, got=got, expected="log or primes")
        self._fix(sequence=(self.slots, None))
        if self.n_values > MAX_FACTORISATIONS:
            many = f"{self.product} in {self.slots} slots: {self.n_values} of them"
            expected = f"at most {MAX_FACTORISATIONS}: fewer slots, or two parameters"
            problem, place = "too many factorisations", self.name
            raise SpecError(problem, key_path=place, got=many, expected=expected)

    @cached_property
    def primes(self) -> dict[int, int]:
        """The exponent of each prime of the product."""
        return prime_factors(self.product)

    @property
    def n_values(self) -> int:
        """How many there are: each exponent is shared out among the slots on its own."""
        return math.prod(math.comb(n + self.slots - 1, n) for n in self.primes.values())

    @property
    def exponents(self) -> npt.NDArray[np.int8]:
        """The exponent of each prime in each slot ``[n_values, n_primes, slots]``."""
        return _listed(tuple(self.primes.items()), self.slots)[0]

    @property
    def factors(self) -> npt.NDArray[np.int64]:
        """All values ``[n_values, slots]`` in ascending order, the first slot first."""
        return _listed(tuple(self.primes.items()), self.slots)[1]

    @cached_property
    def values(self) -> tuple[tuple[int, ...], ...]:  # type: ignore[override]
        """All values, in the order of `factors`."""
        return tuple(map(tuple, self.factors.tolist()))

    @cached_property
    def numeric(self) -> npt.NDArray[Any]:
        return self.factors.astype(np.float64)

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """One column with a view for each slot."""
        table = np.ascontiguousarray(self.numeric.T)
        tables = dict(zip(self.encoding_names, table, strict=True))
        return (Column(self.name, self.name, self.n_values, tables, False, moves=self.moves),)

    @cached_property
    def encoding(self) -> npt.NDArray[np.float64]:
        if self.encoding_kind == "primes" and self.primes:
            total = np.array(list(self.primes.values()))[None, :, None]
            shares = self.exponents / (total * np.sqrt(len(self.primes)))
            return np.asarray(shares.transpose(0, 2, 1).reshape(self.n_values, -1))
        return np.asarray(np.log(self.numeric) / (math.log(self.product) or 1.0))

    @property
    def encoding_groups(self) -> npt.NDArray[np.int64]:
        """A slot a group."""
        return np.repeat(np.arange(self.slots), self.encoding.shape[1] // self.slots)

    @property
    def encoding_names(self) -> tuple[str, ...]:
        return tuple(f"{self.name}[{slot}]" for slot in range(self.slots))

    def value(self, codes: Codes) -> tuple[int, ...]:
        return tuple(self.factors[codes[0]].tolist())

    def code(self, value: object) -> int:
        items = as_items(value)
        numbers = [] if items is None else [as_number(item) for item in items]
        whole = [int(n) for n in numbers if n is not None and n >= 1 and n == int(n)]
        if not len(whole) == len(numbers) == self.slots or math.prod(whole) != self.product:
            expected = f"{self.slots} whole numbers whose product is {self.product}"
            raise self._no_value(value, expected)
        return self._position(whole)

    def _position(self, value: Sequence[int]) -> int:
        """Where a value stands in the ascending list: a binary search, slot by slot."""
        factors = self.factors
        low, high = 0, len(factors)
        for slot, factor in enumerate(value):
            column = factors[low:high, slot]
            ends = column.searchsorted(factor), column.searchsorted(factor, "right")
            low, high = low + int(ends[0]), low + int(ends[1])
        return low

    def array(self, codes: Codes) -> npt.NDArray[Any]:
        return self.factors[codes[:, 0]]

    @functools.lru_cache(maxsize=20_000)  # noqa: B019  (equal parameters share it)
    def moves(self, code: int) -> Codes:
        """The codes one move away, ascending: two slots share out their product anew.

        So also 8 for 14 in one slot, where a prime at a time would lead through 2 or 56.
        """
        value = self.factors[code].tolist()
        found = []
        for i, j in itertools.combinations(range(self.slots), 2):
            shared = value[i] * value[j]
            for factor in divisors(shared):
                if factor != value[i]:
                    near = list(value)
                    near[i], near[j] = factor, shared // factor
                    found.append(self._position(near))
        return np.sort(np.array(found, dtype=np.int32))


@functools.lru_cache(maxsize=32)
def _listed(
    primes: tuple[tuple[int, int], ...], slots: int
) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.int64]]:
    """Exponents and factors of all factorisations; machine after machine asks for the same ones."""
    exponents = np.zeros((1, 0, slots), dtype=np.int8)
    for _, exponent in primes:
        shares = _compositions(exponent, slots)
        parent = np.repeat(np.arange(len(exponents)), len(shares))
        new = np.tile(shares, (len(exponents), 1))[:, None, :]
        exponents = np.concatenate([exponents[parent], new], axis=1)
    powers = np.array([prime for prime, _ in primes], dtype=np.int64)[None, :, None]
    factors = (powers**exponents).prod(axis=1, dtype=np.int64)
    order = np.lexsort(factors.T[::-1])
    return exponents[order], factors[order]


def _compositions(total: int, parts: int) -> npt.NDArray[np.int8]:
    """All ways ``[n, parts]`` to write a number as an ordered sum of parts, zeros allowed."""
    if parts == 1:
        return np.array([[total]], dtype=np.int8)
    rests = (_compositions(total - first, parts - 1) for first in range(total + 1))
    return np.concatenate([np.insert(rest, 0, first, axis=1) for first, rest in enumerate(rests)])
