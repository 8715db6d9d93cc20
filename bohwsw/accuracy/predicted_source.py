"""Accuracies predicted from few measured networks, by NN-Degree or by a sum of named terms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np

from bohwsw.accuracy.linear_terms import LinearPredictor, fit_terms
from bohwsw.accuracy.nn_degree import DegreePredictor, fit_degree, network_degree
from bohwsw.accuracy.table import TableSource
from bohwsw.checks import whole_number
from bohwsw.errors import SpecError, unknown_name
from bohwsw.workload import ModelFile, load_model

Point = dict[str, Any]
WAYS = ("degree", "terms")


@dataclass(frozen=True)
class PredictedSource:
    """Predicts the accuracy of any network from some networks of a table.
    Raises:
        SpecError: the table cannot be read, or an option is not valid.
    """

    path: str | Path  # a table of measured networks, as for `TableSource`
    by: Literal["degree", "terms"] = "degree"
    """``degree``, NN-Degree of the networks that ``model`` makes (`nn_degree`); or ``terms``, a sum
    of these (`fit_terms`)."""
    model: str | Path | ModelFile | None = None
    """With the knobs of the table, for ``degree``; a search gives the one it searches."""
    terms: tuple[str, ...] = ()  # expressions over the knobs; for ``terms``
    samples: int | None = None  # how many rows, drawn at random, it is fitted to; all if None
    figure: str = "accuracy_percent"  # the column that is predicted
    weighted: bool = True  # whether cells count by their depth, see `cell_degree`
    seed: int = 0
    name: str = "predicted"
    is_free: ClassVar[bool] = True

    def __post_init__(self) -> None:
        if self.by not in WAYS:
            raise unknown_name("way to predict", self.by, WAYS).within(key_path="by")
        if isinstance(self.terms, str):
            object.__setattr__(self, "terms", (self.terms,))
        if self.by == "terms" and not self.terms:
            raise SpecError("nothing to predict from", key_path="terms", expected="expressions")
        if self.by == "degree" and self.model is None:
            raise SpecError("nothing to predict from", key_path="model", expected="a model file")
        if self.samples is not None:
            whole_number("samples", self.samples, 3)
        _ = self.fitted  # here, so that what is wrong shows at once

    @property
    def figures(self) -> tuple[str, ...]:
        """See `AccuracySource`."""
        return (self.figure,)

    def measure(self, knobs: Mapping[str, Any]) -> Mapping[str, Any]:
        """The prediction, with the error on networks left out of the fit as standard error."""
        return {self.figure: (self.predict(knobs), self.fitted.error)}

    def predict(self, knobs: Mapping[str, Any]) -> float:
        """The figure of the network at some knobs."""
        if isinstance(self.fitted, LinearPredictor):
            return self.fitted(knobs)
        return self.fitted(self._degree(knobs))

    @cached_property
    def fitted(self) -> LinearPredictor | DegreePredictor:
        """What was fitted, with its error on networks left out."""
        points, values = measured_rows(self.path, self.figure)
        if self.samples is not None:
            chosen = np.random.default_rng(self.seed).permutation(len(points))[: self.samples]
            points, values = [points[k] for k in chosen], [values[k] for k in chosen]
        if self.by == "terms":
            return fit_terms(self.figure, self.terms, points, values)
        return fit_degree([self._degree(point) for point in points], values)

    def _degree(self, knobs: Mapping[str, Any]) -> float:
        return network_degree(
            self._file.network(self._file.with_point(knobs)), weighted=self.weighted
        )

    @cached_property
    def _file(self) -> ModelFile:
        return self.model if isinstance(self.model, ModelFile) else load_model(str(self.model))


def measured_rows(path: str | Path, figure: str) -> tuple[list[Point], list[float]]:
    """Networks of a table that have a figure: their knobs, and its values at the full fidelity.

    Raises:
        SpecError: see `TableSource`.
    """
    source = TableSource(path, figures=(figure,))
    full = {name: values[-1] for name, values in source.fidelities.items()}
    points, values = [], []
    for key, row in source.rows.items():
        point = {k: _whole(x) for k, x in zip(source.keys, key, strict=True)}
        if row is not None and all(point[name] == level for name, level in full.items()):
            points.append({k: x for k, x in point.items() if k not in full})
            values.append(row[0][figure])
    return points, values


def _whole(cell: float | str) -> float | int | str:
    """6 for 6.0, as model files have it."""
    return int(cell) if isinstance(cell, float) and cell.is_integer() else cell
