"""What every accuracy source must do; subclass it and say which source and which networks."""

from __future__ import annotations

import math
import pickle
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import pytest

from bohwsw.accuracy import AccuracySource, NotMeasurableError, fidelities_of, measure


class AccuracySourceConformance:
    """Tests of a source: set ``points`` and define ``source()``.

    Attributes:
        points: knobs of a few networks that it can measure.
        not_measurable: knobs of networks that it says have no accuracy.
        repeats_within: two measurements of one network differ at most by this.
    """

    points: ClassVar[Sequence[Mapping[str, Any]]] = ()
    not_measurable: ClassVar[Sequence[Mapping[str, Any]]] = ()
    repeats_within: ClassVar[float] = 0.0

    def source(self) -> AccuracySource:
        """The source under test."""
        raise NotImplementedError

    def test_it_has_a_name_and_figures_with_units(self) -> None:
        source = self.source()
        assert isinstance(source, AccuracySource)
        assert source.name.strip()
        assert len(set(source.figures)) == len(source.figures) >= 1

    def test_it_measures_every_figure_of_every_network(self) -> None:
        assert self.points, "say in `points` which networks it can measure"
        for knobs in self.points:
            found = measure(self.source(), knobs)
            assert set(found.figures) == set(self.source().figures)
            assert all(math.isfinite(value) for value in found.figures.values())
            assert found.seconds >= 0.0

    def test_it_repeats_itself_and_leaves_the_knobs_alone(self) -> None:
        source = self.source()
        for knobs in self.points:
            given = dict(knobs)
            source.measure(given)
            assert given == knobs
            first, second = (measure(source, knobs).figures for _ in range(2))
            assert first == pytest.approx(second, rel=0.0, abs=self.repeats_within)

    def test_it_answers_at_every_fidelity_that_it_declares(self) -> None:
        offered = fidelities_of(self.source())
        assert all(list(values) == sorted(set(values)) for values in offered.values())
        for name, values in offered.items():
            found = measure(self.source(), self.points[0], {name: values[0]})
            assert found.fidelity[name] == values[0]

    def test_it_says_so_where_a_network_has_no_accuracy(self) -> None:
        for knobs in self.not_measurable:
            with pytest.raises(NotMeasurableError):
                measure(self.source(), knobs)

    def test_it_travels_to_worker_processes(self) -> None:
        source = pickle.loads(pickle.dumps(self.source()))
        for knobs in self.points:
            assert set(measure(source, knobs).figures) == set(source.figures)
