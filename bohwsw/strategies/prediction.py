"""What measured values would be where nothing was measured."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from bohwsw.arrays import Indices, Values
from bohwsw.errors import BohwswError
from bohwsw.strategies.outcome import Outcome
from bohwsw.strategies.training_data import OutcomeData
from bohwsw.surrogates import HUGE, GaussianProcess, looks_log_normal

Prediction = dict[str, tuple[float, float]]
"""For each measured value, its mean and its standard deviation."""


def predicted(
    outcomes: Sequence[Outcome],
    x: Values,
    new_x: Values,
    groups: Indices,
    basis: Callable[[Values], Values] | None = None,
) -> list[Prediction]:
    """Means and standard deviations by a Gaussian process for each measured value.

    Values that look log-normal, as energy-delay products do, are modelled by their logarithms; the
    figures returned are those of the log-normal distribution then.

    Args:
        outcomes: ``n`` of them; values that at least two of these measured are predicted.
        x: their encoded points ``[n, width]``.
        new_x: encoded points ``[m, width]`` at which to predict.
        groups: of the encoded columns ``[width]``.
        basis: of a trend, see `OutcomeData`.

    Raises:
        BohwswError: there is no such value.
    """
    found: list[Prediction] = [{} for _ in new_x]
    values = [outcome.values for outcome in outcomes]
    names = dict.fromkeys(name for measured in values for name in measured)
    known = {name: [k for k, measured in enumerate(values) if name in measured] for name in names}
    known = {name: rows for name, rows in known.items() if len(rows) > 1}
    if not known:
        raise BohwswError("a prediction needs two trials that measured the same value")
    for name, rows in known.items():
        y = np.array([values[k][name] for k in rows])
        deviations = [outcomes[k].deviations.get(name) for k in rows]
        noise = None
        if all(deviation is not None for deviation in deviations):
            noise = np.array(deviations, dtype=np.float64) ** 2
        means, spreads = _column(groups, x[rows], y, noise, new_x, basis)
        for entry, mean, deviation in zip(found, means, spreads, strict=True):
            entry[name] = float(mean), float(deviation)
    return found


def _column(
    groups: Indices,
    x: Values,
    y: Values,
    noise: Values | None,
    new_x: Values,
    basis: Callable[[Values], Values] | None,
) -> tuple[Values, Values]:
    """Mean and standard deviation of one measured value at new points."""
    is_log = bool(y.min() > 0.0) and looks_log_normal(y)
    if is_log:
        noise = None if noise is None else noise / y**2
        y = np.log(y)
    elif (largest := float(np.abs(y).max())) > HUGE:  # squares would leave float64
        noise = None if noise is None else noise / largest / largest
        mean, spread = _column(groups, x, y / largest, noise, new_x, basis)
        return largest * mean, largest * spread
    if basis is None:
        model = GaussianProcess(groups).fit(x, y, noise=noise)
    else:
        data = OutcomeData(groups, lambda _, __: np.copy, None, basis)
        for k, value in enumerate(y):
            data.add(x[k], float(value), None if noise is None else float(np.sqrt(noise[k])))
        model = data.model()
    mean, variance = model.predict(new_x)
    if is_log:
        level = np.exp(mean + variance / 2.0)
        return level, level * np.sqrt(np.expm1(variance))
    return mean, np.sqrt(variance)
