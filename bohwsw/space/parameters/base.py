"""What every parameter can be asked, and what every definition of one is checked for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from bohwsw.checks import finite_number as as_number
from bohwsw.errors import SpecError
from bohwsw.expressions import MAX_INTEGER, WORDS, functions
from bohwsw.space.column import Codes, Column

__all__ = ["as_number"]

MAX_VALUES = 100_000
"""Longer domains would make one step of a sampler slower than a whole model fit."""

WITHIN = f"a whole number from {-MAX_INTEGER} to {MAX_INTEGER}, all of which 64-bit floats hold"

MAX_NAME = 255
_FORBIDDEN = frozenset("`'\"[];\\")


class BaseParameter(ABC):
    """A name and the values it may take, each known by a code, or by one code a column of a row."""

    name: str  # any text; in constraints as it is, or in backticks
    is_ordered: bool = False  # whether neighbours among the values are alike
    is_text: bool = False  # whether constraints see text
    n_columns: int = 1  # how many columns of a row it takes
    sequence: tuple[int, tuple[Any, ...] | None] | None = None
    """For values that are tuples: their length and, for a permutation, the items."""

    @property
    @abstractmethod
    def columns(self) -> tuple[Column, ...]:
        """Its columns of a row."""

    @abstractmethod
    def codes(self, value: object) -> tuple[int, ...]:
        """The code of a value, one a column; SpecError if it is not a value."""

    @abstractmethod
    def value(self, codes: Codes) -> Any:
        """The value of the codes ``[n_columns]``."""

    @abstractmethod
    def array(self, codes: Codes) -> npt.NDArray[Any]:
        """The values ``[n, ...]`` of codes ``[n, n_columns]``; see `Space.columns`."""

    @abstractmethod
    def encode(self, codes: Codes) -> npt.NDArray[np.float64]:
        """What a model sees ``[n, width]`` of codes ``[n, n_columns]``."""

    @property
    @abstractmethod
    def encoding_middle(self) -> npt.NDArray[np.float64]:
        """``[width]``: what a model sees of it where it has no value."""

    @property
    def encoding_groups(self) -> npt.NDArray[np.int64]:
        """int ``[width]``: columns with the same number share a length-scale."""
        return np.zeros(len(self.encoding_middle), dtype=np.int64)

    @property
    def encoding_names(self) -> tuple[str, ...]:
        """A name for people for each of `encoding_groups`."""
        return (self.name,)

    def _fix(self, **attributes: Any) -> None:
        """Set attributes of a frozen dataclass while it is made."""
        for label, value in attributes.items():
            object.__setattr__(self, label, value)

    def _no_value(self, value: object, expected: str, nearest: str | None = None) -> SpecError:
        problem = "not a value of this parameter"
        return SpecError(problem, key_path=self.name, got=value, expected=expected, nearest=nearest)


def check_name(name: object) -> None:
    """Refuse what cannot be a name in a constraint, not even in backticks."""
    if (
        not isinstance(name, str)
        or not 1 <= len(name) <= MAX_NAME
        or not name.isprintable()
        or name != name.strip()
        or name in (*functions(), *WORDS)
        or _FORBIDDEN.intersection(name)
    ):
        raise SpecError(
            "not a name for a parameter",
            got=name,
            expected=f"1 to {MAX_NAME} characters without quotes, brackets [], ; and \\, "
            "not the name of a function, not a word such as 'and'",
        )


def check_bounds(name: str, low: float, high: float, *, log: bool) -> None:
    """Refuse a range without values, and one without logarithms where these are asked for."""
    if not low <= high:
        problem = "the high bound is below the low one"
        raise SpecError(problem, key_path=name, got=[low, high], expected="low <= high")
    check_flag(f"{name}.log", log)
    if log and low <= 0:
        raise SpecError("log needs positive values", key_path=f"{name}.low", got=low)


def check_flag(key_path: str, value: object) -> None:
    """Refuse what is neither true nor false."""
    if not isinstance(value, bool | np.bool_):
        raise SpecError("not a truth value", key_path=key_path, got=value, expected="true or false")


def value_list(path: str, values: object, most: int = MAX_VALUES) -> tuple[Any, ...]:
    """The values as a tuple, once it is known to be a short list of distinct ones."""
    if isinstance(values, str) or not isinstance(values, Sequence):
        raise SpecError("values must be a list", key_path=path, got=values)
    if not 1 <= len(values) <= most:
        n, expected = len(values), f"1 to {most}"
        raise SpecError("wrong number of values", key_path=path, got=n, expected=expected)
    items = tuple(v.item() if isinstance(v, np.generic) else v for v in values)
    seen: set[Any] = set()
    for item in items:
        if not isinstance(item, str | bool | int | float):
            raise SpecError("a value must be a number, text or a boolean", key_path=path, got=item)
        if isinstance(item, int) and abs(item) > MAX_INTEGER:
            raise SpecError("too large a value", key_path=path, got=item, expected=WITHIN)
        if item in seen:
            raise SpecError("a value is listed twice", key_path=path, got=item)
        seen.add(item)
    return items


def as_items(value: object) -> tuple[Any, ...] | None:
    """The elements of a tuple, list or array as Python values; None for anything else."""
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if not isinstance(value, tuple | list):
        return None
    return tuple(item.item() if isinstance(item, np.generic) else item for item in value)
