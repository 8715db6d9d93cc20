"""Valid rows near a valid row of a component: the moves of a local search.

A move changes one parameter, or two or three together where constraints forbid to change them one
after the other: with ``mesh_x * mesh_y == 168`` no single change is valid, halving one and doubling
the other is. A joint move is left out where its parts are moves of their own.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from bohwsw.space.component import Codes, Component

ALL_VALUES = 16
"""Up to this many values a move may reach any of them; above, steps of 1, 2, 4, 8, ..."""

MAX_TRIPLE_PARAMETERS = 8
MAX_CANDIDATES = 40_000
"""If more joint moves than this are conceivable, only the shortest steps are tried jointly."""


def component_neighbours(component: Component, row: Codes) -> Codes:
    """The valid rows one move away.

    Args:
        component: the constraints to respect.
        row: codes ``[n_parameters]`` of a valid row.

    Returns:
        Codes ``[n, n_parameters]``, distinct, without the row itself.
    """
    width = len(row)
    moves = [_moves(component, column, int(row[column])) for column in range(width)]
    singles = _with_changes(row, [((j,), m[:, None]) for j, m in enumerate(moves)])
    single_valid = component.valid(singles)
    if width == 1:
        return singles[single_valid]
    ends = np.cumsum([len(m) for m in moves])
    fine = np.split(single_valid, ends[:-1])
    found = [singles[single_valid]]
    moves, fine = _shortened(component, moves, fine)
    pairs = [
        ((i, j), changes)
        for i, j in itertools.combinations(range(width), 2)
        if _linked(component, i, j) and len(changes := _forced_pairs(moves, fine, i, j))
    ]
    pair_rows = _with_changes(row, pairs)
    pair_valid = component.valid(pair_rows)
    found.append(pair_rows[pair_valid])
    if width <= MAX_TRIPLE_PARAMETERS:
        found.append(_triples(component, row, moves, fine, pair_rows[pair_valid]))
    return np.concatenate(found)


def _moves(component: Component, column: int, code: int) -> Codes:
    """The values a parameter may move to."""
    codes = component.allowed[column]
    others: Codes = codes[codes != code]
    if len(codes) <= ALL_VALUES or not component.parameters[column].is_ordered:
        return others
    place = int(np.searchsorted(codes, code))
    steps = 2 ** np.arange(int(np.log2(len(codes))) + 1)
    reached = np.concatenate([place + steps, place - steps])
    reached = reached[(reached >= 0) & (reached < len(codes))]
    near: Codes = codes[np.unique(reached[codes[reached] != code])]
    return near


def _linked(component: Component, first: int, second: int) -> bool:
    names = component.names
    return any(names[first] in c.names and names[second] in c.names for c in component.constraints)


def _shortened(
    component: Component, moves: list[Codes], fine: list[npt.NDArray[np.bool_]]
) -> tuple[list[Codes], list[npt.NDArray[np.bool_]]]:
    """All moves if their pairs are few enough to try; else a few of each parameter."""
    total = sum(
        len(moves[i]) * len(moves[j])
        for i, j in itertools.combinations(range(len(moves)), 2)
        if _linked(component, i, j)
    )
    if total <= MAX_CANDIDATES:
        return moves, fine
    n_pairs = len(moves) * (len(moves) - 1) // 2
    keep = max(2, int((MAX_CANDIDATES / n_pairs) ** 0.5))
    picked = [np.linspace(0, len(m) - 1, min(keep, len(m))).astype(int) for m in moves]
    return (
        [m[p] for m, p in zip(moves, picked, strict=True)],
        [f[p] for f, p in zip(fine, picked, strict=True)],
    )


def _forced_pairs(moves: list[Codes], fine: list[npt.NDArray[np.bool_]], i: int, j: int) -> Codes:
    """Changes ``[n, 2]`` of two parameters of which at least one is not valid alone."""
    first, second = np.meshgrid(np.arange(len(moves[i])), np.arange(len(moves[j])), indexing="ij")
    forced = ~(fine[i][first] & fine[j][second])
    return np.stack([moves[i][first[forced]], moves[j][second[forced]]], axis=1)


def _triples(
    component: Component,
    row: Codes,
    moves: list[Codes],
    fine: list[npt.NDArray[np.bool_]],
    pairs: Codes,
) -> Codes:
    """Valid changes of three parameters of which no one and no two are valid without the rest."""
    stuck = [m[~f] for m, f in zip(moves, fine, strict=True)]
    candidates = []
    for i, j, k in itertools.combinations(range(len(row)), 3):
        links = _linked(component, i, j) + _linked(component, j, k) + _linked(component, i, k)
        size = len(stuck[i]) * len(stuck[j]) * len(stuck[k])
        if links >= 2 and 0 < size <= MAX_CANDIDATES // 4:
            grid = np.meshgrid(stuck[i], stuck[j], stuck[k], indexing="ij")
            changes = np.stack([g.ravel() for g in grid], axis=1)
            candidates.append(((i, j, k), changes))
    rows = _with_changes(row, candidates)
    rows = rows[component.valid(rows)]
    if not len(rows) or not len(pairs):
        return rows
    known = {pair.tobytes() for pair in pairs}
    keep = np.ones(len(rows), dtype=bool)
    for column in range(len(row)):
        # Taking one change of a triple back leaves a pair; of the other columns, itself.
        without = rows.copy()
        without[:, column] = row[column]
        keep &= [part.tobytes() not in known for part in without]
    return rows[keep]


def _with_changes(row: Codes, changes: Sequence[tuple[tuple[int, ...], Codes]]) -> Codes:
    """Copies of a row with the named columns replaced: ``[sum of lengths, n_parameters]``."""
    total = sum(len(values) for _, values in changes)
    rows = np.repeat(row[None, :], total, axis=0)
    start = 0
    for columns, values in changes:
        rows[start : start + len(values), list(columns)] = values
        start += len(values)
    return rows
