"""Observations made fit for a Gaussian process: tamed where they are wild, then standardised."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from bohwsw.errors import SpecError

Values = npt.NDArray[np.float64]
Transform = Callable[[Values], Values]

POSITIVE_RATIO = 1e4
"""Positive values that span more than this are modelled by their logarithm while they are few."""

FEW = 5

MARGIN = 0.02
"""By how much, in log likelihood a value, a log-normal distribution must suit positive values
better than a normal one for their logarithm to be modelled."""

HUGE = 1e100
"""Values beyond are scaled: their squares would leave float64."""

LEAST_UNIT = 0.1
"""Of `sharpening`, in standard deviations."""

WILD = 20.0
"""Further than this many interquartile ranges from the median, values are bent, not cut."""


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


def tamed(values: Values) -> Values:
    """A monotone transformation of ``[n]`` values that a stationary model can follow.

    Positive values that look log-normal rather than normal become logarithms. Otherwise, if some
    lie far out, both tails
    are bent to a logarithm beyond one interquartile range from the median (the bi-symmetric
    logarithm of J. B. W. Webber, "A bi-symmetric log transformation for wide-range data", 2013).
    Everything else is left as it is, but for the scale of huge values. The order of the values
    never changes.
    """
    return taming(values)(values)


def taming(values: Values) -> Transform:
    """The transformation that `tamed` finds for ``[n]`` values, for any others as well.

    Of what is not positive the logarithm is minus infinity.
    """
    largest = float(np.abs(values).max(initial=0.0))
    plain: Transform = np.copy if largest <= HUGE else lambda others: others / largest
    if len(values) < 2:
        return plain
    if values.min() > 0 and looks_log_normal(values):
        return _logarithm
    # Halved first: a difference of two huge values of opposite sign would overflow.
    half = values / 2
    lower, median, upper = np.quantile(half, [0.25, 0.5, 0.75])
    spread = upper - lower
    if spread <= 0:
        # Most values are equal: only the others can say what a typical distance is.
        distances = np.abs(half - median)
        spread = float(np.median(distances[distances > 0])) if (distances > 0).any() else 1.0

    def bent(others: Values) -> Values:
        distance = (others / 2 - median) / spread
        result: Values = np.sign(distance) * np.log1p(np.abs(distance))
        return result

    return plain if np.abs((half - median) / spread).max() <= WILD else bent


def sharpening(values: Values) -> Transform:
    """As `taming`, for what is to be minimised: bad values are told apart less than good ones.

    Above the median, distances become logarithms in units of its distance from the lowest (at
    least a tenth of the standard deviation). A model of few observations then spends its
    flexibility where the minimum is, and not on how bad the worst are.
    """
    tame = taming(values)
    if len(values) < FEW:
        return tame
    tamed_values = tame(values)
    lowest, middle = float(tamed_values.min()), float(np.median(tamed_values))
    unit = max(middle - lowest, LEAST_UNIT * float(tamed_values.std()))
    if unit <= 0.0:
        return tame

    def sharp(others: Values) -> Values:
        found = tame(others)
        above = np.maximum(found - middle, 0.0) / unit
        result: Values = np.minimum(found, middle) + unit * np.log1p(above)
        return result

    return sharp


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
        return bool(values.max() > POSITIVE_RATIO * values.min())
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
    return rows.mean(axis=1) * largest, np.where(scales > 1e-12, scales * largest, 1.0)
