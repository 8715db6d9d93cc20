"""Observations made fit for a Gaussian process: output warping, standardisation, reported noise.

E. Snelson, C. E. Rasmussen and Z. Ghahramani, "Warped Gaussian Processes", NeurIPS 2003, with
monotone warpings that are chosen by the data and not fitted. A warping is found for some values and
then applies to any others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from bohwsw.arrays import Values
from bohwsw.errors import SpecError
from bohwsw.surrogates.log_density import MIN_NOISE

Warping = Callable[[Values], Values]
Found = TypeVar("Found")

POSITIVE_RATIO = 1e4
"""Positive values that span more than this are modelled by their logarithm while they are few."""

FEW = 5

MARGIN = 0.02
"""By how much, in log likelihood a value, a log-normal distribution must suit positive values
better than a normal one for their logarithm to be modelled."""

LEAST_DEVIATIONS = 4.0
"""And by how many reported standard deviations all of them must be above zero: noise that reaches
it would have deep minima as logarithms."""

HUGE = 1e100
"""Values beyond are scaled: their squares would leave float64."""

FIRST, LEAST_SHARE = 10, 0.25
"""The unit of `constraint_warping` is at least this share of what the first values asked for: a
search that stays near a limit would magnify it until nothing is smooth."""

LEAST_UNIT = 0.1
"""Of `objective_warping`, in standard deviations."""

OUTLIER_RANGES = 20.0
"""Further than this many interquartile ranges from the median, values are bent, not cut."""

LARGEST_DEVIATION = 1e3
"""Deviations, in standard deviations of the observations, beyond which one says nothing at all."""


def checked_data(x: Values, y: npt.ArrayLike, what: str = "encoded point") -> tuple[Values, Values]:
    """Points ``[n, d]`` and observations, or labels, ``[n]`` as arrays.

    Raises:
        SpecError: shapes do not match or a value is not finite.
    """
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if x.ndim != 2 or y.shape != (len(x),) or not x.size:
        raise SpecError(
            f"{what}s and observations do not match",
            got=[list(x.shape), list(y.shape)],
            expected="x [n, d] and y [n], n >= 1",
        )
    require_finite(x, f"{'an' if what[0] == 'e' else 'a'} {what}")
    require_finite(y, "an observation")
    return x, y


def fitted(found: Found | None, what: str) -> Found:
    """What a fit found; a SpecError if nothing was fitted yet."""
    if found is None:
        raise SpecError(f"the {what} has not been fitted")
    return found


def require_finite(values: Values, what: str) -> None:
    """Refuse NaN and infinities by name.

    Raises:
        SpecError: says which entry is not finite.
    """
    wrong = np.flatnonzero(~np.isfinite(values))
    if len(wrong):
        raise SpecError(
            f"{what} must be finite",
            key_path=f"[{wrong[0]}]",
            got=float(np.asarray(values).ravel()[wrong[0]]),
            expected="a number; report a broken evaluation as FAILED",
        )


def outcome_warping(values: Values, deviation: float = 0.0) -> Warping:
    """A monotone transformation of ``[n]`` values that a stationary model can follow.

    Positive values that look log-normal rather than normal become logarithms; of what is not
    positive that is minus infinity. Otherwise, if some lie far out, both tails are bent to a
    logarithm beyond one interquartile range from the median (the bi-symmetric logarithm of
    J. B. W. Webber, "A bi-symmetric log transformation for wide-range data", 2013). Everything
    else is left as it is, but for the scale of huge values. ``deviation``: of the noise.
    """
    largest = float(np.abs(values).max(initial=0.0))
    plain: Warping = np.copy if largest <= HUGE else lambda others: others / largest
    if len(values) < 2:
        return plain
    if values.min() > LEAST_DEVIATIONS * deviation and looks_log_normal(values):
        return _logarithm
    # Halved first: a difference of two huge values of opposite sign would overflow.
    half = values / 2
    lower, median, upper = np.quantile(half, [0.25, 0.5, 0.75])
    spread = upper - lower
    if spread <= 0:
        # Most values are equal: only the others can say what a typical distance is.
        distances = np.abs(half - median)
        spread = float(np.median(distances[distances > 0])) if (distances > 0).any() else 1.0
    if np.abs((half - median) / spread).max() <= OUTLIER_RANGES:
        return plain
    return lambda others: _symmetric_log((others / 2 - median) / spread)


def objective_warping(values: Values, deviation: float = 0.0) -> Warping:
    """As `outcome_warping`, for what is to be minimised: bad values are told apart less than good.

    Above the median, distances become logarithms in units of its distance from the lowest (at
    least a tenth of the standard deviation). A model of few observations then spends its
    flexibility where the minimum is, and not on how bad the worst are.
    """
    warped = outcome_warping(values, deviation)
    if len(values) < FEW:
        return warped
    seen = warped(values)
    lowest, middle = float(seen.min()), float(np.median(seen))
    unit = max(middle - lowest, LEAST_UNIT * float(seen.std()))
    if unit <= 0.0:
        return warped

    def compressed(others: Values) -> Values:
        found = warped(others)
        above = np.maximum(found - middle, 0.0) / unit
        return np.asarray(np.minimum(found, middle) + unit * np.log1p(above))

    return compressed


def front_warping(values: Values, deviation: float = 0.0) -> Warping:
    """As `outcome_warping`, for one of several objectives: good and bad values are alike to it.

    Values that are all negative, of what is maximised, become logarithms by the same rule.
    """
    least = LEAST_DEVIATIONS * deviation
    if len(values) >= 2 and values.max() < -least and looks_log_normal(-values):
        return lambda others: -_logarithm(-others)
    return outcome_warping(values, deviation)


def constraint_warping(values: Values, _: float = 0.0) -> Warping:
    """Constraint values ``[n]``, of which 0 is the limit, in units of their median size and bent.

    In the order of the trials; see `FIRST`. The unit is at most the median of what breaks the
    limit: of one that is met by thousands and broken by less than 1, as a clearance relative to
    itself is, a model would not see that it is broken, and suggest such points for ever.

    The bi-logarithm of D. Eriksson and M. Poloczek, "Scalable Constrained Bayesian Optimization",
    AISTATS 2021: near the limit nearly linear, far from it a logarithm. 0 stays 0 and no sign
    changes.
    """
    largest = float(np.abs(values).max(initial=0.0))
    if largest == 0.0:
        return np.copy
    # In units of the largest first, so that neither huge nor tiny values leave float64.
    sizes = np.abs(values / largest)
    middle, first = float(np.median(sizes[sizes != 0.0])), sizes[:FIRST]
    if first.any():
        middle = max(middle, LEAST_SHARE * float(np.median(first[first != 0.0])))
    broken = sizes[values > 0.0]
    if len(broken):
        begun = first[values[:FIRST] > 0.0]
        least = LEAST_SHARE * float(np.median(begun if len(begun) else broken[:FIRST]))
        middle = min(middle, max(float(np.median(broken)), least))
    return lambda others: _symmetric_log(others / largest, middle)


def _symmetric_log(values: Values, unit: float = 1.0) -> Values:
    return np.asarray(np.sign(values) * np.log1p(np.abs(values) / unit))


def _logarithm(values: Values) -> Values:
    with np.errstate(divide="ignore"):
        logs: Values = np.log(np.maximum(values, 0.0))
    return logs


def looks_log_normal(values: Values) -> bool:
    """Which of the two exponents 0 and 1 of G. E. P. Box and D. R. Cox (1964) suits better.

    Unlike a limit on the range this sees that an energy-delay product over two decades is skewed,
    and that a sum of squares with one value near zero is not.
    """
    if len(values) < FEW:
        return bool(values.max() / POSITIVE_RATIO > values.min())
    relative = values / values.max()
    logs = np.log(values) - np.log(values.max())
    spread, log_spread = float(relative.std()), float(logs.std())
    if min(spread, log_spread) < 1e-9:
        return False
    return float(np.log(spread / log_spread) - logs.mean()) > MARGIN


def centre_and_scale(values: Values) -> tuple[float, float]:
    """Mean and standard deviation of ``[n]`` values; the latter is 1 if they are all equal."""
    centres, scales = centres_and_scales(values[:, None])
    return float(centres[0]), float(scales[0])


def centres_and_scales(values: Values) -> tuple[Values, Values]:
    """`centre_and_scale` of each column of ``[n, k]`` values: two arrays ``[k]``."""
    rows = np.ascontiguousarray(values.T)
    largest = np.abs(rows).max(axis=1)
    # In units of the largest: squares of very large or very small values would leave float64.
    rows = rows / np.where(largest > 0.0, largest, 1.0)[:, None]
    scales = rows.std(axis=1)
    # Below rounding the differences say nothing; dividing by them would model noise.
    units = np.where(scales > 1e-12, scales * largest, 0.0)
    return rows.mean(axis=1) * largest, np.where(units > 0.0, units, 1.0)


def warped_variances(warping: Warping, values: Values, deviations: Values) -> Values | None:
    """Noise variances ``[n]`` of warped observations, from reported deviations.

    An observation whose deviation nobody reported counts as noisy as the median of the others, in
    the units of the model; `GaussianProcess.with_observations` has the same rule.

    None if no deviation ``[n]`` was reported (NaN), or only ones below the noise that any fit
    assumes (`log_density.MIN_NOISE`), which leave the data as good as free of noise.
    """
    reported = ~np.isnan(deviations)
    if not reported.any():
        return None
    _, scale = centre_and_scale(warping(values))
    spread = warped_deviations(warping, values[reported], deviations[reported]) / scale
    spread = np.minimum(spread, LARGEST_DEVIATION)
    if float(spread.max()) ** 2 <= MIN_NOISE:
        return None
    # The square of a scale beyond that would leave float64.
    known = (spread * min(scale, 1e150)) ** 2
    variances = np.full(len(values), float(np.median(known)))
    variances[reported] = known
    return variances


def warped_deviations(warping: Warping, values: Values, deviations: Values) -> Values:
    """Standard deviations ``[n]`` of warped observations, from those before it.

    The delta method (G. Casella and R. L. Berger, "Statistical Inference", 2002, section 5.5.4),
    where the slope is the harmonic mean of the slopes over one deviation up and one down: exact to
    first order, and still moderate where the deviation reaches below zero, at which a logarithm
    ends, or far across a bend.
    """
    here = warping(values)
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        up = warping(values + deviations) - here
        down = here - warping(values - deviations)
        result: Values = 2.0 / (1.0 / up + 1.0 / down)
    # Steps so small that rounding swallows them, or so large that they leave float64.
    return np.nan_to_num(result, nan=0.0, posinf=np.inf)
