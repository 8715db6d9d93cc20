"""A linear model of what a table measures, with its cross-validated error.

Every knob adds its own term: of a knob with few values, or without order, one for each value (a
one-hot code), else one that is linear. Ridge regression: Hoerl and Kennard, Technometrics 12(1),
1970. The weight of the penalty is the one with the least error among a few.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from bohwsw.accuracy.table_file import Cell
from bohwsw.checks import finite_number
from bohwsw.errors import SpecError

Array = npt.NDArray[np.float64]

FOLDS = 5
FEW = 12
"""Values of a knob that get a term each."""
PENALTIES = (1e-3, 1e-1, 1.0, 10.0)
MOST_LEFT_OUT = 300


class KnobCode:
    """Rows of knobs as numbers."""

    def __init__(self, columns: Sequence[Sequence[Cell]]) -> None:
        self._values = [sorted(set(column), key=str) for column in columns]

    def __call__(self, rows: Sequence[Sequence[Cell]]) -> Array:
        """One row of features for each row of knobs; a value never seen has no term."""
        parts = [np.ones((len(rows), 1))]
        for known, column in zip(self._values, zip(*rows, strict=True), strict=True):
            if len(known) <= FEW or any(isinstance(value, str) for value in known):
                parts.append(np.array([[float(value == one) for one in known] for value in column]))
            else:
                low, high = min(map(float, known)), max(map(float, known))
                parts.append((np.array(column, dtype=float)[:, None] - low) / (high - low))
        return np.hstack(parts)


@dataclass(frozen=True)
class Predictor:
    """A fitted linear model."""

    code: KnobCode  # from knobs to features
    weights: Array  # of the features, a column for each figure
    errors: tuple[float, ...]
    """Root mean square error of each figure on rows left out of the fit, five folds."""

    def __call__(self, row: Sequence[Cell]) -> list[float]:
        """The figures of a network that the table does not have."""
        found: list[float] = (self.code([row]) @ self.weights)[0].tolist()
        return found


def fit_predictor(rows: Sequence[Sequence[Cell]], figures: Array) -> Predictor:
    """Fit to rows of knobs and their figures, an array of shape (rows, figures)."""
    code = KnobCode(list(zip(*rows, strict=True)))
    features = code(rows)
    tried: dict[float, Array] = {}
    for penalty in PENALTIES:
        residuals = left_out(features, figures, partial(_ridge, penalty=penalty))
        tried[penalty] = np.sqrt((residuals**2).mean(axis=0))
    scale = figures.std(axis=0) + 1e-12
    best = min(tried, key=lambda penalty: float((tried[penalty] / scale).sum()))
    return Predictor(code, _ridge(features, figures, best), tuple(tried[best].tolist()))


def left_out(features: Array, figures: Array, fit: Callable[[Array, Array], Array]) -> Array:
    """What a linear model misses, as figures less predictions, on rows left out of its fit.

    Five folds; ``fit`` gives weights of the features for features and figures.
    """
    folds = np.random.default_rng(0).permutation(len(figures)) % FOLDS
    missed = np.empty_like(figures)
    for fold in range(FOLDS):
        held, kept = folds == fold, folds != fold
        missed[held] = figures[held] - features[held] @ fit(features[kept], figures[kept])
    return missed


def measured_numbers(figure: str, values: Sequence[float], n: int) -> Array:
    """Measured values as an array ``[n]``; a SpecError where one is missing or not finite."""
    for row, value in enumerate(values):
        if finite_number(value) is None:
            place, expected = f"{figure}[{row}]", "a finite number"
            raise SpecError("not measured", key_path=place, got=value, expected=expected)
    if len(values) != n:
        raise SpecError("not a value for each network", key_path=figure, got=len(values))
    return np.array(values, dtype=np.float64)


def least_squares(features: Array, figures: Array) -> Array:
    """Weights of least squares; where features leave them open, the smallest ones."""
    return np.asarray(np.linalg.lstsq(features, figures, rcond=None)[0])


class Neighbours:
    """Rows of a table by how little they differ: of numbers over their span, of texts by 1."""

    def __init__(self, rows: Sequence[Sequence[Cell]], figures: Array) -> None:
        self._rows, self._figures = [tuple(row) for row in rows], figures
        self._numbers, self._texts = [], []
        for index, column in enumerate(zip(*rows, strict=True)):
            if any(isinstance(value, str) for value in column):
                self._texts.append((index, np.array(column, dtype=object)))
            else:
                values = np.array(column, dtype=np.float64)
                self._numbers.append((index, values, float(np.ptp(values)) or 1.0))
        chosen = np.random.default_rng(0).permutation(len(rows))[:MOST_LEFT_OUT]
        others = [self._nearest(self._rows[row], leave_out=int(row)) for row in chosen]
        residuals = figures[others] - figures[chosen]
        self.errors: tuple[float, ...] = tuple(np.sqrt((residuals**2).mean(axis=0)).tolist())
        """Root mean square difference of a row, left out, to its nearest; of at most 300 rows."""

    def __call__(self, row: Sequence[Cell]) -> list[float]:
        """The figures of the nearest row; of several equally near ones the first."""
        found: list[float] = self._figures[self._nearest(row)].tolist()
        return found

    def _nearest(self, row: Sequence[Cell], leave_out: int | None = None) -> int:
        distances = np.zeros(len(self._rows))
        for index, values, span in self._numbers:
            distances += np.abs(values - float(row[index])) / span
        for index, texts in self._texts:
            distances += texts != row[index]
        if leave_out is not None and len(distances) > 1:
            distances[leave_out] = np.inf
        return int(distances.argmin())


def _ridge(features: Array, figures: Array, penalty: float) -> Array:
    """The intercept, the first feature, is not penalised."""
    penalties = np.full(features.shape[1], penalty)
    penalties[0] = 1e-9
    square = features.T @ features + np.diag(penalties)
    return np.asarray(np.linalg.solve(square, features.T @ figures))
