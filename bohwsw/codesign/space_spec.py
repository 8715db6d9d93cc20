"""What stands in a space file besides the machine: free parameters, constraints, limits, baseline.

See ``docs/spaces.md`` for the format.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
from pydantic import Field

from bohwsw.codesign.machine_spec import (
    ArchitectureSpec,
    DataflowSpec,
    Name,
    TechnologySpec,
    at_expression,
)
from bohwsw.divisors import divisors
from bohwsw.errors import SpecError
from bohwsw.space import (
    Categorical,
    Features,
    Integer,
    Ordinal,
    Parameter,
    Predicate,
    Space,
    bind,
    parse,
)
from bohwsw.yamlfile import SpecModel

Number = int | float


class ParameterSpec(SpecModel):
    """One free parameter: exactly one of its keys."""

    range: tuple[int, int] | None = None
    values: Annotated[tuple[Number, ...], Field(min_length=1, max_length=10_000)] | None = None
    divisors_of: Annotated[int, Field(ge=1, le=2**31)] | None = None
    choices: Annotated[tuple[bool | str, ...], Field(min_length=1, max_length=1000)] | None = None

    def build(self, name: str) -> Parameter:
        """The parameter.

        Raises:
            SpecError: not exactly one key is given, or its values are not valid.
        """
        given = [key for key in type(self).model_fields if getattr(self, key) is not None]
        if len(given) != 1:
            raise SpecError(
                "a parameter has one domain",
                got=", ".join(given) or "none",
                expected="exactly one of " + ", ".join(type(self).model_fields),
            )
        if self.range is not None:
            return Integer(name, *self.range)
        if self.values is not None:
            return Ordinal(name, self.values)
        if self.divisors_of is not None:
            return Ordinal(name, tuple(divisors(self.divisors_of)))
        return Categorical(name, self.choices or ())


class LimitsSpec(SpecModel):
    """Limits on what a design may need."""

    area_mm2: Annotated[float, Field(gt=0)] | None = None
    power_mw: Annotated[float, Field(gt=0)] | None = None
    latency_ms: Annotated[float, Field(gt=0)] | None = None


class BaselineSpec(SpecModel):
    """The machine to compare with: a point of the space and, if it has one, its own dataflow."""

    point: dict[str, bool | int | float | str]
    dataflow: DataflowSpec | None = None


class SpaceSpec(SpecModel):
    """A space file."""

    name: Name
    description: str = ""
    source: str = ""
    technology: Name | TechnologySpec
    clock_mhz: Annotated[float, Field(gt=0)] = 200.0
    parameters: dict[str, ParameterSpec] = Field(default_factory=dict)
    features: dict[str, str] = Field(default_factory=dict)
    constraints: tuple[str, ...] = ()
    limits: LimitsSpec = LimitsSpec()
    baseline: BaselineSpec
    architecture: ArchitectureSpec
    dataflow: DataflowSpec = Field(default_factory=dict)
    single_axis: bool = True


def build_space(
    spec: SpaceSpec,
    *,
    known: Sequence[Predicate] = (),
    with_features: bool = False,
    features: Features | None = None,
) -> Space | None:
    """The parameters and known constraints; None if there are no parameters.

    Args:
        spec: the file's contents.
        known: constraints that do not stand in the file as text.
        with_features: encode points by the file's features, if it has any, and not by parameters.
        features: otherwise, what a model is told besides the parameters.

    Raises:
        SpecError: a parameter, constraint or feature is not valid, or no point meets all
            constraints.
    """
    parameters = []
    for name, parameter in spec.parameters.items():
        place = f"parameters.{name}"
        try:
            parameters.append(parameter.build(name))
        except SpecError as error:
            # The parameter's own key path starts with its name, which is in the place already.
            raise SpecError(
                error.problem, key_path=place, got=error.got, expected=error.expected
            ) from error
    if spec.constraints and not parameters:
        raise SpecError(
            "constraints without parameters", key_path="constraints", got=list(spec.constraints)
        )
    for position, text in enumerate(spec.constraints):
        try:
            bind(text, parameters)
        except SpecError as error:
            raise at_expression(error, f"constraints[{position}]", text) from error
    try:
        if with_features:
            features = _features(spec.features) if spec.features else None
        constraints: list[str | Predicate] = [*spec.constraints, *known]
        return Space(parameters, constraints, features=features) if parameters else None
    except SpecError as error:
        raise error.within(key_path="constraints") from error


def _features(texts: Mapping[str, str]) -> Features:
    """Features computed by expressions over parameters.

    Raises:
        SpecError: one of them is no expression.
    """
    expressions = []
    for name, text in texts.items():
        try:
            expressions.append(parse(text))
        except SpecError as error:
            raise at_expression(error, f"features.{name}", text) from error

    def values(columns: Mapping[str, npt.NDArray[Any]]) -> npt.NDArray[np.float64]:
        n = len(next(iter(columns.values())))
        found = [np.broadcast_to(x.evaluate(columns), n) for x in expressions]
        return np.stack(found, axis=1).astype(np.float64)

    return Features(values, tuple(texts), replace=True)
