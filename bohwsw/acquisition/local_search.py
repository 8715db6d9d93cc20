"""Climbing a score over valid neighbours, from several starts in step.

The best of 20,000 random points of a lattice was measured to stay 0.2 to 2 nats of log expected
improvement below what a local search reaches. The starts move together, so that all their
neighbours are scored in one call.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from bohwsw.arrays import Values
from bohwsw.space import Space

Rows = npt.NDArray[np.int32]

MAX_STEPS = 40
MAX_NEIGHBOURS = 96
"""Of one start in one step; a random part where there are more."""

MAX_SCORED = 2000
"""Rows that one climb may score, over all starts and steps."""

BEAM_STEPS, BEAM_WIDTH = 3, 2
"""After so many steps only so many starts, the best ones, go on: in a space of many neighbours all
of them together would be cut short on their way."""

LEAST_GAIN = 1e-9

NEAR_ROWS = 120
"""At most this many neighbours of a row."""

JOINT_ROWS = 20
"""Rows two moves away from a good trial that join a pool."""

JOINT_MOVES = 200
"""Random pairs of moves that are looked at where no single move is better."""

FULLY_SCORED = 300
"""Rows that are scored in full, to know what the others have to beat."""

Score = Callable[[Rows, Values], Values]
"""Scores ``[n]`` of rows ``[n, d]``, given a floor for each ``[n]``: where the score is at most the
floor, anything up to the floor will do. So a score may leave out what is dear to compute."""


def climb(
    space: Space,
    starts: Rows,
    start_scores: Values,
    score: Score,
    is_taken: Callable[[Rows], bool],
    rng: np.random.Generator,
    most: int = MAX_SCORED,
) -> tuple[Rows, float]:
    """The best row ``[d]`` that can be reached by moves that each raise the score, and its score.

    Args:
        space: gives the neighbours.
        starts: rows ``[n, d]`` to start from; not taken.
        start_scores: their scores ``[n]``.
        score: see `Score`; only rows that beat the start they are next to are told apart.
        is_taken: rows that may not be returned; they are stepped over, not through.
        rng: picks among the neighbours where there are very many.
        most: rows that may be scored.
    """
    current = {row.tobytes(): (row, value) for row, value in zip(starts, start_scores, strict=True)}
    best_row, best_score = max(current.values(), key=lambda pair: pair[1])
    visited = set(current)
    n_scored, joint = 0, False
    for step in range(MAX_STEPS):
        if not current or n_scored >= most:
            break
        near = [_open_neighbours(space, row, is_taken, rng) for row, _ in current.values()]
        sizes = [len(rows) for rows in near]
        if not sum(sizes):
            break
        n_scored += sum(sizes)
        floor = np.repeat([old for _, old in current.values()], sizes)
        scores = np.split(score(np.concatenate(near), floor), np.cumsum(sizes)[:-1])
        moved: dict[bytes, tuple[Rows, np.float64]] = {}
        for (_, old), rows, values in zip(current.values(), near, scores, strict=True):
            if not len(values):
                continue
            top = int(np.argmax(values))
            key = rows[top].tobytes()
            # A start that walks into the path of another would only repeat it.
            if values[top] > old + LEAST_GAIN and key not in visited:
                visited.add(key)
                moved[key] = (rows[top], values[top])
                if values[top] > best_score:
                    best_row, best_score = rows[top], values[top]
        if step + 1 >= BEAM_STEPS:
            moved = dict(sorted(moved.items(), key=lambda item: -item[1][1])[:BEAM_WIDTH])
        if not moved and not joint and n_scored + JOINT_MOVES <= most:
            # Where a real and a size must move together each move alone makes it worse.
            pairs = joint_moves(space, best_row, JOINT_MOVES, rng)
            pairs = pairs[[not is_taken(row) for row in pairs]] if len(pairs) else pairs
            n_scored, joint = n_scored + JOINT_MOVES, True
            gains = score(pairs, np.full(len(pairs), best_score)) if len(pairs) else np.zeros(0)
            if gains.max(initial=-np.inf) > best_score + LEAST_GAIN:
                best_row, best_score = pairs[int(np.argmax(gains))], gains.max()
                moved = {best_row.tobytes(): (best_row, best_score)}
        current = moved
    return best_row, float(best_score)


def climbed(
    space: Space,
    rows: Rows,
    score: Score,
    n: int,
    is_taken: Callable[[Rows], bool],
    rng: np.random.Generator,
    most: int = MAX_SCORED,
) -> Rows:
    """Where a `climb` from the ``n`` best of rows ``[m, d]`` ends: ``[d]``."""
    starts, scores = best_of(rows, score, n)
    return climb(space, starts, scores, score, is_taken, rng, most)[0]


def some_neighbours(space: Space, row: Rows, rng: np.random.Generator) -> Rows:
    """The neighbours of a row, a random part of them if they are very many."""
    rows = space.neighbour_rows(row)
    if len(rows) <= NEAR_ROWS:
        return rows
    return rows[rng.choice(len(rows), size=NEAR_ROWS, replace=False)]


def joint_moves(space: Space, row: Rows, n: int, rng: np.random.Generator) -> Rows:
    """About ``n`` valid rows that are two moves away, of parameters that no constraint ties."""
    near = space.neighbour_rows(row)
    if not len(near):
        return near
    group_of = np.zeros(space.n_columns, dtype=np.intp)
    for k, columns in enumerate(space.group_columns):
        group_of[columns] = k
    moved = near != row
    group = group_of[moved.argmax(axis=1)]
    # Each parameter alike, however many moves it has: one of a real, then one of a category.
    share = 1.0 / np.bincount(group)[group]
    one, other = rng.choice(len(near), size=(2, n), p=share / share.sum())
    apart = group[one] != group[other]
    one, other = one[apart], other[apart]
    return np.asarray(np.where(moved[other], near[other], near[one]))


def best_of(rows: Rows, score: Score, n: int) -> tuple[Rows, Values]:
    """The ``n`` of rows ``[m, d]`` with the highest scores ``[n]``, best first, and these.

    Rows that are probably good at the front save work.
    """
    scores = score(rows[:FULLY_SCORED], np.full(min(FULLY_SCORED, len(rows)), -np.inf))
    if len(rows) > FULLY_SCORED:
        floor = np.sort(scores)[-min(n, FULLY_SCORED)]
        rest = score(rows[FULLY_SCORED:], np.full(len(rows) - FULLY_SCORED, floor))
        scores = np.concatenate([scores, rest])
    top = np.argsort(-scores, kind="stable")[:n]
    return rows[top], scores[top]


def top_row(rows: Rows, score: Score) -> Rows:
    """The row ``[d]`` with the highest score."""
    row: Rows = best_of(rows, score, 1)[0][0]
    return row


def _open_neighbours(
    space: Space, row: Rows, is_taken: Callable[[Rows], bool], rng: np.random.Generator
) -> Rows:
    """The neighbours that may be suggested, a random part of them if they are very many."""
    rows = space.neighbour_rows(row)
    if len(rows) > MAX_NEIGHBOURS:
        rows = rows[np.sort(rng.choice(len(rows), size=MAX_NEIGHBOURS, replace=False))]
    return rows[[not is_taken(near) for near in rows]] if len(rows) else rows
