"""What an accuracy source is: from a network's knobs to measured figures, with their spread."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import Any, Protocol, runtime_checkable

from bohwsw.checks import finite_number
from bohwsw.errors import BohwswError, SpecError, unknown_name

LIMITS: Mapping[str, tuple[float, float]] = {
    "percent": (0.0, 100.0),
    "share": (0.0, 1.0),
    "perplexity": (1.0, math.inf),
}
"""What the unit at the end of a figure's name says of its values."""


class NotMeasurableError(BohwswError):
    """The network of this point has no accuracy: it cannot be built or the table marks it so."""


@dataclass(frozen=True)
class Measurement:
    """What a source says of one network.

    A source may return one, where it knows better than the clock what its answer cost.

    Attributes:
        figures: by name, units in the names: ``accuracy_percent``, ``perplexity``.
        standard_errors: of those figures whose spread is known.
        seconds: what the measurement took now.
        trainings: training runs that were started for it now; 0 where a table or a cache answers.
        training_seconds: of the runs behind the figures, whenever they took place.
        fidelity: at which fidelity, a value for each that the source declares.
        densities: by node, the share of weights that are not zero, as measured, where the model
            file gives its layers a density.
    """

    figures: Mapping[str, Any]
    standard_errors: Mapping[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    trainings: int = 0
    training_seconds: float = 0.0
    fidelity: Mapping[str, int] = field(default_factory=dict)
    densities: Mapping[str, float] = field(default_factory=dict)


@runtime_checkable
class AccuracySource(Protocol):
    """Gives the accuracy of the network that a point of a model file stands for.

    Attributes:
        name: for messages and stored studies.
        figures: the names of what it measures, alike for all points.

    One whose answers cost nothing may say so, ``is_free = True``: a search then has no reason to
    try networks again that it knows, instead of new ones.
    """

    @property
    def name(self) -> str: ...

    @property
    def figures(self) -> tuple[str, ...]: ...

    def measure(self, knobs: Mapping[str, Any]) -> Mapping[str, Any] | Measurement:
        """The figures of one network.

        Returns:
            For each of ``figures`` a number, or a pair: mean and standard error (None: unknown);
            or a `Measurement`.

        Raises:
            NotMeasurableError: the point has no accuracy; a search takes that as INFEASIBLE.
            Exception: anything else is a failure of the source; a search takes it as FAILED.
        """
        ...


@runtime_checkable
class FidelitySource(AccuracySource, Protocol):
    """An accuracy source that can also give cheaper answers, such as after fewer epochs.

    Attributes:
        fidelities: what its answers can be cheaper in, such as ``epochs`` and ``seeds``: by name
            the values that may be asked for, rising. The last of each is the full fidelity, which
            is meant where nobody asks for another.
    """

    @property
    def fidelities(self) -> Mapping[str, tuple[int, ...]]: ...

    def measure(
        self, knobs: Mapping[str, Any], fidelity: Mapping[str, int] | None = None
    ) -> Mapping[str, Any] | Measurement:
        """As `AccuracySource.measure`, at a value for each of ``fidelities``."""
        ...


def fidelities_of(source: AccuracySource) -> Mapping[str, tuple[int, ...]]:
    """What a source's answers can be cheaper in, see `FidelitySource`; of most sources nothing.

    A search may then call ``measure(source, knobs, {"epochs": 5})``; it costs roughly the product
    of the values asked for, and `Measurement.seconds` what it did cost.
    """
    return source.fidelities if isinstance(source, FidelitySource) else {}


def measure(
    source: AccuracySource, knobs: Mapping[str, Any], fidelity: Mapping[str, int] | None = None
) -> Measurement:
    """Ask a source, and check its answer.

    Args:
        fidelity: some or all of `fidelities_of` the source; the full one for those left out.

    Raises:
        NotMeasurableError: the point has no accuracy.
        SpecError: a figure is missing, is none of the source's, is no finite number, or lies
            outside what its unit allows (101 %); or the source does not have that fidelity.
    """
    asked = _fidelity(source, fidelity or {})
    began = time.perf_counter()
    if isinstance(source, FidelitySource):
        answer = source.measure(dict(knobs), dict(asked))
    else:
        answer = source.measure(dict(knobs))
    seconds = time.perf_counter() - began
    if not isinstance(answer, Measurement):
        return Measurement(*_checked(source, answer), seconds, fidelity=asked)
    named = answer.standard_errors.get
    pairs = {name: (value, named(name)) for name, value in answer.figures.items()}
    figures, errors = _checked(source, pairs)
    return replace(answer, figures=figures, standard_errors=errors, seconds=seconds, fidelity=asked)


def _fidelity(source: AccuracySource, fidelity: Mapping[str, int]) -> dict[str, int]:
    """A value for each fidelity of the source, the full one where none is asked for."""
    offered = fidelities_of(source)
    for name, value in fidelity.items():
        if name not in offered:
            known = offered or (f"none: {source.name} has one fidelity only",)
            raise unknown_name("fidelity", name, known)
        if value not in offered[name]:
            expected = f"one of {', '.join(map(str, offered[name]))}"
            raise SpecError("not a fidelity", key_path=name, got=value, expected=expected)
    return {name: int(fidelity.get(name, values[-1])) for name, values in offered.items()}


def _checked(source: AccuracySource, answer: object) -> tuple[dict[str, float], dict[str, float]]:
    """Figures and standard errors of an answer."""
    if not isinstance(answer, Mapping):
        raise _wrong(source, None, answer, "figures by name")
    figures: dict[str, float] = {}
    errors: dict[str, float] = {}
    for name in source.figures:
        if name not in answer:
            raise _wrong(source, name, sorted(map(str, answer)), "a value for this figure, too")
        value = answer[name]
        is_pair = isinstance(value, tuple | list) and len(value) == 2
        mean, error = value if is_pair else (value, None)
        number = finite_number(mean)
        least, most = LIMITS.get(name.rpartition("_")[2], (-math.inf, math.inf))
        if number is None or not least <= number <= most:
            bounds = f" from {least:g} to {most:g}" if math.isfinite(least) else ""
            raise _wrong(source, name, mean, f"a finite number{bounds}")
        figures[name] = float(number)
        if error is not None:
            spread = finite_number(error)
            if spread is None or spread < 0:
                raise _wrong(source, name, error, "a standard error of at least 0, or None")
            errors[name] = float(spread)
    for name in answer:
        if name not in source.figures:
            raise unknown_name(f"figure from {source.name}", name, source.figures)
    return figures, errors


@dataclass(frozen=True)
class CallableSource:
    """Asks a function, which takes the knobs as a dictionary.

    If there is one figure it may return that alone, a number or pair, else figures by name.
    """

    function: Callable[[dict[str, Any]], Any]
    figures: tuple[str, ...] = ("accuracy_percent",)
    name: str = "callable"

    def measure(self, knobs: Mapping[str, Any]) -> Mapping[str, Any]:
        """The figures of one network; see `AccuracySource.measure`."""
        answer = self.function(dict(knobs))
        is_single = len(self.figures) == 1 and not isinstance(answer, Mapping)
        found: Mapping[str, Any] = {self.figures[0]: answer} if is_single else answer
        return found


_REGISTERED: dict[str, Callable[..., AccuracySource]] = {}
_SHIPPED = {
    "callable": "source:CallableSource",
    "perplexity": "perplexity:PerplexitySource",
    "predicted": "predicted_source:PredictedSource",
    "table": "table:TableSource",
    "train": "train_source:TrainSource",
    "trained": "trained_source:TrainedSource",
}
"""Modules of this room and classes in them; loaded when one is made, as some need torch."""


def register_accuracy_source(name: str, make: Callable[..., AccuracySource]) -> None:
    """Make a source of one's own available by its name, in this process; a taken one is refused.

    ``make`` is its class, or a function that returns one; it takes the options as keywords.
    """
    if not isinstance(name, str) or not name.strip():
        raise SpecError("an accuracy source needs a name", key_path="name", got=name)
    if name in _SHIPPED or _REGISTERED.setdefault(name, make) is not make:
        problem = "an accuracy source of this name exists"
        raise SpecError(problem, key_path="name", got=name, expected="another name")


def accuracy_source_class(name: str) -> Callable[..., AccuracySource]:
    """What makes the source of that name.

    Raises:
        SpecError: there is none; says which name is nearest.
    """
    if name not in accuracy_source_names():
        raise unknown_name("accuracy source", name, accuracy_source_names())
    if name in _REGISTERED:
        return _REGISTERED[name]
    module, _, kind = _SHIPPED[name].partition(":")
    found: Callable[..., AccuracySource] = getattr(import_module(f"bohwsw.accuracy.{module}"), kind)
    return found


def accuracy_source(name: str, **options: Any) -> AccuracySource:
    """Make the source of that name, or say which option or name is not valid."""
    make = accuracy_source_class(name)
    try:
        made = make(**options)
    except TypeError as error:
        problem = f"options of the accuracy source {name!r} are not valid"
        raise SpecError(problem, got=options, expected=str(error)) from error
    if not isinstance(made, AccuracySource):
        expected = "an object with name, figures and measure"
        raise SpecError("not an accuracy source", got=made, expected=expected)
    return made


def accuracy_source_names() -> list[str]:
    """Names that `accuracy_source` knows."""
    return [*_SHIPPED, *_REGISTERED]


def _wrong(source: AccuracySource, figure: str | None, got: object, expected: str) -> SpecError:
    problem = f"accuracy source {source.name!r} gave no valid figure"
    return SpecError(problem, key_path=figure, got=got, expected=expected)
