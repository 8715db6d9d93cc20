"""The source that predicts: by NN-Degree and by terms, with its error; wrong options are named."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from bohwsw.accuracy import PredictedSource, accuracy_source, measure
from bohwsw.accuracy.predicted_source import measured_rows
from bohwsw.errors import SpecError
from bohwsw.testing import AccuracySourceConformance
from bohwsw.workload import load_model

OFA = "ofa-mobilenet-v3"


@pytest.fixture(scope="module")
def by_degree() -> PredictedSource:
    return PredictedSource(OFA, model=OFA, samples=25)


def test_a_network_that_nobody_measured_is_predicted(by_degree: PredictedSource) -> None:
    default = load_model(OFA).default
    largest = measure(by_degree, default)
    assert 76.5 < largest.figures["accuracy_percent"] < 79.0
    assert 0.1 < largest.standard_errors["accuracy_percent"] < 0.5
    smaller = measure(by_degree, {**default, "expand_5_2": 3, "expand_5_3": 3})
    assert smaller.figures["accuracy_percent"] < largest.figures["accuracy_percent"]
    again = pickle.loads(pickle.dumps(by_degree))
    assert measure(again, default).figures == largest.figures


def test_terms_and_the_full_fidelity() -> None:
    points, _ = measured_rows("digits-cnn", "accuracy_percent")
    assert "epochs" not in points[0]
    assert len(points) == 600
    terms = ("depth", "width", "operator == 'conv'")
    source = accuracy_source("predicted", path="digits-cnn", by="terms", terms=terms)
    found = measure(source, points[0])
    assert found.standard_errors["accuracy_percent"] > 0.0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"by": "degrees"}, "by: unknown way to predict(?s:.)*nearest: *degree"),
        ({"by": "degree"}, "model: nothing to predict from"),
        ({"by": "terms"}, "terms: nothing to predict from"),
        ({"by": "terms", "terms": "widht"}, "unknown name(?s:.)*nearest: *width"),
        ({"by": "terms", "terms": "width", "samples": 2}, "samples: "),
        ({"model": "mobilenet-v2"}, "unknown knob(?s:.)*'depth'"),
    ],
)
def test_wrong_options_are_named(options: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        accuracy_source("predicted", path="digits-cnn", **options)


class TestPredicted(AccuracySourceConformance):
    points = (measured_rows("digits-cnn", "accuracy_percent")[0][7],)

    def source(self) -> PredictedSource:
        return PredictedSource("digits-cnn", "terms", terms=("width", "depth"))
