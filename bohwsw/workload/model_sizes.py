"""How large the networks of a model file are, for thousands of points of its knobs at a time.

A search asks how large a network is long before it makes it. Here every expression of the file is
worked out once for all points; `Network` says the same of one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from bohwsw.expressions import parsed
from bohwsw.workload.layer import DIMENSIONS
from bohwsw.workload.model_spec import BlockEntry, Entry, LayerEntry, ModelSpec

Columns = Mapping[str, npt.NDArray[Any]]
WEIGHTS = ("K", "C", "R", "S", "G")


def model_sizes(spec: ModelSpec, columns: Columns) -> npt.NDArray[np.float64]:
    """Multiply-accumulates and weights of each network: float64 ``[n, 2]``.

    Args:
        columns: values ``[n]`` of each knob; of others, too.
    """
    n = len(next(iter(columns.values())))
    total = np.zeros((n, 2))
    _add(spec.layers, columns, np.ones(n, dtype=bool), total)
    return total


def _add(
    entries: Sequence[Entry], columns: Columns, there: npt.NDArray[np.bool_], total: Any
) -> None:
    """Add the layers of entries where they are ``there [n]``."""
    for entry in entries:
        present = there & np.asarray(_value(entry.when, columns), dtype=bool)
        if isinstance(entry, BlockEntry):
            times = np.asarray(_value(1 if entry.repeat is None else entry.repeat, columns))
            for number in range(int(np.max(times, initial=0))):
                index = np.full(len(total), entry.first + number)
                inner = columns if entry.repeat is None else {**columns, entry.index: index}
                _add(entry.layers, inner, present & (number < times), total)
        elif isinstance(entry, LayerEntry) and present.any():
            sizes = {dim: _value(getattr(entry, dim), columns) for dim in DIMENSIONS}
            count = np.asarray(_value(entry.count, columns), dtype=np.float64)
            for place, dims in enumerate((DIMENSIONS, WEIGHTS)):
                amount = count
                for dim in dims:
                    amount = amount * sizes[dim]
                total[:, place] += np.where(present, amount, 0.0)


def _value(amount: Any, columns: Columns) -> Any:
    return parsed(amount).evaluate(columns) if isinstance(amount, str) else amount
