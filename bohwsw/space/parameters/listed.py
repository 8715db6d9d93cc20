"""What parameters have in common whose values are listed in one column."""

from __future__ import annotations

import bisect
from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from bohwsw.checks import finite_number
from bohwsw.space.column import Codes, Column

HAIR = 1e-6
"""A float counts as a listed one this near, as a share of the distance to the next: multiples of a
step that were rounded otherwise, single precision, fewer digits."""


class ListedParameter(ABC):
    """One column whose codes are the positions in ``values``.

    A subclass has ``name``, ``values``, ``numeric`` (what a constraint sees, ``[n_values]``),
    ``encoding`` (what a model sees, ``[n_values, width]``) and ``code``.
    """

    name: str
    values: Sequence[Any]
    is_ordered: bool
    n_columns = 1
    sequence: tuple[int, tuple[Any, ...] | None] | None = None
    """For values that are tuples: their length and, for a permutation, the items."""

    @property
    @abstractmethod
    def is_text(self) -> bool:
        """Whether its values are text."""

    @property
    @abstractmethod
    def numeric(self) -> npt.NDArray[Any]:
        """``[n_values]``, what a constraint sees."""

    @property
    @abstractmethod
    def encoding(self) -> npt.NDArray[np.float64]:
        """float64 ``[n_values, width]``, what a model sees before it is scaled."""

    @abstractmethod
    def code(self, value: object) -> int:
        """The position of a value; SpecError if it is not one of them."""

    def find(self, value: object) -> int | None:
        """The position in ``values`` of a number, truth value or text; None if it is not there.

        True is not 1, but 1.0 is; a float that is off by a `HAIR` is the listed one.
        """
        if isinstance(value, np.generic):
            value = value.item()
        if not isinstance(value, str | bool | int | float):
            return None
        code = self._places.get(_key(value))
        if code is not None:
            return code
        number = finite_number(value)
        return None if number is None else self._nearest(number)

    def _nearest(self, number: float) -> int | None:
        """The position of a listed float that is nearly a number."""
        numbers = [value for value, _ in self._ascending]
        right = bisect.bisect_left(numbers, number)
        near = [k for k in (right - 1, right) if 0 <= k < len(numbers)]
        if not near:
            return None
        k = min(near, key=lambda k: abs(numbers[k] - number))
        value, code = self._ascending[k]
        around = [abs(value - n) for n in numbers[max(k - 1, 0) : k + 2] if n != value]
        hair = HAIR * min([*around, *([abs(value)] if value else [])], default=1.0)
        is_float = isinstance(self.values[code], float)
        return code if is_float and abs(value - number) <= hair else None

    @cached_property
    def _places(self) -> dict[tuple[type, Any], int]:
        return {_key(value): code for code, value in enumerate(self.values)}

    @cached_property
    def _ascending(self) -> list[tuple[float, int]]:
        """The numbers among the values, each with its position."""
        listed = [(v, k) for k, v in enumerate(self.values) if not isinstance(v, str | bool)]
        return sorted((float(v), k) for v, k in listed)

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """Its column of a row."""
        tables = {self.name: self.numeric}
        return (Column(self.name, self.name, len(self.values), tables, self.is_ordered),)

    def codes(self, value: object) -> tuple[int, ...]:
        """The code of a value, one a column; SpecError if it is not a value."""
        return (self.code(value),)

    def value(self, codes: Codes) -> Any:
        """The value of the codes ``[1]`` of its column."""
        return self.values[int(codes[0])]

    @cached_property
    def _listed(self) -> npt.NDArray[Any]:
        return listed_array(self.values)

    def array(self, codes: Codes) -> npt.NDArray[Any]:
        """The values ``[n]`` of codes ``[n, 1]``: int64, float64, bool, text or, mixed, objects."""
        return self._listed[codes[:, 0]]

    def encode(self, codes: Codes) -> npt.NDArray[np.float64]:
        """What a model sees ``[n, width]`` of codes ``[n, 1]``; see `encoding_groups`."""
        return np.asarray(self._scaled_encoding[codes[:, 0]])

    @cached_property
    def _scaled_encoding(self) -> npt.NDArray[np.float64]:
        # Two one-hot rows are sqrt(2) apart: scaled, any two values are at most 1 apart.
        return np.asarray(self.encoding / (np.sqrt(2.0) if self.encoding.shape[1] > 1 else 1.0))

    @property
    def encoding_groups(self) -> npt.NDArray[np.int64]:
        """int ``[width]``: columns with the same number share a length-scale."""
        return np.zeros(self.encoding.shape[1], dtype=np.int64)

    @property
    def encoding_names(self) -> tuple[str, ...]:
        """A name for people for each of `encoding_groups`."""
        return (self.name,)

    @property
    def encoding_middle(self) -> npt.NDArray[np.float64]:
        """``[width]``: what a model sees of a parameter that is not active."""
        table = self._scaled_encoding
        if table.shape[1] > 1:
            return np.asarray(table.mean(axis=0))
        return np.asarray(0.5 * (table.min(axis=0) + table.max(axis=0)))


def listed_array(values: Sequence[Any]) -> npt.NDArray[Any]:
    """Values as an array; text among others stays what it is."""
    texts = sum(isinstance(value, str) for value in values)
    return np.array(values, dtype=object if 0 < texts < len(values) else None)


def _key(value: Any) -> tuple[type, Any]:
    """Equal where values are the same: True is not 1."""
    kind = next((kind for kind in (str, bool) if isinstance(value, kind)), float)
    return kind, value
