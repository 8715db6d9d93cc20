"""What every definition of a parameter is checked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from bohwsw.checks import finite_number
from bohwsw.errors import SpecError
from bohwsw.space.names import WORDS
from bohwsw.space.operators import functions
from bohwsw.space.syntax import MAX_INTEGER

MAX_VALUES = 100_000
"""Longer domains would make one step of a sampler slower than a whole model fit."""

WITHIN = f"a whole number from {-MAX_INTEGER} to {MAX_INTEGER}, all of which 64-bit floats hold"


_FORBIDDEN = frozenset("`'\"[];\\")
MAX_NAME = 255


def check_name(name: object) -> None:
    """Refuse what cannot be a name in a constraint, not even in backticks."""
    if (
        not isinstance(name, str)
        or not 1 <= len(name) <= MAX_NAME
        or not name.isprintable()
        or name != name.strip()
        or name in functions()
        or name in WORDS
        or _FORBIDDEN.intersection(name)
    ):
        raise SpecError(
            "not a name for a parameter",
            got=name,
            expected=f"1 to {MAX_NAME} characters without quotes, brackets [], ; and \\, "
            "not the name of a function, not a word such as 'and'",
        )


def value_list(path: str, values: object, most: int = MAX_VALUES) -> tuple[Any, ...]:
    """The values as a tuple, once it is known to be a short list of distinct ones."""
    if isinstance(values, str) or not isinstance(values, Sequence):
        raise SpecError("values must be a list", key_path=path, got=values)
    if not 1 <= len(values) <= most:
        raise SpecError(
            "wrong number of values", key_path=path, got=len(values), expected=f"1 to {most}"
        )
    items = tuple(v.item() if isinstance(v, np.generic) else v for v in values)
    for item in items:
        if not isinstance(item, str | bool | int | float):
            raise SpecError("a value must be a number, text or a boolean", key_path=path, got=item)
        if isinstance(item, int) and abs(item) > MAX_INTEGER:
            raise SpecError("too large a value", key_path=path, got=item, expected=WITHIN)
    seen: set[Any] = set()
    for item in items:
        if item in seen:
            raise SpecError("a value is listed twice", key_path=path, got=item)
        seen.add(item)
    return items


def as_number(value: object) -> int | float | None:
    """The value if it is a finite number (a boolean is not), else None."""
    return finite_number(value)


def as_items(value: object) -> tuple[Any, ...] | None:
    """The elements of a tuple, list or array as Python values; None for anything else."""
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if not isinstance(value, tuple | list):
        return None
    return tuple(item.item() if isinstance(item, np.generic) else item for item in value)


def scaled(values: npt.NDArray[np.float64], *, log: bool) -> npt.NDArray[np.float64]:
    """The values, or their logarithms, as a column that runs from 0 to 1."""
    position = np.log(values) if log else values
    span = position[-1] - position[0]
    column: npt.NDArray[np.float64] = (position - position[0]) / (span if span > 0 else 1.0)
    return column[:, None]
