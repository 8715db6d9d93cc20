"""Pareto fronts of points that are known: which of them are on it, and how much it dominates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bohwsw.arrays import Labels, Values


def non_dominated(values: Values) -> Labels:
    """Which of ``[n, m]`` objective vectors no other one beats: bool ``[n]``; all minimised.

    Of equal vectors the first counts.
    """
    at_least = (values[:, None, :] <= values[None, :, :]).all(axis=2)
    better = at_least & (values[:, None, :] < values[None, :, :]).any(axis=2)
    same = at_least & at_least.T & np.tri(len(values), k=-1, dtype=bool).T
    return np.asarray(~(better | same).any(axis=0))


def hypervolume(values: Values, reference: Values) -> float:
    """The volume between a reference point and what any of some points dominates.

    Args:
        values: ``[n, m]``, all minimised.
        reference: ``[m]``; points that are not below it in everything add nothing.
    """
    inside = values[(values < reference).all(axis=1)]
    if not len(inside):
        return 0.0
    if values.shape[1] == 1:
        return float(reference[0] - inside.min())
    front = inside[non_dominated(inside)]
    front = front[np.argsort(front[:, -1])]
    # Slices along the last objective: each is as thick as the way to the next point.
    ends = np.append(front[1:, -1], reference[-1])
    total = 0.0
    for count, (begin, end) in enumerate(zip(front[:, -1], ends, strict=True), start=1):
        if end > begin:
            total += (end - begin) * hypervolume(front[:count, :-1], reference[:-1])
    return float(total)


def volume_steps(
    told: Sequence[tuple[int, Sequence[float]]],
) -> tuple[list[float], list[list[float]]]:
    """The hypervolume of points that come in turn, each with a number; all are minimised.

    Returns:
        The reference, the worst in each objective; number and volume where that has grown.
    """
    worst = np.max([point for _, point in told], axis=0)
    steps: list[list[float]] = []
    front = np.zeros((0, len(worst)))
    for count, point in told:
        front = np.vstack([front, point])
        front = front[non_dominated(front)]
        volume = hypervolume(front, worst)
        if not steps or volume > steps[-1][1]:
            steps.append([count, volume])
    return worst.tolist(), steps
