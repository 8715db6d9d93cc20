"""How much a Pareto front dominates, and how that grew trial by trial."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from bohwsw.acquisition import hypervolume, non_dominated
from bohwsw.codesign import figure_of
from bohwsw.strategies import TrialState
from bohwsw.study.trial import Trial


def hypervolume_history(trials: Sequence[Trial], objectives: Sequence[str]) -> dict[str, Any]:
    """The hypervolume of several objectives after each trial that has enlarged it.

    In units of what strategies are told: logarithms, percents. The reference point is the worst
    that any completed trial has in each objective, so histories of two studies compare only where
    a reference of one's own is taken, see `hypervolume`.

    Returns:
        ``reference`` by objective, and ``values``: trials ended, networks measured by then (0
        where there are none), hypervolume.
    """
    ended = sorted(trials, key=lambda trial: trial.finish_order or 0)
    measures = [figure_of(name).measure for name in objectives]
    vectors = {
        trial.number: np.array([trial.values[name] for name in measures])
        for trial in ended
        if trial.state == TrialState.COMPLETED and trial.is_full
    }
    if not vectors:
        return {"reference": None, "values": []}
    reference = np.max(list(vectors.values()), axis=0)
    values: list[list[float]] = []
    front = np.zeros((0, len(objectives)))
    measured = 0
    for count, trial in enumerate(ended, start=1):
        asked = trial.artifacts.get("accuracy")
        measured += asked is not None and not asked["reused"]
        if trial.number not in vectors:
            continue
        front = np.vstack([front, vectors[trial.number]])
        front = front[non_dominated(front)]
        volume = hypervolume(front, reference)
        if not values or volume > values[-1][2]:
            values.append([count, measured, volume])
    return {"reference": dict(zip(objectives, reference.tolist(), strict=True)), "values": values}
