"""A linear predictor whose terms have names: coefficients with intervals, and a sentence for each.

C.-H. Hung et al., "FOX-NAS: Fast, On-device and Explainable Neural Architecture Search", ICCV
workshops 2021: accuracy and latency are linear in depths, expansions and kernels of the stages and
in some of their products, fitted to 300 measured networks; the terms are those of the authors'
public code (great8nctu/FOX-NAS @26d5939).

Ours: terms are expressions over knobs, and each coefficient has an interval, that of Student's t
for least squares with errors of one variance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import stdtrit

from bohwsw.accuracy.predictor import least_squares, left_out, measured_numbers
from bohwsw.arrays import Values
from bohwsw.errors import SpecError, located, unknown_name
from bohwsw.expressions import parse

BASE = "base"
"""What the constant is called among the coefficients."""
SHARE = 0.95
"""Of intervals that hold the coefficient, if the model is right."""
ALIKE = 1e-9
"""Of a term that is left beyond all others, to its size: below it they cannot be told apart."""


@dataclass(frozen=True)
class Coefficient:
    """What a term of a linear predictor adds."""

    term: str
    value: float  # for one more of it, in the figure's unit
    low: float  # where the interval begins
    high: float  # where it ends
    span: float = 0.0  # of the term in the data, from its least to its largest value

    def sentence(self, figure: str) -> str:
        """For people: what it does, how sure that is, and what it comes to in the data."""
        interval = f"{SHARE:.0%} interval {self.low:.4g} to {self.high:.4g}"
        if self.term == BASE:
            return f"Without any term {figure} is {self.value:.4g} ({interval})."
        if self.low <= 0.0 <= self.high:
            return f"Whether {self.term} changes {figure} cannot be told ({interval} for one more)."
        way = "raises" if self.value > 0 else "lowers"
        size, all_of_it = abs(self.value), abs(self.value) * self.span
        return (
            f"One more of {self.term} {way} {figure} by {size:.4g} ({interval}), "
            f"from its least to its largest value by {all_of_it:.4g}."
        )


@dataclass(frozen=True)
class LinearPredictor:
    """A figure of networks as a sum of terms with coefficients."""

    figure: str
    coefficients: tuple[Coefficient, ...]  # the constant first, then one for each term
    error: float  # root mean square of what it is off on networks left out of the fit, five folds
    deviation: float  # standard deviation of the figure among the networks of the fit

    def __call__(self, knobs: Mapping[str, Any]) -> float:
        """The figure of a network.

        Raises:
            SpecError: a knob is missing, or a term has no value there.
        """
        base, *others = self.coefficients
        terms = (float(parse(own.term).evaluate(knobs)) * own.value for own in others)
        return base.value + sum(terms)

    def sentences(self) -> list[str]:
        """What each coefficient says; `Coefficient.sentence`."""
        return [own.sentence(self.figure) for own in self.coefficients]


def fit_terms(
    figure: str, terms: Sequence[str], points: Sequence[Mapping[str, Any]], values: Sequence[float]
) -> LinearPredictor:
    """Fit by least squares.

    Args:
        terms: expressions over knobs, such as ``(depth_1 - 1) * expand_1`` or
            ``operator == 'conv'``; named interactions are products.

    Raises:
        SpecError: a term is no expression, is alike in all networks or follows from the others;
            there are no more networks than terms; a value is no finite number.
    """
    if len(points) <= len(terms) + 1 or len(values) != len(points):
        expected = f"more than {len(terms) + 1} networks, with a value each"
        got = f"{len(points)} networks, {len(values)} values"
        raise SpecError("too few networks for so many terms", got=got, expected=expected)
    y = measured_numbers(figure, values, len(points))
    columns = [np.ones(len(y)), *(_column(term, points) for term in terms)]
    features = np.column_stack(columns)
    scales = np.abs(features).max(axis=0)
    scales[scales == 0.0] = 1.0
    _, triangle = np.linalg.qr(features / scales)
    for term, left in zip(terms, np.abs(np.diag(triangle))[1:], strict=True):
        if left < ALIKE * np.sqrt(len(y)):
            problem = "a term that is alike in all networks, or follows from those before it"
            raise SpecError(problem, key_path="terms", got=term, expected="one that differs")
    weights = least_squares(features / scales, y) / scales
    freedom = len(y) - len(weights)
    variance = float(((y - features @ weights) ** 2).sum()) / freedom
    spread = np.sqrt(variance * (np.linalg.inv(triangle) ** 2).sum(axis=1)) / scales
    reach = float(stdtrit(freedom, 0.5 + SHARE / 2)) * spread
    named = zip([BASE, *terms], weights, reach, np.ptp(features, axis=0), strict=True)
    found = [Coefficient(t, float(w), float(w - r), float(w + r), float(s)) for t, w, r, s in named]
    missed = left_out(features, y, lambda x, f: least_squares(x / scales, f) / scales)
    error = float(np.sqrt((missed**2).mean()))
    return LinearPredictor(figure, tuple(found), error, float(y.std()))


def _column(term: str, points: Sequence[Mapping[str, Any]]) -> Values:
    """The values of a term at all points ``[n]``."""
    with located(key_path="terms"):
        expression = parse(term)
        for point in points:
            if missing := [name for name in expression.names if name not in point]:
                raise unknown_name("name in a term", missing[0], list(point))
        named = {n: np.array([point[n] for point in points]) for n in expression.names}
        found = np.asarray(expression.evaluate(named), dtype=np.float64)
    return np.broadcast_to(found, len(points))
