"""A hardware design space from a YAML file: machine, free parameters, known constraints, baseline.

See ``docs/spaces.md`` for the format and ``spaces/`` for those that come with bohwsw.
"""

from __future__ import annotations

from collections.abc import Mapping as Dictionary
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

from bohwsw.arch import Architecture
from bohwsw.codesign.machine_spec import (
    ArchitectureSpec,
    DataflowSpec,
    Name,
    TechnologySpec,
    build_dataflow,
)
from bohwsw.errors import SpecError, unknown_name
from bohwsw.mapping.dataflow import Dataflow
from bohwsw.mapping.mapspace import divisors
from bohwsw.shipped import find_spec
from bohwsw.simulator.costs import Costs, area_mm2, costs_of
from bohwsw.space import Categorical, Integer, Ordinal, Parameter, Point, Scalar, Space
from bohwsw.yamlfile import SpecModel, read_yaml, validate

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
    parameters: dict[str, ParameterSpec] = {}
    constraints: tuple[str, ...] = ()
    limits: LimitsSpec = LimitsSpec()
    baseline: BaselineSpec
    architecture: ArchitectureSpec
    dataflow: DataflowSpec = {}


@dataclass(frozen=True)
class Hardware:
    """One machine of a space, priced.

    Attributes:
        point: the parameter values that made it.
        architecture: the machine.
        dataflow: its restrictions on mappings.
        costs: what its actions cost.
    """

    point: Dictionary[str, Scalar]
    architecture: Architecture
    dataflow: Dataflow
    costs: Costs

    @property
    def area_mm2(self) -> float | None:
        """Area of the chip without DRAM; None if the technology does not know it."""
        return area_mm2(self.architecture, self.costs)


@dataclass(frozen=True)
class HardwareSpace:
    """A space of machines.

    Attributes:
        spec: the file's contents.
        space: its parameters and known constraints; None if the file has no parameters.
        file: where it came from.
    """

    spec: SpaceSpec
    space: Space | None
    file: str | None = None

    @property
    def name(self) -> str:
        """The space's name."""
        return self.spec.name

    def hardware(self, point: Dictionary[str, Scalar]) -> Hardware:
        """The machine at a point.

        Raises:
            SpecError: the point is not in the space, or the file does not describe a machine there.
        """
        self._check(point, "point")
        return self._build(point, self.spec.dataflow)

    def baseline(self, *, free: bool = False) -> Hardware:
        """The machine to compare with.

        Args:
            free: drop the baseline's own dataflow, keep only the space's.
        """
        spec = self.spec.baseline
        restricted = spec.dataflow is not None and not free
        dataflow = spec.dataflow if restricted and spec.dataflow is not None else self.spec.dataflow
        return self._build(spec.point, dataflow)

    @property
    def baseline_is_restricted(self) -> bool:
        """Whether the baseline has a dataflow of its own."""
        return self.spec.baseline.dataflow is not None

    def with_point(self, changes: Dictionary[str, Scalar]) -> Point:
        """The baseline's point with some parameters changed, checked."""
        names = list(self.spec.parameters)
        for name in changes:
            if name not in names:
                raise unknown_name("parameter", name, names).within(file=self.file)
        point = {**self.spec.baseline.point, **changes}
        self._check(point, "point")
        return point

    def _build(self, point: Dictionary[str, Scalar], dataflow: DataflowSpec) -> Hardware:
        try:
            architecture = self.spec.architecture.build(self.spec.name, point)
            names = [level.name for level in architecture.levels]
            for name in dataflow:
                if name not in names:
                    raise unknown_name("storage level", name, names).within(key_path="dataflow")
            chosen = self.spec.technology
            if isinstance(chosen, str):
                chosen = TechnologySpec(energy=chosen, area=chosen)
            return Hardware(
                point=dict(point),
                architecture=architecture,
                dataflow=build_dataflow(dataflow, point),
                costs=costs_of(architecture, chosen.build()),
            )
        except SpecError as error:
            raise error.within(file=self.file) from error

    def _check(self, point: Dictionary[str, Scalar], place: str) -> None:
        if self.space is None:
            if point:
                raise SpecError(
                    "this space has no parameters",
                    file=self.file,
                    key_path=place,
                    got=dict(point),
                    expected="an empty point",
                )
            return
        try:
            broken = self.space.violations(point)
        except SpecError as error:
            raise error.within(file=self.file, key_path=place) from error
        if broken:
            raise SpecError(
                "the point breaks a known constraint",
                file=self.file,
                key_path=place,
                got=dict(point),
                expected="; ".join(str(violation) for violation in broken),
            )


def load_space(name_or_path: str | Path) -> HardwareSpace:
    """A space by the name of a shipped one or by the path of a YAML file.

    Raises:
        SpecError: no such space or file, or something in the file is not valid.
    """
    path = find_spec("spaces", name_or_path)
    return space_from_dict(read_yaml(path), file=str(path))


def space_from_dict(data: object, file: str | None = None) -> HardwareSpace:
    """A space from plain data laid out like a space file; its baseline is built to check it.

    Raises:
        SpecError: something in it is not valid.
    """
    spec = validate(SpaceSpec, data, file=file)
    try:
        parameters = []
        for name, parameter in spec.parameters.items():
            try:
                parameters.append(parameter.build(name))
            except SpecError as error:
                raise error.within(key_path=f"parameters.{name}") from error
        if spec.constraints and not parameters:
            raise SpecError("constraints without parameters", key_path="constraints")
        space = Space(parameters, spec.constraints) if parameters else None
    except SpecError as error:
        raise error.within(file=file) from error
    result = HardwareSpace(spec, space, file)
    result._check(spec.baseline.point, "baseline.point")
    result.baseline()
    result.baseline(free=True)
    return result
