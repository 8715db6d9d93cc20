"""What a number is checked for where it enters: its kind, and the limits of 64-bit arithmetic.

Whole numbers may be Python's, NumPy's or any other that calls itself one; what is kept is a plain
``int``, or ``float``. Booleans are no numbers, and 3.0 is not 3.
"""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import Any

from bohwsw.errors import SpecError

MOST = 2**63 - 1
"""The largest whole number that 64-bit arithmetic holds."""
LARGEST_COUNT = 2**40
"""Of words, bits, blocks and instances: far above any real memory."""
MOST_EVALUATIONS = 10**10
"""Of mappings of one layer: hours on a hundred cores."""
MOST_TRIALS = 2**31 - 1
"""No database numbers more."""
MOST_THREADS = 4096
OPTION = "an option is out of its range"
LARGEST_PRODUCT = 2**60
"""Of sizes. Below it, counts and their sums over data spaces and levels stay below `MOST`."""


def whole_number(
    key_path: str | None,
    value: object,
    least: int = 1,
    most: int = MOST,
    *,
    problem: str = "not a whole number in range",
) -> int:
    """The value as a plain int, from ``least`` to ``most``.

    Raises:
        SpecError: it is no whole number, or out of range, with the ``problem`` given.
    """
    if type(value) is int and least <= value <= most:
        return value
    if isinstance(value, Integral) and not isinstance(value, bool):
        number = int(value)
        if least <= number <= most:
            return number
    expected = f"a whole number from {least} to {most}"
    raise SpecError(problem, key_path=key_path, got=value, expected=expected)


def finite_number(value: object) -> int | float | None:
    """The value as a plain int or float if it is a finite number that float64 can hold, else None.

    A boolean is not a number here.
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        return None
    try:
        is_finite = math.isfinite(value)
    except OverflowError:  # a whole number beyond all floats
        return None
    if not is_finite:
        return None
    return int(value) if isinstance(value, Integral) else float(value)


def whole_option(name: str, value: object, least: int = 1, most: int = MOST) -> int:
    """An option of a strategy as a plain int, see `whole_number`."""
    return whole_number(name, value, least, most, problem=OPTION)


def real_option(name: str, value: object, interval: str) -> float:
    """An option of a strategy as a plain number.

    Args:
        interval: where it must be, such as ``[0, 1)`` or ``(0, inf)``.

    Raises:
        SpecError: it is no finite number, or outside.
    """
    number = finite_number(value)
    low, high = (float(end) for end in interval[1:-1].split(","))
    excluded = [low] * (interval[0] == "(") + [high] * (interval[-1] == ")")
    if number is not None and low <= number <= high and number not in excluded:
        return number
    raise SpecError(OPTION, key_path=name, got=value, expected=f"a number in {interval}")


def product_within(
    key_path: str | None, problem: str, most: int = LARGEST_PRODUCT, **factors: int
) -> int:
    """The product of sizes that have been checked; a SpecError if it is beyond ``most``."""
    product = math.prod(factors.values())
    if product > most:
        named = " * ".join(f"{name} {value}" for name, value in factors.items() if value > 1)
        raise SpecError(
            problem,
            key_path=key_path,
            got=f"{named} = {product:.4g}",
            expected=f"a product of at most {most} = {most:.4g}",
        )
    return product


def set_whole(
    holder: Any, keys: tuple[str, ...], most: int = MOST, *, least: int = 1, problem: str
) -> None:
    """Check fields of a frozen dataclass and make plain ints of them, see `whole_number`."""
    for key in keys:
        value = getattr(holder, key)
        if type(value) is not int or not least <= value <= most:
            value = whole_number(key, value, least, most, problem=problem)
            object.__setattr__(holder, key, value)


def require_limits(**values: float) -> None:
    """Raise a SpecError unless each of these is a number of at least 0, or infinite."""
    for name, value in values.items():
        is_unlimited = isinstance(value, float) and value == math.inf
        number = finite_number(value)
        if not is_unlimited and (number is None or number < 0):
            raise SpecError("not a limit", key_path=name, got=value, expected="at least 0")


def require_time_out(key_path: str, seconds: object) -> None:
    """Raise a SpecError unless this is a time-out: a finite number above 0, or None for none."""
    number = finite_number(seconds)
    if seconds is not None and (number is None or number <= 0):
        raise SpecError(
            "not a time-out", key_path=key_path, got=seconds, expected="a number above 0, or None"
        )
