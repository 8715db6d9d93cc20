"""Reported noise of observations, carried through the transformation that a model sees them by."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bohwsw.surrogates.log_density import MIN_NOISE
from bohwsw.surrogates.transforms import Transform, centre_and_scale

Values = npt.NDArray[np.float64]

LARGEST = 1e3
"""Deviations, in standard deviations of the observations, beyond which one says nothing at all."""


def known_variances(transform: Transform, values: Values, deviations: Values) -> Values | None:
    """Noise variances of transformed observations.

    An observation whose deviation nobody reported counts as noisy as the median of the others, in
    the units of the model; `GaussianProcess.with_observations` has the same rule.

    Args:
        transform: monotone, of observations ``[m]``.
        values: observations ``[n]`` before it.
        deviations: their standard deviations ``[n]``; NaN where none was reported.

    Returns:
        ``[n]`` in units of the transformed observations squared; None if none was reported, or
        only ones below the noise that any fit assumes (`log_density.MIN_NOISE`), which leave the
        data as good as free of noise.
    """
    reported = ~np.isnan(deviations)
    if not reported.any():
        return None
    _, scale = centre_and_scale(transform(values))
    spread = transformed_deviations(transform, values[reported], deviations[reported]) / scale
    spread = np.minimum(spread, LARGEST)
    if float(spread.max()) ** 2 <= MIN_NOISE:
        return None
    # The square of a scale beyond that would leave float64.
    known = (spread * min(scale, 1e150)) ** 2
    variances = np.full(len(values), float(np.median(known)))
    variances[reported] = known
    return variances


def transformed_deviations(transform: Transform, values: Values, deviations: Values) -> Values:
    """Standard deviations ``[n]`` of transformed observations.

    The delta method (G. Casella and R. L. Berger, "Statistical Inference", 2002, section 5.5.4),
    where the slope is the harmonic mean of the slopes over one deviation up and one down: exact to
    first order, and still moderate where the deviation reaches below zero, at which a logarithm
    ends, or far across a bend.

    Args:
        transform: monotone, of observations ``[n]``.
        values: observations ``[n]``.
        deviations: theirs ``[n]``, not negative.
    """
    here = transform(values)
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        up = transform(values + deviations) - here
        down = here - transform(values - deviations)
        result: Values = 2.0 / (1.0 / up + 1.0 / down)
    # Steps so small that rounding swallows them, or so large that they leave float64.
    return np.nan_to_num(result, nan=0.0, posinf=np.inf)
