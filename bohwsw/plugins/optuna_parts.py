"""Optuna's distributions as parameters of a space, and back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from bohwsw.errors import MissingExtraError, SpecError
from bohwsw.space import (
    MAX_VALUES,
    Categorical,
    Conditional,
    Integer,
    Ordinal,
    Parameter,
    Real,
    as_number,
    check_name,
)

try:
    from optuna.distributions import (
        BaseDistribution,
        CategoricalDistribution,
        FloatDistribution,
        IntDistribution,
    )
except ImportError as error:
    raise MissingExtraError("optuna", "optuna") from error

Plain = Integer | Ordinal | Categorical | Real

COARSE = 10_001
"""Of ranges that are too wide to be listed this many values are suggested."""


@dataclass(frozen=True)
class Part:
    """One parameter in both languages; ``labels`` are our names of the choices, in order."""

    distribution: BaseDistribution
    parameter: Plain
    labels: tuple[Any, ...] = ()

    def ours(self, value: Any) -> Any:
        """Our value for one of Optuna's, the nearest listed one; None if it is out of range."""
        try:
            internal = self.distribution.to_internal_repr(value)
        except ValueError:
            return None
        if not self.distribution._contains(internal):
            return None
        if self.labels:
            return self.labels[int(internal)]
        if isinstance(self.parameter, Ordinal):
            return self.parameter.values[int(np.abs(self.parameter.numeric - internal).argmin())]
        return value

    def theirs(self, value: Any) -> Any:
        """Optuna's value for one of ours."""
        if self.labels:
            return self.distribution.choices[self.labels.index(value)]
        return value


def part_of(name: str, distribution: BaseDistribution) -> Part:
    """The part for a distribution of Optuna's, by our name of it.

    Numbers of a categorical distribution are taken in their order, so that constraints can
    calculate with them; choices of several types, or None, are known by their text.
    """
    if isinstance(distribution, CategoricalDistribution):
        return _categorical(name, distribution)
    if isinstance(distribution, IntDistribution):
        return Part(distribution, _integer(name, distribution))
    if isinstance(distribution, FloatDistribution):
        return Part(distribution, _float(name, distribution))
    raise SpecError(
        "not a distribution",
        key_path=name,
        got=distribution,
        expected="an IntDistribution, FloatDistribution or CategoricalDistribution",
    )


def _categorical(name: str, distribution: CategoricalDistribution) -> Part:
    choices = distribution.choices
    # Optuna takes equal choices (True and 1, 1 and 1.0) for the first of them.
    distinct = [c for k, c in enumerate(choices) if distribution.to_internal_repr(c) == k]
    if all(as_number(choice) is not None for choice in distinct):
        return Part(distribution, Ordinal(name, distinct), tuple(choices))
    if {type(choice) for choice in distinct} in ({str}, {bool}):
        return Part(distribution, Categorical(name, distinct), tuple(choices))
    texts = [str(choice) for choice in choices]
    labels = [t if texts.count(t) == 1 else f"{t} ({k})" for k, t in enumerate(texts)]
    kept = [labels[int(distribution.to_internal_repr(choice))] for choice in distinct]
    return Part(distribution, Categorical(name, kept), tuple(labels))


def _integer(name: str, distribution: IntDistribution) -> Plain:
    low, high, step = distribution.low, distribution.high, distribution.step
    count = (high - low) // step + 1
    if step == 1 and count <= MAX_VALUES and max(abs(low), abs(high)) <= 2**53:
        return Integer(name, low, high, log=distribution.log)
    steps = _some_steps(count, low if distribution.log else 0)
    return Ordinal(name, [low + step * k for k in steps], log=distribution.log)


def _float(name: str, distribution: FloatDistribution) -> Plain:
    low, high, step = distribution.low, distribution.high, distribution.step
    if step is not None:
        steps = _some_steps(round((high - low) / step) + 1, 0)
        values = [min(low + step * k, high) for k in steps]
        return Ordinal(name, list(dict.fromkeys(values)), log=False)
    if not math.isfinite(high - low):
        raise SpecError("the range is too wide", key_path=name, got=distribution)
    try:
        if low < high and (not distribution.log or math.isfinite(high / low)):
            return Real(name, low, high, log=distribution.log)
    except SpecError:
        pass  # Too narrow for a grid of equal steps: a list then.
    shares = np.linspace(0.0, 1.0, COARSE).tolist()
    if distribution.log:
        values = [math.exp((1 - s) * math.log(low) + s * math.log(high)) for s in shares]
    else:
        values = [(1 - s) * low + s * high for s in shares]
    inside = {min(max(value, low), high) for value in values}
    return Ordinal(name, sorted(inside), log=distribution.log)


def _some_steps(count: int, offset: int) -> list[int]:
    """Steps 0 to ``count - 1``, or `COARSE` of them; with an offset even in its ratio."""
    if count <= MAX_VALUES:
        return list(range(count))
    last = count - 1
    spread = np.geomspace(offset, offset + last, COARSE) - offset if offset else None
    chosen = np.linspace(0, last, COARSE) if spread is None else spread
    return sorted({min(max(round(k), 0), last) for k in chosen.tolist()})


def parts_of(distributions: Mapping[str, BaseDistribution]) -> dict[str, Part]:
    """Parts under names that a constraint can mention; Optuna allows any text."""
    parts = {}
    for index, (name, distribution) in enumerate(distributions.items()):
        try:
            check_name(name)
            ours = name
        except SpecError:
            ours = f"unnamed_{index}"
            while ours in distributions:
                ours += "_"
        parts[name] = part_of(ours, distribution)
    return parts


def distribution_of(parameter: Parameter) -> BaseDistribution:
    """Optuna's distribution for a parameter of ours."""
    plain = parameter.parameter if isinstance(parameter, Conditional) else parameter
    if isinstance(plain, Integer):
        return IntDistribution(plain.low, plain.high, log=plain.log)
    if isinstance(plain, Real):
        return FloatDistribution(plain.low, plain.high, log=plain.log)
    if isinstance(plain, Ordinal | Categorical):
        return CategoricalDistribution(tuple(plain.values))
    raise SpecError(
        "Optuna has no distribution for this parameter",
        key_path=parameter.name,
        got=type(plain).__name__,
        expected="an Integer, Ordinal, Categorical or Real, conditional or not",
    )
