"""Where one parameter of a valid row can go in one move, constraints not yet looked at."""

from __future__ import annotations

import numpy as np

from bohwsw.space.column import Codes, Column
from bohwsw.space.parameters.permutation import permutation_moves

ALL_VALUES = 16
"""Up to this many values a move may reach any of them; above, steps of 1, 2, 4, 8, ..."""

FINEST_STEP = 12
"""The smallest step of a real is 2^-12 of its range."""


def column_moves(column: Column, allowed: Codes, code: int) -> Codes:
    """The codes ``[n]`` that a column may move to, ascending, without its own.

    A conditional column stays with or without a value: that is for what it depends on to change.
    """
    if column.inactive is not None and code == column.inactive:
        return np.zeros(0, dtype=np.int32)
    if column.grid is not None:
        return _real_moves(allowed, code)
    codes = allowed if column.inactive is None else allowed[allowed != column.inactive]
    if column.moves is not None:
        near = column.moves(code)
        return near if len(codes) == column.n_values else near[np.isin(near, codes)]
    others: Codes = codes[codes != code]
    if len(codes) <= ALL_VALUES or not column.is_ordered:
        return others
    place = int(np.searchsorted(codes, code))
    steps = 2 ** np.arange(int(np.log2(len(codes))) + 1)
    reached = np.concatenate([place + steps, place - steps])
    reached = reached[(reached >= 0) & (reached < len(codes))]
    stepped: Codes = codes[np.unique(reached[codes[reached] != code])]
    return stepped


def permutation_orders(codes: Codes, inactive: int | None) -> Codes:
    """The orders ``[n, n_items]`` one swap or insertion away; none where it has no value."""
    if inactive is not None and codes[0] == inactive:
        return np.zeros((0, len(codes)), dtype=np.int32)
    return codes[permutation_moves(len(codes))]


def _real_moves(allowed: Codes, code: int) -> Codes:
    low, high = int(allowed[0]), int(allowed[1])
    steps = (high - low) // 2 ** np.arange(1, FINEST_STEP + 1)
    reached = np.concatenate([code + steps, code - steps, [low, high]])
    reached = np.unique(reached[(reached >= low) & (reached <= high) & (reached != code)])
    return reached.astype(np.int32)
