"""Amounts of a space file, numbers or expressions, for many machines at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from bohwsw.codesign.machine_spec import Amount
from bohwsw.errors import SpecError
from bohwsw.space import parse

Columns = Mapping[str, npt.NDArray[Any]]


def amounts(amount: Amount, columns: Columns, n: int) -> npt.NDArray[np.float64]:
    """The values ``[n]`` of a number or an expression; NaN where it has none.

    Args:
        amount: as it stands in the file.
        columns: values of ``n`` points by parameter.
        n: how many points.
    """
    if not isinstance(amount, str):
        return np.full(n, float(amount))
    try:
        return np.broadcast_to(np.asarray(parse(amount).evaluate(columns), dtype=np.float64), n)
    except SpecError:
        return np.full(n, np.nan)
