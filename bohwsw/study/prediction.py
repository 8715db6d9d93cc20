"""What measured values would be where nothing was measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from bohwsw.errors import BohwswError
from bohwsw.strategies.outcome import TrialState
from bohwsw.study.optimisation import Optimisation
from bohwsw.study.parameter_configs import SearchSpace
from bohwsw.study.trial import Trial
from bohwsw.surrogates.transforms import looks_log_normal

Values = npt.NDArray[np.float64]

Measured = dict[str, tuple[float, float]]
"""For each measured value, its mean and its standard error, NaN where that is not known."""


def predicted(
    space: SearchSpace,
    goals: Optimisation,
    trials: Sequence[Trial],
    points: Sequence[Mapping[str, Any]],
) -> list[Measured]:
    """Means and standard deviations by a Gaussian process for each measured value.

    Values that look log-normal, as energy-delay products do, are modelled by their logarithms; the
    figures returned are those of the log-normal distribution then.

    Args:
        space: of the trials.
        goals: which of the measured values are asked for.
        trials: completed ones are learned from.
        points: where; parameters as their user sees them.

    Raises:
        BohwswError: fewer than two trials have completed.
        SpecError: a point is not in the space.
    """
    if not points:
        return []
    rows = np.array([space.space.row(space.point(point)) for point in points])
    done = [
        (trial, trial.outcome)
        for trial in trials
        if trial.outcome is not None and trial.outcome.state is TrialState.COMPLETED
    ]
    if len(done) < 2:
        raise BohwswError(f"a prediction needs two completed trials: there are {len(done)}")
    known = [space.space.row(space.point(trial.point)) for trial, _ in done]
    x, new_x = space.space.encode_rows(np.array(known)), space.space.encode_rows(rows)
    columns = {}
    measured = set.intersection(*(set(outcome.values) for _, outcome in done))
    for name in [name for name in goals.names(measured) if name in measured]:
        y = np.array([outcome.values[name] for _, outcome in done])
        noise = [outcome.deviations.get(name) for _, outcome in done]
        variances = None
        if all(deviation is not None for deviation in noise):
            variances = np.array(noise, dtype=np.float64) ** 2
        columns[name] = _column(space, x, y, variances, new_x)
    return [
        {name: (float(mean[i]), float(deviation[i])) for name, (mean, deviation) in columns.items()}
        for i in range(len(rows))
    ]


def _column(
    space: SearchSpace, x: Values, y: Values, noise: Values | None, new_x: Values
) -> tuple[Values, Values]:
    """Mean and standard deviation of one measured value at new points."""
    from bohwsw.surrogates.gp import GaussianProcess  # with torch

    is_log = bool(y.min() > 0.0) and looks_log_normal(y)
    if is_log:
        noise = None if noise is None else noise / y**2
        y = np.log(y)
    model = GaussianProcess(space.space.encoding_groups).fit(x, y, noise=noise)
    mean, variance = model.predict(new_x)
    if is_log:
        level = np.exp(mean + variance / 2.0)
        return level, level * np.sqrt(np.expm1(variance))
    return mean, np.sqrt(variance)
