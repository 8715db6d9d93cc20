"""Parameters as Ax 1.x names them, and ours, as one search space for a client.

Ax's ``RangeParameterConfig`` and ``ChoiceParameterConfig`` have the same fields here. Parameters of
``bohwsw.space`` stand beside them: factorisations, permutations, conditional ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from decimal import Decimal
from functools import cached_property, partial
from typing import Any, Literal

import numpy as np

from bohwsw.arrays import plain_value
from bohwsw.errors import SpecError, located, unknown_name
from bohwsw.expressions import written
from bohwsw.rows import RowSpace, RowTable
from bohwsw.space import (
    Categorical,
    Conditional,
    Factorisation,
    Integer,
    Ordinal,
    Parameter,
    Permutation,
    Point,
    Real,
    Space,
    as_number,
    plain,
)

MAX_STEPS = 100_000


@dataclass(frozen=True)
class RangeParameterConfig:
    """A range of numbers, both ends included.

    Attributes:
        name: any text; in constraints as it is, or in backticks.
        bounds: the smallest and the largest value; one value if they are equal.
        parameter_type: ``int`` or ``float``.
        step_size: values are the lower bound plus multiples of it.
        scaling: ``log`` if ratios matter rather than differences.
    """

    name: str
    bounds: tuple[float, float]
    parameter_type: Literal["float", "int"]
    step_size: float | None = None
    scaling: Literal["linear", "log"] | None = None


@dataclass(frozen=True)
class ChoiceParameterConfig:
    """One of a list of values.

    Attributes:
        name: any text; in constraints as it is, or in backticks.
        values: distinct numbers, texts or booleans.
        parameter_type: of the values; ``str`` also of those that are mixed.
        is_ordered: whether their order matters; None: that of numbers does. Texts are ordered as
            they are listed, numbers by their size.
        dependent_parameters: for a value, the names of the parameters that exist only with it.
    """

    name: str
    values: Sequence[float] | Sequence[int] | Sequence[str] | Sequence[bool]
    parameter_type: Literal["float", "int", "str", "bool"]
    is_ordered: bool | None = None
    dependent_parameters: Mapping[Any, Sequence[str]] | None = None


Config = RangeParameterConfig | ChoiceParameterConfig | Parameter

Varied = Sequence[Config] | RowTable
"""What a study varies: parameters, or rows of a table."""

_KINDS: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (
        RangeParameterConfig,
        ChoiceParameterConfig,
        Categorical,
        Conditional,
        Factorisation,
        Integer,
        Ordinal,
        Permutation,
        Real,
    )
}


class SearchSpace:
    """The space of a client: the user's parameters outside, points of a `Space` inside."""

    def __init__(self, parameters: Varied, constraints: Sequence[str] = ()) -> None:
        self._table = parameters if isinstance(parameters, RowTable) else None
        if isinstance(parameters, RowTable):
            parameters = parameters.parameters
        for what, given in (("parameters", parameters), ("constraints", constraints)):
            if isinstance(given, str) or not isinstance(given, Sequence):
                raise SpecError(f"{what} must be a list", got=given)
        self.constraints = tuple(constraints)
        for config in parameters:
            if type(config).__name__ not in _KINDS:
                raise SpecError("not a parameter", got=config, expected=", ".join(_KINDS))
        self._conditions = _conditions(parameters)
        self._parameters = [self._parameter(config) for config in parameters]

    @cached_property
    def space(self) -> Space:
        """What strategies search."""
        return self._constrained()

    def _constrained(self, *conditions: str) -> Space:
        constraints = (*self.constraints, *conditions)
        if self._table is not None:
            return RowSpace(self._table, constraints)
        return Space(self._parameters, constraints)

    def fixed(self, values: Mapping[str, Any]) -> Space:
        """The space with some parameters of one value each."""
        if not isinstance(values, Mapping):
            raise SpecError("not fixed parameters", got=values, expected="values by name")
        for name in values:
            if name not in self.space.names:
                raise unknown_name("parameter", name, self.space.names)
        conditions = []
        for parameter in self._parameters:
            if parameter.name not in values:
                continue
            value = values[parameter.name]
            if not isinstance(parameter, Integer | Ordinal | Categorical):
                raise SpecError(
                    "a parameter of this kind cannot be fixed",
                    key_path=parameter.name,
                    got=type(parameter).__name__,
                    expected="a range of whole numbers or a choice",
                )
            name, value = written(parameter.name), parameter.values[parameter.code(value)]
            if isinstance(value, bool):
                conditions.append(name if value else f"not {name}")
            else:
                conditions.append(f"{name} == {value!r}")
        return self._constrained(*conditions)

    def point(self, parameters: Mapping[str, Any]) -> Point:
        """The point of a user's parameters, which must be valid."""
        return self.space.point(self.space.valid_row(self.known_point(parameters)))

    def known_point(self, parameters: Mapping[str, Any]) -> Point:
        """The same of parameters that are known to be valid, such as those of stored trials."""
        if not isinstance(parameters, Mapping):
            raise SpecError("not parameters", got=parameters, expected="values by name")
        values = {str(name): value for name, value in parameters.items()}
        inactive = dict.fromkeys(name for name in self._optional if name not in values)
        return {**inactive, **values}

    def parameters(self, point: Mapping[str, Any]) -> dict[str, Any]:
        """A point as its user sees it, as plain data: parameters without a value are left out."""
        return {
            name: plain_value(value)
            for name, value in point.items()
            if value is not None or name not in self._optional
        }

    def attached(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """A user's own parameters as plain data: listed values as they are listed."""
        shown = self.parameters(self.point(parameters))
        reals = {p.name for p in self._parameters if isinstance(plain(p), Real)}
        return shown | {n: plain_value(parameters[n]) for n in reals & parameters.keys()}

    @cached_property
    def _optional(self) -> set[str]:
        return {p.name for p in self._parameters if isinstance(p, Conditional)}

    def _parameter(self, config: Config) -> Parameter:
        kind = type(config).__name__
        found: Any = config
        if kind == "RangeParameterConfig":
            found = _range(config)
        elif kind == "ChoiceParameterConfig":
            found = _choice(config)
        when = self._conditions.get(found.name)
        return found if when is None else Conditional(found, when)


def _choice(config: Any) -> Parameter:
    name, kind = config.name, config.parameter_type
    wrong = partial(SpecError, key_path=name)
    try:
        values = list(config.values)
    except TypeError:
        raise wrong("not a list of values", got=config.values) from None
    if config.is_ordered not in (None, True, False):
        raise SpecError("not a truth value", key_path=f"{name}.is_ordered", got=config.is_ordered)
    if kind == "str":
        return Categorical(name, values, is_ordered=bool(config.is_ordered))
    if kind not in _KIND_OF_VALUE:
        names = (*_KIND_OF_VALUE, "str")
        raise unknown_name("type of a parameter", kind, names).within(key_path=name)
    cast = [_cast(kind, value) for value in values]
    for value, found in zip(values, cast, strict=True):
        if found is None:
            expected = f"{_KIND_OF_VALUE[kind]}; or another parameter_type"
            raise wrong(f"not a value of type {kind}", got=value, expected=expected)
    if kind == "bool" or config.is_ordered is False:
        return Categorical(name, cast)
    return Ordinal(name, cast)


def _cast(kind: str, value: object) -> Any:
    """A listed value as its type has it; None if it is not of that type."""
    if kind == "bool":
        value = value.item() if isinstance(value, np.generic) else value
        return bool(value) if isinstance(value, bool | int | float) and value in (0, 1) else None
    number = as_number(value)
    if number is None or kind == "float":
        return None if number is None else float(number)
    return int(number) if number == int(number) else None


_KIND_OF_VALUE = {"int": "whole numbers", "float": "finite numbers", "bool": "True and False"}


def _range(config: Any) -> Parameter:
    name, log, kind = config.name, config.scaling == "log", config.parameter_type
    wrong = partial(SpecError, key_path=name)
    if config.scaling not in (None, "linear", "log"):
        raise unknown_name("scaling", config.scaling, ("linear", "log")).within(key_path=name)
    if kind not in ("int", "float"):
        raise unknown_name("type of a range", kind, ("int", "float")).within(key_path=name)
    try:
        low, high = map(as_number, config.bounds)
    except (TypeError, ValueError):
        low = high = None
    if low is None or high is None:
        raise wrong("not bounds", got=config.bounds, expected="two numbers")
    is_whole = kind == "int"
    if is_whole and not (low == int(low) and high == int(high)):
        raise wrong("the bounds must be whole", got=config.bounds)
    if config.step_size is None:
        return Integer(name, int(low), int(high), log) if is_whole else Real(name, low, high, log)
    if high < low:
        raise wrong("the high bound is below the low one", got=config.bounds)
    step = as_number(config.step_size) or 0
    if not step > 0 or (is_whole and step != int(step)) or (high - low) / step > MAX_STEPS:
        expected = f"positive, at most {MAX_STEPS} steps, whole for whole numbers"
        raise wrong("not a step of this range", got=config.step_size, expected=expected)
    return Ordinal(name, _multiples(low, high, step, is_whole=is_whole), log=log)


def _multiples(low: float, high: float, step: float, *, is_whole: bool) -> list[float]:
    """The lower bound plus multiples of a step, as one would write them: 0.3, not 0.1 + 0.2."""
    if is_whole:
        return list(range(int(low), int(high) + 1, int(step)))
    count = int((high - low) / step * (1.0 + 1e-12)) + 1
    first, exact_step = Decimal(repr(float(low))), Decimal(repr(float(step)))
    values = [float(first + k * exact_step) for k in range(count)]
    if abs(high - values[-1]) <= 1e-9 * step:  # of a step such as 1/3, which has no last digit
        values[-1] = float(high)
    return values


def _conditions(parameters: Sequence[Config]) -> dict[str, str]:
    """When the parameters exist that depend on a choice, by name."""
    names = [config.name for config in parameters]
    found: dict[str, list[str]] = {}
    for config in parameters:
        for value, dependents in (getattr(config, "dependent_parameters", None) or {}).items():
            for name in dependents:
                if name not in names:
                    raise unknown_name("parameter", name, names).within(key_path=config.name)
                found.setdefault(name, []).append(f"{written(config.name)} == {value!r}")
    return {name: " or ".join(when) for name, when in found.items()}


def config_to_data(config: Config) -> dict[str, Any]:
    """A parameter as plain data."""
    values = {field.name: getattr(config, field.name) for field in fields(config)}
    if isinstance(config, Conditional):
        values["parameter"] = config_to_data(config.parameter)
    if values.get("dependent_parameters"):
        pairs = values["dependent_parameters"].items()
        values["dependent_parameters"] = [[value, list(names)] for value, names in pairs]
    return {"kind": type(config).__name__, **{k: plain_value(v) for k, v in values.items()}}


def config_from_data(data: Mapping[str, Any]) -> Config:
    """A parameter from what `config_to_data` gave, or people wrote."""
    values = dict(data)
    kind = values.pop("kind", None)
    if not isinstance(kind, str) or kind not in _KINDS:
        raise unknown_name("kind of parameter", kind, _KINDS).within(key_path="kind")
    known = fields(_KINDS[kind])
    names = [field.name for field in known]
    for name in values:
        if name not in names:
            raise unknown_name(f"field of {kind}", name, names).within(key_path=name)
    for field in known:
        if field.name not in values and field.default is MISSING:
            expected = f"{kind} has {', '.join(names)}"
            raise SpecError("a required key is missing", key_path=field.name, expected=expected)
    if kind == "Conditional":
        with located(key_path="parameter"):
            values["parameter"] = config_from_data(_mapping(values["parameter"]))
    if pairs := values.get("dependent_parameters"):
        values["dependent_parameters"] = _mapping(pairs)
    found: Config = _KINDS[kind](**values)
    return found


def _mapping(data: Any) -> dict[Any, Any]:
    """A mapping, or the pairs that JSON has in its place."""
    try:
        return dict(data)
    except (TypeError, ValueError):
        raise SpecError("wrong type", got=data, expected="a mapping") from None
